"""The files of a ledger on SQLite: what they look like from outside, and getting them onto disk.

A program that closes any descriptor of a database file drops all of its own locks on it
(https://www.sqlite.org/howtocorrupt.html, 2.2), and another program's close would then delete the
log that this one still writes to. So a file that may be open here is only ever looked at with stat.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path

from meterctl.errors import Busy, ConfigError, LedgerDamaged, LedgerError
from meterctl.ledger.faults import RESTORE
from meterctl.ledger.lock import lock_path
from meterctl.ledger.migrate import APPLICATION_ID
from meterctl.owners import hand_over

_MAGIC = b"SQLite format 3\x00"
_COPY_ATTEMPTS = 20


def log_path(path: Path) -> Path:
    """Where SQLite keeps the log of a database file."""
    return path.parent / f"{path.name}-wal"  # a link may lead to /, which has no name


def journal_path(path: Path) -> Path:
    """Where it keeps the rollback journal, while there is no log yet."""
    return path.with_name(path.name + "-journal")


def is_unfinished(path: Path) -> bool:
    """Whether the file is not all there is: somebody writes, or was killed at it."""
    return size_of(log_path(path)) > 0 or size_of(journal_path(path)) > 0


def size_of(path: Path) -> int:
    """A file's size; -1 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def recognise(path: Path) -> bool:
    """Whether there is a ledger's file, as far as can be told without opening it as one.

    Raises:
        LedgerDamaged: it has held readings, and is empty or gone; or it is no database.
        LedgerError: another program's database, or no file at all.
    """
    # The log first: it gets its first byte after the file has, so this order cannot be deceived
    # by another run that makes the ledger meanwhile.
    logged = size_of(log_path(path)) > 0
    size = size_of(path)
    if size >= 0 and not stat.S_ISREG(path.stat().st_mode):
        raise LedgerError(f"{path} is not a file", "point METERCTL_LEDGER at a file")
    if size <= 0:
        emptied = size == 0 and size_of(lock_path(path)) > 0
        if logged or emptied:
            state = "is empty" if size == 0 else "is missing"
            raise LedgerDamaged(f"the ledger {path} {state}, yet it has held readings", RESTORE)
        return False
    if not lock_path(path).exists():
        _recognise_stranger(path)
    return True


def _recognise_stranger(path: Path) -> None:
    """Look into a file that no meterctl wrote to where it lies, before any is made beside it."""
    with path.open("rb") as file:
        header = file.read(100)
    if header[:16] != _MAGIC or len(header) < 100:
        raise LedgerDamaged(f"{path} is damaged, or not a ledger at all", RESTORE)
    # Where a log waits, whose database it is may be written only there. And one in which no table
    # was ever made may be what is left of a ledger's beginning.
    tables_made = int.from_bytes(header[40:44], "big")
    ours = int.from_bytes(header[68:72], "big") == APPLICATION_ID
    if not ours and tables_made and not is_unfinished(path):
        raise not_ours(path)


def not_ours(path: Path) -> LedgerError:
    """The error for another program's database."""
    return LedgerError(
        f"{path} is another program's database, not a meterctl ledger",
        "point METERCTL_LEDGER at another file",
    )


def create(path: Path) -> None:
    """Make an empty file that only its owner may read, and keep its name through a power cut."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    hand_over(descriptor, path)
    os.close(descriptor)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make the folder, and make sure that a power cut does not take it away again."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        if hasattr(os, "O_DIRECTORY"):
            descriptor = os.open(one, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                hand_over(descriptor, one)
            finally:
                os.close(descriptor)
        sync_folder(one.parent)


def refuse_network(folder: Path) -> None:
    """Nothing, unless a folder is, or would be, on a file system that other machines have open too.

    Raises:
        ConfigError: it is, so that what is acknowledged there could be lost.
    """
    while not folder.exists():
        folder = folder.parent
    device = folder.stat().st_dev
    if not hasattr(os, "major") or os.major(device):
        return  # a disk of this machine's; what has none beneath it is given no major number
    from meterctl.domain.mounts import is_network, kind_of

    with suppress(OSError):  # no Linux
        table = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
        kind = kind_of(table, (0, os.minor(device)))
        if is_network(kind):
            raise ConfigError(
                f"{folder} is on {kind}: SQLite's log is not safe over a network, and readings"
                " could be lost",
                "keep the ledger on a local disk (METERCTL_LEDGER); nothing was written",
            )


def sync_file(path: Path) -> None:
    """Wait until a file's content is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    if sys.platform != "win32":  # a folder cannot be opened there
        sync_file(folder)


def cannot_change(path: Path) -> bool:
    """Whether nobody can write to a file: its file system is mounted read-only."""
    return hasattr(os, "ST_RDONLY") and bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def copy_unfinished(path: Path, copy: Path) -> None:
    """Copy a database, its log and journal as they were at one moment, though others may write.

    Raises:
        Busy: they changed whenever they were copied.
    """
    pairs = [(path, copy)] + [(of(path), of(copy)) for of in (log_path, journal_path)]
    for _ in range(_COPY_ATTEMPTS):
        before = [state_of(original) for original, _ in pairs]
        for original, copied in pairs:
            copied.unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                shutil.copyfile(original, copied)
        if [state_of(original) for original, _ in pairs] == before:
            return
        time.sleep(0.05)
    raise Busy(f"{path} is being written to all the time", "try again later")


def state_of(path: Path) -> tuple[int, int, int] | None:
    """Which file it is, its size, and when it was changed; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
