"""Cron's bare environment, and an output that nobody reads or that is full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import Ran, run_program
from tests.ledger.files import fill, held

METERCTL = [sys.executable, "-m", "meterctl"]


def shell(script: str, ledger_path: Path) -> Ran:
    """Run a shell's line; `$METERCTL` is the program."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/",
        "METERCTL": " ".join(METERCTL),
        "METERCTL_LEDGER": f"sqlite:///{ledger_path}",
        "METERCTL_TIMEZONE": "Europe/Berlin",
    }
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd="/",
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.fault(37)
def test_crons_environment(ledger_path: Path) -> None:
    """No terminal, no language, no home: it works, in UTF-8, uncoloured, without a question."""
    environment = {
        "HOME": "/nonexistent",
        "PATH": "/usr/bin:/bin",
        "SHELL": "/bin/sh",
        "METERCTL_LEDGER": f"sqlite:///{ledger_path}",
        "METERCTL_TIMEZONE": "Europe/Berlin",
    }
    ran = run_program(
        ("record", "7", "--note", "Zähler ✓", "--at", "2026-01-01 10:00"), environment
    )
    assert (ran.code, ran.err) == (0, "")
    assert "\x1b" not in ran.out
    exported = run_program(("export",), environment)
    assert "Zähler ✓" in exported.out


@pytest.mark.fault(38)
@pytest.mark.parametrize("command", ["record 7 --at '2026-01-01 10:00'", "current", "history"])
def test_an_output_that_is_full(command: str, ledger_path: Path) -> None:
    """Exit 74 and a line; a reading that was recorded is there all the same."""
    fill(ledger_path)
    ran = shell(f"$METERCTL {command} >/dev/full", ledger_path)
    assert ran.code == 74
    assert "Traceback" not in ran.err
    assert 1 <= len(ran.err.splitlines()) <= 2
    assert held(ledger_path) == [0, 1, 2, *([7] if command.startswith("record") else [])]


@pytest.mark.fault(38)
@pytest.mark.parametrize("command", ["record 7 --at '2026-01-01 10:00'", "current", "--version"])
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_an_output_that_is_closed(command: str, closed: str, ledger_path: Path) -> None:
    """No traceback, and nothing of it lands in the ledger's file."""
    fill(ledger_path)
    ran = shell(f"$METERCTL {command} {closed}", ledger_path)
    assert ran.code in (0, 74)
    assert "Traceback" not in ran.err
    assert held(ledger_path)[:3] == [0, 1, 2]


@pytest.mark.fault(38)
def test_a_reader_that_has_seen_enough(ledger_path: Path) -> None:
    """A broken pipe is no error."""
    fill(ledger_path, 2_000)
    ran = shell("set -o pipefail; $METERCTL export | head -1", ledger_path)
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.out.splitlines()) == 1
