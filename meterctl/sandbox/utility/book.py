"""What the utility has accepted, and what it thinks of one reading more."""

from __future__ import annotations

from bisect import insort
from datetime import datetime, timedelta
from typing import NamedTuple

from meterctl.sandbox.utility.reading import Reading
from meterctl.sandbox.utility.settings import Settings

UNITS = ("kWh", "Wh", "MWh", "kvarh", "MJ", "GJ", "m³", "m3", "L", "l")
TOLERANCE = timedelta(seconds=60)  # for a customer's clock that runs ahead


class Accepted(NamedTuple):
    """A reading that counts, and its proof."""

    receipt: str
    key: str | None
    reading: Reading

    def fields(self) -> dict[str, object]:
        """It as JSON shows it."""
        return {"receipt": self.receipt, "key": self.key, **self.reading.fields()}


class Rejection(NamedTuple):
    """Why a reading does not count."""

    reason: str
    message: str


class Book:
    """The accepted readings. It takes no lock: its owner does."""

    def __init__(self) -> None:
        self._in_order: list[Accepted] = []  # of their acceptance
        self._of_meter: dict[str, list[Accepted]] = {}  # in order of time

    def accepted(self) -> list[Accepted]:
        """All, in the order in which they were accepted."""
        return list(self._in_order)

    def of_meter(self, meter: str) -> list[Accepted]:
        """Those of a meter, in order of time."""
        return list(self._of_meter.get(meter, []))

    def at(self, meter: str, at: datetime) -> Accepted | None:
        """The one of a meter at an instant."""
        return next((one for one in self._of_meter.get(meter, []) if one.reading.at == at), None)

    def accept(self, reading: Reading, key: str | None) -> Accepted:
        """Let a reading count."""
        accepted = Accepted(f"R-{len(self._in_order) + 1:06d}", key, reading)
        self._in_order.append(accepted)
        line = self._of_meter.setdefault(reading.meter, [])
        insort(line, accepted, key=lambda one: one.reading.at)
        return accepted

    def objection(self, reading: Reading, settings: Settings, now: datetime) -> Rejection | None:
        """Why a reading cannot count, if it cannot; the first reason found."""
        line = self._of_meter.get(reading.meter, [])
        unit = line[0].reading.unit if line else reading.unit
        if reading.unit not in UNITS:
            return Rejection("unknown_unit", f"one of {', '.join(UNITS)}")
        if reading.unit != unit:
            return Rejection("unknown_unit", f"this meter counts in {unit}")
        if reading.at > now + TOLERANCE:
            return Rejection("timestamp_future", "this time is yet to come")
        if settings.oldest_days and reading.at < now - timedelta(days=settings.oldest_days):
            return Rejection("timestamp_too_old", f"older than {settings.oldest_days} days")
        if settings.max_value and reading.value.amount > settings.max_value.amount:
            return Rejection("value_too_high", f"more than {settings.max_value.text}")
        return _out_of_line(reading, line)


def _out_of_line(reading: Reading, line: list[Accepted]) -> Rejection | None:
    """A register only grows. Another serial is another device, with a register of its own."""
    same = [one.reading for one in line if one.reading.serial == reading.serial]
    earlier = [one for one in same if one.at < reading.at]
    later = [one for one in same if one.at > reading.at]
    if earlier and reading.value.amount < earlier[-1].value.amount:
        before = f"{earlier[-1].value.text} at {earlier[-1].timestamp}"
        return Rejection("less_than_previous", f"it was {before} already")
    if later and reading.value.amount > later[0].value.amount:
        after = f"{later[0].value.text} at {later[0].timestamp}"
        return Rejection("greater_than_subsequent", f"it was only {after}")
    return None
