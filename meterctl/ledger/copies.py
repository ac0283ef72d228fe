"""Copies of a ledger that are known to be whole, and what tells two ledgers apart."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from meterctl.errors import LedgerDamaged
from meterctl.ledger.care import Deed, Label, LogLine
from meterctl.ledger.connect import connect
from meterctl.ledger.connection import Connection
from meterctl.ledger.faults import os_errors
from meterctl.ledger.files import is_unfinished, make_folder, sync_folder
from meterctl.ledger.lock import lock_path
from meterctl.ledger.migrate import APPLICATION_ID

if TYPE_CHECKING:
    from meterctl.ledger.port import Counts

# All tables there are (a test holds that), so that no copy that lacks anything passes for whole.
TABLES = (
    "ledger",
    "meter",
    "device",
    "entry",
    "entry_span",
    "reading",
    "finding",
    "unjudged",
    "acceptance",
    "batch",
    "submission",
    "attempt",
    "memo",
    "seen",
    "rival",
    "client",
    "client_secret",
    "refused_token",
    "audit",
    "answer",
)
_STRETCH = "s.meter || ' ' || s.device || ' ' || s.first_at || ' ' || s.last_at"
_DEEDS = (
    "SELECT 'attempt', account, key, a.* FROM attempt AS a JOIN submission USING (submission)",
    "SELECT 'batch', destination, token, sent_at, state FROM batch",
    "SELECT 'meter', * FROM meter",
    "SELECT 'device', * FROM device",
    "SELECT 'client', id, revoked_at FROM client",
    "SELECT 'secret', client, hash FROM client_secret",
)
Fingerprint = dict[str, tuple[int, int]]  # of each table: how many rows, and what they add up to


def fingerprint(db: Connection) -> Fingerprint:
    """What two ledgers agree in that hold the very same; to be compared within one process only.

    Python's hashes of the rows are added up, whatever their order: every column of every row
    counts, at the speed at which rows can be read.
    """
    found = {}
    for table in (*TABLES, *db.tables_of_its_own):
        rows, total = 0, 0
        for row in db.stream(f"SELECT * FROM {table}"):  # noqa: S608 (names of our own)
            rows += 1
            total += hash(row)
        found[table] = (rows, total)
    return found


def backup(db: Connection, place: str, path: Path) -> Counts:
    """A verified copy of what a connection shows, at a path; what it holds.

    Its folder is made if it is not there.

    Raises:
        LedgerDamaged: the copy is not what was copied, or what was copied is not sound.
        LedgerUnwritable: it cannot be written there.
    """
    partial = path.with_name(f".{path.name}.part")
    with os_errors(path.parent):
        make_folder(path.parent)
    try:
        with db.standing_still():  # others may write on meanwhile
            db.copy_to(partial)
            expected = fingerprint(db)
        counts = _verified(partial, place, expected)
        with os_errors(path):
            partial.rename(path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):  # a read-only disk: what went wrong is told already
            for leftover in (partial, partial.with_name(f"{partial.name}-journal")):
                leftover.unlink(missing_ok=True)
    return counts


def _verified(path: Path, place: str, expected: Fingerprint) -> Counts:
    from meterctl.ledger.sqlite import open_for_reading

    with closing(open_for_reading(path)) as copy:
        found = fingerprint(copy._db)  # noqa: SLF001 (it is of this package)
        wrong = copy.damage() + [
            f"what it holds of {table} is not what the ledger holds"
            for table in expected
            if found[table] != expected[table]
        ]
        if wrong:
            raise LedgerDamaged(
                f"the backup of {place} did not verify: {wrong[0]}",
                "check the ledger with: meterctl health",
            )
        return copy.counts()


def label_of(path: Path) -> Label | None:
    """What a copy that lies at rest says of itself; None for anything that is none, or is in use.

    Nothing is written for it, not even beside it.
    """
    if not path.is_file() or is_unfinished(path) or lock_path(path).exists():
        return None  # no file at all, or somebody works with it
    try:
        with closing(connect(path, "ro", 0, immutable=True)) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                return None
            row = connection.execute("SELECT id, (SELECT max(entry) FROM entry) FROM ledger")
            found = row.fetchone()
    except sqlite3.Error:
        return None
    return None if found is None else Label(str(found[0]), found[1] or 0)


def log_of(db: Connection) -> Iterator[LogLine]:
    """Every entry, in order."""
    log = (
        "SELECT e.entry, e.kind, e.source, e.written_at, e.origin,"  # noqa: S608 (constants)
        " (SELECT CAST(coalesce(sum(s.readings), 0) AS BIGINT) FROM entry_span AS s"
        f" WHERE s.entry = e.entry), (SELECT {db.joined(_STRETCH)} FROM entry_span AS s"
        " WHERE s.entry = e.entry) FROM entry AS e ORDER BY e.entry"
    )
    return (LogLine(*row) for row in db.stream(log))


def deeds_of(db: Connection) -> Iterator[Deed]:
    """What was done that is no entry."""
    for sql in _DEEDS:
        yield from db.stream(sql)
