"""How far apart a series' rows are: a span of time, whole days, or whole months."""

from __future__ import annotations

import calendar as months
from collections import Counter
from datetime import date
from enum import Enum
from typing import NamedTuple

from meterctl.domain.times import DAY, HOUR, MINUTE, SECOND
from meterctl.imports.times.changes import calendar, number
from meterctl.imports.times.grammar import Unit

_BILLED = 20 * DAY  # rows farther apart are bills' as a rule
_KINDS = 256  # kinds of steps that are told apart; more of them is no rhythm


class Measure(Enum):
    """What a step counts. Days and months follow the calendar, whatever the clock does."""

    MILLISECONDS = 1
    DAYS = DAY
    MONTHS = 30 * DAY


class Step(NamedTuple):
    """A distance between rows."""

    amount: int
    measure: Measure = Measure.MILLISECONDS

    @property
    def size(self) -> int:
        """About how long it is, in milliseconds."""
        return self.amount * self.measure.value

    @property
    def is_short(self) -> bool:
        """Whether it runs through a change of the clock: an hour at most."""
        return self.measure is Measure.MILLISECONDS and self.amount <= HOUR

    def __str__(self) -> str:
        """`15 min`, `1 day`, `3 months`: for people."""
        if self.measure is not Measure.MILLISECONDS:
            name = self.measure.name.lower()
            return f"{self.amount} {name if self.amount != 1 else name[:-1]}"
        for size, name in ((HOUR, "h"), (MINUTE, "min"), (SECOND, "s")):
            if self.amount % size == 0:
                return f"{self.amount // size} {name}"
        return f"{self.amount} ms"


DAILY = Step(1, Measure.DAYS)
MONTHLY = Step(1, Measure.MONTHS)
YEARLY = Step(12, Measure.MONTHS)
PERIODS = {
    DAILY: "daily",
    Step(7, Measure.DAYS): "weekly",
    MONTHLY: "monthly",
    YEARLY: "yearly",
}
OF_UNIT = {Unit.MONTH: MONTHLY, Unit.YEAR: YEARLY}


def step_between(first: int, second: int) -> Step:
    """The step from one label to a later one."""
    distance = second - first
    days, rest = divmod(distance, DAY)
    if rest:
        return Step(distance)
    if days >= 28:
        one, other = calendar(first // DAY), calendar(second // DAY)
        if one.day == other.day or (_is_last(one) and _is_last(other)):
            return Step((other.year - one.year) * 12 + other.month - one.month, Measure.MONTHS)
    return Step(days, Measure.DAYS)


def add_months(day: int, count: int) -> int:
    """The day some months later or earlier; the last of a month stays the last."""
    old = calendar(day)
    year, month = divmod(old.year * 12 + old.month - 1 + count, 12)
    length = months.monthrange(year, month + 1)[1]
    return number(date(year, month + 1, length if _is_last(old) else min(old.day, length)))


def ends_month(day: int) -> bool:
    """Whether a day is the last of its month."""
    return _is_last(calendar(day))


def _is_last(day: date) -> bool:
    return day.day == months.monthrange(day.year, day.month)[1]


class Steps:
    """Counts the steps of one series."""

    def __init__(self) -> None:
        self._distances: Counter[int] = Counter()  # within a day: no calendar is asked
        self._long: Counter[Step] = Counter()

    def add(self, first: int, second: int) -> None:
        """Take note of two labels, in whichever order they stand."""
        distance = second - first if second > first else first - second
        if distance < DAY:
            if distance in self._distances or len(self._distances) < _KINDS:
                self._distances[distance] += 1
        elif len(self._long) < _KINDS:
            self._long[step_between(min(first, second), max(first, second))] += 1

    def usual(self, unit: Unit) -> Step | None:
        """The step of this series; None: its rows keep no rhythm, or there is but one."""
        if unit in OF_UNIT:
            return OF_UNIT[unit]
        counts = Counter({Step(distance): n for distance, n in self._distances.items() if distance})
        counts.update(self._long)
        if unit is Unit.DAY:
            return _of_days(counts)
        if not counts:
            return None
        step, often = max(counts.items(), key=lambda pair: (pair[1], -pair[0].size))
        fitting = sum(n for other, n in counts.items() if _is_multiple(other, step))
        # Rows may be missing; distances that the step does not go into show that it is none.
        return step if fitting * 10 >= counts.total() * 8 and often > 0 else None


def _of_days(counts: Counter[Step]) -> Step | None:
    """The step of bare dates. A bare date is its day's, unless the rows keep another rhythm."""
    if not counts or DAILY in counts:
        return DAILY
    step, often = max(counts.items(), key=lambda pair: (pair[1], -pair[0].size))
    total, is_billing = counts.total(), min(one.size for one in counts) >= _BILLED
    needed = 9 if is_billing and step.measure is Measure.DAYS else 6
    if often * 10 >= total * needed and (step.measure is Measure.MONTHS or often >= 3):
        return step
    # Bills of 29, 30 or 31 days are of no day, and of no fixed number of days.
    return DAILY if total < 3 and not is_billing else None


def _is_multiple(other: Step, step: Step) -> bool:
    if step.measure is Measure.MILLISECONDS:
        if other.measure is Measure.MILLISECONDS:
            return other.amount % step.amount == 0
        return DAY % step.amount == 0 or other.size % step.amount == 0
    return other.measure is not Measure.MILLISECONDS
