"""What an interval of a counter's readings shows, by the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from meterctl.sandbox.epilot.reading import Reading
from meterctl.sandbox.utility.form import Malformed

SIZE = 20  # of a page, if nothing else is asked for


def page(
    readings: Iterable[Reading], query: Mapping[str, list[str]], now: datetime
) -> dict[str, object]:
    """The part of the readings that a query asks for, the newest first.

    Args:
        readings: Of one meter and counter, those that can be seen.
        query: `type`, `start_date`, `end_date`, `direction`, `size`, `from`.
        now: Whose date ends the interval if none is given.

    Raises:
        Malformed: a parameter is missing or is not what it should be.
    """
    if query.get("type") != ["cumulative"]:
        raise Malformed('type must be "cumulative": consumption is not played here')
    start = _date(query, "start_date", date(2000, 1, 1))
    end = _date(query, "end_date", now.date())
    directions = query.get("direction")
    found = [
        one
        for one in readings
        if start <= one.at.date() <= end and (not directions or one.line.direction in directions)
    ]
    found.sort(key=lambda one: one.at, reverse=True)
    skipped = _number(query, "from", 0)
    size = _number(query, "size", SIZE)
    shown = found[skipped:] if size < 0 else found[skipped : skipped + size]
    return {"results": [one.fields() for one in shown], "hits": len(found)}


def _date(query: Mapping[str, list[str]], name: str, otherwise: date) -> date:
    if name not in query:
        return otherwise
    try:
        return date.fromisoformat(query[name][0])
    except ValueError:
        raise Malformed(f"{name} must be a date such as 2026-10-01") from None


def _number(query: Mapping[str, list[str]], name: str, otherwise: int) -> int:
    text = query.get(name, [str(otherwise)])[0]
    if not re.fullmatch(r"-1|\d{1,6}", text, re.ASCII):
        raise Malformed(f"{name} must be number")
    return int(text)
