"""Times as people type them: `yesterday 18:00`, `07:30`, `mon 6:15pm`, `24 Nov 18:00`.

For the command line alone: files, programs and the Sheet write times in full (`times.parse_time`).
A reading lies in the past, so a day without its year, or a weekday, is the last such day that is
not to come. What can be read two ways is refused, with both ways to write it.
"""

from __future__ import annotations

import re
from datetime import date, timedelta, tzinfo

from meterctl.domain.periods import midnight
from meterctl.domain.times import HOUR, MINUTE, SECOND, aware, local_text, parse_time
from meterctl.errors import TimeError, shown

_EXAMPLES = "write 07:30, yesterday 18:00, mon 18:00, 24 Nov 18:00, or 2026-03-01 07:00"
_DAY_EXAMPLES = "write 2026-03-01, yesterday, monday, 24 Nov, or 3 days ago"
_BOUND_EXAMPLES = f"{_DAY_EXAMPLES}; a month: 2026-03; a time: yesterday 18:00"

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_TIME_OF_DAY = r"(?:(\d{1,2}):(\d{2})(?::(\d{2}))? ?(am|pm)?|(\d{1,2}) ?(am|pm)|(noon|midnight))"
_AT_END = re.compile(rf"(?:(.*?) )?(?:at )?{_TIME_OF_DAY}", re.ASCII)
_AT_START = re.compile(rf"(?:at )?{_TIME_OF_DAY} (.*)", re.ASCII)
_AGO = re.compile(r"(\d{1,6}|an?) ?([a-z]+) ago", re.ASCII)
_UNITS = {  # no single m, which is a minute or a month
    **dict.fromkeys(("s", "sec", "second", "seconds"), SECOND),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("h", "hour", "hours"), HOUR),
}
_DAYS = {"d": 1, "day": 1, "days": 1, "w": 7, "week": 7, "weeks": 7}
_MONTHS_IN = {"month": 1, "months": 1, "year": 12, "years": 12}
_ISO_DAY = re.compile(r"(\d{4})([/-])(\d{1,2})\2(\d{1,2})", re.ASCII)
_FULL = re.compile(r"\d{4}-\d{2}-\d{2}(?:[Tt ].*)?", re.ASCII)
_CASUAL = re.compile(r"\S+ (?:\d:\d\d(?::\d\d)?|\d{1,2}(?::\d\d)? ?[ap]m|noon|midnight)", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})(?:\2(\d{2,4}))?", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})?", re.ASCII)
_NAMED = re.compile(
    r"(?:(\d{1,2})(?:\.|st|nd|rd|th)? ([a-z]{3,9})|([a-z]{3,9}) (\d{1,2})(?:st|nd|rd|th)?)"
    r"(?: (\d{4}))?",
    re.ASCII,
)
_A_MONTH = re.compile(r"(\d{4})(?:-(\d{2}))?|([a-z]{3,9})(?: (\d{4}))?", re.ASCII)


def is_in_full(text: str) -> bool:
    """Whether a text is a time, or a day, as programs write it; then nothing is to be echoed."""
    return _FULL.fullmatch(text.strip(" ")) is not None and not _CASUAL.fullmatch(_words(text))


def parse_typed(text: str, zone: tzinfo, now: int) -> int:
    """The instant that a person means, in milliseconds.

    Words never mean one to come; a time in full may, and is returned as it is.

    Args:
        text: What was typed.
        zone: Whose clock and calendar are meant.
        now: The moment at which it was typed.

    Raises:
        TimeError: it is no time, can be read two ways, is to come, or is one that the clocks
            skipped or showed twice.
    """
    instant = _moment(text, zone, now)
    if instant is None:
        words = _words(text)
        if _day(words, zone, now, text) is None:
            raise TimeError(f"{shown(text)} is not a time", _EXAMPLES)
        raise TimeError(
            f"{shown(text)} is a day, not a time of day", f"add the time: {words} 18:00"
        )
    return instant


def parse_day(text: str, zone: tzinfo, now: int) -> date:
    """The day that a person means: `2026-03-01`, `yesterday`, `monday`, `24 Nov`, `3 days ago`.

    Raises:
        TimeError: it is no day, or can be read two ways.
    """
    found = _day(_words(text), zone, now, text)
    if found is None:
        raise TimeError(f"{shown(text)} is not a day", _DAY_EXAMPLES)
    return found


