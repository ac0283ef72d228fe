"""A ledger that this user may not read or write. Root may everything, so it is told not to."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.disks import PATH, need
from tests.helpers import Ran, meterctl_environment
from tests.ledger.files import fill, held


def unprivileged(tmp_path: Path, *arguments: str) -> Ran:
    """Run `meterctl` as a user whom a file's mode binds."""
    need("capsh", root=False)
    command = [sys.executable, "-m", "meterctl", *arguments]
    if os.geteuid() == 0:
        drop = "--drop=cap_dac_override,cap_dac_read_search"
        command = [
            shutil.which("capsh", path=PATH) or "capsh",
            drop,
            "--",
            "-c",
            'exec "$@"',
            "capsh",
            *command,
        ]
    done = subprocess.run(
        command,
        env=meterctl_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def refused(ran: Ran, path: Path) -> None:
    """Exit 74, in a line that names the file."""
    assert ran.code == 74, ran
    assert str(path) in ran.err
    assert ran.out == ""
    assert 1 <= len(ran.err.splitlines()) <= 2


@pytest.mark.parametrize("command", [("record", "7"), ("current",), ("history",)])
@pytest.mark.parametrize("what", ["ledger.db", ""], ids=["the file", "its folder"])
def test_a_ledger_that_cannot_be_read(
    what: str, command: tuple[str, ...], tmp_path: Path, ledger_path: Path
) -> None:
    """Neither read nor written, and said so."""
    fill(ledger_path)
    closed = ledger_path.parent / what
    mode = stat.S_IMODE(closed.stat().st_mode)
    closed.chmod(0)
    try:
        refused(unprivileged(tmp_path, *command), ledger_path)
    finally:
        closed.chmod(mode)
    assert held(ledger_path) == [0, 1, 2]


@pytest.mark.parametrize(
    "what", ["ledger.db", "ledger.db.lock", ""], ids=["the file", "its lock", "its folder"]
)
def test_a_ledger_that_cannot_be_written(what: str, tmp_path: Path, ledger_path: Path) -> None:
    """It can be read; a write says what is in the way."""
    fill(ledger_path)
    closed = ledger_path.parent / what
    mode = stat.S_IMODE(closed.stat().st_mode)
    closed.chmod(mode & ~0o222)
    try:
        refused(unprivileged(tmp_path, "record", "7"), ledger_path)
        current = unprivileged(tmp_path, "current", "--json")
    finally:
        closed.chmod(mode)
    assert current.json["meterValue"] == 2
    assert held(ledger_path) == [0, 1, 2]


def test_a_folder_that_cannot_be_made(tmp_path: Path, ledger_path: Path) -> None:
    """The first record says where it could not begin."""
    tmp_path.chmod(0o500)
    try:
        refused(unprivileged(tmp_path, "record", "7"), ledger_path)
    finally:
        tmp_path.chmod(0o700)
