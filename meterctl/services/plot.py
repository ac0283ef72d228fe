"""`plot`: the use of several meters, period by period, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from meterctl.domain.balance import Balance, Flows, balance, flows
from meterctl.domain.meters import Direction, Meter, Zones
from meterctl.domain.periods import By, period_at
from meterctl.domain.times import DAY
from meterctl.domain.use import PeriodUse, reaches_back
from meterctl.ledger.port import Ledger
from meterctl.services.history import padded, use

USUAL_DAYS = 30


class Series(NamedTuple):
    """One meter's use in each period, in millionths of its unit; None where no reading tells."""

    meter: Meter
    uses: tuple[int | None, ...]
    back: frozenset[int]  # the places of those that count from before the period before


class Panel(NamedTuple):
    """The meters of one unit, over the same periods."""

    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]

    def newest(self, most: int) -> Panel:
        """The last so many periods."""
        return self._from(max(len(self.labels) - most, 0))

    def begun(self) -> Panel:
        """From the first period on in which anything is known."""
        known = [
            place for one in self.series for place, use in enumerate(one.uses) if use is not None
        ]
        return self._from(min(known, default=0))

    def _from(self, first: int) -> Panel:
        series = tuple(
            Series(
                one.meter,
                one.uses[first:],
                frozenset(place - first for place in one.back if place >= first),
            )
            for one in self.series
        )
        return Panel(self.unit, self.labels[first:], series)

    @property
    def flows(self) -> tuple[Flows, ...]:
        """Each period's flows of the house."""
        return tuple(
            flows((one.meter.direction, one.uses[place]) for one in self.series)
            for place in range(len(self.labels))
        )

    @property
    def balance(self) -> Balance | None:
        """Solar against grid, where the meters for it are there."""
        return balance(self.flows)

    @property
    def lacks_to_grid(self) -> bool:
        """Whether self-use is not known for want of a meter of what is fed in."""
        there = {one.meter.direction for one in self.series}
        both = {Direction.GENERATION, Direction.FROM_GRID}
        return both <= there and Direction.TO_GRID not in there


class Span(NamedTuple):
    """From when until when, and by which period."""

    since: int
    until: int
    by: By


def span(since: int | None, until: int | None, by: By | None, now: int) -> Span:
    """What is drawn where a person does not say: the last thirty days, day by day.

    A longer span asks for longer periods, so that a chart has no more bars than one can see.
    """
    end = now if until is None else min(until, now)
    if since is None:
        days = {By.HOUR: 2, By.WEEK: 26 * 7, By.MONTH: 730, By.YEAR: 20 * 365}
        back = USUAL_DAYS if by is None else days.get(by, USUAL_DAYS)
        return Span(end - (back - 1) * DAY, end, by or By.DAY)
    return Span(since, end, by or _fitting(end - since))


def _fitting(length: int) -> By:
    for most, by in ((3, By.HOUR), (62, By.DAY), (200, By.WEEK), (1500, By.MONTH)):
        if length <= most * DAY:
            return by
    return By.YEAR


def panels(ledger: Ledger, zones: Zones, meters: Sequence[Meter], over: Span) -> list[Panel]:
    """The meters' use, those of one unit together, in the meters' order.

    Periods without a reading are there, without a use. A meter that has no use at all is left out.
    """
    by_unit = sorted(meters, key=lambda meter: [one.unit for one in meters].index(meter.unit))
    found = [_panel(ledger, zones, list(of), over) for _, of in groupby(by_unit, _unit)]
    return [panel for panel in found if panel.series]


def _unit(meter: Meter) -> str:
    return meter.unit


def _panel(ledger: Ledger, zones: Zones, meters: Sequence[Meter], over: Span) -> Panel:
    # An hour is known by its beginning: it has another name in another zone. A day, or what is
    # longer, by its name: there it begins at another moment.
    labels: dict[int | str, tuple[int, str]] = {}
    told: list[tuple[Meter, dict[int | str, PeriodUse]]] = []
    for meter in meters:
        zone = zones(meter)
        first = period_at(over.since, over.by, zone).start
        known = use(ledger, zones, meter, over.by, since=first, until=over.until)
        if all(one.amount is None for one in known):
            continue
        whole = padded(known, first, over.until, over.by, zone)
        named = {one.period.start if over.by is By.HOUR else one.period.label: one for one in whole}
        for key, one in named.items():
            labels.setdefault(key, (one.period.start, one.period.label))
        told.append((meter, named))
    keys = sorted(labels, key=lambda key: labels[key])
    series = tuple(_series(meter, uses, keys, over.by, zones) for meter, uses in told)
    return Panel(meters[0].unit, tuple(labels[key][1] for key in keys), series)


def _series(
    meter: Meter, uses: dict[int | str, PeriodUse], keys: Sequence[int | str], by: By, zones: Zones
) -> Series:
    found = [uses.get(key) for key in keys]
    zone = zones(meter)
    return Series(
        meter,
        tuple(None if one is None else one.amount for one in found),
        frozenset(
            place
            for place, one in enumerate(found)
            if one is not None and reaches_back(one, by, zone)
        ),
    )
