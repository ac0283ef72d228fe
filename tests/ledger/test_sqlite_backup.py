"""Backups: whole and verified, or not there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from meterctl.domain.times import DAY
from meterctl.errors import LedgerDamaged, LedgerUnwritable
from meterctl.ledger.copies import TABLES
from meterctl.ledger.sqlite import open_for_reading
from meterctl.ledger.sqlite_connection import SqliteConnection
from meterctl.ledger.store import SqlLedger
from meterctl.services.backup import backup
from tests.faults.disks import remount, small_disk
from tests.helpers import METER, NOW, reading
from tests.ledger.contract import record
from tests.ledger.files import asked, execute, fill, fill_and_kill, held


@pytest.mark.fault(11)
def test_a_backup_of_a_ledger_whose_log_is_hot(ledger_path: Path, tmp_path: Path) -> None:
    """All that was acknowledged is in the copy: one file, for its owner alone."""
    fill_and_kill(ledger_path, 3)
    ledger = open_for_reading(ledger_path)
    done = backup(ledger, tmp_path / "backups", NOW)
    ledger.close()
    assert [one.name for one in done.path.parent.iterdir()] == ["meterctl-20261122T110000Z.db"]
    assert stat.S_IMODE(done.path.stat().st_mode) == 0o600
    assert done.size == done.path.stat().st_size
    assert done.counts.revisions == 3
    assert held(done.path) == [0, 1, 2]


def test_a_backup_while_another_run_writes(ledger_path: Path, tmp_path: Path) -> None:
    """It verifies: what came after the copy was begun is not missed, nor half there."""
    writer = fill(ledger_path, 3, close=False)
    ledger = open_for_reading(ledger_path)
    real = SqliteConnection.copy_to

    def copy_then_write(connection: SqliteConnection, path: Path) -> None:
        real(connection, path)
        record(writer, reading("9", "2026-01-01 10:00"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteConnection, "copy_to", copy_then_write)
        done = backup(ledger, tmp_path / "backups", NOW)
    ledger.close()
    writer.close()
    assert held(done.path) == [0, 1, 2]
    assert held(ledger_path) == [0, 1, 2, 9]


def test_what_is_compared(ledger: SqlLedger) -> None:
    """Every table there is, so that no later one is forgotten."""
    names = ledger._db.all("SELECT name FROM sqlite_master WHERE type = 'table'")
    assert {name for (name,) in names} == set(TABLES)


@pytest.mark.parametrize("how", ["lacking", "changed"])
def test_a_copy_in_which_something_is_missing(
    how: str, ledger_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows less, or ones that say something else, in whichever table: it is not kept."""
    fill(ledger_path, 1)
    execute(
        ledger_path, "PRAGMA foreign_keys = OFF", *(row_for(ledger_path, one) for one in TABLES)
    )
    real = SqliteConnection.copy_to
    ledger = open_for_reading(ledger_path)
    for table in (*TABLES, *SqliteConnection.tables_of_its_own):

        def copy_with_a_loss(connection: SqliteConnection, path: Path, of: str = table) -> None:
            real(connection, path)
            execute(path, *(f"DROP TRIGGER {one}" for one in triggers_of(path, of)))
            execute(path, loss(path, of, how))

        monkeypatch.setattr(SqliteConnection, "copy_to", copy_with_a_loss)
        with pytest.raises(LedgerDamaged, match=f"what it holds of {table} is not"):
            backup(ledger, tmp_path / "backups", NOW)
        assert list((tmp_path / "backups").iterdir()) == []
    ledger.close()


def loss(path: Path, table: str, how: str) -> str:
    """The statement that makes a copy another one."""
    if table == "sqlite_master":
        return "DROP INDEX batch_landed"
    if how == "lacking":
        return f"DELETE FROM {table}"  # noqa: S608 (names of our own, here and below)
    free = {"submission": "changed_at", "batch": "sent_at", "reading": "value", "entry": "origin"}
    names = [str(row[1]) for row in asked(path, f'PRAGMA table_info("{table}")')]
    return f'UPDATE {table} SET "{free.get(table, names[-1])}" = 99'  # noqa: S608


