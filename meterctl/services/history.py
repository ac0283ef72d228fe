"""`history` and `current`: looking back, and looking at what is newest."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

from meterctl.domain.findings import distrusts, is_trusted
from meterctl.domain.meters import Kind, Meter, Zones
from meterctl.domain.periods import By, period_at
from meterctl.domain.readings import Reading, Slot
from meterctl.domain.times import DAY
from meterctl.domain.use import PeriodUse, use_by_period
from meterctl.ledger.port import Ledger, Stretch

_USUAL_OVER = 60 * DAY  # long enough for who reads once a month
_ROUNDED_TO = 10_000  # a hundredth of the unit


class Newest(NamedTuple):
    """A meter's newest reading and how it stands; None where it has none yet."""

    meter: Meter
    reading: Reading | None
    open_findings: bool
    sheet: str  # off, queued, written
    utility: str  # off, due


class Standing(NamedTuple):
    """What is newest, and how many readings the destinations are still to get."""

    newest: tuple[Newest, ...]
    pending_sheet: int
    pending_utility: int


def current(
    ledger: Ledger,
    meters: tuple[Meter, ...],
    *,
    sheet: str | None = None,
    has_utility: bool = False,
) -> Standing:
    """The newest reading of each meter; `sheet` is the destination, where one is configured."""
    cursor = 0 if sheet is None else ledger.cursor(sheet)
    found = []
    for meter in meters:
        reading = ledger.newest(meter.id)
        flagged = reading is not None and _is_doubtful(ledger, reading)
        delivered = reading is not None and reading.entry <= cursor
        in_sheet = "off" if sheet is None else "written" if delivered else "queued"
        found.append(
            Newest(
                meter,
                reading,
                flagged,
                in_sheet,
                "due" if has_utility and meter.submitted else "off",
            )
        )
    return Standing(
        tuple(found),
        0 if sheet is None else ledger.waiting(sheet),
        sum(one.utility == "due" and one.reading is not None for one in found),
    )


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
    doubtful = _open(ledger, meter)
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


def usual_per_day(ledger: Ledger, zones: Zones, meter: Meter, now: int) -> int | None:
    """What a meter has counted a day of late, rounded; None where too little is known."""
    recent = [
        (one.amount, one.since, one.until)
        for one in use(ledger, zones, meter, By.DAY, since=now - _USUAL_OVER)
        if one.amount is not None and one.since is not None and one.until is not None
    ]
    total = sum(amount for amount, _, _ in recent)
    if meter.kind is Kind.REGISTER:
        elapsed = recent[-1][2] - recent[0][1] if recent else 0
        usual = total * DAY // elapsed if elapsed >= DAY else None
    else:
        usual = total // len(recent) if recent else None
    return None if usual is None else usual - usual % _ROUNDED_TO


def _is_doubtful(ledger: Ledger, reading: Reading) -> bool:
    """Whether one reading is in doubt."""
    here = Stretch(reading.meter, reading.device, reading.at, reading.at)
    found = ledger.findings(here).get(reading.slot, ())
    return not is_trusted(found, accepted=reading.slot in ledger.accepted(here))


def _open(ledger: Ledger, meter: Meter) -> set[Slot]:
    """The slots that are in doubt."""
    return {
        flagged.reading.slot
        for flagged in ledger.flagged(meter.id)
        if any(distrusts(finding.rule) for finding in flagged.findings)
    }