def parse_bound(text: str, zone: tzinfo, now: int, *, end: bool) -> int:
    """Where a span begins, or ends: a time, or the first or last instant of a day, month or year.

    Raises:
        TimeError: it is none of these.
    """
    span = _month_or_year(_words(text), _today(zone, now))
    if span is None:
        day = _day(_words(text), zone, now, text)
        if day is None:
            instant = _moment(text, zone, now)
            if instant is None:
                raise TimeError(f"{shown(text)} is neither a day nor a time", _BOUND_EXAMPLES)
            return instant
        _check_year(day.year)
        span = day, day + timedelta(days=1)
    first, after = span
    return midnight(after, zone) - 1 if end else midnight(first, zone)


def _words(text: str) -> str:
    plain = text.lower().replace(",", " ").replace("a.m.", "am").replace("p.m.", "pm")
    return " ".join(plain.split())


def _moment(text: str, zone: tzinfo, now: int) -> int | None:
    """The instant that words mean; None where they name no time of day."""
    words = _words(text)
    if is_in_full(text):
        return parse_time(text, zone)
    if words == "now":
        return now
    if (ago := _AGO.fullmatch(words)) and (unit := _UNITS.get(ago[2])):
        return _past(now - _count(ago[1]) * unit, text)
    if match := _AT_END.fullmatch(words):
        day_words, parts = match[1] or "", match.groups()[1:]
    elif match := _AT_START.fullmatch(words):
        day_words, parts = match[8], match.groups()[:7]
    else:
        return None
    day = _day(day_words, zone, now, text) if day_words else _today(zone, now)
    if day is None:
        return None
    if parts[6] == "midnight":
        return _midnight(day, zone, now, text)
    clock = "12:00:00" if parts[6] else _clock(parts, text)
    instant = _at(day, clock, zone)
    if instant > now and _number(day_words, _WEEKDAYS):  # that of a week ago
        instant = _at(day - timedelta(days=7), clock, zone)
    if instant > now:
        short = clock.removesuffix(":00")
        today = not day_words or day_words == "today"
        hint = f"write yesterday {short} if that is meant" if today else "check the day"
        raise TimeError(f"{shown(text)} is still to come: {local_text(instant, zone)}", hint)
    return instant


def _clock(parts: tuple[str | None, ...], text: str) -> str:
    """The time of day as HH:MM:SS."""
    minute, second, half = parts[1] or "00", parts[2] or "00", parts[3] or parts[5]
    hours = int(parts[0] or parts[4] or 0)
    if half and not 1 <= hours <= 12:
        raise TimeError(f"{shown(text)} is not a time of day", _EXAMPLES)
    if half:
        hours = hours % 12 + (12 if half == "pm" else 0)
    if hours == 24:
        raise TimeError(f"{shown(text)} has an hour 24", "write 00:00 of the day that begins")
    if hours > 23 or int(minute) > 59 or int(second) > 59:
        raise TimeError(f"{shown(text)} is not a time of day", _EXAMPLES)
    return f"{hours:02}:{minute}:{second}"


def _midnight(day: date, zone: tzinfo, now: int, text: str) -> int:
    """The midnight at a day's beginning; refused where that at its end is past as well."""
    after = day + timedelta(days=1)
    begins, ends = midnight(day, zone), midnight(after, zone)
    if begins > now:
        raise TimeError(f"{shown(text)} is still to come", "check the day")
    if ends <= now:
        raise TimeError(
            f"{shown(text)} may be the day's beginning or its end",
            f"write {day} 00:00 or {after} 00:00",
        )
    return begins


