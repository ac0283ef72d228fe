"""The program, told by signals to end; and what must hold whenever that is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from tests.helpers import Ran

AT_ONCE = 5.0  # seconds, on a busy machine
PATIENCE = 30.0  # seconds: who is not out by then does not obey
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143, signal.SIGKILL: -9}
PROGRAM = (sys.executable, "-m", "meterctl")


class Stopped(NamedTuple):
    """A run that was told to end."""

    ran: Ran
    took: float  # seconds from the signal to the end
    was_in_time: bool  # it came before the run had ended by itself


@contextmanager
def begun(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    program: Sequence[str] = PROGRAM,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.PIPE,
    is_ours: bool = True,
) -> Iterator[subprocess.Popen[str]]:
    """The program at work, in a session of its own; killed at the end of the block.

    Args:
        arguments: The command.
        environment: All that it knows.
        program: What runs it.
        stdin: What it reads.
        stdout: Where its data goes.
        is_ours: Wait until Python has begun with it: what comes before does not obey it.
    """
    process = subprocess.Popen(
        [*program, *arguments],
        env=dict(environment),
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while is_ours and process.poll() is None and not _listens(process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.0005)
        yield process
    finally:
        process.kill()
        process.communicate()


def _listens(pid: int) -> bool:
    """Whether SIGTERM would be caught, as /proc tells."""
    with suppress(OSError):  # it has just ended
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt"))
        return bool(caught >> (signal.SIGTERM - 1) & 1)
    return True


def ended(process: subprocess.Popen[str], within: float = PATIENCE) -> Ran:
    """What it printed, and its exit code; it must end soon."""
    out, err = process.communicate(timeout=within)
    return Ran(process.returncode, out or "", err)


def stop(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    after: float,
    *signals: signal.Signals,
    pause: float = 0.0,
    whole_group: bool = False,
) -> Stopped:
    """Run `meterctl`, and send it signals, the first one so many seconds after it has begun."""
    with begun(arguments, environment) as process:
        try:
            process.wait(after)
            was_in_time = False
        except subprocess.TimeoutExpired:
            was_in_time = True
        began = time.monotonic()
        for number in signals if was_in_time else ():
            with suppress(ProcessLookupError):  # the first one was enough
                if whole_group:
                    os.killpg(process.pid, number)
                else:
                    process.send_signal(number)
            time.sleep(pause)
        return Stopped(ended(process), time.monotonic() - began, was_in_time)


def problems(stopped: Stopped, number: signal.Signals, usual: Sequence[int]) -> list[str]:
    """What is wrong with how it ended."""
    code, _, err = stopped.ran
    found = []
    if code not in {*usual, CODES[number]}:
        found.append(f"exit code {code}")
    if code == CODES[number] and number != signal.SIGKILL and len(err.splitlines()) != 1:
        found.append("not one line")
    if any(word in err for word in ("Traceback", "Exception ignored", "a bug", "Warning")):
        found.append("no words for people")
    if stopped.took > PATIENCE:
        found.append(f"took {stopped.took:.0f} s")
    return [f"{one}: {err!r}" for one in found]


def left_running(mark: str) -> list[str]:
    """The processes that have a text in their environment, a moment later."""
    deadline = time.monotonic() + AT_ONCE
    while (found := _running(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def _running(mark: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            if mark.encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return [one for one in found if one]
