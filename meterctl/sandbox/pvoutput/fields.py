"""What PVOutput's parameters look like, and what it says where they do not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from typing import NamedTuple

_TITLES = {400: "Bad request", 401: "Unauthorized", 403: "Forbidden", 405: "Method Not Allowed"}


class Refused(Exception):
    """A request, or one row of it, that is not taken."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(f"{_TITLES[status]} {status}: {text}")
        self.status = status


class Accepted(NamedTuple):
    """An energy that was taken."""

    stamp: str  # the day, or the time on the system's own clock
    name: str  # of the parameter
    value: int  # Wh, as it was sent


def whole(row: Mapping[str, str], name: str) -> int | None:
    """A number of watt hours or watts, where it is given.

    Raises:
        Refused: it is no whole number.
    """
    text = row.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]{1,12}", text):
        raise Refused(f"Could not read {name} [{text}]")
    return int(text)


def day_of(row: Mapping[str, str], name: str = "d") -> date:
    """A date as yyyymmdd.

    Raises:
        Refused: it is missing, or there is no such day.
    """
    text = row.get(name, "")
    if not text:
        raise Refused("Missing required data")
    try:
        # No digits, no year: date() refuses the year 0.
        digits = text if re.fullmatch(r"[0-9]{8}", text) else "00000000"
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise Refused(f"Invalid date format should be yyyymmdd [{text}]") from None


def time_of(row: Mapping[str, str]) -> time:
    """A time as hh:mm.

    Raises:
        Refused: it is missing, or there is no such time.
    """
    text = row.get("t", "")
    if not text:
        raise Refused("Missing date or time")
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise Refused(f"Invalid time format should be hh:mm [{text}]")
    return time(int(text[:2]), int(text[3:]))


def shown(value: int | None) -> str:
    """A number in an answer; what is not known is NaN."""
    return "NaN" if value is None else str(value)


def ratio(part: int, whole_: int) -> str:
    """A quotient with three decimals, rounded down."""
    thousandths = part * 1000 // whole_
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"


def count_of(row: Mapping[str, str], most: int) -> int:
    """How many lines are asked for: 30, where nothing is said."""
    text = row.get("limit", "")
    return min(most, int(text)) if text.isdecimal() and len(text) < 6 else 30
