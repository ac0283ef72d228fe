"""`meterctl current --watch` at a terminal: it looks again, until a person leaves."""

from __future__ import annotations

import re
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
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
        ours.until("\x1b[?1049h")
        ours.until("142.3 kWh")
        assert program("record", "150", "--at", "2026-03-02 07:00").code == 0
        ours.until("\x1b[32m150 kWh")  # which is news
        ours.type("\x03")
        assert ours.ends() == 130
    finally:
        ours.close()
    assert "Traceback" not in ours.seen
    assert ours.seen.count("\x1b[?1049l") == 1
    assert ours.seen.index("\x1b[?1049l") > ours.seen.rindex("150 kWh")


def test_ages_go_on(tmp_path: Path, program: Program) -> None:
    """Second by second, without asking the ledger each time."""
    assert program("record", "142.3").code == 0
    ours = Terminal(("current", "meter", "--watch"), meterctl_environment(tmp_path))
    try:
        ours.until(" s ago")
        first = int(re.findall(r"(\d+) s ago", ours.seen)[-1])
        ours.until(f"{first + 2} s ago")
    finally:
        ours.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_told_to_end(tmp_path: Path, program: Program, number: signal.Signals) -> None:
    """The screen is given back, whoever ends it: 143."""
    assert program("record", "142.3").code == 0
    ours = Terminal(("current", "--watch"), meterctl_environment(tmp_path))
    try:
        ours.until("142.3 kWh")
        ours.send(number)
        assert ours.ends() == 143
    finally:
        ours.close()
    assert ours.seen.count("\x1b[?7h\x1b[?25h\x1b[?1049l") == 1


@contextmanager
def shell_that_watches(tmp_path: Path, program: Program) -> Iterator[Terminal]:
    """A shell at a terminal, in which a person has begun to watch."""
    assert program("record", "142.3").code == 0
    ours = Terminal.with_shell(meterctl_environment(tmp_path))
    try:
        ours.until("$ ")
        ours.type(f"{sys.executable} -m meterctl current --watch\n")
        yield ours
    finally:
        ours.close()


def test_stopped_and_gone_on(tmp_path: Path, program: Program) -> None:
    """Ctrl-Z gives the screen back and stops, so that the shell asks again; fg takes it again."""
    with shell_that_watches(tmp_path, program) as ours:
        for _ in range(2):
            ours.until("142.3 kWh")
            ours.type("\x1a")
            ours.until("\x1b[?1049l")
            ours.until("Stopped")
            ours.type("jobs -l; fg\n")
            ours.until("Stopped")
            ours.until("\x1b[?1049h")
        ours.until("142.3 kWh")
        ours.type("\x03")
        ours.until("$ ")
        ours.type("echo left with $?.\n")
        ours.until("left with 130.")


def test_stopped_while_the_terminal_takes_nothing(tmp_path: Path, program: Program) -> None:
    """A slow line: Ctrl-Z comes in the middle of what is drawn, which ends first."""
    with shell_that_watches(tmp_path, program) as ours:
        ours.until("142.3 kWh")
        ours.type("\x13")  # Ctrl-S
        time.sleep(2.5)  # two drawings wait
        ours.type("\x1a")
        ours.until("Stopped")
        ours.type("fg\n")
        ours.until("142.3 kWh")
        ours.type("\x03")
        ours.until("$ ")
    assert "a bug" not in ours.seen


def test_a_terminal_too_low(tmp_path: Path, program: Program) -> None:
    """What is left out is not the trouble, which stands at the end; nothing wraps."""
    for number in range(8):
        assert program("meters", "add", f"meter{number}").code == 0
    ledger = tmp_path / "data" / "ledger.db"
    ours = Terminal(
        ("current", "--watch"),
        meterctl_environment(tmp_path) | {"METERCTL_LOCK_TIMEOUT": "0.2", "LINES": "5"},
    )
    try:
        ours.until("no reading yet")
        ours.until("...")
        with closing(sqlite3.connect(ledger, isolation_level=None)) as other:
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
            other.execute("BEGIN EXCLUSIVE")
            ours.until("looking again")
    finally:
        ours.close()
    drawn = ours.seen.split("\x1b[H")[-1]
    assert drawn.count("\r\n") == 4
    assert "\x1b[?7l" in ours.seen


def test_a_ledger_that_is_damaged(tmp_path: Path, program: Program) -> None:
    """What does not pass ends it, after the screen was given back."""
    assert program("record", "142.3").code == 0
    ours = Terminal(
        ("current", "--watch"), meterctl_environment(tmp_path) | {"METERCTL_LOCK_TIMEOUT": "0.2"}
    )
    ledger = tmp_path / "data" / "ledger.db"
    try:
        ours.until("142.3 kWh")
        ledger.write_bytes(b"not a ledger" * 100)
        assert ours.ends() == 74
    finally:
        ours.close()
    assert ours.seen.index("\x1b[?1049l") < ours.seen.rindex("meterctl: ")


@pytest.mark.parametrize("more", ["--json", "--from-sheet"])
def test_what_cannot_be_watched(tmp_path: Path, more: str) -> None:
    """A program's object, or a Sheet whose quota it would use up: 2, at a terminal too."""
    ours = Terminal(("current", "--watch", more), meterctl_environment(tmp_path))
    try:
        assert ours.ends() == 2
    finally:
        ours.close()
    assert "--watch is for a terminal, and for the ledger here" in ours.seen
