"""A log in a file: several processes write to it and turn it over; none of them ever waits.

Each line is opened for, appended by one write, and closed: so a line is never mixed with another
process's, and a file that was turned over meanwhile costs nothing. What is not a log of ours is
never written to: a setting may name a ledger, a key, a pipe, by mistake.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from meterctl.owners import hand_over

BYTES = 1 << 20  # of one file
KEPT = 4  # older ones: meterctl.log.1, the newest of them, to meterctl.log.4
_TRIES = 100  # to open what others turn over meanwhile
_GLANCES, _GLANCE = 10, 0.002  # seconds between them
_BEGINS = b'{"time": "'  # every log of ours
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_FLAGS = os.O_RDWR | os.O_APPEND | _NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)


class Rotated:
    """A file, turned over when it is full.

    Args:
        path: Where it is.
        is_taken: Whether a path leads to another file of the program, such as its ledger.
    """

    def __init__(
        self, path: Path, is_taken: Callable[[os.stat_result], bool] = lambda _: False
    ) -> None:
        self._path = path
        self._is_taken = is_taken

    @property
    def name(self) -> str:
        """What it is called in a message."""
        return f"the log {self._path}"

    def write(self, line: bytes) -> None:
        """Append a line.

        Raises:
            OSError: it cannot be; whatever it is, nothing else was touched.
        """
        descriptor = self._opened()
        try:
            size = os.fstat(descriptor).st_size
            if size and size + len(line) > BYTES and self._turned_over(descriptor):
                full, descriptor = descriptor, self._opened()  # one of them is always to close
                os.close(full)
            if _is_cut_short(descriptor):
                line = b"\n" + line
            while line:
                line = line[os.write(descriptor, line) :]
        finally:
            os.close(descriptor)

    def _opened(self) -> int:
        """The file, which is a log of ours or a new one.

        It is looked at before it is opened: whoever closes a descriptor of a ledger drops this
        process's locks on it, and a device may act on being opened.
        """
        for _ in range(_TRIES):
            try:
                self._check(os.lstat(self._path))
                descriptor = os.open(self._path, _FLAGS)
            except FileNotFoundError:  # not there yet, or just being turned over
                with suppress(FileExistsError):  # another process was faster
                    return self._made()
                continue
            try:
                self._check(os.fstat(descriptor))
                _check_beginning(os.pread(descriptor, len(_BEGINS), 0))
            except BaseException:
                os.close(descriptor)
                raise
            return descriptor
        raise OSError(errno.EAGAIN, "it comes and goes")

    def _made(self) -> int:
        descriptor = os.open(self._path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.fchmod(descriptor, 0o600)  # whatever the umask
            hand_over(descriptor, self._path)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _check(self, found: os.stat_result) -> None:
        if stat.S_ISLNK(found.st_mode):
            raise OSError(errno.ELOOP, "it is a symbolic link; name the file itself")
        if stat.S_ISDIR(found.st_mode):
            raise OSError(errno.EISDIR, "it is a folder; name a file in it")
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file")
        if self._is_taken(found):
            raise OSError(errno.EINVAL, "it is another file of meterctl's")

    def _turned_over(self, descriptor: int) -> bool:
        """Make room, if nobody else is just doing that; whether the file is another one now."""
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # somebody is at it: this line makes the old file a little larger
            return False
        with suppress(OSError):  # a folder that lets nothing be renamed: it goes on growing
            mine, there = os.fstat(descriptor), os.lstat(self._path)
            if (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino):
                for number in range(KEPT, 0, -1):
                    older = self._numbered(number - 1)
                    if number == 1 or older.exists():
                        older.replace(self._numbered(number))
            return True
        return False

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path


def _is_cut_short(descriptor: int) -> bool:
    """Whether the last line has no end: a full disk, or a lost power. The next is not part of it.

    One that another process is just writing has none yet either, for a moment.
    """
    for _ in range(_GLANCES):
        size = os.fstat(descriptor).st_size
        if not size or os.pread(descriptor, 1, size - 1) == b"\n":
            return False
        time.sleep(_GLANCE)
    return True


def _check_beginning(begins: bytes) -> None:
    if not _BEGINS.startswith(begins):  # one that was cut short at once is ours all the same
        raise OSError(errno.EEXIST, "it is no log of meterctl's, and was left alone")
