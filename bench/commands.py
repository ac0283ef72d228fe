"""What it costs to run a command: a process, from outside.

The floor under `record` is the least that stores one reading durably (floor_record.py); under what
needs no ledger it is Python, which does nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from bench.measuring import AT_MOST, METERCTL, Goal, Row, compared, milliseconds, run, time_text

TITLE = "Commands"
ABOUT = "Whole processes, both sides in turn; medians, with the 10th to the 90th percentile."
_FLOOR = str(Path(__file__).with_name("floor_record.py"))
_PASS = [sys.executable, "-c", "pass"]


class Case(NamedTuple):
    """Two commands, each told which time it is run, and what their ratio may be."""

    what: str
    ours: Callable[[int], list[str]]
    floor: Callable[[int], list[str]]
    goal: Goal


def measure(folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """All cases, one after the other."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "METERCTL_LEDGER": f"sqlite:///{folder}/ledger.db",
        "METERCTL_TIMEZONE": "UTC",
    }
    for case in cases(folder):
        sides = (case.ours, case.floor)
        took: tuple[list[float], list[float]] = ([], [])
        for number in range(1 + (10 if is_quick else 60)):
            for command, figures in zip(sides, took, strict=True):
                figures.append(run(command(number), environment).seconds)
        ours, floor = (figures[1:] for figures in took)  # the first made ledgers, warmed caches
        yield compared(case.what, ours, floor, milliseconds, case.goal)


def cases(folder: Path) -> Iterator[Case]:
    """What is compared."""

    def ours(number: int) -> list[str]:
        return [METERCTL, "record", str(number), "--at", time_text(number)]

    def floor(number: int) -> list[str]:
        path = str(folder / "floor.db")
        return [sys.executable, _FLOOR, path, str(number), "--at", time_text(number)]

    yield Case("`record`, to argparse and one durable commit", ours, floor, Goal(AT_MOST, 3.0, 2.5))
    for option in ("--help", "--version"):
        yield Case(
            f"`{option}`, to `python -c pass`",
            lambda _, option=option: [METERCTL, option],  # type: ignore[misc] # a default binds it
            lambda _: _PASS,
            Goal(AT_MOST, 7.0),
        )
