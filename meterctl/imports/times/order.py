"""Which number of a date is the day: what a whole column shows, and what it leaves open.

Four things show it. A number above 12 is a day. A file runs one way, so an order under which it
jumps to and fro is the wrong one. Where a day has many rows, the row after its last one is the next
day's, under the right order only. And three short numbers that go on from day to day only if the
first is the year begin with it. Bare dates a day apart prove nothing: read the other way they are a
month apart, and both kinds of files are common.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from meterctl.domain.times import DAY
from meterctl.errors import shown
from meterctl.imports.layout import Order
from meterctl.imports.problems import Choice, Problem, Stop, Unknown
from meterctl.imports.times.changes import calendar, number
from meterctl.imports.times.grammar import Date, Text, full_year, read

_ENOUGH = 2  # changes of day that must tell
_ENOUGH_YEARS = 6  # days in a row, which otherwise were the same day of as many years
_ENOUGH_TO_RUN = 4  # changes of day that must all go one way, where the other order turns back


class Decision(NamedTuple):
    """An order, and the sentence that says why."""

    order: Order
    reason: str
    year_first: bool = False  # of dates of three short numbers, whatever the order


class Evidence:
    """Looks at the dates of a column in the order of the file. It keeps some counts only."""

    def __init__(self) -> None:
        self._first = ""  # the first text that is open, if it can be of those that both orders
        self._differs = False  # make another day of
        self._only: dict[Order, str] = {}  # a text that is a date under this order only
        self._dotted = True
        self._last: tuple[int, int] | None = None  # the last clock, day first and month first
        self._before: Date | None = None
        self._within = 0  # steps within one day
        self._changes = 0  # steps from day to day
        self._follows = {Order.DMY: 0, Order.MDY: 0}
        self._month: Date | None = None
        self._without_year = ""
        self._last_with_year: int | None = None  # the last day, year first
        self._years = 0  # steps to the next day, year first
        self._ways: dict[Order, list[int]] = {Order.DMY: [0, 0], Order.MDY: [0, 0]}

    def see(self, text: str, parts: Text) -> None:
        """Take note of one text."""
        written = parts.date
        if not written.is_open:
            if written.is_short:
                self._see_month(text, written)
            return
        if self._only and written == self._before:
            return  # it is decided, and this day was looked at
        self._before = written
        if written.is_short:
            self._see_short(written)
        day_first, month_first = (
            clock_of_date(written, Order.DMY),
            clock_of_date(written, Order.MDY),
        )
        if day_first is None or month_first is None:
            if (day_first, month_first) == (None, None):
                return  # no date at all: its row will say so
            self._only.setdefault(Order.MDY if day_first is None else Order.DMY, text)
            return
        if not self._first or (not self._differs and day_first != month_first):
            self._first, self._differs = text, day_first != month_first
        self._dotted = self._dotted and written.separator == "."
        time = parts.clock.time if parts.clock else 0
        self._step(day_first + time, month_first + time)

    def _see_month(self, text: str, written: Date) -> None:
        """`Oct-23` is October 2023, unless `Oct-24` follows: then they are days without a year."""
        last, self._month = self._month, written
        if last is not None and last.month == written.month and last.year != written.year:
            self._without_year = self._without_year or text

    def _see_short(self, written: Date) -> None:
        day = clock_of_date(written, None, year_first=True)
        last, self._last_with_year = self._last_with_year, day
        if day is None or last is None or abs(day - last) != DAY:
            return
        others = {clock_of_date(written, order) for order in Order}
        if self._last is None or all(
            other is None or min(abs(other - before) for before in self._last) > 300 * DAY
            for other in others
        ):
            self._years += 1

    def _step(self, day_first: int, month_first: int) -> None:
        last, self._last = self._last, (day_first, month_first)
        if last is None or last == self._last:
            return
        if last[0] // DAY == day_first // DAY:
            self._within += 1
            return
        self._changes += 1
        steps = {Order.DMY: day_first - last[0], Order.MDY: month_first - last[1]}
        for order, step in steps.items():
            self._ways[order][step > 0] += 1
        near, far = sorted(steps, key=lambda order: abs(steps[order]))
        if abs(steps[near]) < DAY and abs(steps[far]) >= 2 * DAY:
            self._follows[near] += 1

    def decide(self, told: Order | None, known: Order | None) -> Decision | None:
        """The order; None where no date needs one.

        Raises:
            Unknown: both are possible, or neither is.
            Stop: dates have no year.
        """
        if self._without_year:
            message = f"{shown(self._without_year)} and the dates around it have no year"
            raise Stop(Problem(0, 0, message, "export them with their year, or add it"))
        if told is not None:
            return Decision(told, f"dates are {_NAMES[told]}, as told")
        if self._years >= _ENOUGH_YEARS and not max(self._follows.values()):
            return Decision(Order.DMY, "dates begin with the year: only so they follow on", True)
        if len(self._only) == 2:
            raise _unknown(self._mixed())
        for order, text in self._only.items():
            return Decision(order, f"dates are {_NAMES[order]}: {shown(text)} is none otherwise")
        if not self._first:
            return None
        if not self._differs:
            return Decision(known or Order.DMY, "dates are the same day first and month first")
        for order, other in ((Order.DMY, Order.MDY), (Order.MDY, Order.DMY)):
            if self._shows(order, other):
                return Decision(order, f"dates are {_NAMES[order]}: only so its rows follow on")
        if known is not None:
            return Decision(known, f"dates are {_NAMES[known]}, as this format writes them")
        if self._dotted:
            return Decision(Order.DMY, "dates with dots are day.month.year")
        raise _unknown(
            Problem(
                0, 0, f"{shown(self._first)} can be read two ways, and no other date tells", ""
            ),
            self._first,
        )

    def _shows(self, order: Order, other: Order) -> bool:
        many_a_day = self._within >= 2 * self._changes
        if many_a_day and self._follows[order] >= _ENOUGH and not self._follows[other]:
            return True
        runs_one_way = min(self._ways[order]) == 0 and self._changes >= _ENOUGH_TO_RUN
        return runs_one_way and min(self._ways[other]) >= _ENOUGH

    def _mixed(self) -> Problem:
        day, month = shown(self._only[Order.DMY]), shown(self._only[Order.MDY])
        message = f"{day} can only be day/month, {month} only month/day: the dates do not agree"
        return Problem(0, 0, message, "")


_NAMES = {Order.DMY: "day/month/year", Order.MDY: "month/day/year"}


def clock_of_date(written: Date, order: Order | None, *, year_first: bool = False) -> int | None:
    """Midnight of a date in milliseconds as if in UTC; None where there is no such day."""
    year, month, day = written.year, written.month, written.day
    if year_first and written.is_short:
        year, month, day = full_year(month), day, year % 100
    elif written.is_open and order is not Order.MDY:
        month, day = day, month
    try:
        return number(date(year, month, day)) * DAY
    except ValueError:
        return None


def _unknown(problem: Problem, example: str = "") -> Unknown:
    choices = []
    for order in Order:
        meaning = _NAMES[order]
        clock = clock_of_date(read(example).date, order) if example else None
        if clock is not None:
            day = calendar(clock // DAY)
            meaning += f": {example.split(maxsplit=1)[0].rstrip(',')} is {day.day} {day:%B %Y}"
        choices.append(Choice(order.value, meaning))
    hint = "--dates dmy where the day comes first, --dates mdy where the month does"
    return Unknown(problem._replace(hint=hint), "order", tuple(choices))
