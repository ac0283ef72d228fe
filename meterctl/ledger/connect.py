"""Connections to one SQLite file, set as the head of `sqlite.py` says."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from meterctl.ledger.faults import os_errors


def real(path: Path) -> Path:
    """Without symbolic links: SQLite keeps its log, and we the lock, beside the file itself."""
    return Path(os.path.realpath(path))


def file_at(path: Path) -> tuple[int, int]:
    """Which file is at a path."""
    with os_errors(path):
        status = path.stat()
    return status.st_dev, status.st_ino


def connect_for_writing(path: Path, timeout: float) -> sqlite3.Connection:
    """A connection whose acknowledged writes survive a power cut."""
    connection = connect(path, "rw", timeout)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        if sys.platform == "darwin":  # its fsync leaves the data in the drive's own cache
            connection.execute("PRAGMA fullfsync = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def connect(
    path: Path, mode: str, timeout: float, *, immutable: bool = False
) -> sqlite3.Connection:
    """A connection to a file that is there."""
    # By its bytes: a name need not be text that UTF-8 can hold.
    uri = f"file:{quote(os.fsencode(path))}?mode={mode}" + ("&immutable=1" if immutable else "")
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=timeout)


@contextmanager
def trusting(connection: sqlite3.Connection) -> Iterator[None]:
    """Leave out CHECK and REFERENCES: measured, half of the time that an insert takes.

    Keys stay unique, and what must not be null is not. Outside any transaction.
    """
    if connection.in_transaction:
        raise RuntimeError("SQLite would not hear of foreign keys within a transaction")
    try:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("PRAGMA foreign_keys = OFF")
        yield
    finally:
        connection.execute("PRAGMA ignore_check_constraints = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
