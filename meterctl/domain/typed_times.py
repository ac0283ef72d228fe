"""Times as people type them: `yesterday 18:00`, `07:30`, `mon 6:15pm`, `24 Nov 18:00`.

For the command line alone: files, programs and the Sheet write times in full (`times.parse_time`).
A reading lies in the past, so a day without its year, or a weekday, is the last such day that is
not to come. What can be read two ways is refused.
"""

from __future__ import annotations

import re
from datetime import date, timedelta, tzinfo

from meterctl.domain.periods import midnight
from meterctl.domain.times import HOUR, MINUTE, SECOND, aware, local_text, parse_time
from meterctl.errors import TimeError, shown

_EXAMPLES = "write 07:30, yesterday 18:00, mon 18:00, 24 Nov 18:00, or 2026-03-01 07:00"
_DAY_EXAMPLES = "write 2026-03-01, yesterday, monday, 24 Nov, 3 days ago, or a month: 2026-03"

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))? ?(am|pm)?|(\d{1,2}) ?(am|pm)", re.ASCII)
_AGO = re.compile(r"(\d{1,6}) ?([a-z]+) ago", re.ASCII)
_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), SECOND),
    **dict.fromkeys(("m", "min", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("h", "hour", "hours"), HOUR),
}
_DAYS = {"d": 1, "day": 1, "days": 1, "w": 7, "week": 7, "weeks": 7}
_FULL = re.compile(r"\d{4}-\d{2}-\d{2}([Tt ].*)?", re.ASCII)
_CASUAL = re.compile(r"\S+ (?:\d:\d\d(?::\d\d)?|\d{1,2}(?::\d\d)? ?[ap]m|noon|midnight)", re.ASCII)
_SLASHED = re.compile(r"\d{1,2}/\d{1,2}(/\d{2,4})?|\d{1,2}-\d{1,2}-\d{2,4}", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})?", re.ASCII)


def is_in_full(text: str) -> bool:
    """Whether a text is a time, or a day, as programs write it; then nothing is to be echoed."""
    return _FULL.fullmatch(text.strip(" ")) is not None


def parse_typed(text: str, zone: tzinfo, now: int) -> int:
    """The instant that a person means, in milliseconds; never one to come.

    Args:
        text: What was typed.
        zone: Whose clock and calendar are meant.
        now: The moment at which it was typed.

    Raises:
        TimeError: it is no time, can be read two ways, is to come, or is one that the clocks
            skipped or showed twice.
    """
    words = " ".join(text.lower().split())
    if is_in_full(text) and not _CASUAL.fullmatch(words):
        return parse_time(text, zone)
    if words == "now":
        return now
    if (ago := _AGO.fullmatch(words)) and (unit := _UNITS.get(ago[2])):
        return _past(now - int(ago[1]) * unit, text)
    day_part, clock = _clock_at_end(words, text)
    if clock is None:
        if _day(words, zone, now, text) is None:
            raise TimeError(f"{shown(text)} is not a time", _EXAMPLES)
        raise TimeError(
            f"{shown(text)} is a day, not a time of day", f"add the time: {words} 18:00"
        )
    found = _day(day_part, zone, now, text) if day_part else _today(zone, now)
    if found is None:
        raise TimeError(f"{shown(text)} is not a time", _EXAMPLES)
    instant = _at(found, clock, zone)
    if instant > now and day_part in (*_WEEKDAYS, *_short(_WEEKDAYS)):  # that of a week ago
        instant = _at(found - timedelta(days=7), clock, zone)
    if instant > now:
        full = f"{found - timedelta(days=1)} {clock}"
        hint = f"yesterday {clock}, if that is meant: {full}" if not day_part else "check the day"
        raise TimeError(f"{shown(text)} is still to come: {local_text(instant, zone)}", hint)
    return instant


def parse_day(text: str, zone: tzinfo, now: int) -> date:
    """The day that a person means: `2026-03-01`, `yesterday`, `monday`, `24 Nov`, `3 days ago`.

    Raises:
        TimeError: it is no day, or can be read two ways.
    """
    found = _day(" ".join(text.lower().split()), zone, now, text)
    if found is None:
        raise TimeError(f"{shown(text)} is not a day", _DAY_EXAMPLES)
    return found


