"""Starts the program by the hundred: each run a process of its own, forked off one that has
imported it already, so that it costs a twentieth of a second and can be killed like any other.

`python -m tests.faults.starter SOCKET` serves; each connection is one run: what to run comes as a
line of JSON, the process's number and its exit code go back as lines.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.helpers import Ran

PATIENCE = 60.0  # seconds until a run that does not end by itself has failed its test


class Job(NamedTuple):
    """One process: commands, one after the other until one of them fails."""

    commands: Sequence[Sequence[str]]
    environment: Mapping[str, str]
    out: str  # the files for what it prints
    err: str
    request: float  # seconds that one request may take
    pause: float  # seconds between two tries


class Running:
    """A process at work."""

    def __init__(self, channel: socket.socket, job: Job) -> None:
        self._channel = channel.makefile("rb")
        self._job = job
        self.pid = int(self._channel.readline())
        channel.close()

    def kill(self) -> None:
        """As by `kill -9`."""
        os.kill(self.pid, signal.SIGKILL)

    @property
    def has_ended(self) -> bool:
        """Whether it has ended by itself, or was killed."""
        return bool(select.select([self._channel], [], [], 0)[0])

    def wait(self) -> Ran:
        """Until it has ended; the exit code is negative where a signal ended it."""
        if not select.select([self._channel], [], [], PATIENCE)[0]:
            self.kill()
        code = int(self._channel.readline())
        self._channel.close()
        return Ran(code, Path(self._job.out).read_text(), Path(self._job.err).read_text())


class Starter:
    """The client's side."""

    def __init__(self, address: Path) -> None:
        self._address = str(address)

    def start(self, job: Job) -> Running:
        """A new process that does it."""
        channel = socket.socket(socket.AF_UNIX)
        channel.connect(self._address)
        channel.sendall(json.dumps(job).encode() + b"\n")
        return Running(channel, job)


@contextmanager
def starting(folder: Path) -> Iterator[Starter]:
    """A starter for the length of a block."""
    address = folder / "starter"
    command = [sys.executable, "-m", "tests.faults.starter", str(address)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        try:
            while not address.exists():
                assert process.poll() is None
                time.sleep(0.01)
            yield Starter(address)
        finally:
            process.terminate()


# -- the other side ----------------------------------------------------------------


def _serve(address: str) -> None:
    _import_all()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address + ".new")
    listener.listen(64)
    Path(address + ".new").rename(address)  # there is none before it listens
    while True:
        channel, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _watch(channel)
            os._exit(0)
        channel.close()


def _import_all() -> None:
    import google.auth.crypt.rsa  # noqa: F401 (what a run needs, imported once for all)

    import meterctl.cli.app
    import meterctl.cli.sync
    import meterctl.services.deliver
    import meterctl.sheet.google
    import meterctl.wiring  # noqa: F401 (as above)


def _watch(channel: socket.socket) -> None:
    """Run one, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    job = Job(*json.loads(channel.makefile("rb").readline()))
    pid = os.fork()
    if pid == 0:
        channel.close()
        os._exit(_run(job))
    channel.sendall(b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    channel.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _run(job: Job) -> int:
    for number, path in ((0, os.devnull), (1, job.out), (2, job.err)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.environ.clear()
    os.environ.update(job.environment)
    _hurry(job)
    from meterctl.cli.run import run

    code = 0
    for command in job.commands:
        code = run(command)
        sys.stdout.flush()
        if code:
            break
    return code


def _hurry(job: Job) -> None:
    """Shorten what a test would wait for: a request without an answer, the pauses after it."""
    from google.auth import _exponential_backoff

    from meterctl.services import retrying
    from meterctl.sheet import answers, google

    # google-auth asks a token service that fails three times, a second and more apart.
    setattr(_exponential_backoff._BaseExponentialBackoff, "_calculate_jitter", lambda _: 0.005)  # noqa: B010 (a method)

    google._REQUEST = job.request
    answers._QUOTA_WAIT = job.pause
    retrying._backoff = lambda attempt, limits: job.pause  # noqa: ARG005 (as the real one is called)


if __name__ == "__main__":
    _serve(sys.argv[1])
