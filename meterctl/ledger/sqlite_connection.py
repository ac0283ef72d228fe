"""A connection to one SQLite file: the verbs that the ledger's SQL needs."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

from meterctl.errors import LedgerError, LedgerNewer, MeterctlError
from meterctl.ledger import files
from meterctl.ledger.connect import connect, connect_for_writing, file_at, trusting
from meterctl.ledger.connection import Row
from meterctl.ledger.faults import is_damage, needs_to_write, os_errors, translate
from meterctl.ledger.inserting import statements
from meterctl.ledger.lock import WriterLock, job_lock
from meterctl.ledger.migrate import APPLICATION_ID, NEWEST_VERSION
from meterctl.stopping import temporary_folder


class _Part:
    """A part of a write. No generator: a server begins some thousands a second."""

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.run("SAVEPOINT part")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        is_kept = False
        try:
            if error is None:
                self._connection.run("RELEASE part")
                is_kept = True
        finally:
            if not is_kept:
                self._connection.undo("ROLLBACK TO part", "RELEASE part")
        if isinstance(error, sqlite3.Error):
            self._connection.tell(error)


class SqliteConnection:
    """`meterctl.ledger.connection.Connection` on one SQLite file; errors arrive as ours."""

    tables_of_its_own = ("sqlite_master",)  # what keeps others from changing the log

    def __init__(self, path: Path | None, lock: WriterLock | None, timeout: float) -> None:
        self._path = path
        self._lock = lock
        self._closed = False
        self._damaged = False
        self._private = ExitStack()  # what is to be taken away in the end
        self._file: tuple[int, int] | None = None  # which one it was when it was opened
        with self.translating():
            if path is None:
                self.raw = sqlite3.connect(":memory:", isolation_level=None)
            elif lock is None:
                self.raw = self._connect_for_reading(path, timeout)
            else:
                self.raw = connect_for_writing(path, timeout)
                self._file = file_at(path)

    def _connect_for_reading(self, path: Path, timeout: float) -> sqlite3.Connection:
        connection = connect(path, "ro", timeout)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            connection.close()
            if not needs_to_write(error):
                raise
            with os_errors(path):
                return self._connect_without_writing(path, timeout)
        return connection

    def _connect_without_writing(self, path: Path, timeout: float) -> sqlite3.Connection:
        """Where SQLite would have to write to read, and cannot or must not."""
        if files.cannot_change(path) and not files.is_unfinished(path):
            # Everything is in the file itself, which nobody can change: safe to call immutable.
            return connect(path, "ro", timeout, immutable=True)
        try:
            copy = self._private.enter_context(temporary_folder("meterctl-")) / "ledger.db"
            files.copy_unfinished(path, copy)
            return connect(copy, "rw", timeout)
        except BaseException:
            self._private.close()
            raise

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Turn SQLite's errors that a person can act on into ours; a bug stays what it is."""
        try:
            yield
        except sqlite3.Error as error:
            self.tell(error)

    def tell(self, error: sqlite3.Error) -> NoReturn:
        """Raise an error of SQLite's as ours, if a person can act on it."""
        self._damaged = self._damaged or is_damage(error)
        translated = translate(error, self._path)
        if translated is None:
            raise error
        raise translated from error

    def keep_log(self) -> None:
        """Write ahead to a log, as this module's head says; a backup put in place does not yet.

        Raises:
            LedgerError: no log can be kept here, so a power cut could take what was acknowledged.
        """
        with self.translating():
            mode = self.raw.execute("PRAGMA journal_mode").fetchone()[0]
            if mode != "wal":
                mode = self.raw.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise LedgerError(
                f"SQLite cannot keep its log beside {self._path}",
                "keep the ledger on a local disk (METERCTL_LEDGER)",
            )

    def version(self) -> int:
        """The schema's version; 0 for a file without anything in it.

        Raises:
            LedgerNewer: a later meterctl wrote it.
            LedgerError: another program's database.
        """
        with self.translating():
            application = self.raw.execute("PRAGMA application_id").fetchone()[0]
            version: int = self.raw.execute("PRAGMA user_version").fetchone()[0]
            tables = 0
            if application != APPLICATION_ID:
                tables = self.raw.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if self._path and application != APPLICATION_ID and (tables or version or application):
            raise files.not_ours(self._path)
        if version > NEWEST_VERSION:
            raise LedgerNewer(
                f"the ledger {self._path} is newer (schema {version}) than this meterctl (schema"
                f" {NEWEST_VERSION}); it was not touched",
                "update meterctl on this machine",
            )
        return version

    def transaction(self) -> AbstractContextManager[None]:
        """A write transaction, taken at once; durable when left well. Within another, a part."""
        if self._lock is None:
            raise RuntimeError("this ledger was opened for reading")
        return _Part(self) if self.raw.in_transaction else self._whole(self._lock)

    @contextmanager
    def _whole(self, lock: WriterLock) -> Iterator[None]:
        with lock.held(), self.translating():
            self._refuse_elsewhere()
            self.raw.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.raw.execute("COMMIT")
            except BaseException:
                self.undo("ROLLBACK")
                raise

    def undo(self, *statements: str) -> None:
        """Take back what was not committed; the error that led here is the one to tell."""
        if self.raw.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                for statement in statements:
                    self.raw.execute(statement)

    def _refuse_elsewhere(self) -> None:
        """Who keeps a ledger open for days must not write to a file that is no more at its place.

        Raises:
            LedgerError: it was deleted, moved, or another one was put there.
        """
        if self._path is None:
            return
        try:
            there = file_at(self._path)
        except MeterctlError:
            there = None
        if there != self._file:
            raise LedgerError(
                f"{self._path} was deleted or replaced while it was open; nothing was stored",
                "see what is there now with: meterctl health",
            )

    def joined(self, expression: str) -> str:
        """The SQL that joins an expression's texts of all rows of a group, by commas."""
        return f"group_concat({expression})"

    # Not by `translating` in these: a context for each question costs as much as some questions.

    def run(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement; return how many rows it changed."""
        try:
            return self.raw.execute(sql, parameters).rowcount
        except sqlite3.Error as error:
            self.tell(error)

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of parameters."""
        try:
            self.raw.executemany(sql, rows)
        except sqlite3.Error as error:
            self.tell(error)

    def insert_columns(
        self, table: str, same: Mapping[str, object], columns: Mapping[str, Iterable[object]]
    ) -> None:
        """Insert many rows: measured, executemany takes two and a half times as long."""
        for statement, parameters in statements(table, same, columns):
            self.run(statement, parameters)

    def one(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """The first row, or None."""
        try:
            row: Row | None = self.raw.execute(sql, parameters).fetchone()
        except sqlite3.Error as error:
            self.tell(error)
        return row

    def all(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Every row, in memory at once."""
        try:
            return self.raw.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            self.tell(error)

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        """The rows one by one, in bounded memory."""
        with self.translating():
            # No `yield from`: it would close the cursor of a stream that is given up half read,
            # which is an error once the ledger itself is closed.
            for row in self.raw.execute(sql, parameters):  # noqa: UP028 (as said)
                yield row

    def trusting(self) -> AbstractContextManager[None]:
        """Leave out what constraints say of single rows and their parents."""
        return trusting(self.raw)

    @contextmanager
    def holding(self, job: str, wait: float) -> Iterator[None]:
        """One run of a job at a time, by a kernel lock that dies with its holder."""
        if self._path is None or self._lock is None:
            raise RuntimeError("this ledger was opened for reading")
        with ExitStack() as stack:
            with os_errors(self._path):
                stack.enter_context(job_lock(self._path, job, wait))
            yield

    def give_way(self) -> None:
        """Let other writers go first who wait."""
        if self._lock is not None and self._path is not None:
            with os_errors(self._path):
                self._lock.give_way()

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """All that is read or copied within is of one moment."""
        self.run("BEGIN")
        try:
            self.one("SELECT count(*) FROM sqlite_master")  # the moment is that of the first look
            yield
        finally:
            with contextlib.suppress(sqlite3.Error):  # it has only read
                self.raw.execute("ROLLBACK")

    def damage(self) -> list[str]:
        """What a full integrity check finds wrong."""
        with self.translating():
            try:
                rows = self.raw.execute("PRAGMA integrity_check(10)").fetchall()
            except sqlite3.Error as error:
                if is_damage(error):
                    return [str(error)]
                raise  # a lock or a failing disk says nothing of the ledger's content
        return [" ".join(text.split()) for (text,) in rows if text != "ok"]

    def copy_to(self, path: Path) -> None:
        """A consistent copy by SQLite's backup API, on disk before this returns."""
        with os_errors(path):
            files.create(path)
            try:
                target = sqlite3.connect(path, isolation_level=None)
                try:
                    self.raw.backup(target)
                    # One plain file, without a log beside it: easy to move, and to check.
                    target.execute("PRAGMA journal_mode = DELETE")
                finally:
                    target.close()
            except sqlite3.Error as error:
                # A full disk is the copy's; damage is the ledger's.
                translated = translate(error, self._path if is_damage(error) else path)
                if translated is None:
                    raise
                raise translated from error
            files.sync_file(path)

    def close(self) -> None:
        """Let go of the file. The last to leave checkpoints; what is committed needs no waiting."""
        if self._closed:
            return
        self._closed = True
        try:
            # SQLite lets the last connection merge the log and take it away. Without the lock we
            # leave that to whoever has it: it may be one that puts another file in this place.
            alone = self._lock is None or self._lock.take_if_free()
            if self._path is not None and (self._damaged or not alone):
                self._close_without_merging(self._path)
            else:
                self.raw.close()
        finally:
            if self._lock is not None:
                self._lock.close()
            self._private.close()

    def _close_without_merging(self, path: Path) -> None:
        """Leave the file and its log as they are: while a reader is there, no close checkpoints."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(sqlite3.Error):  # moved away: then SQLite leaves it alone too
                reader = stack.enter_context(contextlib.closing(connect(path, "ro", 0)))
                reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
            self.raw.close()
