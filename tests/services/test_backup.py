"""Rotation: the newest backups of this very ledger stay; nobody else's file is touched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from meterctl.domain.times import DAY
from meterctl.errors import LedgerDamaged, LedgerUnwritable
from meterctl.ledger.sqlite import open_for_reading
from meterctl.ledger.sqlite_connection import SqliteConnection
from meterctl.ledger.store import SqlLedger
from meterctl.services.backup import backup, backups_in, taken_at
from tests.faults.disks import small_disk
from tests.helpers import NOW, instant
from tests.ledger.files import execute, fill, fill_and_kill


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the backups go."""
    return tmp_path / "backups"


def taken(ledger: SqlLedger, folder: Path, days: Sequence[int], keep: int | None = None) -> None:
    """Make a backup on each of these days."""
    for day in days:
        backup(ledger, folder, NOW + day * DAY, keep)


def days_of(folder: Path) -> list[int]:
    """On which days the backups that are there were made, the newest first."""
    times = [taken_at(path) for path in backups_in(folder)]
    return [(at - NOW) // DAY for at in times if at is not None]


class TestRotation:
    """`keep` of them stay."""

    def test_the_oldest_go(self, session_ledger: SqlLedger, folder: Path) -> None:
        """Those beyond the number, and they are told."""
        taken(session_ledger, folder, range(4))
        done = backup(session_ledger, folder, NOW + 4 * DAY, 2)
        assert days_of(folder) == [4, 3]
        assert [taken_at(path) for path in done.removed] == [NOW + DAY * n for n in (2, 1, 0)]
        assert done.stuck == ()

    def test_none_too_many(self, session_ledger: SqlLedger, folder: Path) -> None:
        """Nothing goes."""
        taken(session_ledger, folder, range(3), keep=3)
        assert days_of(folder) == [2, 1, 0]

    def test_all_are_kept(self, session_ledger: SqlLedger, folder: Path) -> None:
        """Where no number is given."""
        taken(session_ledger, folder, range(32))
        assert len(days_of(folder)) == 32

    def test_the_one_just_made(self, session_ledger: SqlLedger, folder: Path) -> None:
        """It stays, though by a clock that went back it seems to be the oldest."""
        taken(session_ledger, folder, [0, 1, 2, -5], keep=2)
        assert days_of(folder) == [2, -5]

    def test_another_ledgers(self, session_ledger: SqlLedger, tmp_path: Path, folder: Path) -> None:
        """In a folder that two share, each one's rotate apart."""
        other = fill(tmp_path / "other.db", 1, close=False)
        taken(other, folder, [0, 2, 4])
        other.close()
        taken(session_ledger, folder, [1, 3, 5, 7], keep=1)
        assert days_of(folder) == [7, 4, 2, 0]

    def test_what_only_looks_like_one(self, session_ledger: SqlLedger, folder: Path) -> None:
        """Other names, other content, damaged ones, folders, links that lead nowhere: all stay."""
        taken(session_ledger, folder, [-1])
        (made,) = folder.iterdir()
        strangers = {
            "notes.db": made.read_bytes(),
            "meterctl-20261101T000000Z.db.old": made.read_bytes(),
            "meterctl-20261399T000000Z.db": made.read_bytes(),
            "meterctl-20261102T000000Z.db": b"not a database" * 99,
            "meterctl-20261103T000000Z.db": made.read_bytes()[:5_000],
            "meterctl-20261104T000000Z.db": b"",
        }
        for name, content in strangers.items():
            (folder / name).write_bytes(content)
        (folder / "meterctl-20261105T000000Z.db").mkdir()
        (folder / "meterctl-20261106T000000Z.db").symlink_to("nowhere")
        os.mkfifo(folder / "meterctl-20261108T000000Z.db")
        execute(folder / "meterctl-20261107T000000Z.db", "CREATE TABLE t (x)")
        before = {path.name for path in folder.iterdir()}
        done = backup(session_ledger, folder, NOW, 1)
        assert done.removed == (made,)
        assert {path.name for path in folder.iterdir()} == before - {made.name} | {done.path.name}

    def test_a_backup_that_is_in_use_as_a_ledger(
        self, session_ledger: SqlLedger, folder: Path
    ) -> None:
        """Somebody writes to it: it is no backup any more, and stays."""
        taken(session_ledger, folder, [-2, -1])
        fill_and_kill(backups_in(folder)[1], 1, first=9)
        taken(session_ledger, folder, [0], keep=1)
        assert days_of(folder) == [0, -2]

    def test_two_runs_at_once(
        self, session_ledger: SqlLedger, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither removes what the other has just made: else none at all might be left."""
        taken(session_ledger, folder, [0])
        real = SqliteConnection.copy_to

        def copy_while_another_does(connection: SqliteConnection, path: Path) -> None:
            monkeypatch.setattr(SqliteConnection, "copy_to", real)
            real(connection, path)
            other = open_for_reading(Path(session_ledger.place))
            taken(other, folder, [2], keep=1)
            other.close()

        monkeypatch.setattr(SqliteConnection, "copy_to", copy_while_another_does)
        taken(session_ledger, folder, [1], keep=1)
        assert days_of(folder) == [2, 1]
        taken(session_ledger, folder, [3], keep=1)
        assert days_of(folder) == [3]

    def test_one_that_another_run_removes_just_then(
        self, session_ledger: SqlLedger, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is gone, as it should be: that is no trouble to tell of."""
        taken(session_ledger, folder, [0, 1])
        real = SqlLedger.is_copy

        def look_then_lose(ledger: SqlLedger, path: Path) -> bool:
            found = real(ledger, path)
            path.unlink()
            return found

        monkeypatch.setattr(SqlLedger, "is_copy", look_then_lose)
        assert backup(session_ledger, folder, NOW + 2 * DAY, 1).stuck == ()
        assert days_of(folder) == [2]

    def test_one_that_did_not_verify(
        self, session_ledger: SqlLedger, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Then nothing goes at all."""
        taken(session_ledger, folder, range(3))
        monkeypatch.setattr(SqliteConnection, "damage", lambda _: ["row 3 missing"])
        with pytest.raises(LedgerDamaged):
            backup(session_ledger, folder, NOW + 9 * DAY, 1)
        assert days_of(folder) == [2, 1, 0]

    def test_a_full_disk(self, session_ledger: SqlLedger, tmp_path: Path) -> None:
        """No room for the new one: those that are there stay."""
        with small_disk(tmp_path / "disk", "256k") as disk:
            taken(session_ledger, disk, [0])
            with pytest.raises(LedgerUnwritable, match="full"):
                taken(session_ledger, disk, [1], keep=1)
            assert days_of(disk) == [0]

    def test_looking_at_them_leaves_nothing(self, session_ledger: SqlLedger, folder: Path) -> None:
        """Not even the file that SQLite likes to make beside what it reads."""
        taken(session_ledger, folder, range(3))
        for path in backups_in(folder):
            execute(path, "PRAGMA journal_mode = WAL")
        taken(session_ledger, folder, [3], keep=4)
        assert len(list(folder.iterdir())) == 4


@pytest.fixture
def session_ledger(ledger_path: Path) -> SqlLedger:
    """A ledger with readings, open for reading."""
    fill(ledger_path)
    return open_for_reading(ledger_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("meterctl-20261122T110000Z.db", NOW),
        ("meterctl-20261122T110000250Z.db", NOW + 250),
        ("meterctl-20261131T110000Z.db", None),
        ("meterctl-20261122T110000Z.db.part", None),
        (".meterctl-20261122T110000Z.db.part", None),
        ("meterctl-٢٠٢٦1122T110000Z.db", None),  # noqa: RUF001 (no digits of ours)
        ("ledger.db", None),
    ],
)
def test_the_time_in_a_name(name: str, expected: int | None) -> None:
    """Of ours only, and exact."""
    assert instant("2026-11-22 12:00") == NOW
    assert taken_at(Path(name)) == expected