def parse_bound(text: str, zone: tzinfo, now: int, *, end: bool) -> int:
    """Where a span begins, or ends: a time, or the first or last instant of a day, month or year.

    Raises:
        TimeError: it is none of these.
    """
    words = " ".join(text.lower().split())
    if match := re.fullmatch(r"(\d{4})(?:-(\d{2}))?", words, re.ASCII):
        year, month = int(match[1]), int(match[2] or 1)
        if not 1970 <= year < 9999 or not 1 <= month <= 12:
            raise TimeError(f"there is no month {text}", _DAY_EXAMPLES)
        first = date(year, month, 1)
        after = (first + timedelta(days=32 if match[2] else 366)).replace(day=1)
        after = after if match[2] else date(year + 1, 1, 1)
        return midnight(after, zone) - 1 if end else midnight(first, zone)
    found = _day(words, zone, now, text)
    if found is None:
        return parse_typed(text, zone, now)
    if not 1970 <= found.year < 9999:  # beyond, a zone's hours lead out of all calendars
        raise TimeError(f"nothing was read in the year {found.year}", "check the year")
    return midnight(found + timedelta(days=1), zone) - 1 if end else midnight(found, zone)


def _clock_at_end(words: str, text: str) -> tuple[str, str | None]:
    """What comes before the time of day, and that as HH:MM:SS; None where none stands there."""
    if words.endswith("midnight"):
        raise TimeError(
            f"{shown(text)} may be the day's beginning or its end",
            "write 00:00 of the day that begins then",
        )
    if words.endswith("noon"):
        return words.removesuffix("noon").strip(), "12:00:00"
    match = re.search(rf"(?:^|(?<= ))(?:at )?(?:{_CLOCK.pattern})$", words, re.ASCII)
    if match is None:
        return words, None
    hour, minute, second, half = match[1] or match[5], match[2], match[3], match[4] or match[6]
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise TimeError(f"{shown(text)} is not a time of day", _EXAMPLES)
        hours = hours % 12 + (12 if half == "pm" else 0)
    if hours > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        raise TimeError(f"{shown(text)} is not a time of day", _EXAMPLES)
    return words[: match.start()].strip(), f"{hours:02}:{minute or '00'}:{second or '00'}"


def _day(words: str, zone: tzinfo, now: int, text: str) -> date | None:
    """The day that words name; None where they name none."""
    today = _today(zone, now)
    if words in ("today", "yesterday"):
        return today - timedelta(days=words == "yesterday")
    if (ago := _AGO.fullmatch(words)) and (count := _DAYS.get(ago[2])):
        return _calendar(today, int(ago[1]) * count, text)
    names = (*_WEEKDAYS, *_short(_WEEKDAYS))
    if words in names:
        return today - timedelta(days=(today.weekday() - names.index(words) % 7) % 7)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", words, re.ASCII):
        try:
            return date.fromisoformat(words)
        except ValueError:
            raise TimeError(f"there is no day {words}", "write 2026-03-01") from None
    if _SLASHED.fullmatch(words):
        raise TimeError(f"{shown(text)} can be read two ways", "write 24 Nov, 24.11. or 2026-11-24")
    if dotted := _DOTTED.fullmatch(words):
        return _date(int(dotted[1]), int(dotted[2]), dotted[3], today, text)
    return _named(words, today, text)


def _named(words: str, today: date, text: str) -> date | None:
    """`24 Nov`, `Nov 24`, `24 November 2025`."""
    match = re.fullmatch(
        r"(?:(\d{1,2})\.? ([a-z]{3,9})|([a-z]{3,9}) (\d{1,2}))(?:,? (\d{4}))?", words, re.ASCII
    )
    if match is None:
        return None
    name, number = match[2] or match[3], match[1] or match[4]
    months = (*_MONTHS, *_short(_MONTHS))
    if name not in months:
        return None
    return _date(int(number), months.index(name) % 12 + 1, match[5], today, text)


def _date(day: int, month: int, year: str | None, today: date, text: str) -> date:
    """A date; without its year the last such one that is not to come."""
    for candidate in (int(year),) if year else range(today.year, today.year - 9, -1):
        try:
            found = date(candidate, month, day)
        except ValueError:  # the 29th of February, in most years
            continue
        if year or found <= today:
            return found
    raise TimeError(f"{shown(text)}: there is no such day", _DAY_EXAMPLES)


def _short(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name[:3] for name in names)


def _today(zone: tzinfo, now: int) -> date:
    return aware(now, zone).date()


def _calendar(today: date, days: int, text: str) -> date:
    try:
        return today - timedelta(days=days)
    except OverflowError:
        raise TimeError(f"{shown(text)} is before all calendars", "check the number") from None


def _at(day: date, clock: str, zone: tzinfo) -> int:
    return parse_time(f"{day} {clock}", zone)


def _past(instant: int, text: str) -> int:
    if instant < 0:
        raise TimeError(f"{shown(text)} is before 1970", "check the number")
    return instant
