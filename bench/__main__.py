"""`make bench`: every figure that meterctl promises, beside what it is compared with.

Without arguments all parts run, and bench/RESULTS.md is written; with some, those are printed.
`--quick` takes small sizes, to see that all works; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.measuring import BUILD, machine, table
from bench.parts import PARTS, Found, part

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Measure what was asked for, and say it."""
    parser = argparse.ArgumentParser(description="Measure what meterctl promises.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="small sizes; writes no report")
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    BUILD.mkdir(exist_ok=True)
    found: dict[str, Found] = {}
    for name in arguments.parts or PARTS:
        began = time.monotonic()
        # Each in a process of its own: a child's peak of memory counts from what its parent holds.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found[name] = pool.submit(part, name, arguments.quick).result()
        print("\n".join(section(found[name])), flush=True)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    if not arguments.parts and not arguments.quick:
        arguments.results.write_text(page(found), encoding="utf-8")


def page(found: Mapping[str, Found]) -> str:
    """The whole report: what is not met stands first."""
    rows = [row for one in found.values() for row in one.rows]
    goals = [row for row in rows if row.is_met is not None]
    missed = [row for row in goals if not row.is_met]
    lines = [
        "# What `make bench` measured",
        "",
        f"{machine()}; {time.strftime('%Y-%m-%d', time.gmtime())}. A ratio is that of the medians.",
        "",
        f"Of {len(goals)} goals {len(goals) - len(missed)} are met"
        + (f"; {len(missed)} are not:" if missed else "."),
        "",
        *(f"- {row.what}: {row.measured}, {row.goal}" for row in missed),
    ]
    for one in found.values():
        lines += ["", *section(one)]
    return "\n".join(lines) + "\n"


def section(found: Found) -> list[str]:
    """A part of it."""
    return [f"## {found.title}", "", found.about, "", *table(found.rows)]


if __name__ == "__main__":
    main()
