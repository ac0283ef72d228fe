"""The disk is full, read-only, or fails: exit 74, nothing acknowledged that is not stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.faults.disks import fill_up, remount, small_disk
from tests.faults.table import Table
from tests.faults.trace import WRITES, calls_that_write, failed_at
from tests.helpers import Ran, meterctl_environment, run_program
from tests.ledger.files import held

RECORD = ("record", "142", "--at", "2026-01-02 10:00")


def on(disk: Path, tmp_path: Path, *arguments: str) -> Ran:
    """Run `meterctl` with its ledger on this disk."""
    environment = meterctl_environment(tmp_path)
    environment["METERCTL_LEDGER"] = f"sqlite:///{disk}/ledger.db"
    return run_program(arguments, environment)


def one_line(ran: Ran) -> str:
    """What it said: one line, and its hint on that or the next."""
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert 1 <= len(ran.err.splitlines()) <= 2
    return ran.err


@pytest.mark.fault(4)
@pytest.mark.parametrize("leave", [0, 4_096, 20_480, 40_960])
def test_a_full_disk(tmp_path: Path, leave: int) -> None:
    """It names the file and the free bytes; what is there can be read; freed, the same works."""
    with small_disk(tmp_path / "disk") as disk:
        assert on(disk, tmp_path, "record", "1", "--at", "2026-01-01 10:00").code == 0
        ballast = fill_up(disk, leave)

        ran = on(disk, tmp_path, *RECORD)
        assert ran.code == 74
        assert f"{disk}/ledger.db" in one_line(ran)
        assert "bytes free" in ran.err
        assert "full" in ran.err

        assert on(disk, tmp_path, "current", "--json").json["meterValue"] == 1
        health = on(disk, tmp_path, "health")
        assert health.code == 74
        assert "fail  disk: full: " in health.out
        assert "pass  ledger:integrity: " in health.out

        ballast.unlink()
        assert on(disk, tmp_path, *RECORD).code == 0
        assert held(disk / "ledger.db") == [1, 142]


@pytest.mark.fault(4)
def test_a_disk_that_is_full_from_the_start(tmp_path: Path) -> None:
    """No ledger can be made there; once there is room, the same command makes it."""
    with small_disk(tmp_path / "disk") as disk:
        for leave in (0, 4_096, 40_960):
            ballast = fill_up(disk, leave)
            ran = on(disk, tmp_path, *RECORD)
            assert ran.code == 74
            assert f"{disk}/ledger.db" in one_line(ran)
            ballast.unlink()
        assert on(disk, tmp_path, *RECORD).code == 0
        assert held(disk / "ledger.db") == [142]


@pytest.mark.fault(6)
def test_a_disk_that_becomes_read_only(tmp_path: Path) -> None:
    """Nothing is stored; reading goes on; writable again, the same command works."""
    with small_disk(tmp_path / "disk") as disk:
        assert on(disk, tmp_path, "record", "1", "--at", "2026-01-01 10:00").code == 0
        remount(disk, read_only=True)
        ran = on(disk, tmp_path, *RECORD)
        assert ran.code == 74
        assert f"{disk}/ledger.db" in one_line(ran)
        assert on(disk, tmp_path, "current", "--json").json["meterValue"] == 1
        health = on(disk, tmp_path, "health")
        assert health.code == 74  # it can be read, and says that it cannot be written
        assert "cannot be written" in health.out
        remount(disk, read_only=False)
        assert on(disk, tmp_path, *RECORD).code == 0
        assert held(disk / "ledger.db") == [1, 142]


def fail_at_each(name: str, error: str, tmp_path: Path, cli: Cli) -> list[tuple[Ran, int]]:
    """Let each call of a kind fail in turn; how that ended, and how many readings were stored."""
    results: list[tuple[Ran, int]] = []
    arguments = (*RECORD, "--json")
    environment, path = recorded_once(tmp_path / "calls", cli)
    calls = calls_that_write(
        arguments, environment, tmp_path / "log", path.parent, (*WRITES, "mmap")
    )
    for call in calls:
        if call.name != name:
            continue
        environment, path = recorded_once(tmp_path / str(call.number), cli)
        ran = failed_at(call, error, arguments, environment, tmp_path / "log")
        stored = len(held(path)) - 1
        if ran.code:
            assert ran.code == 74, ran
            assert str(path) in one_line(ran)
        else:
            assert stored == 1, call
        assert cli("--ledger", f"sqlite:///{path}", *RECORD).code == 0
        assert held(path) == [1, 142]
        results.append((ran, stored))
    assert results
    return results


def recorded_once(folder: Path, cli: Cli) -> tuple[dict[str, str], Path]:
    """A ledger with one reading in it: the program's environment, and its path."""
    path = folder / "data" / "ledger.db"
    assert cli("--ledger", f"sqlite:///{path}", "record", "1", "--at", "2026-01-01 10:00").code == 0
    return meterctl_environment(folder), path


@pytest.mark.fault(7)
def test_a_disk_that_fails_when_it_is_told_to_keep(tmp_path: Path, cli: Cli) -> None:
    """No reading is acknowledged that did not reach the disk; after, the same works, once."""
    results = fail_at_each("fdatasync", "EIO", tmp_path, cli)
    assert {ran.code for ran, _ in results} == {0, 74}  # not only at the commit: at the close too


@pytest.mark.fault(7)
@pytest.mark.parametrize(
    ("name", "error"), [("pwrite64", "EDQUOT"), ("ftruncate", "EIO"), ("mmap", "ENOMEM")]
)
def test_a_disk_that_fails_when_it_is_written_to(
    name: str, error: str, tmp_path: Path, cli: Cli
) -> None:
    """At whichever write: exit 74 and nothing acknowledged, or stored; it calls no disk full."""
    results = fail_at_each(name, error, tmp_path, cli)
    assert not any("is full" in ran.err for ran, _ in results)


@pytest.mark.soak
def test_disks_that_fail(tmp_path: Path, cli: Cli, table: Table) -> None:
    """Every kind of call, every error a disk has."""
    for name in ("pwrite64", "fdatasync", "ftruncate", "unlink", "flock", "openat", "mmap"):
        for error in ("EIO", "ENOSPC", "EDQUOT", "EROFS", "ENOMEM", "EMFILE"):
            folder = tmp_path / f"{name}-{error}"
            folder.mkdir()
            for ran, stored in fail_at_each(name, error, folder, cli):
                table.add(f"{error} at {name}", int(ran.code == 0), stored, 1)
