"""Hours and quarters that are numbered, down a column or across a day's row, as times of the day.

A day of 25 hours is numbered to 25 by some, who count what passed, and to 24 by others, who read
the clock. Which of them a file does shows on such a day by its highest number.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from meterctl.errors import TimeError
from meterctl.imports.generic.shapes import Shape, number_in_heading, shape_of
from meterctl.imports.times.grammar import read

# Numbers that go to 25 are a custom of Spain's and Italy's grids; --tz says where others are from.
_CUSTOM = ZoneInfo("Europe/Madrid")
_A_DAY = ((23, 25, 60), (46, 50, 30), (92, 100, 15))


class Grid(NamedTuple):
    """How a day is cut in pieces."""

    base: int  # the number of its first piece
    minutes: int  # of each piece

    @property
    def a_day(self) -> int:
        """How many pieces a usual day has."""
        return 1440 // self.minutes


def grid_of(least: int, most: int) -> Grid | None:
    """The grid of numbers that go from `least` to `most`; None: they are no day's."""
    base = 0 if least == 0 else 1
    count = most - base + 1
    for low, high, minutes in _A_DAY:
        if low <= count <= high:
            return Grid(base, minutes)
    return None


def across(names: Sequence[str], cells: Sequence[str]) -> tuple[int, ...]:
    """The columns of a table that has a row for each day and a column for each of its pieces."""
    columns = [c for c, name in enumerate(names) if shape_of(name) in {Shape.TIME, Shape.SPAN}]
    if not columns:
        columns = _numbered(names)
    is_day = any(low <= len(columns) <= high for low, high, _ in _A_DAY)
    filled = [shape_of(cells[c]) for c in columns if c < len(cells)]
    if not is_day or not all(shape in {Shape.NUMBER, Shape.BLANK} for shape in filled):
        return ()
    return tuple(columns)


def _numbered(names: Sequence[str]) -> list[int]:
    numbers = [number_in_heading(name) for name in names]
    columns = [c for c, number in enumerate(numbers) if number is not None]
    found = [numbers[c] for c in columns]
    start = found[0] if found else None
    if start not in {0, 1} or found != list(range(start, start + len(found))):
        return []
    return columns


def clock_at(day: str, passed: int, most: int, grid: Grid, zone: tzinfo | None) -> str | None:
    """The time of day that a clock shows so many pieces after a day began; None: the day is over.

    `most` is how many pieces that day has in the file.
    """
    minutes, total = passed * grid.minutes, most * grid.minutes
    for at, shift in _changes(day, zone or _CUSTOM):
        counts = total > 1440 if shift > 0 else total <= 1440 + shift
        if counts:
            minutes -= shift if minutes >= at else 0
            break
    if minutes >= 1440:
        return None
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@lru_cache(maxsize=4096)
def _changes(text: str, zone: tzinfo) -> tuple[tuple[int, int], ...]:
    """When the clock changes on a day, in minutes that passed; and how many more the day has.

    Of a date that may be read in two orders, both days are looked at: at most one of them fits
    the number of hours that the file has.
    """
    return tuple(change for day in _days(text) if (change := _change(day, zone)) is not None)


def _change(day: date, zone: tzinfo) -> tuple[int, int] | None:
    begin = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    wall = datetime(day.year, day.month, day.day, tzinfo=UTC)
    first = _offset(begin, zone)
    for minutes in range(15, 1441, 15):
        offset = _offset(begin + timedelta(minutes=minutes), zone)
        if offset != first and (wall + timedelta(minutes=minutes)).date() == day:
            return minutes, int((first - offset).total_seconds() // 60)
    return None


def _offset(instant: datetime, zone: tzinfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _days(text: str) -> list[date]:
    try:
        found = read(text).date
    except TimeError:
        return []
    days: list[date] = []
    for month, day in ((found.month, found.day), (found.day, found.month)):
        with suppress(ValueError):  # there is no such day
            days.append(date(found.year, month, day))
        if not found.is_open:
            break
    return days
