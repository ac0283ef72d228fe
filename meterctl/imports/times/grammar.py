"""How dates and times are written: one text to its parts. Which number is the day stays open.

A text is a date, then perhaps a time of day, an offset or a zone's abbreviation; a few writers put
the time first, or the year last (`Mon Oct 23 14:00:00 CEST 2023`).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from meterctl.domain.times import DAY, HOUR, MINUTE, SECOND
from meterctl.errors import TimeError, shown
from meterctl.imports.times.changes import calendar
from meterctl.imports.times.months import FILLERS, MONTHS, WEEKDAYS
from meterctl.imports.words import fold

HINT = "write it as 2026-03-01 07:00, or 2026-03-01 for a whole day"


class Unit(StrEnum):
    """What a text names: a point in time, or a whole day, month or year."""

    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Date(NamedTuple):
    """A date's numbers. While `is_open`, `month` and `day` are the first and the second number."""

    year: int
    month: int
    day: int
    unit: Unit = Unit.DAY
    is_open: bool = False
    separator: str = ""
    is_short: bool = False  # its last number has two digits: the year's, or else the day's


class Clock(NamedTuple):
    """A time of day in milliseconds, and what stands behind it."""

    time: int
    offset: int | None = None
    abbreviation: str | None = None


class Text(NamedTuple):
    """What a text says. `bare` is a time written as a mere number, `15` or `1430`."""

    date: Date
    clock: Clock | None = None
    bare: str = ""


_ODD = str.maketrans(
    dict.fromkeys("\xa0\u2007\u202f\u2009\ufeff\t\u200e\u200f", " ") | {"\u2212": "-"}
)
_ZONE = (
    r"(?P<zone>Z\b|z\b|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2}(?::\d{2})?)?\b"
    r"|[A-Z][a-z]+/[A-Za-z_/]+|[A-Z]{2,5}\b)"
)
_CLOCK = re.compile(
    r"(?<![\d+.-])(?P<hour>\d{1,2})"
    r"(?:(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,:](?P<fraction>\d{1,9}))?)?"
    r"|[hH](?P<french>\d{2})?(?![a-z]))"
    r"(?: ?(?P<half>[AaPp])\.? ?[Mm]\b\.?)?|(?: ?(?P<only>[AaPp])\.? ?[Mm]\b\.?))"
    r"(?: ?[Uu]hr\b| ?h\b)?"
    r"(?: ?" + _ZONE + ")?",
    re.ASCII,
)
# A time without a colon, behind a date: `14.30`, `1430`, `T143000Z`, or an hour alone.
_REST = re.compile(
    r"[T ]*(?:(?P<hour>\d{1,2})\.(?P<minute>\d{2})(?:\.(?P<second>\d{2}))?|(?P<bare>\d{1,6}))"
    r"(?: ?[Uu]hr)?(?: ?" + _ZONE + ")?",
    re.ASCII,
)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2})(?::(\d{2}))?)?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([-/. ]) ?(\d{1,2})(?:\2 ?(\d{1,2}))?\b\.?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/. ]) ?(\d{1,2})\2 ?(\d{4}|'?\d{2})\b\.?", re.ASCII)
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/. ](\d{4})", re.ASCII)
_SHORT_MONTH = re.compile(r"[^\W\d_]+\.?(?:[-/]| ?')\d{2}")
_DIGITS = re.compile(r"(\d{4,19})(?:\.(\d{1,9}))?", re.ASCII)
_COMPACT = re.compile(r"((?:19|20)\d{6})[T _-]?(\d{2}(?:\d{2}){0,2}|)(\d{3})?(.*)", re.ASCII)
# What may stand between a date and a time.
_TAIL = re.compile(r"(?:[ ,T_]|(?<=[ ,])(?:um|at|à|a las?|alle|om|klo?\.?|ore))+$", re.IGNORECASE)
# `2024年4月1日 10時30分`, `2024년 4월 1일`: written as numbers, each with its unit behind.
_EAST = re.compile(r"(\d{4})[年년] ?(\d{1,2})[月월](?: ?(\d{1,2})[日일])?", re.ASCII)
_EAST_CLOCK = re.compile(r"(\d{1,2})[時时시] ?(?:(\d{1,2})[分분])?", re.ASCII)
_ASIDE = re.compile(r"\([^)]*\)|\[[A-Za-z]+/[^\]]*\]")  # a zone's name in full


