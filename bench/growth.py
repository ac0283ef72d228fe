"""What is done every day, as the ledger grows: it should cost the same."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path

from bench.measuring import (
    AT_MOST,
    METERCTL,
    Goal,
    Row,
    compared,
    milliseconds,
    run,
    spread,
    time_text,
)
from bench.sheet import household

TITLE = "Growth"
ABOUT = (
    "Whole processes, all sizes in turn; medians, with the 10th to the 90th percentile. A reading"
    " each half minute, so the largest ledger spans nine and a half years. A utility is configured."
)
SIZES = (10_000, 1_000_000, 10_000_000)
_GOAL = Goal(AT_MOST, 1.2)
_HALF_MINUTES = 10_519_200  # of ten years: so many after the first one, what is recorded comes


def measure(folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """Each command at each size."""
    sizes = SIZES[:2] if is_quick else SIZES
    rounds = 5 if is_quick else 21
    with household(folder, "growth", "--no-quota") as house:
        utility = {
            name: house.sandbox[name] for name in ("METERCTL_UTILITY_URL", "METERCTL_UTILITY_TOKEN")
        }
        environments = {size: _filled(folder, size, utility) for size in sizes}
        later = (_HALF_MINUTES + number for number in count(1))
        commands: dict[str, Callable[[], list[str]]] = {
            "record": lambda: _recording(next(later)),
            "current": lambda: ["current"],
            "push-utility": lambda: ["push-utility"],  # of what is older than its first run: none
            "": list,
        }
        for name, words in commands.items():
            took: dict[int, list[float]] = {size: [] for size in sizes}
            for number in range(rounds + 1):
                for size in sizes:
                    seconds = run([METERCTL, *words()], environments[size]).seconds
                    if number:  # the first one warmed the caches, and fixed the utility's first day
                        took[size].append(seconds)
            what = f"`{f'meterctl {name}'.strip()}`"
            yield compared(
                f"{what} at {sizes[-1]:,} readings, to {sizes[0]:,}",
                took[sizes[-1]],
                took[sizes[0]],
                milliseconds,
                _GOAL,
            )
            if len(sizes) > 2:
                middle = took[sizes[1]]
                ratio = statistics.median(middle) / statistics.median(took[sizes[0]])
                measured = f"{spread(middle, milliseconds)}: **{ratio:.2f}**"
                yield _GOAL.row(f"{what} at {sizes[1]:,}, to the same", measured, ratio)


def _filled(folder: Path, size: int, utility: Mapping[str, str]) -> dict[str, str]:
    """A ledger of so many readings; the environment that names it."""
    file = folder / f"{size}.csv"
    with file.open("w", encoding="utf-8") as lines:
        lines.write("timestamp,meterValue\n")
        for number in range(size):
            half_minutes = _HALF_MINUTES - size + number
            value = _value(half_minutes)
            lines.write(f"{time_text(half_minutes / 2)},{value}\n")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "METERCTL_LEDGER": f"sqlite:///{folder}/{size}.db",
        "METERCTL_TIMEZONE": "UTC",
        **utility,
    }
    run([METERCTL, "bulk-import", "--json", str(file)], environment)
    file.unlink()
    return environment


def _value(half_minutes: int) -> str:
    """What a meter shows that many half minutes after its first: nothing looks wrong in it."""
    thousandths = half_minutes * 4
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"


def _recording(half_minutes: int) -> list[str]:
    return ["record", _value(half_minutes), "--at", time_text(half_minutes / 2)]