def triggers_of(path: Path, table: str) -> list[object]:
    """What keeps other programs from changing a table."""
    rows = asked(path, "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
    return [name for name, of in rows if of == table]


_FITTING = {"state": "'unknown'", "kind": "'record'", "source": "'cli'", "rule": "'spike'"}


def row_for(path: Path, table: str) -> str:
    """A row more in a table that has none yet."""
    if table == "sqlite_master" or asked(path, f"SELECT 1 FROM {table} LIMIT 1"):  # noqa: S608
        return "SELECT 1"
    names = [str(row[1]) for row in asked(path, f'PRAGMA table_info("{table}")')]
    values = ", ".join(_FITTING.get(name, "1") for name in names)
    return f"INSERT INTO {table} VALUES ({values})"  # noqa: S608


def test_a_backup_of_a_damaged_ledger(
    ledger_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not kept, and nobody may take it for a good one."""
    ledger = fill(ledger_path, close=False)
    monkeypatch.setattr(SqliteConnection, "damage", lambda _: ["row 3 missing"])
    with pytest.raises(LedgerDamaged, match="did not verify: row 3 missing"):
        backup(ledger, tmp_path / "backups", NOW)
    ledger.close()
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_backup_that_is_not_the_ledger(
    ledger_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy with one value changed does not verify."""
    ledger = fill(ledger_path, close=False)
    fill(tmp_path / "other.db", 2)
    real = SqliteConnection.copy_to

    def copy_another(_: SqliteConnection, path: Path) -> None:
        other = open_for_reading(tmp_path / "other.db")
        assert isinstance(other._db, SqliteConnection)
        record(
            ledger,
            reading("5", "2026-01-01 00:00")._replace(
                meter=METER.id, at=0, starts_at=0, revision=2
            ),
        )
        real(other._db, path)
        other.close()

    monkeypatch.setattr(SqliteConnection, "copy_to", copy_another)
    fill(tmp_path / "other.db", 1, first=7)
    with pytest.raises(LedgerDamaged, match="is not what the ledger holds"):
        backup(ledger, tmp_path / "backups", NOW)
    ledger.close()


def test_a_backup_onto_a_full_disk(ledger_path: Path, tmp_path: Path) -> None:
    """It names the disk that is full, not the ledger, and leaves nothing behind."""
    ledger = fill(ledger_path, close=False)
    with small_disk(tmp_path / "disk", "16k") as disk:
        with pytest.raises(LedgerUnwritable, match=rf"full: {disk}.*bytes free"):
            backup(ledger, disk, NOW)
        assert list(disk.iterdir()) == []
    ledger.close()


def test_a_backup_onto_a_read_only_disk(ledger_path: Path, tmp_path: Path) -> None:
    """It says which folder cannot be written to."""
    ledger = fill(ledger_path, close=False)
    with small_disk(tmp_path / "disk") as disk:
        remount(disk, read_only=True)
        for folder in (disk, disk / "new"):
            with pytest.raises(LedgerUnwritable, match=f"{disk}"):
                backup(ledger, folder, NOW)
    ledger.close()


def test_a_backup_within_the_same_millisecond(ledger_path: Path, tmp_path: Path) -> None:
    """The first one is not overwritten."""
    ledger = fill(ledger_path, close=False)
    backup(ledger, tmp_path / "backups", NOW)
    with pytest.raises(LedgerUnwritable, match="is there already"):
        backup(ledger, tmp_path / "backups", NOW)
    ledger.close()


def test_what_a_killed_backup_has_left(ledger_path: Path, tmp_path: Path) -> None:
    """The next one a day later sweeps it away; a younger one may still be at work."""
    folder = tmp_path / "backups"
    folder.mkdir()
    old, journal, young = (
        folder / ".meterctl-20260101T000000000Z.db.part",
        folder / ".meterctl-20260101T000000000Z.db.part-journal",
        folder / ".meterctl-20261122T105900000Z.db.part",
    )
    for path in (old, journal, young):
        path.touch()
        seconds = (NOW if path == young else NOW - 2 * DAY) / 1000
        os.utime(path, (seconds, seconds))
    ledger = fill(ledger_path, close=False)
    done = backup(ledger, folder, NOW)
    ledger.close()
    assert set(folder.iterdir()) == {young, done.path}
