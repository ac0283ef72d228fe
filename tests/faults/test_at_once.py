"""Many runs at once, and runs that another one keeps waiting."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from meterctl.ledger.lock import WriterLock
from meterctl.ledger.sqlite import open_for_reading
from tests.conftest import Program
from tests.faults.table import Table
from tests.helpers import INVERTER, METER, Ran
from tests.ledger.files import fill, held


def all_at_once(program: Program, commands: Sequence[Sequence[str]]) -> list[Ran]:
    """Run them all in parallel."""
    with ThreadPoolExecutor(len(commands)) as runs:
        return list(runs.map(lambda command: program(*command), commands))


def readings(path: Path) -> list[tuple[str, int, int]]:
    """Every current reading of both meters; the ledger is sound."""
    ledger = open_for_reading(path)
    try:
        assert ledger.damage() == []
        return [
            (one.meter, one.at, one.amount // 1_000_000)
            for meter in (METER, INVERTER)
            for one in ledger.current(meter.id)
        ]
    finally:
        ledger.close()


@pytest.mark.fault(9)
@pytest.mark.parametrize("fresh", [True, False], ids=["a new ledger", "an existing ledger"])
def test_twenty_runs_that_record_at_once(program: Program, ledger_path: Path, fresh: bool) -> None:
    """Meters and instants all differ: all succeed, all are stored."""
    if not fresh:
        fill(ledger_path, 0)
    commands = [
        ("record", f"{METER.id if n % 2 else INVERTER.id}={n}", "--at", f"2026-01-01 10:{n:02d}")
        for n in range(20)
    ]
    ran = all_at_once(program, commands)
    assert [(one.code, one.err) for one in ran] == [(0, "")] * 20
    assert sorted(value for _, _, value in readings(ledger_path)) == list(range(20))


@pytest.mark.fault(9)
def test_twenty_runs_that_record_now(program: Program, ledger_path: Path) -> None:
    """Stamped by the clock, perhaps with the same millisecond: every value is stored."""
    ran = all_at_once(program, [("record", str(1_000 + n)) for n in range(20)])
    assert [one.code for one in ran] == [0] * 20
    found = readings(ledger_path)
    assert sorted(value for _, _, value in found) == list(range(1_000, 1_020))
    assert len({at for _, at, _ in found}) == 20


@pytest.mark.fault(9)
def test_twenty_runs_that_record_the_same(program: Program, ledger_path: Path) -> None:
    """One of them stores it, the others are told that it is known."""
    command = ("record", "7", "--at", "2026-01-01 10:00", "--json")
    ran = all_at_once(program, [command] * 20)
    assert [one.code for one in ran] == [0] * 20
    statuses = sorted(one.json["readings"][0]["status"] for one in ran)
    assert statuses == ["duplicate"] * 19 + ["recorded"]
    assert held(ledger_path) == [7]


@contextmanager
def our_lock(path: Path) -> Iterator[None]:
    """Another run of meterctl that writes for a long time."""
    lock = WriterLock(path, 0)
    with lock.held():
        yield
    lock.close()


@contextmanager
def sqlites_lock(path: Path) -> Iterator[None]:
    """Another program in the middle of a write."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Another program that lets nobody even read."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.close()


@pytest.mark.fault(8)
@pytest.mark.parametrize("keeper", [our_lock, sqlites_lock, exclusive_lock])
def test_a_lock_that_is_held_for_longer_than_the_time_out(
    keeper: type[object], program: Program, ledger_path: Path
) -> None:
    """Exit 75 soon after the time-out, in one line; the same command works afterwards."""
    fill(ledger_path, 1)
    command = ("record", "7", "--at", "2026-01-01 10:00")
    with keeper(ledger_path):  # type: ignore[call-arg, attr-defined]
        began = time.monotonic()
        ran = program(*command, METERCTL_LOCK_TIMEOUT="1")
        assert 1 <= time.monotonic() - began < 4
    assert ran.code == 75
    assert ran.out == ""
    assert str(ledger_path) in ran.err
    assert 1 <= len(ran.err.splitlines()) <= 2
    assert held(ledger_path) == [0]
    assert program(*command).code == 0


@pytest.mark.fault(8)
@pytest.mark.parametrize("keeper", [our_lock, sqlites_lock, exclusive_lock])
def test_a_lock_that_is_held_for_a_while(
    keeper: type[object], program: Program, ledger_path: Path
) -> None:
    """P1, P4: within the time-out it waits, without a word, and then stores."""
    fill(ledger_path, 1)
    with ThreadPoolExecutor(1) as runs:
        with keeper(ledger_path):  # type: ignore[call-arg, attr-defined]
            running = runs.submit(program, "record", "7", "--at", "2026-01-01 10:00")
            time.sleep(1.5)
            assert not running.done()
        assert (running.result().code, running.result().err) == (0, "")
    assert held(ledger_path) == [0, 7]


_STOPS_ITSELF = """
import os, signal, sys
from pathlib import Path
from meterctl.ledger.sqlite import open_for_writing
from tests.helpers import NOW, reading
from tests.ledger.contract import record
ledger = open_for_writing(Path(sys.argv[1]), NOW)
with ledger.writing():
    record(ledger, reading("1", "2026-01-01 09:00"))
    os.kill(os.getpid(), signal.SIGSTOP)
ledger.close()
"""


@pytest.mark.fault(8)
@pytest.mark.parametrize("then", [signal.SIGCONT, signal.SIGKILL], ids=["goes on", "is killed"])
def test_a_writer_that_stands_still(
    then: signal.Signals, program: Program, ledger_path: Path
) -> None:
    """P1, P4, P5: in the middle of a write, for longer than the time-out: exit 75, reading goes on;
    after, its own write is whole or was never there, and the same command works."""
    fill(ledger_path, 1)
    command = ("record", "7", "--at", "2026-01-01 10:00")
    with subprocess.Popen(
        [sys.executable, "-c", _STOPS_ITSELF, str(ledger_path)], cwd=Path(__file__).parents[2]
    ) as writer:
        os.waitid(os.P_PID, writer.pid, os.WSTOPPED)
        assert program(*command, METERCTL_LOCK_TIMEOUT="0.5").code == 75
        assert program("current", "--json").json["meterValue"] == 0
        writer.send_signal(then)
        writer.wait(20)
    assert program(*command).code == 0
    assert held(ledger_path) == ([0, 1, 7] if then == signal.SIGCONT else [0, 7])


def test_reading_while_another_run_writes(program: Program, ledger_path: Path) -> None:
    """It waits for nobody."""
    fill(ledger_path, 3)
    with our_lock(ledger_path), sqlites_lock(ledger_path):
        began = time.monotonic()
        assert program("current", "--json").json["meterValue"] == 2
        assert time.monotonic() - began < 2


@pytest.mark.soak
def test_runs_at_once_over_and_over(program: Program, ledger_path: Path, table: Table) -> None:
    """A thousand runs, twenty at a time."""
    with ThreadPoolExecutor(20) as runs:
        commands = [
            ("record", str(n), "--at", f"2026-01-{1 + n // 60:02d} 10:{n % 60:02d}")
            for n in range(1_000)
        ]
        ran = list(runs.map(lambda command: program(*command), commands))
    acknowledged = sum(one.code == 0 for one in ran)
    table.add("twenty at once", acknowledged, len(held(ledger_path)), 1_000)
