"""A kill -9 of the server in the middle of eight writers: what was acknowledged is there, once."""

# ruff: noqa: S608 (the schemas are named here)
from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.measuring import Row
from bench.scale.place import drop, now, opened
from bench.scale.writers import BEHIND, SPAWN, make, put
from meterctl.errors import MeterctlError
from tests.postgres import Server

_WRITERS = 8
_SCHEMA = "killed"


def measure(server: Server, folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """Kill it, start it, and count."""
    del folder
    kills, pause = (1, 1.0) if is_quick else (5, 2.0)
    make(server.url(_SCHEMA), _WRITERS)
    start, stop, done = SPAWN.Barrier(_WRITERS + 1), SPAWN.Event(), SPAWN.Queue()
    processes = [
        SPAWN.Process(
            target=writing, args=(number, server.url(_SCHEMA), start, stop, done), daemon=True
        )
        for number in range(_WRITERS)
    ]
    for process in processes:
        process.start()
    start.wait(60)
    away, up = [], []
    for _ in range(kills):
        time.sleep(pause)
        killed_at = time.time()
        server.kill()
        server.start()
        up.append(time.time())
        away.append(killed_at)
    time.sleep(pause)
    stop.set()
    told = [done.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(60)
    acknowledged = Counter((number, at) for number, acks, _ in told for at, _ in acks)
    failed = Counter(type_name for _, _, errors in told for type_name in errors)
    stored = Counter(
        server.execute(
            f"SELECT substr(m.id, 6)::int, r.read_at FROM {_SCHEMA}.reading AS r JOIN"
            f" {_SCHEMA}.meter AS m USING (meter)"
        )
    )
    ((entries, highest, spans),) = server.execute(
        f"SELECT count(*), max(entry), (SELECT count(*) FROM {_SCHEMA}.entry_span)"
        f" FROM {_SCHEMA}.entry"
    )
    lost = sum(one not in stored for one in acknowledged)
    # One reading, one entry: a write that was stored twice would be an entry more.
    doubled = sum(count - 1 for count in stored.values()) + max(0, entries - len(stored))
    gaps = abs(highest - entries) + abs(spans - entries)
    again = []
    acks = sorted(when for _, mine, _ in told for _, when in mine)
    for killed_at, ready in zip(away, up, strict=True):
        after = next((two for one, two in pairwise(acks) if two > ready >= one or one > ready), 0)
        again.append((after - killed_at, after - ready))
    drop(server, _SCHEMA)
    yield Row(
        f"{kills} × kill -9 of the server, {_WRITERS} writers: records acknowledged",
        f"{len(acknowledged):,}; refused or in doubt: {told_of(failed)}",
    )
    yield Row("of these lost", f"{lost}", "0", lost == 0)
    yield Row("of these doubled", f"{doubled}", "0", doubled == 0)
    yield Row("entries missing in the numbering", f"{gaps}", "0", gaps == 0)
    worst, since = max(again)
    yield Row(
        "from the kill to the next acknowledged record, at the longest",
        f"{worst:.2f} s; {since:.2f} s of it after the server was up again",
    )


def told_of(failed: Counter[str]) -> str:
    """How many writes ended in which error."""
    return ", ".join(f"{count} {name}" for name, count in failed.items()) or "0"


def writing(number: int, url: str, start: Any, stop: Any, done: Any) -> None:  # noqa: ANN401
    """A process that records, and keeps in mind what was acknowledged, and when."""
    ledger = opened(url)
    acks: list[tuple[int, float]] = []
    errors: list[str] = []
    start.wait()
    at = 0
    while not stop.is_set():
        at = max(at + 1, now() - BEHIND)
        try:
            put(ledger, number, at)
        except MeterctlError as error:
            errors.append(type(error).__name__)
            ledger.close()
            ledger = opened(url)  # as the port's head says
        else:
            acks.append((at, time.time()))
    done.put((number, acks, errors))
    ledger.close()
