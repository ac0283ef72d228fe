"""SQLite as the ledger's store: opened so that an acknowledged write survives a power cut.

WAL with synchronous=FULL: measured by copying a mounted disk in mid-run, WAL+NORMAL lost every
acknowledged row, DELETE+FULL the last one, WAL+FULL none. Every write begins IMMEDIATE, since a
read that turns into a write fails at once whatever the time-out.

Writers take turns by a kernel lock on a file of its own (`PATH.lock`), held over commit,
checkpoint and close. It also keeps clear of SQLite's WAL-reset bug (3.7.0 to 3.51.2), which needs
two connections that write or checkpoint at once; readers open `mode=ro` and never checkpoint.
Closing any descriptor of the database file itself would drop SQLite's own locks, hence the file.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from meterctl.errors import (
    Busy,
    LedgerDamaged,
    LedgerError,
    LedgerNewer,
    LedgerUnwritable,
    MeterctlError,
)
from meterctl.ledger.connection import Row
from meterctl.ledger.migrate import APPLICATION_ID, NEWEST_VERSION, create_or_migrate
from meterctl.ledger.store import SqlLedger

LOCK_TIMEOUT = 10.0  # seconds a writer waits for the others

_MAGIC = b"SQLite format 3\x00"
_RESTORE = (
    "nothing was changed. Move it aside with its -wal and -shm files, and put the newest backup"
    " (meterctl backup) in its place"
)


def open_for_writing(path: Path, now: int, lock_timeout: float = LOCK_TIMEOUT) -> SqlLedger:
    """Open the ledger at `path`, or make it there, ready to be written to.

    Raises:
        LedgerDamaged, LedgerNewer, LedgerUnwritable, LedgerError, Busy: see meterctl.errors.
    """
    with _os_errors(path):
        _make_folder(path.parent)
        _recognise(path)
        lock = WriterLock(path.with_name(path.name + ".lock"), lock_timeout)
    try:
        _probe_newer_in_wal(path)
        if not path.exists():
            with _os_errors(path):
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
                _sync_folder(path.parent)
        connection = SqliteConnection(path, lock, lock_timeout)
    except BaseException:
        lock.close()
        raise
    try:
        ledger = SqlLedger(connection, str(path))
        if connection.version(path) < NEWEST_VERSION:
            with lock.held():
                connection.keep_log()
                with connection.translating():
                    create_or_migrate(connection.raw, lambda: ledger.begin(now))
                lock.remember(ledger.id)
        else:
            connection.keep_log()
    except BaseException:
        connection.close()
        raise
    return ledger


def open_for_reading(path: Path) -> SqlLedger:
    """Open the ledger at `path` without ever writing to it; an empty one where there is none."""
    with _os_errors(path):
        exists = _recognise(path)
    if exists:
        connection = SqliteConnection(path, None, LOCK_TIMEOUT)
        try:
            if connection.version(path):
                return SqlLedger(connection, str(path))
        except BaseException:
            connection.close()
            raise
        connection.close()  # its maker was stopped before anything was stored
    return _empty(path)


def _empty(path: Path) -> SqlLedger:
    connection = SqliteConnection(None, None, 0)
    ledger = SqlLedger(connection, str(path))
    create_or_migrate(connection.raw, lambda: ledger.begin(0))
    return ledger


class WriterLock:
    """One writer at a time, by a kernel lock that dies with its holder."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; entered again by the same holder, it is simply kept.

        Raises:
            Busy: another run has held it for the whole time-out.
        """
        if self._depth == 0:
            self._acquire()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._flock(release=True)

    def remember(self, ledger_id: str) -> None:
        """Note whose lock this is: an empty ledger beside it has lost its readings."""
        if os.fstat(self._descriptor).st_size == 0:
            os.pwrite(self._descriptor, ledger_id.encode() + b"\n", 0)

    def close(self) -> None:
        """Let go of the file, and with it of the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _acquire(self) -> None:
        deadline = time.monotonic() + self._timeout
        pause = 0.001
        while not self._flock():
            if time.monotonic() >= deadline:
                raise Busy(
                    f"another run has been writing to {self._path.with_suffix('')} for"
                    f" {self._timeout:g} s",
                    "nothing was stored; try again when it has ended",
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)

    def _flock(self, *, release: bool = False) -> bool:
        if sys.platform == "win32":  # SQLite's own locks have to do there
            return True
        import fcntl

        try:
            fcntl.flock(
                self._descriptor, fcntl.LOCK_UN if release else fcntl.LOCK_EX | fcntl.LOCK_NB
            )
        except BlockingIOError:
            return False
        return True


