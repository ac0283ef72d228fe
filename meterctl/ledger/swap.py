"""Another file in the ledger's place, with no moment in which a kill or a power cut could harm.

The new ledger is made ready in a folder of its own beside the old one, `.ledger.db.restoring`. Then
the order to swap is written into that folder: from that instant on the new one counts. Whoever has
the writers' lock next carries out what is left to do, so it is done before anything is written.

The old one is moved away before the new one comes, and its log goes before too: a log that lies
beside a file it does not belong to would be merged into it. In between there is no ledger, for
some milliseconds; who reads then waits, and who writes waits for the lock.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from meterctl.errors import LedgerError, MeterctlError
from meterctl.ledger.faults import os_errors
from meterctl.ledger.files import journal_path, log_path, size_of, sync_folder
from meterctl.ledger.lock import WriterLock

if TYPE_CHECKING:
    from meterctl.ledger.store import SqlLedger

T = TypeVar("T", bound="SqlLedger")
_PATIENCE = 2.0  # seconds that one who reads waits for a swap, which takes milliseconds


def folder_of(path: Path) -> Path:
    """Where a ledger that is to come to a path is made ready."""
    return path.with_name(f".{path.name}.restoring")


def ready_path(path: Path) -> Path:
    """The ledger that is to come."""
    return folder_of(path) / path.name


def _order(path: Path) -> Path:
    return folder_of(path) / "swap"


def is_under_way(path: Path) -> bool:
    """Whether a swap was ordered and is not done yet."""
    return os.path.exists(_order(path))  # noqa: PTH110 (asked at each opening: half the time)


def has_left(path: Path) -> bool:
    """Whether anything was made ready, or is just being."""
    return os.path.exists(folder_of(path))  # noqa: PTH110 (Path's raises in a closed folder)


def looking(path: Path, open_: Callable[[], T]) -> T:
    """What a look at the ledger's file opens, once no other one takes its place meanwhile.

    A database and its log are opened one after the other: they must be of the same ledger.

    Raises:
        LedgerError: a swap was stopped, and the one who is to finish it does not come.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        before = _file_there(path)
        try:
            opened = open_()
        except MeterctlError:
            if not _is_met(path, before):
                raise
        else:
            if not _is_met(path, before):
                return opened
            opened.close()
        if time.monotonic() > end:
            raise LedgerError(
                f"a restore of {path} was stopped on its way",
                "run meterctl restore again, and it is finished",
            )
        time.sleep(0.005)


def _is_met(path: Path, before: tuple[int, int] | None) -> bool:
    """Whether a swap came in between, or there is no ledger since one is under way."""
    return _file_there(path) != before or (before is None and is_under_way(path))


def _file_there(path: Path) -> tuple[int, int] | None:
    with os_errors(path):
        try:
            status = path.stat()
        except FileNotFoundError:
            return None
    return status.st_dev, status.st_ino


def order(path: Path, aside: Path, ledger_id: str) -> None:
    """Write down that the ledger made ready takes the place at a path; the old one goes `aside`.

    The caller has the writers' lock, and calls `finish` next.
    """
    name = _order(path)
    part = name.with_name("swap.part")
    descriptor = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        os.pwrite(descriptor, f"{ledger_id}\n".encode() + os.fsencode(aside.name), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    part.rename(name)
    sync_folder(name.parent)


def finish(path: Path, lock: WriterLock) -> None:
    """Carry out what is left of a swap that was ordered, if any; the caller holds the lock."""
    if not is_under_way(path):
        return
    with os_errors(path):
        ledger_id, name = _order(path).read_bytes().split(b"\n", 1)
        aside, ready = path.with_name(os.fsdecode(name)), ready_path(path)
        if ready.exists() and not (path.exists() and aside.exists()):
            _move_away(path, aside)
            ready.rename(path)
            sync_folder(path.parent)
        lock.remember(ledger_id.decode())
        _order(path).unlink()
        clear(path)


def _move_away(path: Path, aside: Path) -> None:
    """The file first: whoever opens it by its name now finds none, and makes no log for it."""
    if path.exists():
        path.rename(aside)
        sync_folder(path.parent)
    for of in (log_path, journal_path):
        if size_of(of(path)) > 0:
            of(path).rename(of(aside))
    for leftover in (log_path(path), journal_path(path), path.with_name(path.name + "-shm")):
        leftover.unlink(missing_ok=True)
    sync_folder(path.parent)


def clear(path: Path) -> None:
    """Take away what was made ready and is not wanted, or what is left of it."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder_of(path))
        sync_folder(path.parent)
