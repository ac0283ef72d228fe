"""One writer at a time, by a kernel lock on a file of its own that dies with its holder."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from meterctl.errors import Busy, LedgerError


def lock_path(path: Path) -> Path:
    """The lock's file of a ledger's file."""
    return path.with_name(path.name + ".lock")


class WriterLock:
    """The turn to write to one ledger. The file also notes whose it is, once it holds a ledger."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._ledger = path
        self._timeout = timeout
        self._depth = 0
        self._descriptor = os.open(lock_path(path), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)

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

    def take_if_free(self) -> None:
        """Hold the lock until it is closed, unless another run has it just now."""
        if self._depth == 0:
            with suppress(LedgerError):  # who asks has nothing left to lose
                self._flock()

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
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _acquire(self) -> None:
        deadline = time.monotonic() + self._timeout
        pause = 0.001
        while not self._flock():
            if time.monotonic() >= deadline:
                raise Busy(
                    f"another run has been writing to {self._ledger} for {self._timeout:g} s",
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
        except OSError as error:  # a network's file system may know no locks at all
            raise LedgerError(
                f"{lock_path(self._ledger)} cannot be locked: {error.strerror}",
                "keep the ledger on a local disk (METERCTL_LEDGER)",
            ) from error
        return True
