"""What can go wrong beneath a ledger's file, said in meterctl's own errors."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meterctl.errors import Busy, LedgerDamaged, LedgerError, LedgerUnwritable, MeterctlError

_ROOM_FOR_A_LOG = 1 << 20  # bytes: with as many free, it was not for want of room

RESTORE = "nothing was changed; the newest backup is put in its place by: meterctl restore"

# To read a log, SQLite makes a file of shared memory beside it; what a writer that was killed has
# left half done, it undoes first.
_NEEDS_TO_WRITE = frozenset(
    (
        "SQLITE_CANTOPEN",
        "SQLITE_IOERR_SHMMAP",
        "SQLITE_IOERR_SHMOPEN",
        "SQLITE_IOERR_SHMSIZE",
        "SQLITE_READONLY_CANTINIT",
        "SQLITE_READONLY_DIRECTORY",
        "SQLITE_READONLY_RECOVERY",
        "SQLITE_READONLY_ROLLBACK",
    )
)


def needs_to_write(error: sqlite3.Error) -> bool:
    """Whether SQLite would have to write in order to read, and cannot or must not."""
    return _name(error) in _NEEDS_TO_WRITE


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file's content is to blame, not the disk, a lock or a bug."""
    name = _name(error)
    # Text that is no text has no code of SQLite's: Python found it out.
    undecodable = not name and "decode" in str(error)
    return undecodable or name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def translate(error: sqlite3.Error, path: Path | None) -> MeterctlError | None:
    """The error that a person can act on; None for a bug, which stays what it is."""
    name = _name(error)
    where = path or "in memory"
    if is_damage(error):
        return LedgerDamaged(f"the ledger {where} is damaged: {error}", RESTORE)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Busy(
            f"another program is writing to {where}",
            "nothing was stored; try again when it has ended",
        )
    not_even_a_log_fits = name == "SQLITE_IOERR_SHMSIZE" and _free(path) < _ROOM_FOR_A_LOG
    if name == "SQLITE_FULL" or not_even_a_log_fits:
        return LedgerUnwritable(
            f"the disk is full: {where} cannot grow{free_bytes(path)}",
            "nothing was stored; free some space and run the same again",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return LedgerUnwritable(
            f"{where} cannot be opened or written: {error}{free_bytes(path)}",
            "check the disk's mount and the permissions of the file and its folder",
        )
    if name.startswith(("SQLITE_IOERR", "SQLITE_NOLFS", "SQLITE_PROTOCOL")):
        return LedgerError(
            f"the disk failed under {where}: {error}{free_bytes(path)}",
            "nothing was acknowledged; check the disk (dmesg), then run the same again",
        )
    return None


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", "") or ""


def free_bytes(path: Path | None) -> str:
    """How much room is left where a file is, in parentheses; empty where that cannot be told."""
    free = _free(path)
    return f" ({free} bytes free)" if free >= 0 else ""


def _free(path: Path | None) -> int:
    """How many bytes are left where a file is; -1 where that cannot be told."""
    if path is None:
        return -1
    try:
        status = os.statvfs(path.parent)
    except (OSError, AttributeError):  # Windows has no statvfs
        return -1
    return status.f_bavail * status.f_frsize


@contextmanager
def os_errors(path: Path) -> Iterator[None]:
    """Turn the system's errors around a ledger's file into ours."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise LedgerUnwritable(
            f"{path} cannot be opened or written: {reason}{free_bytes(path)}",
            "check the path, the disk's mount, its free space, and who may read and write there",
        ) from error


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors that a person can act on into ours; a bug stays what it is."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, path) or error from error
