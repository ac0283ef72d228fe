"""What ESPI says of a zone: its offset, and the rules by which its summer time begins and ends."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from meterctl.domain.times import HOUR, MINUTE, SECOND, aware

NO_RULE = "FFFFFFFF"
_LAST = 7  # of the month; 2 to 5 mean the first to the fourth


class LocalTime(NamedTuple):
    """The children of LocalTimeParameters."""

    dst_end_rule: str  # 4 bytes, as hexadecimal digits
    dst_offset: int  # seconds that summer time adds
    dst_start_rule: str
    tz_offset: int  # seconds east of UTC, without summer time


def local_time(zone: tzinfo, instant: int) -> LocalTime:
    """What holds in a zone in the year of an instant; a year with other than two changes has none.

    Args:
        zone: Any.
        instant: Milliseconds since 1970.
    """
    year = aware(instant, zone).year
    changes = _changes(zone, year)
    if len(changes) == 2:
        (start, plus), (end, minus) = sorted(changes, key=lambda change: change[1], reverse=True)
        if plus == -minus:
            offset = _offset(aware(start - 1, zone))
            return LocalTime(_rule(end, zone), plus, _rule(start, zone), offset)
    return LocalTime(NO_RULE, 0, NO_RULE, _offset(aware(instant, zone)))


def _changes(zone: tzinfo, year: int) -> list[tuple[int, int]]:
    """The first instant after each change of the clocks, and by how many seconds they went on."""
    found: list[tuple[int, int]] = []
    at = _begin(year)
    end = _begin(year + 1)
    while at < end:
        then = min(at + 24 * HOUR, end)
        by = _offset(aware(then, zone)) - _offset(aware(at, zone))
        if by:
            found.append((_first_with(zone, at, then), by))
        at = then
    return found


def _begin(year: int) -> int:
    since = datetime(year, 1, 1) - datetime(1970, 1, 1)  # noqa: DTZ001 (a difference of days)
    return since // timedelta(milliseconds=1)


def _first_with(zone: tzinfo, before: int, after: int) -> int:
    """The first minute with the offset of `after`; that of `before` is another."""
    new = _offset(aware(after, zone))
    while after - before > MINUTE:
        middle = (before + after) // 2 // MINUTE * MINUTE
        middle = max(middle, before + MINUTE)
        if _offset(aware(middle, zone)) == new:
            after = middle
        else:
            before = middle
    return after


def _offset(when: datetime) -> int:
    return (when.utcoffset() or timedelta()) // timedelta(seconds=1)


def _rule(change: int, zone: tzinfo) -> str:
    """When the clocks change, by the clock that holds until then: bits, from the lowest.

    12 the seconds of the hour, 5 the hour, 3 the day of the week (Monday is 1), 5 the day of the
    month (none here), 3 which of these weekdays in the month, 4 the month.
    """
    before = aware(change - SECOND, zone).replace(tzinfo=None) + timedelta(seconds=1)
    is_last = (before + timedelta(days=7)).month != before.month
    which = _LAST if is_last else (before.day - 1) // 7 + 2
    bits = before.minute * 60 + before.second
    bits |= before.hour << 12 | before.isoweekday() << 17 | which << 25 | before.month << 28
    return f"{bits:08X}"
