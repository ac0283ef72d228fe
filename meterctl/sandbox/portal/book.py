"""The customer's meters, what was saved of them, and what speaks against one reading more."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

JUMP = 1000  # units above the reading before; beyond it the customer is asked to check


class Meter(NamedTuple):
    """A meter of the customer's."""

    number: str
    kind: str  # the key of a text
    unit: str


METERS = (
    Meter("1EMH0012345678", "electricity", "kWh"),
    Meter("1EMH0087654321", "feed_in", "kWh"),
    Meter("7ELS0055501234", "gas", "m³"),
)


class Entry(NamedTuple):
    """What a customer wants to hand in."""

    meter: Meter
    day: date
    value: str  # digits with a point

    @property
    def amount(self) -> Decimal:
        """The value, exactly."""
        return Decimal(self.value)


class Saved(NamedTuple):
    """A reading that was saved."""

    entry: Entry
    source: str  # customer or operator
    receipt: str  # empty where nobody was given one
    at: datetime

    def fields(self) -> dict[str, object]:
        """It as JSON shows it."""
        return {
            "meter": self.entry.meter.number,
            "date": self.entry.day.isoformat(),
            "value": self.entry.value,
            "receipt": self.receipt,
            "at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }


class Objection(NamedTuple):
    """Why a reading is not taken: the key of a text, and the reading that stands against it."""

    text: str
    other: Saved | None = None


class Book:
    """What was saved. It takes no lock: its owner does."""

    def __init__(self) -> None:
        self._saved: list[Saved] = []  # in the order in which it was saved
        self._receipts = 0

    def by_customer(self) -> list[Saved]:
        """What the customer handed in, in the order in which it was saved."""
        return [one for one in self._saved if one.source == "customer"]

    def newest_first(self, meter: Meter, seen_until: datetime) -> list[Saved]:
        """The readings of a meter that were saved until then, those of the latest day first."""
        mine = [one for one in self._saved if one.entry.meter == meter and one.at <= seen_until]
        return sorted(mine, key=lambda one: (one.entry.day, one.at), reverse=True)

    def new_receipt(self, now: datetime) -> str:
        """A number that no reading has yet."""
        self._receipts += 1
        return f"MR-{now:%Y}-{self._receipts:06d}"

    def save(self, entry: Entry, source: str, receipt: str, now: datetime) -> None:
        """Keep a reading, whatever speaks against it."""
        self._saved.append(Saved(entry, source, receipt, now))

    def objection(self, entry: Entry, today: date) -> Objection | None:
        """Why a reading is not taken, if it is not; the first reason found."""
        if entry.day > today:
            return Objection("date_future")
        before, after = self._neighbours(entry)
        for other in (one for one in (before, after) if one is not None):
            if other.entry.day.timetuple()[:2] == entry.day.timetuple()[:2]:
                return Objection("already_entered", other)
        if before and entry.amount < before.entry.amount:
            return Objection("value_lower", before)
        if after and entry.amount > after.entry.amount:
            return Objection("value_higher", after)
        return None

    def jumps(self, entry: Entry) -> bool:
        """Whether the value is so far above the one before that it wants a second look."""
        before, _after = self._neighbours(entry)
        return before is not None and entry.amount - before.entry.amount > JUMP

    def _neighbours(self, entry: Entry) -> tuple[Saved | None, Saved | None]:
        """The readings of the same meter before that day's end, and after it."""
        line = sorted(
            (one for one in self._saved if one.entry.meter == entry.meter),
            key=lambda one: (one.entry.day, one.at),
        )
        before = [one for one in line if one.entry.day < entry.day + timedelta(days=1)]
        after = line[len(before) :]
        return before[-1] if before else None, after[0] if after else None


def rounded(entry: Entry) -> Entry:
    """The entry with its value in whole units."""
    return entry._replace(value=str(entry.amount.quantize(Decimal(1), ROUND_HALF_UP)))