def _day(words: str, zone: tzinfo, now: int, text: str) -> date | None:
    """The day that words name; None where they name none."""
    today = _today(zone, now)
    if words in ("today", "yesterday"):
        return today - timedelta(days=words == "yesterday")
    if ago := _AGO.fullmatch(words):
        return _days_ago(today, _count(ago[1]), ago[2], text)
    last, _, name = words.rpartition(" ")
    if last in ("", "last") and (weekday := _number(name, _WEEKDAYS)):
        found = today - timedelta(days=(today.isoweekday() - weekday) % 7)
        if last and found != today:
            ways = f"{found - timedelta(days=7)} or {found}"
            raise TimeError(f"{shown(text)} can be read two ways", f"write {ways}")
        return found - timedelta(days=7) if last else found
    if words == "tomorrow":
        raise TimeError(f"{shown(text)} is still to come", _DAY_EXAMPLES)
    if iso := _ISO_DAY.fullmatch(words):
        try:
            return date(int(iso[1]), int(iso[3]), int(iso[4]))
        except ValueError:
            raise TimeError(f"there is no day {words}", "such as 2026-03-01") from None
    if slashed := _SLASHED.fullmatch(words):
        ways = _both_ways(int(slashed[1]), int(slashed[3]))
        raise TimeError(
            f"{shown(text)}: some put the day first and some the month", f"write {ways}"
        )
    if dotted := _DOTTED.fullmatch(words):
        return _date(int(dotted[1]), int(dotted[2]), dotted[3], today, text)
    if (named := _NAMED.fullmatch(words)) and (month := _number(named[2] or named[3], _MONTHS)):
        return _date(int(named[1] or named[4]), month, named[5], today, text)
    return None


def _both_ways(one: int, other: int) -> str:
    """`3 Apr or 4 Mar`: the days that two numbers may be, for people."""
    pairs = dict.fromkeys(((one, other), (other, one)))
    ways = [
        f"{day} {_MONTHS[month - 1][:3].capitalize()}"
        for day, month in pairs
        if 1 <= month <= 12 and 1 <= day <= 31
    ]
    return " or ".join(ways) or "24 Nov"


def _days_ago(today: date, count: int, unit: str, text: str) -> date | None:
    """So many days, weeks, months or years before; of a shorter month the last day."""
    try:
        if unit in _DAYS:
            return today - timedelta(days=count * _DAYS[unit])
        if unit not in _MONTHS_IN:
            return None
        year, month = divmod(today.year * 12 + today.month - 1 - count * _MONTHS_IN[unit], 12)
        last = _month_after(date(year, month + 1, 1)) - timedelta(days=1)
        return last.replace(day=min(today.day, last.day))
    except (OverflowError, ValueError):
        raise TimeError(f"{shown(text)} is before all calendars", "check the number") from None


def _month_or_year(words: str, today: date) -> tuple[date, date] | None:
    """The first day of `2026-03`, `march`, `mar 2026` or `2026`, and of what comes after it."""
    match = _A_MONTH.fullmatch(words)
    if match is None:
        return None
    month = int(match[2] or 1) if match[1] else _number(match[3], _MONTHS)
    if not month:
        return None
    if not 1 <= month <= 12:
        raise TimeError(f"there is no month {words}", _DAY_EXAMPLES)
    year = int(match[1] or match[4] or today.year - (month > today.month))
    _check_year(year)
    first = date(year, month, 1)
    return first, date(year + 1, 1, 1) if match[1] and not match[2] else _month_after(first)


def _check_year(year: int) -> None:
    if not 1970 <= year < 9999:  # beyond, a zone's hours lead out of all calendars
        raise TimeError(f"nothing was read in the year {year}", "check the year")


def _month_after(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _date(day: int, month: int, year: str | None, today: date, text: str) -> date:
    """A date; without its year the last such one that is not to come."""
    for candidate in (int(year),) if year else range(today.year, today.year - 9, -1):
        try:
            found = date(candidate, month, day)
        except ValueError:  # the 29th of February, in most years
            continue
        if year or found <= today:
            return found
    raise TimeError(f"{shown(text)}: there is no such day", "check the day and the month")


def _number(name: str, names: tuple[str, ...]) -> int:
    """A weekday's or month's number, from 1, by its name or how that begins; 0 where none does."""
    if len(name) < 3:
        return 0
    return next((number for number, full in enumerate(names, 1) if full.startswith(name)), 0)


def _count(text: str) -> int:
    return 1 if text in ("a", "an") else int(text)


def _today(zone: tzinfo, now: int) -> date:
    return aware(now, zone).date()


def _at(day: date, clock: str, zone: tzinfo) -> int:
    return parse_time(f"{day} {clock}", zone)


def _past(instant: int, text: str) -> int:
    if instant < 0:
        raise TimeError(f"{shown(text)} is before 1970", "check the number")
    return instant
