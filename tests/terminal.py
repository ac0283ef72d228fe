"""The program at a pseudo-terminal, with a person before it."""

from __future__ import annotations

import codecs
import os
import pty
import select
import subprocess
import sys
import time

# The terminal becomes the one that Ctrl-C comes from.
_BEGIN = """
import fcntl, termios
from meterctl.__main__ import main
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
main()
"""
_BEGIN_SHELL = """
import fcntl, os, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp("bash", ["bash", "--norc", "--noediting", "-i"])
"""


class Terminal:
    """The program at a pseudo-terminal, and a person who reads and types there."""

    def __init__(
        self, arguments: tuple[str, ...], environment: dict[str, str], begin: str = _BEGIN
    ) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", begin, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""
        # A letter may come in two pieces.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._position = 0

    @classmethod
    def with_shell(cls, environment: dict[str, str]) -> Terminal:
        """A shell there, with its control of jobs: the program is what a person types."""
        return cls((), environment | {"PS1": "$ "}, _BEGIN_SHELL)

    def until(self, text: str) -> None:
        """Read on until a text appears after the one before."""
        deadline = time.monotonic() + 20
        while text not in self.seen[self._position :]:
            ready, _, _ = select.select([self._ours], [], [], deadline - time.monotonic())
            assert ready, f"{text!r} did not come; only {self.seen!r}"
            assert self._read(), f"it ended before {text!r}: {self.seen!r}"
        self._position = self.seen.index(text, self._position) + len(text)

    def type(self, text: str) -> None:
        """Type something, a moment later, as people do.

        A signal that comes between the question and the wait for its answer is seen by Python
        only at the next key.
        """
        time.sleep(0.1)
        os.write(self._ours, text.encode())

    def send(self, number: int) -> None:
        """Send a signal, as `kill` does."""
        self._process.send_signal(number)

    def ends(self) -> int:
        """Read to the end; the exit code."""
        deadline = time.monotonic() + 20
        while select.select([self._ours], [], [], max(deadline - time.monotonic(), 0))[0]:
            if not self._read():
                return self._process.wait(20)
        raise AssertionError(f"it did not end: {self.seen!r}")

    def close(self) -> None:
        """Leave nothing behind."""
        self._process.kill()
        self._process.wait()
        os.close(self._ours)  # which ends what a shell has left: SIGHUP

    def _read(self) -> bool:
        try:
            data = os.read(self._ours, 4096)
        except OSError:  # how Linux says that the other side has left
            return False
        self.seen += self._decoder.decode(data)
        return bool(data)
