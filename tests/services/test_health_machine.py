"""The service behind `health`: this machine, its clock and its disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.domain.mounts import is_network, is_of_the_host, kind_of
from meterctl.domain.times import MINUTE
from meterctl.errors import LedgerError
from meterctl.ledger.sqlite import open_for_reading
from meterctl.ledger.store import SqlLedger
from meterctl.services import health_machine
from meterctl.services.health import Check, Grade
from meterctl.services.health_machine import (
    CLOCK_OFF,
    check_machine,
    check_place,
    check_servers,
    file_system,
    note_servers,
)
from tests.faults.disks import system
from tests.helpers import NOW

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
31 22 0:45 / /mnt/nas rw,relatime - nfs4 nas:/x rw,vers=4.2
32 22 0:46 / /mnt/my\\040disk rw - cifs //s/x rw
33 31 8:16 / /mnt/nas/local rw master:2 propagate_from:1 - ext4 /dev/sdb rw
34 22 0:47 / /mnt/far rw - fuse.sshfs me@there: rw
broken
"""


def found(checks: Iterator[Check]) -> dict[str, Check]:
    """Each check by its name."""
    return {check.name: check for check in checks}


class TestFileSystem:
    """Which kind of file system a file is on."""

    @pytest.mark.parametrize(
        ("device", "kind"),
        [
            pytest.param((8, 1), "ext4", id="a disk"),
            pytest.param((0, 45), "nfs4", id="a network's"),
            pytest.param((0, 46), "cifs", id="a space in its name"),
            pytest.param((8, 16), "ext4", id="a disk mounted on a network's"),
            pytest.param((0, 47), "fuse.sshfs", id="by a program"),
            pytest.param((0, 4), None, id="a number that begins alike"),
            pytest.param((9, 9), None, id="none that is named"),
        ],
    )
    def test_of_a_device(self, device: tuple[int, int], kind: str | None) -> None:
        """The mount of its device, wherever that is mounted."""
        assert kind_of(MOUNTS, device) == kind

    def test_this_machines_own(self, tmp_path: Path) -> None:
        """As the kernel says it here, and as df does."""
        kind = file_system(tmp_path, Path("/proc/self/mountinfo"))
        assert kind == system("df", "--output=fstype", tmp_path).split()[-1]
        assert not is_network(kind)

    def test_no_table(self, tmp_path: Path) -> None:
        """Nothing is said where nothing is known."""
        assert file_system(tmp_path, tmp_path / "mounts") is None

    @pytest.mark.parametrize(
        ("kind", "grade", "code"),
        [("nfs4", Grade.FAIL, 78), ("9p", Grade.WARN, 0), ("ext4", Grade.PASS, 0)],
    )
    def test_what_follows(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, grade: Grade, code: int
    ) -> None:
        """A network's is a failure; what the host shares may be another's as well."""
        monkeypatch.setattr(health_machine, "file_system", lambda _folder, _mounts: kind)
        check = found(check_place(tmp_path / "l.db", NOW))["ledger:file_system"]
        assert (check.grade, check.exit_code) == (grade, code)
        assert (is_network(kind), is_of_the_host(kind)) == (kind == "nfs4", kind == "9p")


