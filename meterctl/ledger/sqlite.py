"""SQLite as the ledger's store: opened so that an acknowledged write survives a power cut.

WAL with synchronous=FULL: measured by copying a mounted disk in mid-run, WAL+NORMAL lost every
acknowledged row, DELETE+FULL the last one, WAL+FULL none. Every write begins IMMEDIATE, since a
read that turns into a write fails at once whatever the time-out.

Writers take turns by a kernel lock on a file of its own (`PATH.lock`), held while the ledger is
opened, and over each transaction with its commit and checkpoint. It also keeps clear of SQLite's
WAL-reset bug (3.7.0 to 3.51.2), which needs two connections that write or checkpoint at once;
readers open `mode=ro` and never checkpoint.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from meterctl.ledger import files, swap
from meterctl.ledger.connect import real
from meterctl.ledger.faults import os_errors
from meterctl.ledger.lock import WriterLock
from meterctl.ledger.migrate import NEWEST_VERSION, create_or_migrate
from meterctl.ledger.sqlite_connection import SqliteConnection
from meterctl.ledger.store import SqlLedger
from meterctl.ledger.upgrade import keep_older

LOCK_TIMEOUT = 10.0  # seconds a writer waits for the others


def open_for_writing(path: Path, now: int, lock_timeout: float = LOCK_TIMEOUT) -> SqlLedger:
    """Open the ledger at `path`, or make it there, ready to be written to.

    Raises:
        LedgerDamaged, LedgerNewer, LedgerUnwritable, LedgerError, Busy: see meterctl.errors.
        ConfigError: it would lie on a network's file system.
    """
    path = real(path)
    with os_errors(path):
        files.refuse_network(path.parent)
        files.make_folder(path.parent)
        if not swap.is_under_way(path):
            files.recognise(path)
        lock = WriterLock(path, lock_timeout)
    try:
        with lock.held():
            swap.finish(path, lock)
            return _open_in_turn(path, now, lock, lock_timeout)
    except BaseException:
        lock.close()
        raise


def _open_in_turn(path: Path, now: int, lock: WriterLock, timeout: float) -> SqlLedger:
    """Open for writing while no other run can be writing."""
    with os_errors(path):
        if not files.recognise(path) and not path.exists():
            lock.forget()
            files.create(path)
        if files.is_unfinished(path):
            # A writer's close would merge the log, even one that a later meterctl wrote.
            with contextlib.closing(SqliteConnection(path, None, timeout)) as probe:
                probe.version()
    connection = SqliteConnection(path, lock, timeout)
    try:
        ledger = SqlLedger(connection, str(path))
        version = connection.version()
        connection.keep_log()
        if version < NEWEST_VERSION:
            keep_older(connection, path, version)
            with connection.translating():
                create_or_migrate(connection.raw, lambda: ledger.begin(now))
        own = ledger.id  # one that cannot even say which it is must not be written to
        if lock.is_blank:
            with os_errors(path):
                lock.remember(own)
    except BaseException:
        connection.close()
        raise
    return ledger


def open_for_reading(path: Path, timeout: float = LOCK_TIMEOUT) -> SqlLedger:
    """Open the ledger at `path` without ever writing to it; an empty one where there is none."""
    path = real(path)
    return swap.looking(path, lambda: _open_to_look(path, timeout))


def version_at(path: Path, timeout: float = LOCK_TIMEOUT) -> int:
    """The schema's version of the ledger that is there; 0: none yet. Nothing is written."""
    path = real(path)
    with os_errors(path):
        if not files.recognise(path):
            return 0
    with contextlib.closing(SqliteConnection(path, None, timeout)) as connection:
        return connection.version()


def _open_to_look(path: Path, timeout: float) -> SqlLedger:
    with os_errors(path):
        exists = files.recognise(path)
    if exists:
        connection = SqliteConnection(path, None, timeout)
        try:
            version = connection.version()
            if version == NEWEST_VERSION:
                return SqlLedger(connection, str(path))
            if version:
                return _as_newest(connection, path)
        except BaseException:
            connection.close()
            raise
        connection.close()  # its maker was stopped before anything was stored
    return empty(str(path))


def _as_newest(older: SqliteConnection, path: Path) -> SqlLedger:
    """An older schema's ledger, brought up to date in memory: looking never writes."""
    connection = SqliteConnection(None, None, 0)
    try:
        with older.translating():
            older.raw.backup(connection.raw)
            create_or_migrate(connection.raw, lambda: None)
    except BaseException:
        connection.close()
        raise
    older.close()
    return SqlLedger(connection, str(path))


def empty(place: str) -> SqlLedger:
    """A ledger in which nothing is, in memory, in place of one that is not there yet."""
    connection = SqliteConnection(None, None, 0)
    ledger = SqlLedger(connection, place)
    create_or_migrate(connection.raw, lambda: ledger.begin(0))
    return ledger
