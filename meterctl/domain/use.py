"""Use per period: right across corrections, rollovers and device swaps, and never interpolated.

A register's use belongs to the period in which the later reading of a pair lies, a reading at the
very end of a period (midnight) closing it. Where the earlier reading of the pair lies before the
period's own start, the period says from when its use really counts. A period without a reading is
missing: it is shown so, not as zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from itertools import groupby
from typing import NamedTuple

from meterctl.domain.counting import use_between
from meterctl.domain.meters import Kind, Meter
from meterctl.domain.periods import By, Period, period_at, periods_between
from meterctl.domain.readings import Reading
from meterctl.domain.times import DAY, clock_of


class Use(NamedTuple):
    """What was used up to `until`, counted since `since`."""

    since: int
    until: int
    amount: int  # millionths of the unit


class PeriodUse(NamedTuple):
    """The use of one period; None where no reading tells."""

    period: Period
    amount: int | None
    since: int | None  # the earliest instant from which the amount counts
    until: int | None


def uses(meter: Meter, readings: Iterable[Reading], zone: tzinfo) -> Iterator[Use]:
    """Each use that two trusted readings prove, device by device, in time order.

    `readings` are the trusted current ones, ordered by device and then by time.
    """
    for _, of_device in groupby(readings, key=lambda reading: reading.device):
        if meter.kind is Kind.INTERVAL:
            for reading in of_device:
                yield Use(reading.starts_at, reading.at, reading.amount)
        elif meter.kind is Kind.DAILY:
            yield from _daily_uses(of_device, zone)
        else:
            yield from _register_uses(meter, of_device)


def _register_uses(meter: Meter, readings: Iterable[Reading]) -> Iterator[Use]:
    before: Reading | None = None
    for reading in readings:
        if before is not None:
            elapsed = reading.at - before.at
            amount = use_between(meter, before.amount, reading.amount, elapsed)
            if amount is not None:  # an accepted fall: counting starts anew from here
                yield Use(before.at, reading.at, amount)
        before = reading


def _daily_uses(readings: Iterable[Reading], zone: tzinfo) -> Iterator[Use]:
    """A daily counter's growth since its midnight, or since the reading before on that day."""
    day, before_at, before_amount = None, 0, 0
    for reading in readings:
        clock = clock_of(reading.at, zone)
        if clock // DAY != day:
            day, before_at, before_amount = (
                clock // DAY,
                period_at(reading.at, By.DAY, zone).start,
                0,
            )
        if reading.amount >= before_amount:
            yield Use(before_at, reading.at, reading.amount - before_amount)
        before_at, before_amount = reading.at, reading.amount


def use_by_period(
    meter: Meter, readings: Iterable[Reading], zone: tzinfo, by: By
) -> Iterator[PeriodUse]:
    """Sum `uses` by local period, from the first use's to the last one's, none left out."""
    proven = sorted(uses(meter, readings, zone), key=lambda use: use.until)
    filled: dict[int, list[Use]] = {}
    for use in proven:
        filled.setdefault(_period_of(meter, use, zone, by).start, []).append(use)
    if not filled:
        return
    for period in periods_between(min(filled), max(filled) + 1, by, zone):
        parts = filled.get(period.start)
        if parts is None:
            yield PeriodUse(period, None, None, None)
        else:
            yield PeriodUse(
                period,
                sum(use.amount for use in parts),
                min(use.since for use in parts),
                max(use.until for use in parts),
            )


def reaches_back(use: PeriodUse, by: By, zone: tzinfo) -> bool:
    """Whether a period's use counts from before the period that precedes it.

    From within that one is the rule: who reads the dial each evening counts from last evening.
    """
    if use.since is None or use.since >= use.period.start:
        return False
    return use.since < period_at(use.period.start - 1, by, zone).start


def _period_of(meter: Meter, use: Use, zone: tzinfo, by: By) -> Period:
    """A use belongs where it ends; an end at midnight closes the day before.

    A daily counter's value at 00:00:00 is the day's that begins.
    """
    ends_inside = meter.kind is Kind.DAILY and use.since == use.until
    return period_at(use.until if ends_inside else use.until - 1, by, zone)
