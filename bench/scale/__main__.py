"""`python -m bench.scale`: what one PostgreSQL carries.

Starts a server of its own that waits for the disk. Prints a table, and writes it to
bench/RESULTS-scale.md. Without an argument all parts run; `simulation` says from what was measured
which limit a fleet meets first.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bench.measuring import Row, table
from bench.scale import claims, fleet, ingest, killed, looks, moves, simulation, writers
from bench.scale.place import about, server

RESULTS = Path(__file__).parents[1] / "RESULTS-scale.md"
PARTS = ("ingest", "writers", "claims", "looks", "moves", "fleet", "killed", "simulation")
_READ_THIS_WAY = (
    "What is compared ran in turn, in one run; figures are medians. A goal says what has to be; a"
    " row without one is a figure to plan with."
)


def main() -> None:
    """Measure what was asked for, and say it."""
    parser = argparse.ArgumentParser(description="Measure what one PostgreSQL carries.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="small sizes; writes no report")
    parser.add_argument("--roofs", type=int, default=100, help="of the fleet (default 100)")
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    report = measured(arguments.parts or PARTS, arguments.roofs, is_quick=arguments.quick)
    print(report)
    if not arguments.quick and not arguments.parts:
        arguments.results.write_text(report + "\n", encoding="utf-8")


def measured(parts: list[str] | tuple[str, ...], roofs: int, *, is_quick: bool) -> str:
    """The whole page."""
    ways: dict[str, Callable[..., Iterator[Row]]] = {
        "ingest": ingest.measure,
        "writers": writers.measure,
        "claims": claims.measure,
        "looks": looks.measure,
        "moves": moves.measure,
        "fleet": partial(fleet.measure, roofs=roofs),
        "killed": killed.measure,
    }
    out: list[str] = []
    with server() as one:
        out += ["# What `python -m bench.scale` measured", "", f"{about(one)}. {_READ_THIS_WAY}"]
        found: list[Row] = []
        for part in parts:
            if part == "simulation":
                continue
            began = time.perf_counter()
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                found += ways[part](one, Path(folder), is_quick=is_quick)
            print(f"{part}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
        out += ["", *table(found)]
        if "simulation" in parts:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                out += ["", *simulation.page(one, Path(folder), is_quick=is_quick)]
    return "\n".join(out)


if __name__ == "__main__":
    main()
