"""Values and dates as the customer types and sees them, in the portal's language."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

MAX_DIGITS = 9  # before the mark


class Unreadable(Exception):
    """What was typed is no value or no date; the message is the key of a text that says why."""


class Format(NamedTuple):
    """How a language writes."""

    mark: str  # between the whole units and the decimals
    separator: str  # of thousands
    date: str  # as strftime takes it


FORMATS = {"en": Format(".", ",", "%d/%m/%Y"), "de": Format(",", ".", "%d.%m.%Y")}


def parse_value(typed: str, how: Format, decimals: int) -> str:
    """The value as digits with a point; decimals stay as they were typed.

    Raises:
        Unreadable: it is no value in this language, too long, or has too many decimals.
    """
    mark, separator = re.escape(how.mark), re.escape(how.separator)
    found = re.fullmatch(
        rf"(\d+|\d{{1,3}}(?:{separator}\d{{3}})+)(?:{mark}(\d+))?", typed.strip(), re.ASCII
    )
    if found is None:
        raise Unreadable("value_unreadable")
    whole = found[1].replace(how.separator, "").lstrip("0") or "0"
    rest = found[2] or ""
    if len(whole) > MAX_DIGITS:
        raise Unreadable("value_too_long")
    if len(rest) > decimals:
        raise Unreadable("value_decimals" if decimals else "value_whole")
    return f"{whole}.{rest}" if rest else whole


def show_value(value: str, how: Format, *, thousands: bool) -> str:
    """A value as the language writes it."""
    whole, point, rest = value.partition(".")
    if thousands:
        whole = f"{int(whole):,}".replace(",", how.separator)
    return whole + (how.mark if point else "") + rest


def parse_date(typed: str, pattern: str) -> date:
    """A date that was typed.

    Raises:
        Unreadable: there is no such date, or it is written in another way.
    """
    try:
        found = datetime.strptime(typed.strip(), pattern).date()  # noqa: DTZ007 (a day, no instant)
    except ValueError:
        raise Unreadable("date_unreadable") from None
    if found.year < 2000:
        raise Unreadable("date_unreadable")
    return found
