"""Each command that writes, on a disk that is full after so many bytes more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.faults.commands import COMMANDS, Command, done_so_far, ends_well, write_file
from tests.faults.disks import fill_up, small_disk
from tests.faults.table import Table
from tests.helpers import Ran, meterctl_environment, run_program
from tests.ledger.files import held
from tests.sheet.stand import Stand, standing

KIB = 1024
IN_A_TEST = (0, 16 * KIB)
ALL = range(0, 256 * KIB, 4 * KIB)


class Room:
    """A ledger on a disk of its own."""

    def __init__(self, disk: Path, tmp_path: Path, settings: dict[str, str]) -> None:
        self.disk, self.path = disk, disk / "ledger.db"
        self._environment = meterctl_environment(tmp_path) | settings
        self._environment["METERCTL_LEDGER"] = f"sqlite:///{self.path}"

    def __call__(self, *arguments: str) -> Ran:
        """Run `meterctl` there."""
        return run_program(arguments, self._environment)

    def with_little_room(self, leave: int, *arguments: str) -> Ran:
        """Run it while only so many bytes are free. It says what is wrong, in a line."""
        ballast = fill_up(self.disk, leave)
        try:
            ran = self(*arguments)
        finally:
            ballast.unlink()
        assert ran.code in (0, 74), ran
        assert "Traceback" not in ran.err
        if ran.code:
            assert f"{self.disk}/ledger.db" in ran.err
            assert "full" in ran.err or "space" in ran.err, ran.err
            assert "bytes free" in ran.err
            assert 1 <= len(ran.err.splitlines()) <= 2, ran.err
        return ran


@contextmanager
def room(tmp_path: Path, settings: dict[str, str] | None = None) -> Iterator[Room]:
    """A disk of a megabyte."""
    with small_disk(tmp_path / "disk", "1m") as disk:
        yield Room(disk, tmp_path, settings or {})


def run_once(command: Command, tmp_path: Path, leave: int) -> tuple[bool, bool]:
    """Run it with little room, then with enough; whether it was acknowledged, and was there."""
    file = write_file(tmp_path / "readings.csv")
    with room(tmp_path) as there:
        command.make(there.path)
        ran = there.with_little_room(leave, *command.on(file))
        was_done = done_so_far(command, there.path)
        assert was_done or ran.code == 74
        ends_well(command, there.path, there(*command.on(file)), was_done=was_done)
    (tmp_path / "disk").rmdir()
    return ran.code == 0, was_done


@pytest.mark.fault(4)
@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_on_a_full_disk(name: str, tmp_path: Path) -> None:
    """P1, P4, P5: exit 74, the file and the bytes free are named; freed, the same works, once."""
    command = COMMANDS[name]
    codes = {run_once(command, tmp_path, leave)[0] for leave in IN_A_TEST}
    assert False in codes


def in_between(there: Room, leave: int, *job: str) -> Ran:
    """A job with little room, then again with enough."""
    ran = there.with_little_room(leave, *job)
    again = there(*job)
    assert again.code == 0, again
    return ran


def submitted(tmp_path: Path, other_side: Rehearsal, leave: int, day: int) -> int:
    """Submit a reading with little room; how often the utility has it in the end."""
    settings = other_side.utility | {"METERCTL_UTILITY_SINCE": "2026-01-01"}
    with room(tmp_path, settings) as there:
        at = f"2026-{1 + day // 28:02}-{1 + day % 28:02} 20:00"
        assert there("record", "7", "--at", at).code == 0
        before = len(other_side.accepted())
        in_between(there, leave, "push-utility", "--quiet")
        listed = there("submissions", "list", "--json").json["submissions"]
        assert [one["state"] for one in listed] == ["accepted"]
        found = len(other_side.accepted()) - before
    (tmp_path / "disk").rmdir()
    return found


@pytest.mark.fault(4)
def test_push_on_a_full_disk(tmp_path: Path) -> None:
    """P2, P3, P5: what cannot be written down is not sent; with room again it is taken, once."""
    with rehearsing(tmp_path / "other-side") as other_side:
        found = [submitted(tmp_path, other_side, leave, n) for n, leave in enumerate(IN_A_TEST)]
    assert found == [1] * len(found)


def delivered(tmp_path: Path, stand: Stand, leave: int) -> int:
    """Deliver a reading with little room; how many rows the Sheet has in the end."""
    stand.sheet_id = stand.google.new_spreadsheet(stand.account["client_email"], "Home")
    with room(tmp_path, stand.environment()) as there:
        assert there("record", "7", "--offline", "--at", "2026-01-01 20:00").code == 0
        in_between(there, leave, "sync", "--quiet")
        assert there("sync", "--quiet").code == 0
        assert held(there.path) == [7]
    (tmp_path / "disk").rmdir()
    return len(stand.rows())


@pytest.mark.fault(4)
def test_sync_on_a_full_disk(tmp_path: Path) -> None:
    """P2, P3, P5: no row is sent whose batch cannot be written down; with room again it is one."""
    with standing(tmp_path) as stand:
        assert [delivered(tmp_path, stand, leave) for leave in IN_A_TEST] == [1] * len(IN_A_TEST)


@pytest.mark.soak
@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_with_any_room(name: str, tmp_path: Path, table: Table) -> None:
    """From no byte to more than enough, a page more each time."""
    for leave in ALL:
        acknowledged, there = run_once(COMMANDS[name], tmp_path, leave)
        table.add(f"full disk at {name}", acknowledged, there, 1)


@pytest.mark.soak
def test_push_with_any_room(tmp_path: Path, table: Table) -> None:
    """The same of a reading that is submitted."""
    with rehearsing(tmp_path / "other-side") as other_side:
        for number, leave in enumerate(ALL):
            table.add(
                "full disk at push-utility", 1, submitted(tmp_path, other_side, leave, number), 1
            )


@pytest.mark.soak
def test_sync_with_any_room(tmp_path: Path, table: Table) -> None:
    """The same of a row in the Sheet."""
    with standing(tmp_path) as stand:
        for leave in ALL:
            table.add("full disk at sync", 1, delivered(tmp_path, stand, leave), 1)
