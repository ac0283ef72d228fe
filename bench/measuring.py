"""How things are measured, and how that is said: the same for every part of the bench."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

METERCTL = str(Path(sys.executable).with_name("meterctl"))
ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"  # /tmp may be memory, where a durable commit costs nothing
AT_LEAST, AT_MOST = "≥", "≤"
UNEVEN = 7_919  # a prime: uses differ from row to row, and none looks wrong
_FIRST = 1_420_070_400  # 2015-01-01T00:00:00Z: ten years of quarter-hours are all in the past


class Row(NamedTuple):
    """A row of the report; without a goal it is a figure to go with the others."""

    what: str
    measured: str
    goal: str = ""
    is_met: bool | None = None


class Goal(NamedTuple):
    """What a figure has to be, and what would be better still."""

    sign: str
    gate: float
    stretch: float | None = None

    def row(self, what: str, measured: str, figure: float) -> Row:
        """The row that holds a figure against this."""
        goal = f"{self.sign} {self.gate:g}"
        if self.stretch is not None:
            goal += f" ({self.stretch:g})"
        return Row(what, measured, goal, self._is_met(figure, self.gate))

    def _is_met(self, figure: float, bound: float) -> bool:
        return figure >= bound if self.sign == AT_LEAST else figure <= bound


class Ran(NamedTuple):
    """What a process took, and what it said."""

    seconds: float
    processor: float  # seconds, user and system
    mebibytes: float  # at its peak
    out: str


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    stdin: str = "",
    codes: Sequence[int] = (0,),
    where: Path | None = None,
) -> Ran:
    """A process from outside, which has to end as it should."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, cwd=where, stdin=subprocess.PIPE, stdout=said, stderr=said
        )
        if process.stdin is not None:
            process.stdin.write(stdin.encode())
            process.stdin.close()
        _, status, used = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        out = said.read()
    if process.returncode not in codes:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {out[-2_000:]}")
    return Ran(took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out)


def time_text(minutes: float) -> str:
    """So many minutes after the first one."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(_FIRST + minutes * 60))


def compared(
    what: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    text: Callable[[float], str],
    goal: Goal | None = None,
    *,
    turned: bool = False,
) -> Row:
    """One side by the other: the ratio is that of the medians.

    Args:
        what: The row's name.
        ours: Ours, a figure a round.
        theirs: What it is compared with.
        text: How such a figure is written.
        goal: What the ratio has to be.
        turned: Theirs by ours.
    """
    ratio = statistics.median(ours) / statistics.median(theirs)
    if turned:
        ratio = 1 / ratio
    measured = f"{spread(ours, text)} by {spread(theirs, text)}: **{ratio:.2f}**"
    return Row(what, measured) if goal is None else goal.row(what, measured, ratio)


def spread(figures: Sequence[float], text: Callable[[float], str]) -> str:
    """The median, and where most of the others lie: all of them, where there are few."""
    ordered = sorted(figures)
    low, high = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
    middle = text(statistics.median(ordered))
    return middle if len(ordered) == 1 else f"{middle} ({text(low)} to {text(high)})"


def count(figure: float) -> str:
    """A whole number."""
    return f"{figure:,.0f}"


def milliseconds(seconds: float) -> str:
    """With as many decimals as mean something."""
    return f"{seconds * 1000:,.0f} ms" if seconds >= 0.1 else f"{seconds * 1000:.1f} ms"


def in_seconds(seconds: float) -> str:
    """The same, of what takes longer."""
    return f"{seconds:.2f} s"


def microseconds(seconds: float) -> str:
    """The same, of what takes less."""
    return f"{seconds * 1e6:,.0f} µs"


def mebibytes(figure: float) -> str:
    """Memory."""
    return f"{figure:,.0f} MiB"


def machine() -> str:
    """What all depends on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, {platform.system()},"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def table(rows: Iterable[Row]) -> list[str]:
    """As Markdown."""
    said = {True: "yes", False: "**no**", None: ""}
    lines = ["| what | measured | goal (better still) | met |", "|---|---|---|---|"]
    return lines + [
        f"| {one.what} | {one.measured} | {one.goal} | {said[one.is_met]} |" for one in rows
    ]
