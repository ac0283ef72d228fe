"""A ledger of another store as a file of SQLite's: what a backup of it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from meterctl.ledger import files
from meterctl.ledger.connection import Connection
from meterctl.ledger.copying_tables import LOG, REST, blocks
from meterctl.ledger.faults import os_errors, sqlite_errors
from meterctl.ledger.inserting import statements
from meterctl.ledger.migrate import create_or_migrate


def copy_into_file(db: Connection, path: Path) -> None:
    """All that a connection shows, in a file that is on disk before this returns.

    Args:
        db: Standing still, so that all of it is of one moment.
        path: Where there is no file yet.

    Raises:
        LedgerUnwritable: it cannot be written there.
    """
    with os_errors(path):
        files.create(path)
        with sqlite_errors(path), closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute("PRAGMA synchronous = OFF")  # it counts when it is whole, and synced
            create_or_migrate(file, lambda: None)
            _fill(file, db)
        files.sync_file(path)


def _fill(file: sqlite3.Connection, db: Connection) -> None:
    file.execute("BEGIN")
    for table in (*REST, *LOG):
        for rows in blocks(db, table):
            columns = dict(zip(table.columns, zip(*rows, strict=True), strict=True))
            for statement, parameters in statements(table.name, {}, columns):
                file.execute(statement, parameters)
    file.execute("COMMIT")
