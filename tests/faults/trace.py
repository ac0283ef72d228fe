"""The program under strace: stopped, or failed by the disk, at exactly the call we name."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.faults.disks import need
from tests.helpers import Ran

KILLED = -signal.SIGKILL
# What changes files, and what hands out the acknowledgement.
WRITES = ("pwrite64", "write", "fdatasync", "fsync", "ftruncate", "unlink", "mkdir", "flock")
_CALL = re.compile(r"^(?:\d+ +)?(\w+)\(")


class Call(NamedTuple):
    """The N-th call of one kind."""

    name: str
    number: int


def traced(
    arguments: Sequence[str], environment: Mapping[str, str], log: Path, *options: str
) -> Ran:
    """Run `meterctl` under strace; its calls are in the log."""
    need("strace", root=False)
    command = ["strace", "-f", "-qq", "-y", "-o", str(log), *options]
    done = subprocess.run(
        [*command, sys.executable, "-m", "meterctl", *arguments],
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def killed_at(
    call: Call, arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> Ran:
    """Run `meterctl`, and kill it when it enters this call."""
    inject = f"inject={call.name}:signal=SIGKILL:when={call.number}"
    return traced(arguments, environment, log, "-e", f"trace={call.name}", "-e", inject)


def failed_at(
    call: Call, error: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> Ran:
    """Run `meterctl`, and let this call fail."""
    inject = f"inject={call.name}:error={error}:when={call.number}"
    return traced(arguments, environment, log, "-e", f"trace={call.name}", "-e", inject)


def every_call(log: Path) -> Iterator[tuple[Call, str]]:
    """The calls of a log, each with its line."""
    counts: Counter[str] = Counter()
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        match = _CALL.match(line)
        if match:
            counts[match[1]] += 1
            yield Call(match[1], counts[match[1]]), line


def of_each_thread(log: Path) -> Iterator[Call]:
    """The calls of a log, numbered as strace counts them to inject: in each thread anew.

    Each request has a thread, so that a call to the network is met at the first request already.
    """
    counts: Counter[tuple[str, str]] = Counter()
    met: set[Call] = set()
    for call, line in every_call(log):
        thread = line.split(maxsplit=1)[0]
        counts[thread, call.name] += 1
        found = Call(call.name, counts[thread, call.name])
        if found not in met:
            met.add(found)
            yield found


def calls_that_write(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    folder: Path,
    kinds: Sequence[str] = WRITES,
) -> list[Call]:
    """The calls of an undisturbed run that have to do with the ledger, or with its answer."""
    at_paths = {"openat", "mmap"}  # most are the interpreter's own
    names = ",".join({*kinds, "openat"})
    ran = traced(arguments, environment, log, "-e", f"trace={names}")
    assert ran.code == 0, ran.err
    return [
        call
        for call, line in every_call(log)
        if (str(folder) in line if call.name in at_paths else call.name in kinds)
    ]
