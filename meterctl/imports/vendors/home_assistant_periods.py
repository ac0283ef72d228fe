"""When the columns of Home Assistant's energy download begin and end.

It writes when each hour, day or month begins, in UTC. A day is what lies between two local
midnights, so that one of 23 or 25 hours shows in the distance to the next column.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from meterctl.domain.times import HOUR, MINUTE

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Period(NamedTuple):
    """A column's time as texts, and how long it is in milliseconds, where only that is known."""

    start: str
    end: str | None
    span: int | None


def periods_of(times: Sequence[str]) -> list[Period] | None:
    """The periods that begin at these times; None: they are no times."""
    try:
        starts = [datetime.fromisoformat(text) for text in times]
    except ValueError:
        return None
    if any(start.tzinfo is None for start in starts):
        return None
    steps = [after - before for before, after in pairwise(starts)]
    shortest = min((step for step in steps if step > timedelta(0)), default=None)
    if shortest is None:
        return [Period(text, None, None) for text in times]
    if shortest < 23 * _HOUR:
        # Hours that none of the sensors has values for have no column.
        span = 5 * MINUTE if shortest < _HOUR else HOUR
        return [Period(text, None, span) for text in times]
    is_month = shortest >= 27 * _DAY
    return [
        Period(text, end.isoformat(), None)
        for text, end in zip(times, _ends(starts, is_month=is_month), strict=True)
    ]


def _ends(starts: Sequence[datetime], *, is_month: bool) -> list[datetime]:
    """When each day or month ends: with the next column, if that is where it should be."""
    ends = []
    for place, start in enumerate(starts):
        end = _month_later(start) if is_month else start + _DAY
        following = starts[place + 1] if place + 1 < len(starts) else None
        if following is not None and abs(following - end) <= _HOUR:
            end = following
        ends.append(end)
    return ends


def _month_later(start: datetime) -> datetime:
    """The same local time a month later, if the clocks do not change meanwhile."""
    noon = start + _DAY / 2  # of the month's first day, wherever midnight is
    year, month = noon.year + noon.month // 12, noon.month % 12 + 1
    return start + (noon.replace(year=year, month=month) - noon)