def read(text: str) -> Text:
    """The parts of a text.

    Raises:
        TimeError: it is no date or time.
    """
    clean = " ".join(text.translate(_ODD).strip(" '\"=").split())
    if clean.isdigit() or _DIGITS.fullmatch(clean):
        return _number(clean, text)
    if match := _EAST.match(clean):
        clean = _from_the_east(match, clean)
    if "(" in clean or "[" in clean:
        clean = _ASIDE.sub("", clean).strip()
    if match := _COMPACT.fullmatch(clean):
        return _compact(match, text)
    match = _CLOCK.search(clean)
    if match is not None:
        head = _TAIL.sub("", clean[: match.start()])
        date, rest = _date(f"{head} {clean[match.end() :]}".strip(" ,"), text)
        if rest or date.unit is not Unit.DAY:
            raise _not_a_time(text)
        return Text(date, _clock(match, text))
    date, rest = _date(clean, text)
    if not rest:
        return Text(date)
    behind = _REST.fullmatch(rest)
    if behind is None or date.unit is not Unit.DAY:
        raise _not_a_time(text)
    offset, abbreviation = _zone(behind["zone"], text)
    if behind["bare"]:
        return Text(date, Clock(0, offset, abbreviation), behind["bare"])
    time = _time_of_day(behind["hour"], behind["minute"], behind["second"], text)
    return Text(date, Clock(time, offset, abbreviation))


def _from_the_east(match: re.Match[str], clean: str) -> str:
    year, month, day = match.groups()
    date = f"{year}-{month}-{day}" if day else f"{year}-{month}"
    rest = _EAST_CLOCK.sub(lambda found: f"{found[1]}:{found[2] or '00'}", clean[match.end() :])
    return f"{date} {rest.strip()}".strip()


def bare_time(digits: str, with_minutes: bool, text: str) -> int:
    """A time written as a number: an hour, or hours and minutes (and seconds) without a colon.

    Raises:
        TimeError: there is no such time of day.
    """
    if not with_minutes:
        return _time_of_day(digits, "0", "0", text)
    full = digits.zfill(6) if len(digits) > 4 else digits.zfill(4) + "00"
    return _time_of_day(full[:2], full[2:4], full[4:], text)


