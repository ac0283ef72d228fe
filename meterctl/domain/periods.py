"""Local hours, days, weeks, months and years, as spans of instants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from meterctl.domain.times import DAY, HOUR, aware, clock_of, local_candidates

_EPOCH = date(1970, 1, 1).toordinal()
_MILLISECOND = timedelta(milliseconds=1)


class By(StrEnum):
    """The periods that use is summed by."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"  # Monday to Sunday
    MONTH = "month"
    YEAR = "year"


class Period(NamedTuple):
    """From `start` to `end`, both instants; a day may have 23 or 25 hours, or none."""

    start: int
    end: int
    label: str


def period_at(instant: int, by: By, zone: tzinfo) -> Period:
    """The local period that contains an instant; its start belongs to it, its end does not."""
    if by is By.HOUR:
        # Counted in elapsed time, so that the doubled hour is two periods and the missing one none.
        start = instant - clock_of(instant, zone) % HOUR
        end = start + HOUR
        start = _minutes_set(start, instant, zone) or start
        end = _minutes_set(instant, end - 1, zone) or end
        return Period(start, end, f"{aware(start, zone):%Y-%m-%d %H:%M%z}")
    day = aware(instant, zone).date()
    if midnight(day, zone) > instant:  # a day that began, and was set back into the one before
        day -= timedelta(days=1)
    if by is By.DAY:
        first, after, label = day, day + timedelta(days=1), day.isoformat()
    elif by is By.WEEK:
        first = day - timedelta(days=day.weekday())
        after, label = first + timedelta(days=7), "{}-W{:02}".format(*day.isocalendar()[:2])
    elif by is By.MONTH:
        first = day.replace(day=1)
        after, label = (first + timedelta(days=32)).replace(day=1), f"{day:%Y-%m}"
    else:
        first = day.replace(month=1, day=1)
        after, label = first.replace(year=first.year + 1), f"{day:%Y}"
    return Period(midnight(first, zone), midnight(after, zone), label)


def periods_between(start: int, end: int, by: By, zone: tzinfo) -> Iterator[Period]:
    """The local periods, in order, from the one that contains `start` until one reaches `end`."""
    period = period_at(start, by, zone)
    yield period
    while period.end < end:
        period = period_at(period.end, by, zone)
        yield period


def midnight(day: date, zone: tzinfo) -> int:
    """The instant at which a local day begins; where 00:00 was skipped, the first that was not."""
    clock = (day.toordinal() - _EPOCH) * DAY
    offset = datetime(day.year, day.month, day.day, tzinfo=zone).utcoffset()
    later = datetime(day.year, day.month, day.day, tzinfo=zone, fold=1).utcoffset()
    if offset is not None and offset == later:  # as nearly always
        return clock - offset // _MILLISECOND
    while not (found := local_candidates(clock, zone)):
        clock += HOUR // 4
    first, last = found[0], found[-1]
    # Where the clocks were set back over midnight, the day begins when it begins for good.
    return last if clock_of(last - 1, zone) < clock else first


def _minutes_set(low: int, high: int, zone: tzinfo) -> int | None:
    """The first instant after `low`, up to `high`, with other minutes on the clock.

    Nearly always none: there an hour ends early and the next begins, where the clocks are set by
    half an hour.
    """
    minutes = (clock_of(low, zone) - low) % HOUR
    if (clock_of(high, zone) - high) % HOUR == minutes:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if (clock_of(middle, zone) - middle) % HOUR == minutes:
            low = middle
        else:
            high = middle
    return high
