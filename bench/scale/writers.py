"""Durable writes a second by 1 to 8 processes, to one ledger and to a ledger each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg

from bench.measuring import Row
from bench.scale.place import ZONES, drop, now, opened, session
from meterctl.domain.meters import Direction, Kind, Meter
from meterctl.domain.readings import Source
from meterctl.domain.times import iso_utc
from meterctl.ledger.store import SqlLedger
from meterctl.services.record import prepare, store
from tests.postgres import Server

AT_ONCE = (1, 2, 4, 8)
FIRST = 1_420_070_400_000  # 2015-01-01T00:00:00Z, in milliseconds
SPAWN = get_context("spawn")  # a fork would share what the parent has open
BEHIND = 600_000  # milliseconds: more than one a millisecond is not in the future yet


def measure(server: Server, folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """One ledger, a ledger each, and rows without any ledger, in turn."""
    del folder
    seconds = 1.0 if is_quick else 5.0
    schemas = [f"writer_{number}" for number in range(max(AT_ONCE))]
    for schema in schemas:
        make(server.url(schema), max(AT_ONCE))
    server.execute("DROP TABLE IF EXISTS floor; CREATE TABLE floor (a bigint, b bigint)")
    rates: dict[tuple[str, int], float] = {}
    for processes in AT_ONCE:
        one = [server.url(schemas[0])] * processes
        each = [server.url(schema) for schema in schemas[:processes]]
        rates["one", processes] = _rate(recording, one, seconds)
        rates["each", processes] = _rate(recording, each, seconds)
        rates["floor", processes] = _rate(inserting, [server.url()] * processes, seconds)
    server.execute("DROP TABLE floor")
    drop(server, *schemas)
    for processes in AT_ONCE:
        one_rate, each_rate, floor = (rates[of, processes] for of in ("one", "each", "floor"))
        yield Row(
            f"records a second, {processes} at once",
            f"{one_rate:,.0f} to one ledger, {each_rate:,.0f} to a ledger each; bare rows, a"
            f" commit for each: {floor:,.0f}",
        )
    many = rates["one", max(AT_ONCE)] / rates["one", 1]
    yield Row(
        f"{max(AT_ONCE)} writers of one ledger, to 1",
        f"**{many:.2f}**: they follow each other",
    )
    spread = rates["each", max(AT_ONCE)] / rates["each", 1]
    yield Row(
        f"{max(AT_ONCE)} ledgers, to 1",
        f"**{spread:.2f}**; bare rows: {rates['floor', max(AT_ONCE)] / rates['floor', 1]:.2f}",
    )


def make(url: str, meters: int) -> None:
    """A ledger with a meter for each writer, so that each one's readings follow each other."""
    ledger = opened(url)
    with ledger.writing():
        for number in range(meters):
            ledger.add_meter(dial(number))
    ledger.close()


def dial(number: int) -> Meter:
    """A writer's meter."""
    name = f"dial-{number}"
    return Meter(name, name, "kWh", Kind.REGISTER, Direction.FROM_GRID)


def put(ledger: SqlLedger, number: int, at: int) -> None:
    """One record, as `meterctl record` stores it: checked, judged, durable."""
    used = at - FIRST  # 3.6 kWh an hour
    values = {f"dial-{number}": f"{used // 1_000_000}.{used % 1_000_000:06d}"}
    record = prepare(ledger.meters(), ZONES, values, now(), Source.CLI, at=iso_utc(at))
    store(session(ledger), record)


def recording(number: int, url: str, start: Any, stop: Any, done: Any) -> None:  # noqa: ANN401
    """A process that records until it is told to stop."""
    ledger = opened(url)
    start.wait()
    count = at = 0
    while not stop.is_set():
        at = max(at + 1, now() - BEHIND)
        put(ledger, number, at)
        count += 1
    done.put(count)
    ledger.close()


def inserting(number: int, url: str, start: Any, stop: Any, done: Any) -> None:  # noqa: ANN401
    """A process that writes rows of nothing."""
    with psycopg.connect(url, autocommit=True) as connection:
        start.wait()
        count = 0
        while not stop.is_set():
            count += 1
            connection.execute("INSERT INTO floor VALUES (%s, %s)", (number, count))
    done.put(count)


def _rate(work: Any, urls: Sequence[str], seconds: float) -> float:  # noqa: ANN401
    start, stop = SPAWN.Barrier(len(urls) + 1), SPAWN.Event()
    done = SPAWN.Queue()
    processes = [
        SPAWN.Process(target=work, args=(number, url, start, stop, done), daemon=True)
        for number, url in enumerate(urls)
    ]
    for process in processes:
        process.start()
    start.wait(60)
    began = time.perf_counter()
    time.sleep(seconds)
    stop.set()
    counts = [done.get(timeout=60) for _ in processes]
    took = time.perf_counter() - began
    for process in processes:
        process.join(60)
    return float(sum(counts) / took)
