"""An older schema's ledger: brought up to date by the next write, and readable before it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from meterctl.ledger import migrate
from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from tests.helpers import METER, NOW
from tests.ledger.files import fill, held

SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"


def made_by(version: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger with three readings, as the meterctl of a schema version left it."""
    scripts = [one for one in migrate._scripts() if one[0] <= version]
    with monkeypatch.context() as older:
        older.setattr(migrate, "_scripts", lambda: scripts)
        older.setattr("meterctl.ledger.sqlite.NEWEST_VERSION", version)
        fill(path)
    assert asked(path, "PRAGMA user_version") == [(version,)]


def asked(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What the file itself says."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("version", range(1, NEWEST_VERSION))
class TestAnOlderLedger:
    """Of each schema there ever was."""

    def test_is_migrated_by_the_next_writer(
        self, version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is then as a new one is, with all its readings, its findings and its id."""
        old, new = tmp_path / "old.db", tmp_path / "new.db"
        made_by(version, old, monkeypatch)
        fill(new)
        before = asked(old, "SELECT id FROM ledger")
        open_for_writing(old, NOW).close()
        assert asked(old, SCHEMA) == asked(new, SCHEMA)
        assert asked(old, "SELECT id FROM ledger") == before
        assert held(old) == [0, 1, 2]

    def test_is_looked_at_without_writing(
        self, version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """All of today's verbs work; the file stays as it was."""
        path = tmp_path / "old.db"
        made_by(version, path, monkeypatch)
        before = path.read_bytes()
        ledger = open_for_reading(path)
        try:
            assert [one.at for one in ledger.current(METER.id)] == [0, 1, 2]
            assert ledger.memo("anything") is None
            assert ledger.place == str(path)
        finally:
            ledger.close()
        assert path.read_bytes() == before

    def test_is_backed_up(
        self, version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The copy is one of today's, verified."""
        path, copy = tmp_path / "old.db", tmp_path / "copy.db"
        made_by(version, path, monkeypatch)
        ledger = open_for_reading(path)
        try:
            assert ledger.backup_to(copy).revisions == 3
        finally:
            ledger.close()
        assert held(copy) == [0, 1, 2]
