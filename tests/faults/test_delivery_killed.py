"""`record` and `sync`, killed at each request of a delivery: the next `sync` settles it, once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.helpers import meterctl_environment
from tests.sheet.stand import Stand, standing

PATIENCE = 20.0  # seconds until a process must have come to the point where it is killed


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """A Google that stands, with one empty spreadsheet, and settings that lead to it."""
    with standing(tmp_path) as made:
        for name, text in made.environment().items():
            monkeypatch.setenv(name, text)
        yield made


@contextmanager
def running(tmp_path: Path, stand: Stand, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The program at work; killed as by `kill -9` at the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "meterctl", *arguments],
        env=meterctl_environment(tmp_path) | stand.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.poll() is None, "it had ended before it was killed"
        process.kill()


def wait_until_it_hangs(stand: Stand, requests: int, before: int = 0) -> None:
    """Until the last of so many requests has been worked on; what hangs is never answered."""
    end = time.monotonic() + PATIENCE
    while len(stand.requests()) - before < requests:
        assert time.monotonic() < end, stand.requests()
        time.sleep(0.02)
    time.sleep(0.1)  # it is noted when it arrives, and applied right after


def synced(cli: Cli, stand: Stand) -> None:
    """`sync` succeeds, and another one finds nothing to do without asking anyone."""
    ran = cli("sync")
    assert (ran.code, ran.err) == (0, ""), ran
    before = stand.requests()
    assert cli("sync").out.startswith("nothing to do")
    assert stand.requests() == before


# The requests of a first contact: two looks, the proof that ids are unique, the rows.
@pytest.mark.parametrize(
    ("request_number", "do"),
    [
        (0, "hang-after"),
        (1, "hang-after"),
        (2, "hang-before"),
        (2, "hang-after"),
        (3, "hang-before"),
        (3, "hang-after"),
    ],
)
def test_record_killed(
    tmp_path: Path, stand: Stand, cli: Cli, request_number: int, do: str
) -> None:
    """At each request of the first contact, applied or not: what it stored is there once."""
    stand.faults(f"service = 'sheets'; skip = {request_number}; do = '{do}'")
    with running(tmp_path, stand, "record", "142.3"):
        wait_until_it_hangs(stand, request_number + 1)
    stand.faults()
    synced(cli, stand)
    assert stand.values() == Counter(["142.3"])


@pytest.mark.parametrize("do", ["hang-before", "hang-after"])
def test_sync_killed(tmp_path: Path, stand: Stand, cli: Cli, do: str) -> None:
    """At the rows, applied or not; what was recorded since comes along."""
    assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
    cli("record", "2", "--at", "2026-02-02 07:00", "--offline")
    before = len(stand.requests())
    stand.faults(f"service = 'sheets'; skip = 1; do = '{do}'")
    with running(tmp_path, stand, "sync"):
        wait_until_it_hangs(stand, 2, before)
    stand.faults()
    cli("record", "3", "--at", "2026-02-03 07:00", "--offline")
    synced(cli, stand)
    assert stand.values() == Counter("123")


def test_killed_and_landing_late(tmp_path: Path, stand: Stand, cli: Cli) -> None:
    """What arrives after its sender has died, and after it was sent again, is refused."""
    assert cli("record", "1", "--at", "2026-02-01 07:00").code == 0
    before = len(stand.requests())
    # The connection breaks at once, the request lands in the middle of what follows.
    stand.faults("path = '*:batchUpdate'; do = 'late'; seconds = 1.5")
    cli("record", "2", "--at", "2026-02-02 07:00", "--offline")
    with running(tmp_path, stand, "sync"):
        wait_until_it_hangs(stand, 2, before)
    stand.faults()
    ran = cli("sync")
    assert ran.code == 0, ran
    time.sleep(1.6)
    assert stand.values() == Counter("12")


def test_killed_twice(tmp_path: Path, stand: Stand, cli: Cli) -> None:
    """The run that settles what became of the first is killed too."""
    for seen, fault in enumerate(("hang-after", "hang-before")):
        stand.faults(f"path = '*:batchUpdate'; skip = {1 - seen}; do = '{fault}'")
        before = len(stand.requests())
        at = f"2026-02-0{seen + 1} 07:00"
        with running(tmp_path, stand, "record", str(seen), "--at", at):
            wait_until_it_hangs(stand, 4 if not seen else 3, before)
    stand.faults()
    synced(cli, stand)
    assert stand.values() == Counter("01")
