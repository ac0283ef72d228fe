"""Files that are no ledger, no sound one, or not one of this version: told apart, left alone."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from meterctl.errors import LedgerDamaged, LedgerError, LedgerNewer, MeterctlError
from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from meterctl.ledger.store import SqlLedger
from tests.helpers import METER, NOW, reading
from tests.ledger.contract import record
from tests.ledger.files import (
    contents,
    execute,
    execute_and_kill,
    fill,
    fill_and_kill,
    fill_many,
    held,
    log_of,
)

Opener = Callable[[Path], SqlLedger]


def for_writing(path: Path) -> SqlLedger:
    """Open as `record` does."""
    return open_for_writing(path, NOW)


openers = pytest.mark.parametrize("opened", [open_for_reading, for_writing])


def refused(path: Path, opened: Opener, error: type[MeterctlError], message: str) -> None:
    """It cannot be opened, for this reason, and every byte of it is as it was."""
    before = contents(path)
    with pytest.raises(error, match=message) as caught:
        opened(path)
    assert type(caught.value) is error
    assert caught.value.hint
    assert contents(path) == before


# -- damaged


@pytest.mark.fault(10)
@openers
@pytest.mark.parametrize("size", [1, 50, 5_000])
def test_a_text_file(tmp_path: Path, opened: Opener, size: int) -> None:
    """It is no ledger; nothing is made beside it."""
    path = tmp_path / "notes.txt"
    path.write_text("x" * size)
    refused(path, opened, LedgerDamaged, "damaged, or not a ledger")
    assert list(tmp_path.glob("notes*")) == [path]


@pytest.mark.fault(10)
@openers
def test_a_ledger_overwritten_by_text(ledger_path: Path, opened: Opener) -> None:
    """Damaged."""
    fill(ledger_path)
    ledger_path.write_text("x" * 5_000)
    refused(ledger_path, opened, LedgerDamaged, "is damaged")


@pytest.mark.fault(10)
@openers
@pytest.mark.parametrize("size", [50, 3_000, 4_096, 50_000])
def test_a_truncated_ledger(ledger_path: Path, opened: Opener, size: int) -> None:
    """Damaged, wherever it was cut."""
    fill(ledger_path)
    with ledger_path.open("r+b") as file:
        file.truncate(size)
    refused(ledger_path, opened, LedgerDamaged, "is damaged")


@openers
def test_a_ledger_of_no_bytes_that_has_held_readings(ledger_path: Path, opened: Opener) -> None:
    """Damaged: nobody begins anew where readings were lost."""
    fill(ledger_path)
    ledger_path.write_bytes(b"")
    refused(ledger_path, opened, LedgerDamaged, "is empty, yet it has held readings")


@openers
def test_a_log_without_its_ledger(ledger_path: Path, opened: Opener) -> None:
    """Damaged: what the log holds belongs to a file that is gone."""
    fill_and_kill(ledger_path)
    ledger_path.unlink()
    refused(ledger_path, opened, LedgerDamaged, "is missing, yet it has held readings")


@pytest.mark.fault(10)
def test_a_page_overwritten(ledger_path: Path) -> None:
    """Reads tell, writes tell, `damage` tells; nothing of the file is changed by any of it."""
    fill_many(ledger_path, 200)
    overwrite_readings(ledger_path)
    before = contents(ledger_path)

    with pytest.raises(LedgerDamaged, match="is damaged"):
        held(ledger_path)
    ledger = for_writing(ledger_path)
    assert all(len(one.splitlines()) == 1 for one in ledger.damage())
    assert ledger.damage()
    with pytest.raises(LedgerDamaged):
        record(ledger, reading("7", "2026-01-01 10:00"))
    ledger.close()
    assert contents(ledger_path) == before


@pytest.mark.fault(10)
def test_a_page_overwritten_while_a_log_waits(ledger_path: Path) -> None:
    """Who meets the damage does not merge the log into the damaged file."""
    fill_many(ledger_path, 200)
    fill_and_kill(ledger_path, 3, first=200)
    overwrite_readings(ledger_path)
    before = contents(ledger_path)
    ledger = for_writing(ledger_path)
    with pytest.raises(LedgerDamaged):
        list(ledger.current(METER.id))
    ledger.close()
    assert contents(ledger_path) == before


def test_text_that_is_no_text(ledger_path: Path) -> None:
    """Damage that only Python finds out is damage all the same."""
    fill(ledger_path)
    execute(ledger_path, "PRAGMA writable_schema = 1", "DROP TRIGGER reading_is_never_changed")
    execute(ledger_path, "UPDATE reading SET note = CAST(x'ff' AS TEXT)")
    with pytest.raises(LedgerDamaged):
        held(ledger_path)


def test_a_ledger_that_is_locked_is_not_damaged(ledger_path: Path) -> None:
    """`damage` says nothing of a file that it could not look into."""
    fill(ledger_path)
    execute(ledger_path, "PRAGMA journal_mode = DELETE")
    ledger = open_for_reading(ledger_path)
    other = sqlite3.connect(ledger_path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    ledger._db.run("PRAGMA busy_timeout = 10")
    with pytest.raises(MeterctlError, match="another program is writing"):
        ledger.damage()
    other.close()
    ledger.close()


def overwrite_readings(path: Path) -> None:
    """Overwrite the pages that hold readings, as a failing disk does."""
    connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    (root,) = connection.execute(
        "SELECT rootpage FROM sqlite_master WHERE name='reading'"
    ).fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * 4_096)
        file.write(b"\xa5" * 4_096)


# -- newer


@pytest.mark.fault(13)
@openers
def test_a_newer_ledger(ledger_path: Path, opened: Opener) -> None:
    """It is refused by its version, whoever wrote it last."""
    fill(ledger_path)
    execute(ledger_path, f"PRAGMA user_version = {NEWEST_VERSION + 1}")
    refused(ledger_path, opened, LedgerNewer, re.escape(f"newer (schema {NEWEST_VERSION + 1})"))
    assert not log_of(ledger_path).exists() or log_of(ledger_path).stat().st_size == 0


@pytest.mark.fault(13)
@openers
def test_a_newer_ledger_whose_version_is_only_in_its_log(ledger_path: Path, opened: Opener) -> None:
    """The log of a newer one that was killed is neither overlooked nor merged."""
    fill(ledger_path)
    execute_and_kill(ledger_path, f"PRAGMA user_version = {NEWEST_VERSION + 1}")
    refused(ledger_path, opened, LedgerNewer, "newer")


@openers
def test_a_newer_ledger_that_was_copied_here(
    ledger_path: Path, tmp_path: Path, opened: Opener
) -> None:
    """Without its lock beside it, it is refused in the same way."""
    fill(ledger_path)
    execute(ledger_path, f"PRAGMA user_version = {NEWEST_VERSION + 1}")
    copy = ledger_path.rename(tmp_path / "copy.db")
    refused(copy, opened, LedgerNewer, "newer")


# -- another program's


@openers
@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
@pytest.mark.parametrize("mark", ["", "PRAGMA application_id = 17", "PRAGMA user_version = 1"])
def test_another_programs_database(tmp_path: Path, opened: Opener, mode: str, mark: str) -> None:
    """It is told from a ledger by what it says of itself; nothing is made beside it."""
    path = tmp_path / "other.db"
    execute(path, f"PRAGMA journal_mode = {mode}", "CREATE TABLE t (x)", mark)
    refused(path, opened, LedgerError, "another program's database")
    assert list(tmp_path.glob("other*")) == [path]


@openers
def test_another_programs_database_that_waits_in_its_log(tmp_path: Path, opened: Opener) -> None:
    """Its log is read, and left."""
    path = tmp_path / "other.db"
    execute(path, "PRAGMA journal_mode = WAL")
    execute_and_kill(path, "CREATE TABLE t (x)")
    refused(path, opened, LedgerError, "another program's database")


@openers
def test_something_that_is_no_file(tmp_path: Path, opened: Opener) -> None:
    """A folder is refused by name."""
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(LedgerError, match="folder is not a file"):
        opened(path)


# -- hot, and well


def test_a_log_left_by_a_killed_writer(ledger_path: Path) -> None:
    """Its readings are there at once, and the next writer merges it."""
    fill_and_kill(ledger_path, 3)
    assert held(ledger_path) == [0, 1, 2]
    fill(ledger_path, 1, first=3)
    assert held(ledger_path) == [0, 1, 2, 3]


def test_a_ledger_and_its_log_copied_elsewhere(ledger_path: Path, tmp_path: Path) -> None:
    """Moved together, without the lock, they are the same ledger."""
    fill_and_kill(ledger_path, 3)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for path in (ledger_path, log_of(ledger_path)):
        path.rename(folder / path.name)
    assert held(folder / ledger_path.name) == [0, 1, 2]
    fill(folder / ledger_path.name, 1, first=3)
    assert held(folder / ledger_path.name) == [0, 1, 2, 3]


@pytest.mark.parametrize("leftover", ["nothing", "an empty file", "an empty lock"])
def test_a_ledger_whose_maker_was_stopped(ledger_path: Path, leftover: str) -> None:
    """There is nothing to read; the next writer makes it."""
    ledger_path.parent.mkdir()
    if leftover != "nothing":
        ledger_path.with_name("ledger.db.lock").touch()
    if leftover == "an empty file":
        ledger_path.touch()
    assert held(ledger_path) == []
    fill(ledger_path)
    assert held(ledger_path) == [0, 1, 2]


def test_a_ledger_that_a_person_removed(ledger_path: Path) -> None:
    """A new one begins, and no stop in its making is mistaken for a loss."""
    fill(ledger_path)
    ledger_path.unlink()
    fill(ledger_path, 1)
    assert held(ledger_path) == [0]
    lock = ledger_path.with_name("ledger.db.lock").read_text().strip()
    ledger = open_for_reading(ledger_path)
    assert lock == ledger.id
    ledger.close()
