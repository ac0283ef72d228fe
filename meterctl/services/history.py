"""`history`: looking back."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import NamedTuple

from meterctl.domain.meters import Kind, Meter, Zones
from meterctl.domain.periods import By, period_at, periods_between
from meterctl.domain.readings import Reading
from meterctl.domain.times import DAY
from meterctl.domain.use import PeriodUse, use_by_period
from meterctl.ledger.port import Ledger
from meterctl.services.judging import all_in_doubt

_USUAL_OVER = 60 * DAY  # long enough for who reads once a month
_ROUNDED_TO = 10_000  # a hundredth of the unit


def readings(
    ledger: Ledger,
    meters: tuple[Meter, ...],
    *,
    since: int | None = None,
    until: int | None = None,
    newest_first: bool = False,
) -> Iterator[Reading]:
    """The current readings of several meters, merged by time; at one time in the meters' order."""
    streams = [
        ledger.current(
            meter.id, device=device.number, since=since, until=until, newest_first=newest_first
        )
        for meter in meters
        for device in meter.devices
    ]
    if newest_first:
        streams.reverse()
    return heapq.merge(*streams, key=lambda reading: reading.at, reverse=newest_first)


def revisions(
    ledger: Ledger, meters: tuple[Meter, ...], *, since: int, until: int
) -> Iterator[Reading]:
    """Every revision, superseded and void ones too, merged by time."""
    streams = [
        ledger.revisions_between(meter.id, device.number, since, until)
        for meter in meters
        for device in meter.devices
    ]
    return heapq.merge(*streams, key=lambda reading: reading.at)


def use(
    ledger: Ledger,
    zones: Zones,
    meter: Meter,
    by: By,
    *,
    since: int | None = None,
    until: int | None = None,
) -> list[PeriodUse]:
    """A meter's use by period; readings with an open finding are left out of it."""
    zone = zones(meter)
    doubtful = all_in_doubt(ledger, meter)
    first = None if since is None else period_at(since, by, zone).start
    start = first
    if start is not None:  # the reading from which the first period's use counts
        before = ledger.current(meter.id, until=start, newest_first=True)
        start = next((r.at for r in before if r.slot not in doubtful), start)
    # The last period is closed by the reading at its very end: midnight, for a day.
    end = None if until is None else period_at(until, by, zone).end
    trusted = (
        reading
        for reading in ledger.current(meter.id, since=start, until=end)
        if reading.slot not in doubtful
    )
    return [
        period
        for period in use_by_period(meter, trusted, zone, by)
        if (first is None or period.period.start >= first)
        and (until is None or period.period.start <= until)
    ]


def padded(
    periods: Iterable[PeriodUse], since: int, until: int, by: By, zone: tzinfo
) -> list[PeriodUse]:
    """A use over a whole span: the periods without a reading before and after it as well."""
    known = {one.period.start: one for one in periods}
    return [
        known.get(period.start, PeriodUse(period, None, None, None))
        for period in periods_between(since, until + 1, by, zone)
    ]


class OfLate(NamedTuple):
    """What a meter has counted of late, in millionths."""

    usual: int | None  # a day, rounded; None where too little is known
    most: int  # in a day; 0 where nothing is known


def of_late(ledger: Ledger, zones: Zones, meter: Meter, now: int) -> OfLate:
    """What a meter counted a day in the weeks before an instant: as a rule, and at most."""
    recent = [
        (one.amount, one.since, one.until)
        for one in use(ledger, zones, meter, By.DAY, since=now - _USUAL_OVER, until=now)
        if one.amount is not None and one.since is not None and one.until is not None
    ]
    if not recent:
        return OfLate(None, 0)
    total = sum(amount for amount, _, _ in recent)
    most = max(amount * DAY // max(until - since, DAY) for amount, since, until in recent)
    if meter.kind is not Kind.REGISTER:
        usual = total // len(recent)
    elif (elapsed := recent[-1][2] - recent[0][1]) >= DAY:
        usual = total * DAY // elapsed
    else:
        return OfLate(None, most)
    return OfLate(usual - usual % _ROUNDED_TO, most)


def usual_per_day(ledger: Ledger, zones: Zones, meter: Meter, now: int) -> int | None:
    """What a meter has counted a day of late, rounded; None where too little is known."""
    return of_late(ledger, zones, meter, now).usual
