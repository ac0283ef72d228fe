"""What the numbers in a workbook's cells mean: a number as it is shown, a date, a time of day.

No float touches them: the file holds decimal text, which is cut to the 15 digits that a
spreadsheet shows, and days are counted exactly.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from enum import Enum

_SHOWN = Context(prec=15, rounding=ROUND_HALF_EVEN)
_PLAIN = re.compile(r"-?(?:0|[1-9]\d{0,14})")
_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|am/pm|a/p', re.IGNORECASE)
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_DIGITS = re.compile(r"(?<!s\.)(?<!s)[#0?]", re.IGNORECASE)
_DAY = 86_400_000
_LAST = 2_957_000  # the serial of a day in 9995, in both ways of counting


class Style(Enum):
    """How a number format shows a number."""

    NUMBER = 0
    DATE = 1
    TIME = 2
    DATE_TIME = 3
    ELAPSED = 4  # hours that go on after 24


# The formats that every workbook has without spelling them out; 27 to 58 are those of East Asia.
BUILT_IN = {
    **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 59)), Style.DATE),
    **dict.fromkeys((*range(18, 22), *range(32, 36), 45, 47), Style.TIME),
    22: Style.DATE_TIME,
    46: Style.ELAPSED,
}


def style_of(code: str) -> Style:
    """What a number format such as `dd/mm/yyyy hh:mm` or `0.00 "kWh"` makes of a number."""
    letters = _NOT_CODE.sub("", code).split(";")[0].lower()
    if _ELAPSED.search(letters):
        return Style.ELAPSED
    bare = re.sub(r"s[.,]0+", "s", letters)
    if "general" in bare or _DIGITS.search(bare):
        return Style.NUMBER
    has_time = "h" in bare or "s" in bare
    has_date = "d" in bare or "y" in bare or ("m" in bare and not has_time)
    if has_date:
        return Style.DATE_TIME if has_time else Style.DATE
    return Style.TIME if has_time else Style.NUMBER


def text_of(number: str, style: Style, *, since_1904: bool = False) -> str:
    """A number's text as a spreadsheet shows it, dates and times as ISO 8601 writes them."""
    if style is Style.NUMBER:
        return _shown(number)
    try:
        serial = Decimal(number)
    except InvalidOperation:
        return number
    if not 0 <= serial <= _LAST:
        return _shown(number)
    days, within = divmod(_milliseconds(serial), _DAY)
    if style is Style.ELAPSED:
        return _clock(days * _DAY + within)
    if style is Style.TIME or days == 0 < within:
        return _clock(within)
    day = _date(days, since_1904=since_1904)
    if day is None:
        return _shown(number)
    if style is Style.DATE and within == 0:
        return day.isoformat()
    return f"{day.isoformat()} {_clock(within)}"


def _milliseconds(serial: Decimal) -> int:
    """A count of days as milliseconds; as seconds, where that is all that its digits can tell."""
    exponent = serial.as_tuple().exponent
    count = int((serial * _DAY).to_integral_value(ROUND_HALF_EVEN))
    off = (count + 500) % 1000 - 500
    is_exact = isinstance(exponent, int) and exponent <= -9
    return count if is_exact and abs(off) > 2 else count - off


def _date(days: int, *, since_1904: bool) -> date | None:
    if since_1904:
        return date(1904, 1, 1) + timedelta(days)
    if days > 60:
        return date(1899, 12, 30) + timedelta(days)
    # Spreadsheets believe in a 29 February 1900, which is day 60.
    return date(1899, 12, 31) + timedelta(days) if 0 < days < 60 else None


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}:{second:02}"
    return f"{text}.{rest:03}" if rest else text


def _shown(number: str) -> str:
    """A number with at most 15 digits, without exponent and without zeros at its end."""
    if _PLAIN.fullmatch(number):
        return number
    try:
        value = _SHOWN.create_decimal(number)
    except InvalidOperation:
        return number
    if not value.is_finite() or abs(value.adjusted()) > 30:
        return number
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
