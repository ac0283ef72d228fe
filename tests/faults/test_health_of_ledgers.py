"""`health` where the ledger is in trouble, by real disks, modes and locks: it says what."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Program
from tests.faults.disks import fill_up, remount, small_disk
from tests.faults.test_permissions import unprivileged
from tests.helpers import Ran, meterctl_environment, run_program

_HOLDER = """
import sqlite3, sys, time
from meterctl.ledger.sqlite import open_for_writing
from pathlib import Path
ledger = open_for_writing(Path(sys.argv[1]), 0)
with ledger.writing():
    ledger.set_memo("held", "", 0)
    print("held", flush=True)
    time.sleep(60)
"""


def failed(ran: Ran, code: int) -> dict[str, dict[str, Any]]:
    """The checks that failed, by name; each says what to do."""
    warned = [line for line in ran.err.splitlines() if "meterctl.log" not in line]
    assert (ran.code, warned) == (code, []), ran
    every = [(name, one) for name, found in ran.json["checks"].items() for one in found]
    assert "clock" in dict(every)
    bad = {name: one for name, one in every if one["status"] == "fail"}
    assert all(one["output"] and one["hint"] for one in bad.values())
    return bad


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """A writer in the middle of a transaction, for as long as the block takes."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        process.kill()
        process.communicate()


@pytest.mark.fault(8)
def test_while_another_run_writes(program: Program, ledger_path: Path) -> None:
    """P4: whoever only looks does not wait: `health` is there at once, and all is well."""
    assert program("record", "1").code == 0
    with held(ledger_path):
        began = time.monotonic()
        ran = program("health", "--json", METERCTL_LOCK_TIMEOUT="60")
        assert time.monotonic() - began < 30
    assert failed(ran, 0) == {}
    assert ran.json["checks"]["ledger:integrity"][0]["output"].startswith("1 values")


@pytest.mark.fault(8)
def test_while_another_program_keeps_it_to_itself(program: Program, ledger_path: Path) -> None:
    """P4: a ledger that cannot even be read just now is a passing failure, and said to be one."""
    assert program("record", "1").code == 0
    alone = sqlite3.connect(ledger_path, isolation_level=None)
    alone.execute("PRAGMA locking_mode = EXCLUSIVE")
    alone.execute("BEGIN EXCLUSIVE")
    try:
        began = time.monotonic()
        ran = program("health", "--json", METERCTL_LOCK_TIMEOUT="0.5")
        assert time.monotonic() - began < 9  # by default it is 10 that one waits
    finally:
        alone.close()
    assert list(failed(ran, 75)) == ["ledger"]
    assert failed(program("health", "--json"), 0) == {}


@pytest.mark.fault(6)
@pytest.mark.parametrize("is_hot", [False, True], ids=["at rest", "with a log"])
def test_a_read_only_disk(tmp_path: Path, is_hot: bool) -> None:
    """P4: it can be read, and is; that it cannot be written is the failure."""
    with small_disk(tmp_path / "disk", "1m") as disk:
        environment = meterctl_environment(tmp_path)
        environment["METERCTL_LEDGER"] = f"sqlite:///{disk}/ledger.db"
        assert run_program(("record", "1"), environment).code == 0
        if is_hot:  # killed before it could merge its log
            with held(disk / "ledger.db"):
                pass
        remount(disk, read_only=True)
        ran = run_program(("health", "--json"), environment)
        assert list(failed(ran, 74)) == ["ledger:writable"]
        assert ran.json["checks"]["ledger:integrity"][0]["output"].startswith("1 values")


@pytest.mark.fault(4)
def test_a_full_disk(tmp_path: Path) -> None:
    """P4: nothing can be recorded there any more, which is a failure; a job is none the worse."""
    with small_disk(tmp_path / "disk", "2m") as disk:
        environment = meterctl_environment(tmp_path)
        environment["METERCTL_LEDGER"] = f"sqlite:///{disk}/ledger.db"
        assert run_program(("record", "1"), environment).code == 0
        ballast = fill_up(disk, 0)
        ran = run_program(("health", "--json"), environment)
        assert list(failed(ran, 74)) == ["disk"]
        elsewhere = run_program(("backup", str(tmp_path / "usb"), "--quiet"), environment)
        assert (elsewhere.code, elsewhere.out) == (0, "")
        ballast.unlink()
        assert (
            run_program(("health", "--json"), environment).json["status"] == "warn"
        )  # little room


