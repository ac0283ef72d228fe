"""One writer at a time, by a kernel lock on a file of its own that dies with its holder."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from meterctl import log
from meterctl.domain.times import age_text
from meterctl.errors import Busy, LedgerError
from meterctl.owners import hand_over

_LONGEST_PAUSE = 0.05  # seconds between two looks of one that waits
_COURTESY = 0.1  # seconds for which one that writes on and on lets those go first who wait


def lock_path(path: Path) -> Path:
    """The lock's file of a ledger's file."""
    return path.with_name(path.name + ".lock")


def queue_path(path: Path) -> Path:
    """The file that is locked, together with others, by each who waits."""
    return path.with_name(path.name + ".queue.lock")


class WriterLock:
    """The turn to write to one ledger. The file also notes whose it is, once it holds a ledger."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._ledger = path
        self._path = lock_path(path)
        self._timeout = timeout
        self._depth = 0
        self._descriptor = _open(self._path)
        self._queue = -1  # opened when there is a first reason to

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
            if self._depth == 0 and self._descriptor >= 0:  # closed within: released with it
                with suppress(LedgerError):  # what was done meanwhile is done
                    self._flock(release=True)

    def take_if_free(self) -> bool:
        """Hold the lock until it is closed, unless another run has it just now: then False."""
        if self._depth == 0:
            with suppress(LedgerError):  # who asks has nothing left to lose
                return self._flock()
        return True

    @property
    def is_blank(self) -> bool:
        """Whether it does not say yet whose lock it is."""
        return os.fstat(self._descriptor).st_size == 0

    def remember(self, ledger_id: str) -> None:
        """Note whose lock this is: an empty ledger beside it has lost its readings."""
        os.pwrite(self._descriptor, ledger_id.encode() + b"\n", 0)

    def forget(self) -> None:
        """The ledger it belonged to is gone, and another one begins in its place."""
        if not self.is_blank:
            os.ftruncate(self._descriptor, 0)

    def close(self) -> None:
        """Let go of the file, and with it of the lock."""
        for descriptor in (self._descriptor, self._queue):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._queue = -1

    def give_way(self) -> None:
        """Let those go first who wait, between two writes of one who writes on and on.

        They look for their turn now and then only, and would find it free by chance.
        """
        deadline = time.monotonic() + _COURTESY
        while self._somebody_waits() and time.monotonic() < deadline:
            time.sleep(0.002)

    def _somebody_waits(self) -> bool:
        queue = self._open_queue()
        if not _flock(queue, queue_path(self._ledger)):
            return True
        _flock(queue, queue_path(self._ledger), release=True)
        return False

    def _open_queue(self) -> int:
        if self._queue < 0:
            self._queue = _open(queue_path(self._ledger))
        return self._queue

    def _acquire(self) -> None:
        if self._flock():
            return
        queue = self._open_queue()
        _flock(queue, queue_path(self._ledger), shared=True)
        try:
            with log.waiting("another run is writing: waiting for it"):
                self._wait()
        finally:
            _flock(queue, queue_path(self._ledger), release=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + self._timeout
        pause = 0.001
        while not self._flock():
            if time.monotonic() >= deadline:
                raise Busy(
                    f"another run has been writing to {self._ledger} for {self._timeout:g} s",
                    "nothing was stored; try again when it has ended",
                )
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _flock(self, *, release: bool = False) -> bool:
        return _flock(self._descriptor, self._path, release=release)


@contextmanager
def job_lock(ledger: Path, job: str, wait: float) -> Iterator[None]:
    """One run of a job at a time; the file says who it is, for whoever finds it taken.

    A descriptor of Python's is not inherited, so that no stray child keeps the lock.

    Raises:
        Busy: another run has held it for `wait` seconds.
    """
    path = ledger.with_name(f"{ledger.name}.{job}.lock")
    descriptor = _open(path)
    try:
        deadline = time.monotonic() + wait
        while not _flock(descriptor, path):
            if time.monotonic() >= deadline:
                raise Busy(_by_whom(descriptor, job), "it goes on by itself; try again later")
            time.sleep(0.02)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {time.time_ns() // 1_000_000}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _by_whom(descriptor: int, job: str) -> str:
    try:
        pid, since = map(int, os.pread(descriptor, 64, 0).split())
    except ValueError:  # it has only just begun
        return f"another {job} is already running"
    age = age_text(time.time_ns() // 1_000_000 - since)
    return f"another {job} is already running (pid {pid}, for {age})"


def _open(path: Path) -> int:
    flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    hand_over(descriptor, path)
    return descriptor


def _flock(descriptor: int, path: Path, *, release: bool = False, shared: bool = False) -> bool:
    if sys.platform == "win32":  # SQLite's own locks have to do there
        return True
    import fcntl

    try:
        wanted = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(descriptor, fcntl.LOCK_UN if release else wanted | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:  # a network's file system may know no locks at all
        raise LedgerError(
            f"{path} cannot be locked: {error.strerror}",
            "keep the ledger on a local disk (METERCTL_LEDGER)",
        ) from error
    return True
