"""The table: medians with their spread, ratios, and what was promised of them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import NamedTuple

from bench.run import machine

Samples = Mapping[str, Mapping[str, list[float]]]  # of what, by whom
NAMES = {"each": "Express, a commit for each request", "group": "Express, commits shared"}
_READ_THIS_WAY = (
    "Medians of {rounds} rounds of {seconds:g} s, of {starts} starts, with the smallest and the"
    " largest; the ratio is that of the medians, ours to theirs. wrk sends new readings, one a"
    " request; each was answered 201 for the reading it sent, and each side stored exactly what it"
    " acknowledged. meterctl has tokens, limits, findings and the audit log on; Express has tokens"
    " and a limit of its own process. One process a side, WAL with synchronous=FULL on one disk."
)
AT_LEAST, AT_MOST = "≥", "≤"


class Goal(NamedTuple):
    """What the ratio has to be, and what would be better still."""

    sign: str
    gate: float
    stretch: float | None = None

    def is_met(self, ratio: float, bound: float) -> bool:
        """Whether the ratio is on the right side of a bound."""
        return ratio >= bound if self.sign == AT_LEAST else ratio <= bound


class Line(NamedTuple):
    """One figure, and what is promised of it against each rival."""

    what: str
    title: str
    text: Callable[[float], str]
    goals: Mapping[str, Goal]


def _count(figure: float) -> str:
    return f"{figure:,.0f}"


def _milliseconds(figure: float) -> str:
    return f"{figure * 1000:,.2f} ms" if figure < 0.01 else f"{figure * 1000:,.0f} ms"


def _microseconds(figure: float) -> str:
    return f"{figure * 1e6:,.0f} µs"


def _megabytes(figure: float) -> str:
    return f"{figure:,.0f} MB"


_HALF = Goal(AT_MOST, 0.5)
_START = Goal(AT_MOST, 1.0, 0.6)
LINES = (
    Line(
        "rate 32",
        "durable writes a second, 32 connections",
        _count,
        {"each": Goal(AT_LEAST, 2.0, 3.0), "group": Goal(AT_LEAST, 1.2, 1.8)},
    ),
    Line("p50 32", "p50, 32 connections", _milliseconds, {}),
    Line("p95 32", "p95, 32 connections", _milliseconds, {}),
    Line("p99 32", "p99, 32 connections", _milliseconds, {"each": _HALF, "group": _HALF}),
    Line("cpu 32", "processor time a write, 32 connections", _microseconds, {}),
    Line("rate 1", "durable writes a second, 1 connection", _count, {}),
    Line("p50 1", "p50, 1 connection", _milliseconds, {}),
    Line("p95 1", "p95, 1 connection", _milliseconds, {}),
    Line("p99 1", "p99, 1 connection", _milliseconds, {}),
    Line("cpu 1", "processor time a write, 1 connection", _microseconds, {}),
    Line("bulk", "10,000 records in one request", _milliseconds, {}),
    Line("start", "start to the first 200 on /health", _milliseconds, {"each": _START}),
    Line("memory", "memory after the load", _megabytes, {}),
)


def as_report(samples: Samples, rounds: int, seconds: float, starts: int, versions: str) -> str:
    """The whole page."""
    how = _READ_THIS_WAY.format(rounds=rounds, seconds=seconds, starts=starts)
    return "\n".join(
        [
            "# What `python -m bench.http` measured",
            "",
            f"{machine()}; {versions}. {how}",
            "",
            "| what | meterctl | compared with | it | ratio | goal (better still) | met |",
            "|---|---|---|---|---|---|---|",
            *(
                _row(line, name, samples[line.what])
                for line in LINES
                for name in NAMES
                if name == "each" or line.what not in {"start", "bulk"}  # the same code in both
            ),
        ]
    )


def _row(line: Line, name: str, figures: Mapping[str, list[float]]) -> str:
    ours, theirs = figures["meterctl"], figures[name]
    ratio = statistics.median(ours) / statistics.median(theirs)
    cells = (
        line.title,
        _spread(ours, line.text),
        NAMES[name],
        _spread(theirs, line.text),
        f"**{ratio:.2f}**",
        *_judged(line.goals.get(name), ratio),
    )
    return f"| {' | '.join(cells)} |"


def _judged(goal: Goal | None, ratio: float) -> tuple[str, str]:
    """The goal in words, and whether it is met."""
    if goal is None:
        return "", ""
    words = f"{goal.sign} {goal.gate:g}"
    if goal.stretch is not None:
        words += f" ({goal.sign} {goal.stretch:g})"
        if goal.is_met(ratio, goal.stretch):
            return words, "yes (better still)"
    return words, "yes" if goal.is_met(ratio, goal.gate) else "**no**"


def _spread(figures: list[float], text: Callable[[float], str]) -> str:
    middle = text(statistics.median(figures))
    if len(figures) == 1:
        return middle
    return f"{middle} ({text(min(figures))} to {text(max(figures))})"
