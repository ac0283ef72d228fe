"""How long `ledger copy` takes for a large ledger, there and back, verification included."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from bench.imports import lines, write
from bench.measuring import Row
from bench.scale.place import drop, meterctl
from tests.postgres import Server


def measure(server: Server, folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """One ledger, moved on from place to place; then a backup of it at the server."""
    readings = 50_000 if is_quick else 1_000_000
    file = folder / "rows.csv"
    write(file, lines(readings // 2))
    places = {
        "a file": f"sqlite:///{folder}/first.db",
        "another file": f"sqlite:///{folder}/second.db",
        "PostgreSQL": server.url("moved-1"),
        "another schema": server.url("moved-2"),
        "a file again": f"sqlite:///{folder}/last.db",
    }
    names = list(places)
    meterctl(folder, places[names[0]], "bulk-import", str(file))
    took, backup = [], ""
    for here, there in pairwise(names):
        ran = meterctl(folder, places[here], "ledger", "copy", places[here], places[there])
        took.append(f"to {there} {ran.seconds:.1f} s")
        if there == "another schema":
            made = meterctl(folder, places[there], "backup", str(folder / "backups"))
            backup = f"{made.seconds:.1f} s, {made.mebibytes:.0f} MiB"
    drop(server, "moved-1", "moved-2")
    yield Row(f"`ledger copy` of {readings:,} readings, from a file on", ", ".join(took))
    yield Row("`backup` of them from PostgreSQL", backup)