@pytest.mark.fault(4)
def test_a_disk_without_room_for_another_file(tmp_path: Path) -> None:
    """P1, P4: there are bytes enough, and SQLite's log cannot be made: the reason is told."""
    with small_disk(tmp_path / "disk", "2m,nr_inodes=16") as disk:
        environment = meterctl_environment(tmp_path)
        environment |= {"METERCTL_LEDGER": f"sqlite:///{disk}/ledger.db", "METERCTL_LOG": "off"}
        assert run_program(("record", "1"), environment).code == 0
        number = 0
        with contextlib.suppress(OSError):
            for number in range(16):
                (disk / f"file-{number}").touch()
        assert number
        ran = run_program(("record", "2"), environment)
        assert (ran.code, ran.out) == (74, ""), ran
        bad = failed(run_program(("health", "--json"), environment), 74)
        assert "room for 0 more files" in bad["disk"]["output"]
        for number in range(4):
            (disk / f"file-{number}").unlink()
        assert run_program(("record", "2"), environment).code == 0
        few = run_program(("health", "--json"), environment).json["checks"]["disk"]
        assert [one["status"] for one in few] == ["warn"]


@pytest.mark.parametrize("what", ["ledger.db", ""], ids=["the file", "its folder"])
def test_a_ledger_that_cannot_be_read(
    program: Program, tmp_path: Path, ledger_path: Path, what: str
) -> None:
    """P4: a failure that names it; this machine is looked at all the same."""
    assert program("record", "1").code == 0
    closed = ledger_path.parent / what
    mode = closed.stat().st_mode & 0o777
    closed.chmod(0)
    try:
        ran = unprivileged(tmp_path, "health", "--json")
    finally:
        closed.chmod(mode)
    bad = failed(ran, 74)
    assert str(ledger_path) in bad["ledger"]["output"]
    assert set(bad) <= {"ledger", "ledger:writable"}


@pytest.mark.parametrize(
    "what", ["ledger.db", "ledger.db.lock", ""], ids=["the file", "its lock", "its folder"]
)
def test_a_ledger_that_cannot_be_written(
    program: Program, tmp_path: Path, ledger_path: Path, what: str
) -> None:
    """P4: it can be read, and is; what keeps `record` from writing is the failure, by its name."""
    assert program("record", "1").code == 0
    closed = ledger_path.parent / what
    mode = closed.stat().st_mode & 0o777
    closed.chmod(mode & ~0o222)
    try:
        assert unprivileged(tmp_path, "record", "2").code == 74
        ran = unprivileged(tmp_path, "health", "--json")
    finally:
        closed.chmod(mode)
    (found,) = failed(ran, 74).items()
    assert found[0] == "ledger:writable"
    assert found[1]["output"] == f"{closed} cannot be written"
    assert ran.json["checks"]["ledger:integrity"][0]["output"].startswith("1 values")


@pytest.mark.fault(15)
def test_the_sqlite_of_this_machine(program: Program) -> None:
    """P4: its version is told, and whether it is one with the WAL-reset bug; it is no failure."""
    assert program("record", "1").code == 0
    (found,) = program("health", "--json").json["checks"]["sqlite"]
    assert (found["status"], found["output"].split(",")[0]) == ("pass", sqlite3.sqlite_version)
    has_it = sqlite3.sqlite_version_info < (3, 51, 3)  # none of the backports is in use here
    assert ("WAL-reset bug" in found["output"]) is has_it


@pytest.mark.fault(40)
def test_a_key_that_cannot_be_read(program: Program, tmp_path: Path) -> None:
    """P4: a failure of the settings, before a night is lost; nothing of the key is told."""
    key = tmp_path / "key.json"
    key.write_text('{"private_key": "s3cret"}')
    key.chmod(0)
    settings = tmp_path / "cwd" / ".env"
    settings.write_text(f"METERCTL_SHEET_ID=1{'A' * 43}\nMETERCTL_GOOGLE_CREDENTIALS={key}\n")
    settings.chmod(0o600)
    assert program("record", "1", "--offline").code == 0
    ran = unprivileged(tmp_path, "health", "--json")
    bad = failed(ran, 78)
    assert (list(bad), str(key) in bad["sheet:key"]["output"]) == (["sheet:key"], True)
    assert "s3cret" not in ran.out
