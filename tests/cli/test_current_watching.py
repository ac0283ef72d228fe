"""`meterctl current --watch` at a terminal: it looks again, until a person leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Program
from tests.helpers import meterctl_environment
from tests.terminal import Terminal


def test_it_looks_again(tmp_path: Path, program: Program) -> None:
    """What another run records meanwhile is seen; Ctrl-C ends it with 130, and no traceback."""
    assert program("record", "142.3", "--at", "2026-03-01 07:00").code == 0
    ours = Terminal(("current", "meter", "--watch"), meterctl_environment(tmp_path))
    try:
        ours.until("142.3 kWh")
        assert program("record", "150", "--at", "2026-03-02 07:00").code == 0
        ours.until("\x1b[H\x1b[2J")
        ours.until("150 kWh")
        ours.type("\x03")
        assert ours.ends() == 130
    finally:
        ours.close()
    assert "Traceback" not in ours.seen


@pytest.mark.parametrize("more", ["--json", "--from-sheet"])
def test_what_cannot_be_watched(tmp_path: Path, more: str) -> None:
    """A program's object, or a Sheet whose quota it would use up: 2, at a terminal too."""
    ours = Terminal(("current", "--watch", more), meterctl_environment(tmp_path))
    try:
        assert ours.ends() == 2
    finally:
        ours.close()
    assert "--watch is for a terminal, and for the ledger here" in ours.seen
