"""What the text of a cell looks like, before anybody knows what its column is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from meterctl.errors import TimeError
from meterctl.imports.numbers import is_blank, is_number
from meterctl.imports.times.grammar import read

_LONGEST = 80  # characters of a time or a number
_CLOCK = re.compile(
    r"[0-2]?\d[:h][0-5]\d(?:[:.][0-5]\d(?:[.,]\d+)?)?\s?(?:[ap]\.?\s?m\.?)?(?:\s?uhr)?"
    r"|[01]?\d\s?[ap]\.?m\.?|[0-2]?\dh",
    re.IGNORECASE | re.ASCII,
)
_HAS_CLOCK = re.compile(r"\d[:h]\d|\d\s?[ap]\.?m\b|T\d", re.IGNORECASE | re.ASCII)
_BETWEEN = re.compile(r"\s+(?:to|bis|tot|until|au|al|a|à)\s+|\s*(?<!\d)[-–—](?!\d)\s*|\s+[-–—]\s*")
_OF_A_DAY = re.compile(r"\s*[-–—]\s*|\s+(?:to|bis|tot|until|à|a|al)\s+")
_HOUR_OF = re.compile(
    r"(?:(?:h|he|hr|hour|stunde|heure|uur|ora|hora|q|qh|hh|p|period|kwh|interval)"
    r"(?: ending| beginning)?)?"
    r"[ _.-]?(\d{1,4})h?",
    re.IGNORECASE | re.ASCII,
)

_LENGTH = re.compile(
    r"(?:pt)?(\d{1,3})[ -]?(m|mins?|minutes?|minuten|minuti|h|hrs?|hours?|std|stunden?|uur)\.?"
)
_LENGTHS = {"qh": 15, "hh": 30, "hourly": 60, "half hourly": 30, "quarter hourly": 15}


class Shape(StrEnum):
    """What a cell's text looks like."""

    BLANK = "blank"
    NUMBER = "number"
    MOMENT = "moment"  # a date with a time of day
    DATE = "date"  # a day, a month
    TIME = "time"  # of a day
    SPAN = "span"  # of a day: 00:00-00:15
    PERIOD = "period"  # one moment or date to another
    TEXT = "text"


TIMES = frozenset((Shape.MOMENT, Shape.DATE, Shape.PERIOD))


# Texts that differ in their digits only look alike: `01.02.2024 00:15` is looked at once.
_DIGITS = str.maketrans("123456789", "000000000")
_MOST_KNOWN = 1 << 14
_known: dict[str, Shape] = {}


def cell_of(cells: Sequence[str], column: int | None) -> str:
    """A row's cell; "" where the row is shorter, or there is no such column."""
    return cells[column] if column is not None and column < len(cells) else ""


def shape_of(text: str) -> Shape:
    """What a text looks like; a mere number is a number, though it may be a compact date.

    Whether there is such a day is not asked here: who reads the time tells it with its place.
    """
    if len(text) > _LONGEST and len(text.strip()) > _LONGEST:
        return Shape.TEXT  # before it is remembered: a cell may be as long as a line may
    alike = text.translate(_DIGITS)
    shape = _known.get(alike)
    if shape is None:
        shape = _look(text)
        if shape is not Shape.TEXT and len(_known) < _MOST_KNOWN:
            _known[alike] = shape
    return shape


@lru_cache(maxsize=4096)
def _look(text: str) -> Shape:
    bare = text.strip()
    if is_blank(bare):
        return Shape.BLANK
    if len(bare) > _LONGEST or not any(c.isdigit() for c in bare):
        return Shape.TEXT
    if is_number(bare):
        return Shape.NUMBER
    if _CLOCK.fullmatch(bare):
        return Shape.TIME
    if span_of(bare) is not None:
        return Shape.SPAN
    if is_moment(bare):
        return Shape.MOMENT if _HAS_CLOCK.search(bare) else Shape.DATE
    return Shape.PERIOD if period_of(bare) is not None else Shape.TEXT


@lru_cache(maxsize=1 << 15)
def is_moment(text: str) -> bool:
    """Whether a text is a date, with or without a time."""
    try:
        read(text)
    except TimeError:
        return False
    return True


def period_of(text: str) -> tuple[str, str] | None:
    """The two moments of `2022-08-01 00:00 to 2022-08-01 00:15`, or of an ISO 8601 interval."""
    parts = [part.strip() for part in _BETWEEN.split(text)]
    if len(parts) != 2:
        parts = text.split("/") if text.count("/") == 1 and "T" in text else []
    if len(parts) != 2 or not all(is_moment(part) and not is_number(part) for part in parts):
        return None
    return parts[0], parts[1]


def span_of(text: str) -> tuple[str, str] | None:
    """The two times of day of `00:00-00:15` or `00:00 to 00:15`."""
    parts = [part.strip() for part in _OF_A_DAY.split(text)]
    if len(parts) != 2 or not all(_CLOCK.fullmatch(part) for part in parts):
        return None
    return parts[0], parts[1]


def length_of(text: str) -> int | None:
    """The milliseconds of `15min`, `60 min`, `PT15M`, `QH`, `1h`, `Hourly`; None: it is none."""
    bare = text.strip().lower()
    if bare in _LENGTHS:
        return _LENGTHS[bare] * 60_000
    found = _LENGTH.fullmatch(bare)
    if found is None or not int(found[1]):
        return None
    return int(found[1]) * (3_600_000 if found[2].startswith(("h", "s", "u")) else 60_000)


def number_in_heading(text: str) -> int | None:
    """The number of a heading such as `H1`, `Hour 01`, `Q96` or `17`; None: it has none."""
    found = _HOUR_OF.fullmatch(text.strip())
    if found is None:
        return None
    number = int(found[1])
    return number // 100 if len(found[1]) == 4 and number % 100 == 0 else number
