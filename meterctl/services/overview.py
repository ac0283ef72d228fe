"""`meterctl` alone: what a person wants to see first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from meterctl.domain.meters import Meter, Zones
from meterctl.domain.periods import By, period_at
from meterctl.domain.use import PeriodUse
from meterctl.ledger.port import Ledger
from meterctl.services.current import Newest
from meterctl.services.history import use


class TwoDays(NamedTuple):
    """A meter's use today, as far as it was read, and yesterday; None where no reading tells."""

    today: PeriodUse | None
    yesterday: PeriodUse | None


def two_days(ledger: Ledger, zones: Zones, meter: Meter, now: int) -> TwoDays:
    """What a meter has counted today and yesterday, in its own zone."""
    zone = zones(meter)
    today = period_at(now, By.DAY, zone)
    yesterday = period_at(today.start - 1, By.DAY, zone)
    found = use(ledger, zones, meter, By.DAY, since=yesterday.start, until=now)
    told = {one.period.start: one for one in found if one.amount is not None}
    return TwoDays(told.get(today.start), told.get(yesterday.start))


def read_last_first(newest: Sequence[Newest]) -> list[Newest]:
    """The meters that were read last first, at one time in their own order; without any at last."""
    return sorted(newest, key=lambda one: 0 if one.reading is None else -one.reading.at)
