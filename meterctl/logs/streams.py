"""A log on stderr: for the journal, for a container, or for the person who asked for it."""

from __future__ import annotations

import errno
import os
import select
import sys

STDERR = 2
_PIECE = 4_096  # bytes that a pipe that takes any takes at once
# What syslog calls them; a journal reads it off the line's beginning, see sd-daemon(3).
_PRIORITIES = (b"<7>", b"<6>", b"<4>", b"<3>")


class Stderr:
    """Lines on stderr, past Python's own stream; what nobody takes is dropped, nobody waits.

    Args:
        prefixed: Whether each line says its priority for a journal.
    """

    name = "the log on stderr"

    def __init__(self, *, prefixed: bool = False) -> None:
        self._prefixed = prefixed

    def write(self, line: bytes, level: int) -> None:
        """Write a line.

        Raises:
            OSError: nobody reads what is written, or nothing can be.
        """
        left = _PRIORITIES[level] + line if self._prefixed else line
        while left:
            if not _takes(STDERR):
                raise OSError(errno.EAGAIN, "nobody reads it")
            left = left[os.write(STDERR, left[:_PIECE]) :]


def _takes(descriptor: int) -> bool:
    if sys.platform == "win32":  # which has no poll; nor a pipe without a reader for long
        return True
    asked = select.poll()
    asked.register(descriptor, select.POLLOUT)
    return bool(asked.poll(0))


def leads_to_the_journal() -> bool:
    """Whether systemd takes what this process writes to stderr: it says which stream is its own."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        found = os.fstat(STDERR)
    except OSError:  # it is closed
        return False
    return (device, inode) == (str(found.st_dev), str(found.st_ino))
