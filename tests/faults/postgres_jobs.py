"""Processes that hold a job of a PostgreSQL ledger, and do what they are told meanwhile.

`python -m tests.faults.postgres_jobs URL SECONDS told` holds `push-utility` by leases of so many
seconds; a line `write` on stdin is one write, `end` gives the job back. `... in-turn FILE COUNT`
holds it COUNT times, and says when another process has it at the same time.
"""

from __future__ import annotations

import fcntl
import os
import random
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from meterctl.errors import Busy, MeterctlError
from meterctl.ledger import postgres_leases
from meterctl.ledger.store import SqlLedger
from tests.faults.postgres_writers import append, opened

JOB = "push-utility"
_ROOT = Path(__file__).parents[2]
_PATIENCE = 60.0  # seconds until it has had its turn


class Holder:
    """A process at the other end of pipes."""

    def __init__(self, url: str, seconds: float, *what: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, url, str(seconds), *(what or ("told",))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ,
            cwd=_ROOT,
            text=True,
        )

    def says(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def tell(self, what: str) -> None:
        """Let it do something."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def write(self) -> str:
        """Let it write; what came of it."""
        self.tell("write")
        return self.says()

    def close(self) -> None:
        """End it, however it is."""
        self.process.kill()
        self.process.communicate()


def with_leases_of(seconds: float) -> None:
    """Let leases be so short, for a test that waits for one's end."""
    setattr(postgres_leases, "held", partial(postgres_leases.held, seconds=seconds))  # noqa: B010 (the same with a default)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 (its test listens)


def _told(ledger: SqlLedger) -> None:
    number = 0
    with ledger.holding(JOB):
        _say("has it")
        for line in sys.stdin:
            if line.strip() == "end":
                break
            number += 1
            try:
                with ledger.writing():
                    append(ledger, f"job{os.getpid()}", number)
                _say("wrote")
            except Busy as error:
                _say(error.message)
    _say("gave it back")


def _in_turn(ledger: SqlLedger, file: Path, count: int) -> None:
    dice = random.Random(os.getpid())
    for number in range(count):
        with ledger.holding(JOB, _PATIENCE):
            with file.open("a") as one:
                try:
                    fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    _say("at the same time")
                with ledger.writing():
                    append(ledger, f"job{os.getpid()}", number)
                time.sleep(dice.random() * 0.02)
            _say("had it")


def main(url: str, seconds: str, what: str, *more: str) -> None:
    """Do it."""
    with_leases_of(float(seconds))
    ledger = opened(url)
    try:
        if what == "told":
            _told(ledger)
        else:
            _in_turn(ledger, Path(more[0]), int(more[1]))
    except MeterctlError as error:
        _say(error.message)
    finally:
        ledger.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
