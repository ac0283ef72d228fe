"""Runs a command for each ledger, some at a time, each in a process of its own.

What a process prints is kept up to a bound. One that takes too long is told to end, and where it
does not, ended. Told to end ourselves, we begin no more, tell those that run, once, and wait for
them: a process is known from the moment it runs, so that none is left behind.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, NamedTuple

from meterctl.errors import Interrupted
from meterctl.services.fleet import Ended
from meterctl.stopping import GRACE, whole

_TICK = 0.1  # seconds between two looks at those that run
_SOON = 0.005  # the same once one has closed its streams: it is about to end
_PIECE = 1 << 16  # bytes
_UNTIL_KILLED = GRACE + 5.0  # seconds that one who was told to end may take: it ends itself before
_UNTIL_LEFT = GRACE - 4.0  # seconds that we wait for them, who are to end within as many ourselves
_EVENT = re.compile(rb'(?:<\d>)?\{"time": ')  # a line of the log, of METERCTL_LOG=stderr or journal
_ERRORS_KEPT = 1 << 16  # bytes of what is told on stderr, the last ones


class Task(NamedTuple):
    """What is run for one ledger."""

    command: Sequence[str]
    environment: Mapping[str, str]  # the whole of it; no secret is on a command line


class Means(NamedTuple):
    """How it is run."""

    jobs: int  # how many at a time
    timeout: float  # seconds for each
    kept: int  # bytes of what each prints
    told: Callable[[int, Ended], None]  # the number of a task that has ended, and how
    hear: Callable[[int, bytes], None]  # the number of a task, and a line of its log


def run(tasks: Mapping[int, Task], means: Means) -> None:
    """Run them all, in their order.

    Raises:
        Interrupted: we were told to end. What ran by then has ended and is told of, if it obeyed.
    """
    crew = _Crew(means)
    waiting = deque(tasks.items())
    try:
        while waiting or crew.is_at_work:
            while waiting and crew.has_room:
                crew.begin(*waiting.popleft())
            crew.wait()
    except Interrupted:
        crew.tell_all_to_end()
        until = time.monotonic() + _UNTIL_LEFT
        while crew.is_at_work and time.monotonic() < until:
            crew.wait()
        raise
    finally:
        crew.leave()


class _Running:
    """A process, and what it has printed so far."""

    def __init__(self, number: int, process: subprocess.Popen[bytes], timeout: float) -> None:
        self.number, self.process = number, process
        self.began = time.monotonic()
        self.until = self.began + timeout
        self.is_late = self.is_told = False
        self.out, self.err = bytearray(), bytearray()
        self.begun_line = b""  # on stderr
        self.is_cut = False
        self.open = [one for one in (process.stdout, process.stderr) if one is not None]


class _Crew:
    """The processes that run just now."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._running: list[_Running] = []
        self._ended: deque[tuple[int, Ended]] = deque()
        self._selector = selectors.DefaultSelector()

    @property
    def is_at_work(self) -> bool:
        """Whether one runs, or has ended and was not told of."""
        return bool(self._running or self._ended)

    @property
    def has_room(self) -> bool:
        """Whether one more may run."""
        return len(self._running) < self._means.jobs

    def begin(self, number: int, task: Task) -> None:
        """Let one run."""
        with whole():
            try:
                process = subprocess.Popen(  # noqa: S603 (our own program)
                    [sys.executable, "-P", "-m", "meterctl", *task.command],
                    env=dict(task.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    process_group=0,  # Ctrl-C is ours to pass on, once
                )
            except OSError as error:
                why = f"meterctl: it could not be started: {error.strerror}"
                self._ended.append((number, Ended(75, 0.0, "", why)))
                return
            one = _Running(number, process, self._means.timeout)
            self._running.append(one)
            for stream in one.open:
                os.set_blocking(stream.fileno(), False)
                self._selector.register(stream, selectors.EVENT_READ, (one, stream))

    def wait(self) -> None:
        """Take what they print, for a moment; tell of those that have ended."""
        if not self._ended:
            is_soon = any(not one.open for one in self._running)
            for key, _ in self._selector.select(_SOON if is_soon else _TICK):
                with whole():
                    self._read(*key.data)
        with whole():
            for one in list(self._running):
                self._look_after(one)
        while self._ended:
            self._means.told(*self._ended[0])
            self._ended.popleft()

    def tell_all_to_end(self) -> None:
        """Tell those that run to end, each once."""
        for one in self._running:
            self._tell_to_end(one)

    def leave(self) -> None:
        """Nothing is waited for any more; whoever still runs has been told."""
        self.tell_all_to_end()
        for one in self._running:
            for stream in list(one.open):
                self._close(one, stream)
        self._selector.close()

    # -- one of them

    def _look_after(self, one: _Running) -> None:
        code = one.process.poll()
        if code is None:
            if time.monotonic() >= one.until:
                self._is_too_long(one)
            return
        for stream in list(one.open):  # what is in them by now; whoever else holds them may go on
            self._read(one, stream)
            self._close(one, stream)
        self._take_line(one, one.begun_line)
        self._running.remove(one)
        seconds = time.monotonic() - one.began
        out, err = (text.decode(errors="replace") for text in (one.out, one.err))
        exit_code = code if code >= 0 else 128 - code
        ended = Ended(exit_code, seconds, out, err, one.is_cut, one.is_late)
        self._ended.append((one.number, ended))

    def _is_too_long(self, one: _Running) -> None:
        one.is_late = True
        one.until = time.monotonic() + _UNTIL_KILLED
        if not one.is_told:
            self._tell_to_end(one)
            return
        with suppress(ProcessLookupError):
            os.killpg(one.process.pid, signal.SIGKILL)  # with what it has started itself

    def _tell_to_end(self, one: _Running) -> None:
        if not one.is_told:
            one.is_told = True
            one.process.terminate()

    # -- what they print

    def _read(self, one: _Running, stream: IO[bytes]) -> None:
        """Take all that is there, or so much that the others get their turn."""
        take = self._take_out if stream is one.process.stdout else self._take_err
        for _ in range(16):
            try:
                piece = os.read(stream.fileno(), _PIECE)
            except BlockingIOError:
                return
            if not piece:
                self._close(one, stream)
                return
            take(one, piece)

    def _close(self, one: _Running, stream: IO[bytes]) -> None:
        if stream in one.open:
            one.open.remove(stream)
            self._selector.unregister(stream)
            stream.close()

    def _take_out(self, one: _Running, piece: bytes) -> None:
        room = self._means.kept - len(one.out)
        one.out += piece[:room]
        one.is_cut = one.is_cut or len(piece) > room

    def _take_err(self, one: _Running, piece: bytes) -> None:
        *lines, one.begun_line = (one.begun_line + piece).split(b"\n")
        if len(one.begun_line) > _ERRORS_KEPT:  # no line of ours is as long
            lines.append(one.begun_line)
            one.begun_line = b""
        for line in lines:
            self._take_line(one, line)

    def _take_line(self, one: _Running, line: bytes) -> None:
        """Pass on a line of a log; of all others the last are kept."""
        if _EVENT.match(line):
            self._means.hear(one.number, line)
        elif line:
            one.err += line + b"\n"
            del one.err[:-_ERRORS_KEPT]
