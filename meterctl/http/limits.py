"""How often someone may do something: token buckets that all workers see, in one mapped file.

A bucket is one number (GCRA): the theoretical arrival time, at which it would be full again. Now
or earlier means full. Each take moves it on by the time that one takes to come back, and is
refused where that would lead further than the burst into the future.

The file is a table of fixed size, so that strangers cannot make it grow:

    header   magic 8 · key 16 · slots 8
    slot     keyed hash of rate and subject 8 · arrival time 8, ns of the machine's monotonic clock

A subject lives in one of the few slots from its hash on. Where all of them are taken, the one
gives way that is nearest to being full again: it has the least to lose. The key is random, so that
nobody can look for subjects that push another one out. The file lives as long as the server: the
clock starts anew with the machine.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol, Self

SLOTS = 65_536  # a megabyte
WINDOW = 8

_MAGIC = b"mtrlimi1"
_HEADER = struct.Struct("<8s16sQ")
_WINDOW = struct.Struct(f"<{2 * WINDOW}Q")
_SLOT = struct.Struct("<QQ")
_ARRIVAL = struct.Struct("<Q")
_MINUTE = 60_000_000_000


class Rate(NamedTuple):
    """How many a minute in the long run, and how many at once."""

    name: str
    per_minute: float
    burst: int

    @property
    def interval(self) -> float:
        """Seconds until one comes back."""
        return 60 / self.per_minute

    @property
    def full(self) -> float:
        """Seconds until an empty bucket is full again."""
        return self.burst * self.interval


class Limiter(Protocol):
    """Who says whether somebody may: this machine's buckets, or all machines' (`shared_limits`)."""

    def take(self, rate: Rate, subject: str, cost: int = 1) -> float | None:
        """Take from a subject's bucket; else the seconds until that can be done."""

    def peek(self, rate: Rate, subject: str, cost: int = 1) -> float | None:
        """What `take` would say; nothing is taken."""

    def close(self) -> None:
        """Let go of the buckets."""


class Limits:
    """The buckets. One object a process; threads may share it."""

    def __init__(self, descriptor: int, now: Callable[[], int] = time.monotonic_ns) -> None:
        """Map an open file, which is closed with it.

        Raises:
            ValueError: it is no file of limits.
        """
        self._descriptor = descriptor
        self._now = now
        self._threads = threading.Lock()
        header = os.pread(descriptor, _HEADER.size, 0)
        size = os.fstat(descriptor).st_size
        if len(header) < _HEADER.size:
            raise _no_file_of_limits(descriptor)
        magic, key, self._slots = _HEADER.unpack(header)
        if magic != _MAGIC or size != _size(self._slots):
            raise _no_file_of_limits(descriptor)
        self._map = mmap.mmap(descriptor, size)
        self._keyed = hashlib.blake2b(key=key, digest_size=8)

    @classmethod
    def create(cls, path: Path, slots: int = SLOTS) -> Self:
        """Begin with all buckets full; a file that is there already is not gone on with."""
        path.unlink(missing_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        os.ftruncate(descriptor, _size(slots))
        os.pwrite(descriptor, _HEADER.pack(_MAGIC, os.urandom(16), slots), 0)
        return cls(descriptor)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Join the buckets that another process has begun with.

        Raises:
            ValueError: it is no such file.
        """
        return cls(os.open(path, os.O_RDWR | os.O_CLOEXEC))

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()
        os.close(self._descriptor)

    def take(self, rate: Rate, subject: str, cost: int = 1) -> float | None:
        """Take from a subject's bucket, if there is enough in it.

        Args:
            rate: What is limited, and how.
            subject: Who: a client, an address.
            cost: How much, at most the burst: more never fits.

        Returns:
            None when it was taken; else the seconds until it can be, and nothing was taken.
        """
        return self._visit(rate, subject, cost, keep=True)

    def peek(self, rate: Rate, subject: str, cost: int = 1) -> float | None:
        """What `take` would say; nothing is taken. For failures: look before, take after one."""
        return self._visit(rate, subject, cost, keep=False)

    def _visit(self, rate: Rate, subject: str, cost: int, *, keep: bool) -> float | None:
        hashed = self._keyed.copy()
        hashed.update(f"{rate.name}\0{subject}".encode("utf-8", "surrogatepass"))
        digest = int.from_bytes(hashed.digest(), "little") or 1  # 0 is a slot nobody had yet
        start = _HEADER.size + digest % self._slots * _SLOT.size
        interval = int(_MINUTE / rate.per_minute)
        with self._threads:
            _lock(self._descriptor)
            try:
                now = self._now()
                window: tuple[int, ...] = _WINDOW.unpack_from(self._map, start)
                hashes, arrivals = window[::2], window[1::2]
                if digest in hashes:
                    place = hashes.index(digest)
                    arrival = max(arrivals[place], now)
                else:
                    place = arrivals.index(min(arrivals))
                    arrival = now
                arrival += cost * interval
                wait = arrival - now - rate.burst * interval
                if wait > 0:
                    return wait / 1_000_000_000
                if keep:
                    _SLOT.pack_into(self._map, start + place * _SLOT.size, digest, arrival)
                return None
            finally:
                _unlock(self._descriptor)


def _no_file_of_limits(descriptor: int) -> ValueError:
    os.close(descriptor)
    return ValueError("this is no file of limits")


def _size(slots: int) -> int:
    # The last subjects' windows reach beyond the last slot that a hash can name.
    return _HEADER.size + (slots + WINDOW - 1) * _SLOT.size


if sys.platform == "win32":  # one worker there, and its threads have their own lock

    def _lock(descriptor: int) -> None:
        """Nobody else has the file."""

    def _unlock(descriptor: int) -> None:
        """Nobody else waits."""

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        """Keep other processes out, for microseconds; the kernel lets go for one that dies."""
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