class SqliteConnection:
    """`meterctl.ledger.connection.Connection` on one SQLite file; errors arrive as ours."""

    def __init__(self, path: Path | None, lock: WriterLock | None, timeout: float) -> None:
        self._path = path
        self._lock = lock
        self._closed = False
        self._private: object = None
        with self.translating():
            if path is None:
                self.raw = sqlite3.connect(":memory:", isolation_level=None)
            elif lock is None:
                self.raw = self._connect_for_reading(path, timeout)
            else:
                self.raw = sqlite3.connect(
                    _uri(path, "rw"), uri=True, isolation_level=None, timeout=timeout
                )
                self.raw.execute("PRAGMA synchronous = FULL")
                self.raw.execute("PRAGMA foreign_keys = ON")

    def _connect_for_reading(self, path: Path, timeout: float) -> sqlite3.Connection:
        connection = sqlite3.connect(
            _uri(path, "ro"), uri=True, isolation_level=None, timeout=timeout
        )
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorname not in (
                "SQLITE_CANTOPEN",
                "SQLITE_READONLY_CANTINIT",
                "SQLITE_READONLY_DIRECTORY",
            ):
                raise
            return self._connect_where_nothing_can_be_written(path)
        return connection

    def _connect_where_nothing_can_be_written(self, path: Path) -> sqlite3.Connection:
        """A WAL database on a read-only disk: SQLite cannot make its shared memory file there."""
        wal = path.with_name(path.name + "-wal")
        if not wal.exists() or wal.stat().st_size == 0:
            # Everything is in the file itself, which nothing can change: safe to call immutable.
            return sqlite3.connect(_uri(path, "ro", immutable=True), uri=True, isolation_level=None)
        import shutil
        import tempfile

        folder = tempfile.TemporaryDirectory(prefix="meterctl-")
        self._private = folder
        copy = Path(folder.name) / "ledger.db"
        shutil.copyfile(path, copy)
        shutil.copyfile(wal, copy.with_name("ledger.db-wal"))
        return sqlite3.connect(_uri(copy, "rw"), uri=True, isolation_level=None)

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Turn SQLite's errors that a person can act on into ours; a bug stays what it is."""
        try:
            yield
        except sqlite3.Error as error:
            translated = _translate(error, self._path)
            if translated is None:
                raise
            raise translated from error

    def keep_log(self) -> None:
        """Write ahead to a log, as this module's head says; a backup put in place does not yet."""
        with self.translating():
            if self.raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                with self._lock.held() if self._lock else contextlib.nullcontext():
                    self.raw.execute("PRAGMA journal_mode = WAL")

    def version(self, path: Path) -> int:
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
        if application != APPLICATION_ID and (tables or version or application):
            raise LedgerError(
                f"{path} is another program's database, not a meterctl ledger",
                "point METERCTL_LEDGER at another file",
            )
        _refuse_newer(path, version)
        return version

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A write transaction, taken at once; durable when left well."""
        if self._lock is None:
            raise RuntimeError("this ledger was opened for reading")
        with self._lock.held(), self.translating():
            self.raw.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.raw.execute("COMMIT")
            except BaseException:
                if self.raw.in_transaction:
                    with contextlib.suppress(sqlite3.Error):  # the first error is the one to tell
                        self.raw.execute("ROLLBACK")
                raise

    def run(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement; return how many rows it changed."""
        with self.translating():
            return self.raw.execute(sql, parameters).rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of parameters."""
        with self.translating():
            self.raw.executemany(sql, rows)

    def one(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """The first row, or None."""
        with self.translating():
            row: Row | None = self.raw.execute(sql, parameters).fetchone()
            return row

    def all(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Every row, in memory at once."""
        with self.translating():
            return self.raw.execute(sql, parameters).fetchall()

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        """The rows one by one, in bounded memory."""
        with self.translating():
            yield from self.raw.execute(sql, parameters)

    def damage(self) -> list[str]:
        """What a full integrity check finds wrong."""
        try:
            rows = self.raw.execute("PRAGMA integrity_check(10)").fetchall()
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [text for (text,) in rows if text != "ok"]

    def copy_to(self, path: Path) -> None:
        """A consistent copy by SQLite's backup API, on disk before this returns."""
        with self.translating(), _os_errors(path):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            target = sqlite3.connect(path, isolation_level=None)
            try:
                self.raw.backup(target)
                # One plain file, without a log beside it: easy to move, and to check.
                target.execute("PRAGMA journal_mode = DELETE")
            finally:
                target.close()
            _sync_file(path)
            _sync_folder(path.parent)

    def close(self) -> None:
        """Close; the last writer to leave checkpoints, so this waits for its turn too."""
        if self._closed:
            return
        self._closed = True
        if self._lock is None:
            self.raw.close()
        else:
            try:
                with self._lock.held():
                    self.raw.close()
            except Busy:
                self.raw.close()
            finally:
                self._lock.close()