def _clock(match: re.Match[str], text: str) -> Clock:
    minute = match["minute"] or match["french"] or "0"
    hour, half = int(match["hour"]), (match["half"] or match["only"] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif half == "a":
        raise _no_such_time(text)
    time = _time_of_day(str(hour), minute, match["second"], text)
    fraction = int((match["fraction"] or "").ljust(3, "0")[:3])
    return Clock(time + fraction, *_zone(match["zone"], text))


def _zone(written: str | None, text: str) -> tuple[int | None, str | None]:
    """The offset that stands there; or a name, which is an offset only in its own zone.

    `GMT` is kept as a name: in a file of Britain it may stand behind summer's local times too.
    """
    if not written:
        return None, None
    if written in {"Z", "z", "UTC"}:
        return 0, None
    match = _OFFSET.fullmatch(written)
    if match is None:
        return None, written
    hours, minutes, seconds = (int(match[group] or 0) for group in (2, 3, 4))
    if hours > 15 or minutes > 59 or seconds > 59:
        raise TimeError(f"{shown(text)} has an offset that no zone has", HINT)
    offset = hours * HOUR + minutes * MINUTE + seconds * SECOND
    return -offset if match[1] == "-" else offset, None


def _time_of_day(hour: str, minute: str, second: str | None, text: str) -> int:
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    time = hours * HOUR + minutes * MINUTE + seconds * SECOND
    if minutes > 59 or seconds > 59 or time > DAY:  # 24:00 is the midnight that ends the day
        raise _no_such_time(text)
    return time


def _date(words: str, text: str) -> tuple[Date, str]:
    """The date that a text begins with, and what is left behind it."""
    words = _without_weekday(words)
    if match := _YEAR_LAST.match(words):
        last, short = match[4], len(match[4]) == 2
        date = Date(_year(last), int(match[1]), int(match[3]), Unit.DAY, True, match[2], short)
        return date, words[match.end() :].strip(" ,")
    if match := _YEAR_FIRST.match(words):
        unit = Unit.DAY if match[4] else Unit.MONTH
        date = Date(int(match[1]), int(match[3]), int(match[4] or 1), unit)
        return date, words[match.end() :].strip(" ,")
    if match := _MONTH_YEAR.fullmatch(words):
        return Date(int(match[2]), int(match[1]), 1, Unit.MONTH), ""
    return _named(words, text)


def _without_weekday(words: str) -> str:
    head, _, rest = words.partition(" ")
    name = fold(head).strip(".,") if rest and head[0].isalpha() else ""
    if name not in WEEKDAYS:
        return words
    # `mar` is Tuesday in French and March in English: a month needs a word of its own.
    is_month = name in MONTHS and not any(c.isalpha() for c in rest.split("T")[0])
    return words if is_month else rest.lstrip(" ,")


def _named(words: str, text: str) -> tuple[Date, str]:
    """A date with a month's name: `23 Oct 2023`, `Oct 23, 2023`, `2023-Oct-23`, `Oktober 2023`."""
    pieces = re.findall(r"[^\W\d_]+|\d+", fold(words))
    month, numbers = 0, list[str]()
    left = ""
    for place, piece in enumerate(pieces):
        if piece.isdigit():
            numbers.append(piece)
            if month and len(numbers) == 3:
                left = "".join(pieces[place:])
                numbers.pop()
                break
        elif piece in MONTHS and not month:
            month = MONTHS[piece]
        elif piece not in FILLERS:
            raise _not_a_time(text)
    if not month or not 1 <= len(numbers) <= 2:
        raise _not_a_time(text)
    if len(numbers) == 1:
        if len(numbers[0]) == 4:
            return Date(int(numbers[0]), month, 1, Unit.MONTH), left
        if _SHORT_MONTH.fullmatch(words):
            return Date(_year(numbers[0]), month, 1, Unit.MONTH, is_short=True), left
        raise TimeError(f"{shown(text)} has no year that can be told from a day", HINT)
    first, second = numbers
    if len(first) == 4:
        return Date(int(first), month, int(second)), left
    if len(first) > 2 or len(second) not in {2, 4}:
        raise _not_a_time(text)
    return Date(_year(second), month, int(first)), left


def _number(digits: str, text: str) -> Text:
    """A text of nothing but digits."""
    whole, _, fraction = digits.partition(".")
    size = len(whole)
    if fraction and size != 10:
        raise _not_a_time(text)
    if size == 4 and "1900" <= whole < "2100":
        return Text(Date(int(whole), 1, 1, Unit.YEAR))
    if size == 6 and "1900" <= whole[:4] < "2100":
        return Text(Date(int(whole[:4]), int(whole[4:]), 1, Unit.MONTH))
    if size == 8 and (whole[:2] not in {"19", "20"} or int(whole[4:6]) > 12):
        return Text(Date(int(whole[4:]), int(whole[:2]), int(whole[2:4]), Unit.DAY, True, ""))
    if size in {10, 13, 16, 19} and whole[0] == "1":  # counted since 1970: from 2001 to 2033
        instant = int(whole.ljust(13, "0")[:13]) + int(fraction.ljust(3, "0")[:3])
        return Text(_epoch_day(instant // DAY), Clock(instant % DAY, 0))
    match = _COMPACT.fullmatch(whole)
    if match is None:
        raise _not_a_time(text)
    return _compact(match, text)


def _compact(match: re.Match[str], text: str) -> Text:
    """`20231023`, `202310231430`, `20231023T143000Z`."""
    day, time, fraction, rest = match.groups()
    date = Date(int(day[:4]), int(day[4:6]), int(day[6:]))
    if not time:
        if rest.strip():
            clock = _CLOCK.fullmatch(rest.strip(" T"))
            if clock is None:
                raise _not_a_time(text)
            return Text(date, _clock(clock, text))
        return Text(date)
    if rest.startswith(":"):  # `20231023 14:30`
        clock = _CLOCK.fullmatch(time + rest)
        if clock is None:
            raise _not_a_time(text)
        return Text(date, _clock(clock, text))
    zone = rest.strip()
    if zone and not re.fullmatch(_ZONE, zone):
        raise _not_a_time(text)
    of_day = _time_of_day(time[:2], time[2:4] or "0", time[4:6], text) + int(fraction or 0)
    return Text(date, Clock(of_day, *_zone(zone, text)))


def _epoch_day(days: int) -> Date:
    day = calendar(days)
    return Date(day.year, day.month, day.day)


def _year(digits: str) -> int:
    return full_year(int(digits.strip("'")))


def full_year(year: int) -> int:
    """A year; of those with two digits, 70 and more are of the last century, as everywhere."""
    if year >= 100:
        return year
    return year + (1900 if year >= 70 else 2000)


def _not_a_time(text: str) -> TimeError:
    return TimeError(f"{shown(text)} is not a date or time", HINT)


def _no_such_time(text: str) -> TimeError:
    return TimeError(f"{shown(text)} is not a time of day", HINT)
