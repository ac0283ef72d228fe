"""What `current` takes as the ledger grows: the service by itself, and the whole command."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measuring import Row
from bench.scale.place import drop, meterctl, opened, session
from meterctl.services.current import current
from tests.postgres import Server

_GOAL = 1.5
# Straight into the tables, for bulk-import is measured elsewhere: a reading each half minute, half
# of them of each meter, by one import.
_FILL = """\
INSERT INTO "{schema}".entry VALUES (1, 'import', 'import', 1700000000000, 'rows.csv');
INSERT INTO "{schema}".reading (meter, device, read_at, span, revision, value, entry)
SELECT m, 1, 1420070400000 + n * 30000, 0, 1, n * 1000, 1
FROM generate_series(1, 2) AS m, generate_series(1::bigint, {rows} / 2) AS n;
INSERT INTO "{schema}".entry_span SELECT 1, meter, 1, min(read_at), max(read_at), count(*)
FROM "{schema}".reading GROUP BY meter;
"""


def measure(server: Server, folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """All sizes in turn, round by round."""
    sizes = [10_000, 100_000, 1_000_000, *([] if is_quick else [10_000_000])]
    rounds = 5 if is_quick else 15
    for size in sizes:
        opened(server.url(_schema(size))).close()
        server.execute(_FILL.format(schema=_schema(size), rows=size))
        server.execute(f'VACUUM ANALYZE "{_schema(size)}".reading')
    commands: dict[int, list[float]] = {size: [] for size in sizes}
    services: dict[int, list[float]] = {size: [] for size in sizes}
    ledgers = {size: opened(server.url(_schema(size))) for size in sizes}
    for _ in range(rounds):
        for size in sizes:
            url = server.url(_schema(size))
            commands[size].append(meterctl(folder, url, "current", "--json").seconds)
            for _ in range(20):
                one = session(ledgers[size])
                began = time.perf_counter()
                found = current(one, one.ledger.meters())
                services[size].append(time.perf_counter() - began)
                if found.newest[0].reading is None:
                    raise SystemExit("there is no reading")
    for size, ledger in ledgers.items():
        ledger.close()
        ((used,),) = server.execute(f"SELECT pg_total_relation_size('{_schema(size)}.reading')")
        yield Row(
            f"`current` at {size:,} readings",
            f"{statistics.median(services[size]) * 1000:.2f} ms; the whole command"
            f" {statistics.median(commands[size]) * 1000:.0f} ms; {used / size:.0f} bytes a"
            " reading, its key among them",
        )
        drop(server, _schema(size))
    for name, times in (("`current`", services), ("the whole command", commands)):
        small, large = (statistics.median(times[size]) for size in (sizes[0], sizes[-1]))
        yield Row(
            f"{name} at {sizes[-1]:,}, to {sizes[0]:,}",
            f"**{large / small:.2f}**",
            f"≤ {_GOAL:g}",
            large / small <= _GOAL,
        )


def _schema(size: int) -> str:
    return f"looks_{size}"