def _uri(path: Path, mode: str, *, immutable: bool = False) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}" + ("&immutable=1" if immutable else "")


def _recognise(path: Path) -> bool:
    """Whether there is a ledger, by its first bytes alone: nothing is opened that is not one.

    Raises:
        LedgerDamaged: not SQLite, cut short, or emptied.
        LedgerNewer: written by a later meterctl.
    """
    wal = path.with_name(path.name + "-wal")
    try:
        with path.open("rb") as file:
            header = file.read(100)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        header, size = b"", -1
    logged = wal.exists() and wal.stat().st_size > 0
    if size <= 0:
        lock = path.with_name(path.name + ".lock")
        emptied = size == 0 and lock.exists() and lock.stat().st_size > 0
        if logged or emptied:
            missing = "is empty" if size == 0 else "is missing"
            raise LedgerDamaged(f"the ledger {path} {missing}, yet it has held readings", _RESTORE)
        return False
    if header[:16] != _MAGIC or len(header) < 100:
        raise LedgerDamaged(f"{path} is damaged, or not a ledger at all", _RESTORE)
    pages, version = int.from_bytes(header[28:32], "big"), int.from_bytes(header[60:64], "big")
    page_size = int.from_bytes(header[16:18], "big")
    page_size = 65536 if page_size == 1 else page_size
    # While a log waits beside it, the file may rightly be shorter than its header says.
    if not logged and size < pages * page_size:
        raise LedgerDamaged(
            f"{path} is damaged: {size} bytes of {pages * page_size} are there", _RESTORE
        )
    if int.from_bytes(header[68:72], "big") == APPLICATION_ID:
        _refuse_newer(path, version)
    return True


def _refuse_newer(path: Path, version: int) -> None:
    if version > NEWEST_VERSION:
        raise LedgerNewer(
            f"the ledger {path} is newer (schema {version}) than this meterctl (schema"
            f" {NEWEST_VERSION}); it was not touched",
            "update meterctl on this machine",
        )


def _probe_newer_in_wal(path: Path) -> None:
    """Look past the header where a log waits: a writer's close would merge a newer one's log."""
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size > 0:
        probe = SqliteConnection(path, None, LOCK_TIMEOUT)
        try:
            probe.version(path)
        finally:
            probe.close()


def _translate(error: sqlite3.Error, path: Path | None) -> MeterctlError | None:
    name = getattr(error, "sqlite_errorname", "") or ""
    where = path or "in memory"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Busy(
            f"another program is writing to {where}",
            "nothing was stored; try again when it has ended",
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return LedgerDamaged(f"the ledger {where} is damaged: {error}", _RESTORE)
    if name.startswith("SQLITE_FULL"):
        return LedgerUnwritable(
            f"the disk is full: {where} cannot grow{_free(path)}",
            "nothing was stored; free some space and run the same again",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return LedgerUnwritable(
            f"the ledger {where} cannot be written: {error}",
            "check the disk's mount and the permissions of the file and its folder",
        )
    if name.startswith(("SQLITE_IOERR", "SQLITE_NOLFS", "SQLITE_PROTOCOL")):
        return LedgerError(
            f"the disk failed under the ledger {where}: {error}{_free(path)}",
            "nothing was acknowledged; check the disk (dmesg), then run the same again",
        )
    return None


def _free(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        status = os.statvfs(path.parent)
    except OSError:
        return ""
    return f" ({status.f_bavail * status.f_frsize} bytes free)"


@contextmanager
def _os_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise LedgerUnwritable(
            f"the ledger {path} cannot be opened: {reason}{_free(path)}",
            "check the path, the disk's mount, its free space, and who may read and write there",
        ) from error


def _make_folder(folder: Path) -> None:
    """Make the folder, and make sure that a power cut does not take it away again."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(one.parent)


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    if sys.platform != "win32":  # a folder cannot be opened there
        _sync_file(folder)
