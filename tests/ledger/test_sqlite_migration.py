"""An older schema's ledger: brought up to date by the next write, and readable before it."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from meterctl.errors import LedgerDamaged, LedgerUnwritable
from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from meterctl.ledger.upgrade import kept_path
from tests.faults.disks import small_disk
from tests.helpers import METER, NOW
from tests.ledger.files import asked, execute, fill, fill_as_of, held

SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"


@pytest.mark.parametrize("version", range(1, NEWEST_VERSION))
class TestAnOlderLedger:
    """Of each schema there ever was."""

    def test_is_migrated_by_the_next_writer(self, version: int, tmp_path: Path) -> None:
        """It is then as a new one is, with all its readings, its findings and its id."""
        old, new = tmp_path / "old.db", tmp_path / "new.db"
        fill_as_of(version, old)
        fill(new)
        before = asked(old, "SELECT id FROM ledger")
        open_for_writing(old, NOW).close()
        assert asked(old, SCHEMA) == asked(new, SCHEMA)
        assert asked(old, "SELECT id FROM ledger") == before
        assert held(old) == [0, 1, 2]

    def test_is_looked_at_without_writing(self, version: int, tmp_path: Path) -> None:
        """All of today's verbs work; the file stays as it was."""
        path = tmp_path / "old.db"
        fill_as_of(version, path)
        before = path.read_bytes()
        ledger = open_for_reading(path)
        try:
            assert [one.at for one in ledger.current(METER.id)] == [0, 1, 2]
            assert ledger.memo("anything") is None
            assert ledger.place == str(path)
        finally:
            ledger.close()
        assert path.read_bytes() == before

    def test_is_backed_up(self, version: int, tmp_path: Path) -> None:
        """The copy is one of today's, verified."""
        path, copy = tmp_path / "old.db", tmp_path / "copy.db"
        fill_as_of(version, path)
        ledger = open_for_reading(path)
        try:
            assert ledger.backup_to(copy).revisions == 3
        finally:
            ledger.close()
        assert held(copy) == [0, 1, 2]


@pytest.mark.parametrize("version", range(1, NEWEST_VERSION))
def test_the_older_ledger_is_kept(version: int, tmp_path: Path) -> None:
    """Beside the new one, whole, in its own schema, for its owner alone."""
    path = tmp_path / "of its own" / "ledger.db"
    fill_as_of(version, path)
    open_for_writing(path, NOW).close()
    kept = kept_path(path, version)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert asked(kept, "PRAGMA user_version") == [(version,)]
    assert asked(kept, "SELECT id FROM ledger") == asked(path, "SELECT id FROM ledger")
    assert held(kept) == [0, 1, 2]
    expected = ["ledger.db", "ledger.db.lock", kept.name]
    assert sorted(one.name for one in path.parent.iterdir()) == expected


def test_a_new_ledger_leaves_nothing_older(tmp_path: Path) -> None:
    """There was nothing before it; and a ledger of today is not copied when it is opened again."""
    path = tmp_path / "of its own" / "ledger.db"
    fill(path)
    fill(path, 1, 3)
    assert sorted(one.name for one in path.parent.iterdir()) == ["ledger.db", "ledger.db.lock"]


def test_a_copy_that_was_kept_before(tmp_path: Path) -> None:
    """The person who went back to it, and now upgrades again: the present ledger is kept."""
    path = tmp_path / "ledger.db"
    fill_as_of(1, path)
    kept_path(path, 1).write_text("of an earlier try")
    kept_path(path, 1).with_name(kept_path(path, 1).name + ".part").write_text("half of one")
    open_for_writing(path, NOW).close()
    assert held(kept_path(path, 1)) == [0, 1, 2]
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.fault(14)
def test_no_room_for_what_is_kept(tmp_path: Path) -> None:
    """The ledger stays as it was, readable; with room again the same works."""
    with small_disk(tmp_path / "disk") as disk:
        path = disk / "ledger.db"
        fill_as_of(1, path)
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(200 << 10))
        with pytest.raises(LedgerUnwritable, match="full"):
            open_for_writing(path, NOW)
        assert held(path) == [0, 1, 2]
        assert asked(path, "PRAGMA user_version") == [(1,)]
        assert not list(disk.glob("*.schema-*"))
        ballast.unlink()
        open_for_writing(path, NOW).close()
        assert held(path) == [0, 1, 2]


def test_an_older_ledger_that_is_damaged(tmp_path: Path) -> None:
    """It is not migrated, and no copy of it is kept as if it were good."""
    path = tmp_path / "ledger.db"
    fill_as_of(1, path, 90)
    root = asked(path, "SELECT rootpage FROM sqlite_master WHERE name = 'reading'")[0][0]
    assert isinstance(root, int)
    with path.open("r+b") as file:
        file.seek(4096 * (root - 1))
        file.write(b"\x05" + bytes(99))
    before = path.read_bytes()
    with pytest.raises(LedgerDamaged):
        open_for_writing(path, NOW)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*.schema-*"))


def test_a_migration_that_fails(tmp_path: Path) -> None:
    """At its last step: the ledger is of the schema it was, not of one between."""
    path = tmp_path / "ledger.db"
    fill_as_of(1, path)
    execute(path, "CREATE TABLE client (id)")  # what the last step will find there
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        open_for_writing(path, NOW)
    assert asked(path, "PRAGMA user_version") == [(1,)]