class TestDisk:
    """Its room."""

    @pytest.mark.parametrize(
        ("room", "grade", "said"),
        [
            pytest.param((1 << 40, 1 << 20), Grade.PASS, "MiB free", id="much"),
            pytest.param(((64 << 20) - 1, 1 << 20), Grade.WARN, "63 MiB free", id="little"),
            pytest.param(
                ((256 << 10) - 1, 1 << 20), Grade.FAIL, "nothing can be recorded", id="none"
            ),
            pytest.param((1 << 40, 63), Grade.WARN, "room for 63 more files", id="few files"),
            pytest.param((1 << 40, 0), Grade.FAIL, "room for 0 more files", id="no files"),
        ],
    )
    def test_room(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        room: tuple[int, int],
        grade: Grade,
        said: str,
    ) -> None:
        """A warning while there is still time, a failure when nothing can be recorded any more."""

        class Status:
            f_bavail, f_favail = room
            f_frsize, f_files = 1, 1 << 20

        monkeypatch.setattr("os.statvfs", lambda _folder: Status)
        check = found(check_place(tmp_path / "x" / "l.db", NOW))["disk"]
        assert (check.grade, check.exit_code) == (grade, 74 if grade is Grade.FAIL else 0)
        assert said in check.output

    def test_a_file_system_that_makes_room_for_files_as_it_goes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It tells of none at all, and lacks none."""

        class Status:
            f_bavail, f_frsize, f_favail, f_files = 1 << 40, 1, 0, 0

        monkeypatch.setattr("os.statvfs", lambda _folder: Status)
        assert found(check_place(tmp_path / "l.db", NOW))["disk"].grade is Grade.PASS


class TestClock:
    """Its clock, against what else tells the time."""

    @pytest.mark.parametrize(
        ("ahead", "grade"),
        [(-CLOCK_OFF, Grade.PASS), (CLOCK_OFF, Grade.PASS), (CLOCK_OFF + 1, Grade.WARN)],
    )
    @pytest.mark.parametrize("name", ["l.db", "l.db-wal", "l.db.lock"])
    def test_files_from_the_future(
        self, tmp_path: Path, ahead: int, grade: Grade, name: str
    ) -> None:
        """The clock had been later when one of the ledger's files was written: it went back."""
        for one in ("l.db", "l.db-wal", "l.db.lock"):
            at = (NOW + (ahead if one == name else -MINUTE)) * 1_000_000
            (tmp_path / one).touch()
            os.utime(tmp_path / one, ns=(at, at))
        check = found(check_place(tmp_path / "l.db", NOW))["clock:files"]
        assert check.grade is grade
        assert ("timedatectl" in check.hint) is (grade is Grade.WARN)
        if grade is Grade.WARN:
            assert str(tmp_path / name) in check.output

    @pytest.mark.parametrize(
        ("offset", "grade", "said"),
        [
            (CLOCK_OFF, Grade.PASS, "as the servers' clocks"),
            (CLOCK_OFF + 1, Grade.WARN, "5 min behind the servers' clocks"),
            (-3_600_000, Grade.WARN, "1 h ahead of the servers' clocks"),
        ],
    )
    def test_servers(self, ledger: SqlLedger, offset: int, grade: Grade, said: str) -> None:
        """Both as they say now, and as a job has noted it an hour ago."""
        (check,) = check_servers(ledger, offset, NOW)
        assert (check.grade, check.output) == (grade, f"{said}, now")
        with ledger.writing():
            note_servers(ledger, offset, NOW)
        (check,) = check_servers(ledger, None, NOW + 60 * MINUTE)
        assert (check.grade, check.output) == (grade, f"{said}, 1 h ago")

    def test_nobody_was_ever_asked(self, ledger: SqlLedger) -> None:
        """Nothing is said."""
        assert list(check_servers(ledger, None, NOW)) == []
        assert list(check_servers(None, None, NOW)) == []


@pytest.mark.fault(15)
@pytest.mark.parametrize(
    ("version", "has_the_bug"),
    [
        pytest.param((3, 6, 23), False, id="before there was a WAL"),
        pytest.param((3, 7, 0), True, id="the first one with it"),
        pytest.param((3, 40, 1), True, id="Debian 12"),
        pytest.param((3, 44, 5), True, id="before the backport"),
        pytest.param((3, 44, 6), False, id="the backport to 3.44"),
        pytest.param((3, 50, 6), True, id="before the other backport"),
        pytest.param((3, 50, 7), False, id="the backport to 3.50"),
        pytest.param((3, 51, 2), True, id="the last one with it"),
        pytest.param((3, 51, 3), False, id="mended"),
        pytest.param((4, 0, 0), False, id="one to come"),
    ],
)
def test_versions_of_sqlite(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], *, has_the_bug: bool
) -> None:
    """Those with the WAL-reset bug are told apart; none fails for it."""
    monkeypatch.setattr("sqlite3.sqlite_version_info", version)
    check = found(check_machine(NOW))["sqlite"]
    assert check.grade is Grade.PASS
    assert ("WAL-reset bug" in check.output) is has_the_bug


def test_a_link_to_the_root(tmp_path: Path) -> None:
    """A ledger's path may lead anywhere, to what has no name too."""
    (tmp_path / "l.db").symlink_to("/")
    assert "disk" in found(check_place(tmp_path / "l.db", NOW))
    with pytest.raises(LedgerError, match="is not a file"):
        open_for_reading(tmp_path / "l.db")


def test_a_restore_that_was_stopped(tmp_path: Path) -> None:
    """What it leaves beside the ledger is told, with the command that goes on."""
    assert "ledger:restore" not in found(check_place(tmp_path / "l.db", NOW))
    (tmp_path / ".l.db.restoring").mkdir()
    check = found(check_place(tmp_path / "l.db", NOW))["ledger:restore"]
    assert (check.grade, "meterctl restore" in check.hint) == (Grade.WARN, True)
