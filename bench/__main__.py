"""`make bench`: every figure that meterctl promises, beside what it is compared with.

Without arguments all parts run, and bench/RESULTS.md is written; with some, those are printed.
`--quick` takes small sizes, to see that all works; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import commands, growth, imports, postgres, push, sheet
from bench.http import part as http
from bench.measuring import BUILD, Row, machine, table

RESULTS = Path(__file__).with_name("RESULTS.md")
PARTS = {
    "commands": commands,
    "growth": growth,
    "imports": imports,
    "postgres": postgres,
    "http": http,
    "push": push,
    "sheet": sheet,
}


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
    found: dict[str, list[Row]] = {}
    for name in arguments.parts or PARTS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder:
            found[name] = list(PARTS[name].measure(Path(folder), is_quick=arguments.quick))
        print("\n".join(section(name, found[name])), flush=True)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    if not arguments.parts and not arguments.quick:
        arguments.results.write_text(page(found), encoding="utf-8")


def page(found: dict[str, list[Row]]) -> str:
    """The whole report: what is not met stands first."""
    rows = [row for rows in found.values() for row in rows]
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
    for name, some in found.items():
        lines += ["", *section(name, some)]
    return "\n".join(lines) + "\n"


def section(name: str, rows: Sequence[Row]) -> list[str]:
    """A part of it."""
    part = PARTS[name]
    return [f"## {part.TITLE}", "", part.ABOUT, "", *table(rows)]


if __name__ == "__main__":
    main()
