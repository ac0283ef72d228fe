"""Instants: whole milliseconds since 1970 in UTC, read from text and shown in a zone.

A local time that the clocks skipped, or showed twice, is refused with the ways to write it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from meterctl.errors import TimeError, shown

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# A phone's clock may be a little ahead of this machine's; more than this is a mistake.
FUTURE_TOLERANCE = MINUTE

# No clock that was ever set shows less: a Pi without a battery wakes up in 1970.
EARLIEST_CLOCK = 19_723 * DAY  # 2024-01-01

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_END = (date(9999, 1, 1).toordinal() - _EPOCH_ORDINAL) * DAY  # every zone can show what is before
_TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})[Tt ]"
    r"(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?"
    r"(?P<offset> ?(?:[Zz]|[+-]\d{2}(?::?\d{2}(?::\d{2})?)?))?",
    re.ASCII,
)
_EXAMPLE = "write 2026-03-01T07:00:00+01:00, or 2026-03-01 07:00 for the meter's own zone"


def parse_time(text: str, zone: tzinfo) -> int:
    """Read ISO 8601, or `YYYY-MM-DD HH:MM[:SS[.mmm]]` in `zone`, as milliseconds since 1970.

    Digits finer than a millisecond are cut off: two tellings of one instant stay one slot.

    Raises:
        TimeError: not a time, or a local time that does not exist or exists twice.
    """
    match = _TIME.fullmatch(text.strip(" "))
    if match is None:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip(" "), re.ASCII):
            raise TimeError(f"{shown(text)} is a day, not a time of day", _EXAMPLE)
        raise TimeError(f"{shown(text)} is not a time", _EXAMPLE)
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if second == 60:
        raise TimeError(
            f"{shown(text)} is a leap second, which no clock here can hold", "write :59"
        )
    if hour == 24:
        raise TimeError(f"{shown(text)} has an hour 24", "write 00:00 of the day that begins")
    try:
        day = _midnight(match["date"])
    except ValueError:
        raise TimeError(f"{shown(text)}: there is no day {match['date']}", _EXAMPLE) from None
    if not -DAY <= day < _END:
        raise _out_of_range(day, text)
    if hour > 23 or minute > 59 or second > 59:
        raise TimeError(f"{shown(text)} is not a time of day", _EXAMPLE)
    milliseconds = int((match["fraction"] or "").ljust(3, "0")[:3])
    since_midnight = hour * HOUR + minute * MINUTE + second * SECOND + milliseconds
    offset = match["offset"]
    if offset is not None:
        instant = day + since_midnight - _offset(offset.strip(" "), text)
    else:
        instant = _from_local(day + since_midnight, zone, text)
    if instant < 0:
        raise _out_of_range(instant, text)
    return instant


def _out_of_range(instant: int, text: str) -> TimeError:
    where = "before 1970" if instant < 0 else "after the year 9998"
    return TimeError(f"{shown(text)} is {where}", "check the year")


@lru_cache(maxsize=1024)
def _midnight(iso: str) -> int:
    """Midnight of a calendar day, as if its clock were UTC."""
    return (date.fromisoformat(iso).toordinal() - _EPOCH_ORDINAL) * DAY


def _offset(text: str, whole: str) -> int:
    if text in "Zz":
        return 0
    digits = text[1:].replace(":", "").ljust(6, "0")
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if hours > 15 or minutes > 59 or seconds > 59:  # Liberia had seconds until 1972
        raise TimeError(f"{shown(whole)} has an offset that no zone has", _EXAMPLE)
    offset = hours * HOUR + minutes * MINUTE + seconds * SECOND
    return -offset if text[0] == "-" else offset


def local_candidates(clock: int, zone: tzinfo) -> list[int]:
    """Every instant at which the clocks of `zone` show `clock`: none, one or two.

    `clock` is a wall-clock reading in milliseconds, as if it were UTC.
    """
    naive = (_EPOCH + timedelta(milliseconds=clock)).replace(tzinfo=None)
    found = []
    for fold in (0, 1):
        offset = naive.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta()
        instant = clock - offset // timedelta(milliseconds=1)
        if instant not in found and clock_of(instant, zone) == clock:
            found.append(instant)
    return found


def _from_local(clock: int, zone: tzinfo, text: str) -> int:
    found = local_candidates(clock, zone)
    if len(found) == 1:
        return found[0]
    if found:
        first, second = (with_offset(instant, zone) for instant in found)
        raise TimeError(
            f"{shown(text)} happened twice in {zone}: the clocks were set back",
            f"write {first} or {second}",
        )
    naive = (_EPOCH + timedelta(milliseconds=clock)).replace(tzinfo=zone, fold=0)
    after = clock - (naive.utcoffset() or timedelta()) // timedelta(milliseconds=1)
    raise TimeError(
        f"{shown(text)} did not exist in {zone}: the clocks were set forward over it",
        f"set forward, the clock showed {with_offset(after, zone)}: write that if it is meant",
    )


def refuse_future(instant: int, now: int, zone: tzinfo) -> None:
    """Raise TimeError for an instant later than now, give or take a phone's clock.

    A clock that was never set cannot tell what is to come.
    """
    if instant > now + FUTURE_TOLERANCE and now >= EARLIEST_CLOCK:
        raise TimeError(
            f"{local_text(instant, zone)} is in the future: now is {local_text(now, zone)}",
            "check the year and the hour; if they are right, this machine's clock is behind",
        )


def aware(instant: int, zone: tzinfo = UTC) -> datetime:
    """The instant as an aware datetime in `zone`."""
    return (_EPOCH + timedelta(milliseconds=instant)).astimezone(zone)


def clock_of(instant: int, zone: tzinfo) -> int:
    """What the wall clock of `zone` shows at an instant, in milliseconds as if it were UTC."""
    offset = aware(instant, zone).utcoffset() or timedelta()
    return instant + offset // timedelta(milliseconds=1)


@lru_cache(maxsize=1024)
def iso_utc(instant: int) -> str:
    """`2026-03-01T06:00:00Z`, with milliseconds only where there are some."""
    text = aware(instant).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return text.removesuffix(".000") + "Z"


def with_offset(instant: int, zone: tzinfo) -> str:
    """`2026-03-01T07:00:00+01:00`: local, and still one single instant."""
    when = aware(instant, zone)
    return when.isoformat(timespec="milliseconds" if when.microsecond else "seconds")


def local_text(instant: int, zone: tzinfo) -> str:
    """`2026-03-01 07:00:00 CET`: for people, in the meter's zone; whole seconds."""
    when = aware(instant, zone)
    return f"{when:%Y-%m-%d %H:%M:%S} {when.tzname()}"


@lru_cache(maxsize=64)
def zone_named(name: str) -> tzinfo:
    """The zone with this IANA name (`Europe/Berlin`), `UTC`, or a fixed offset (`+01:00`).

    Raises:
        TimeError: no such zone on this machine.
    """
    if name in ("UTC", "Etc/UTC", "Z"):
        return UTC
    if re.fullmatch(r"[+-]\d{2}:\d{2}", name, re.ASCII):
        return timezone(timedelta(milliseconds=_offset(name, name)))
    # Imported here: two fifths of this module's start-up, and most records are in one zone.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeError(
            f"there is no time zone {shown(name)}", "use an IANA name such as Europe/Berlin"
        ) from None


def age_text(milliseconds: int) -> str:
    """`5 s`, `12 min`, `3 h`, `4 days`: how long ago, for people."""
    amount = max(milliseconds, 0)
    if amount < MINUTE:
        return f"{amount // SECOND} s"
    if amount < HOUR:
        return f"{amount // MINUTE} min"
    if amount < 2 * DAY:
        return f"{amount // HOUR} h"
    return f"{amount // DAY} days"
