"""`make bench`: what the budgets promise, as ratios of two things measured in turn in one run.

Prints a table, and writes it to bench/RESULTS.md. A ratio is that of the medians; the spread is
the 10th to the 90th percentile.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
METERCTL = str(Path(sys.executable).with_name("meterctl"))
MINUTE = 60  # seconds
_READ_THIS_WAY = (
    "Medians in milliseconds, with the 10th to the 90th percentile; both sides in turn."
)
FIRST = 1_420_070_400  # 2015-01-01T00:00:00Z: ten years of quarter hours are all in the past
UNEVEN = 7_919  # a prime: uses differ from row to row, and none looks wrong


class Side(NamedTuple):
    """One of two things compared: prepared outside the clock, then run under it."""

    name: str
    command: Callable[[int], list[str]]  # for the n-th time


class Comparison(NamedTuple):
    """Two sides, and what their ratio may be."""

    title: str
    ours: Side
    floor: Side
    goal: float


class Result(NamedTuple):
    """How long each side took, in seconds."""

    comparison: Comparison
    ours: list[float]
    floor: list[float]

    @property
    def ratio(self) -> float:
        """How many times as long ours took."""
        return statistics.median(self.ours) / statistics.median(self.floor)


def main() -> None:
    """Measure everything, and say it."""
    parser = argparse.ArgumentParser(description="Measure what meterctl's budgets promise.")
    parser.add_argument("--runs", type=int, default=40, help="of each command (default 40)")
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md", help="the report")
    arguments = parser.parse_args()
    build = HERE.parent / "build"  # /tmp may be memory, where a durable commit costs nothing
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=build) as folder:
        results = list(measured(Path(folder), arguments.runs))
    report = as_report(results)
    print(report)
    arguments.results.write_text(report + "\n", encoding="utf-8")


def measured(folder: Path, runs: int) -> Iterator[Result]:
    """All comparisons, one after the other."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "METERCTL_LEDGER": f"sqlite:///{folder}/ledger.db",
        "METERCTL_TIMEZONE": "UTC",
    }
    yield measure(recording(folder), runs, environment)
    for option in ("--help", "--version"):
        yield measure(starting(option), runs, environment)


def measure(comparison: Comparison, runs: int, environment: Mapping[str, str]) -> Result:
    """Run both sides in turn, so that whatever else this machine does meets both."""
    ours, floor = [], []
    for side in (comparison.ours, comparison.floor):
        seconds(side, 0, environment)  # caches warm, ledgers made
    for number in range(1, runs + 1):
        ours.append(seconds(comparison.ours, number, environment))
        floor.append(seconds(comparison.floor, number, environment))
    return Result(comparison, ours, floor)


def seconds(side: Side, number: int, environment: Mapping[str, str]) -> float:
    """How long one run takes, from outside."""
    command = side.command(number)
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return took


def recording(folder: Path) -> Comparison:
    """One reading, by one process, into a ledger that exists."""
    floor = str(folder / "floor.db")
    script = str(HERE / "floor_record.py")
    return Comparison(
        "record",
        Side("meterctl record", lambda n: [METERCTL, "record", str(n), "--at", time_text(n)]),
        Side(
            "argparse + one durable commit",
            lambda n: [sys.executable, script, floor, str(n), "--at", time_text(n)],
        ),
        3.0,
    )


def starting(option: str) -> Comparison:
    """Saying something that needs no ledger."""
    return Comparison(
        option,
        Side(f"meterctl {option}", lambda _: [METERCTL, option]),
        Side("python -c pass", lambda _: [sys.executable, "-c", "pass"]),
        7.0,
    )


def time_text(minutes: int) -> str:
    """So many minutes after the first one."""
    return time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(FIRST + minutes * MINUTE))


def as_report(results: list[Result]) -> str:
    """The table, and what it was measured on."""
    lines = [
        "# What `make bench` measured",
        "",
        f"{machine()}. {_READ_THIS_WAY}",
        "",
        "| what | meterctl | compared with | it took | ratio | goal |",
        "|---|---|---|---|---|---|",
    ]
    lines += [as_row(result) for result in results]
    return "\n".join(lines)


def machine() -> str:
    """What all depends on."""
    cores = f"{os.cpu_count()} cores ({platform.machine()})"
    return f"{cores}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"


def as_row(result: Result) -> str:
    """One comparison as a row of the table."""
    title, _, floor, goal = result.comparison
    cells = (
        title,
        spread(result.ours),
        floor.name,
        spread(result.floor),
        f"**{result.ratio:.2f}**",
        f"≤ {goal:g}",
    )
    return f"| {' | '.join(cells)} |"


def spread(times: list[float]) -> str:
    """The median, and where most of the others lie."""
    ordered = sorted(times)
    low, high = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
    return f"{milliseconds(statistics.median(times))} ({milliseconds(low)} to {milliseconds(high)})"


def milliseconds(time_: float) -> str:
    """With as many decimals as mean something."""
    return f"{time_ * 1000:,.0f}" if time_ >= 1 else f"{time_ * 1000:.1f}"


if __name__ == "__main__":
    main()
