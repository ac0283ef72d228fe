"""Texts to stamps: what a wall clock or a calendar showed, not yet an instant.

Two passes over a file. The first shows `Texts` every time text, so that it can decide which number
of a date is the day and how times without a colon are meant. `decide` gives the `Reader` of the
second pass. Neither knows lines or columns: `decide` raises `Unknown` with line and column 0, and
`Reader.read` a `TimeError`; who calls them adds the place.
"""

from __future__ import annotations

from typing import NamedTuple

from meterctl.domain.times import DAY
from meterctl.errors import TimeError, shown
from meterctl.imports.layout import Order
from meterctl.imports.times.grammar import HINT, Clock, Text, Unit, bare_time, read
from meterctl.imports.times.order import Decision, Evidence, clock_of_date

__all__ = ["Reader", "Stamp", "Texts", "Unit"]

_CACHE = 50_000
_TOO_LATE = 365 * 8_000 * DAY  # close to where calendars end; `9999-12-31` stands for no end
# A time's milliseconds, offset, abbreviation, and whether it is 24:00.
_Rest = tuple[int, int | None, str | None, bool]


class Stamp(NamedTuple):
    """A time as written. `clock` is what the wall clock showed, in milliseconds as if in UTC."""

    clock: int
    offset: int | None = None  # from UTC in milliseconds; None: in the file's own zone
    abbreviation: str | None = None  # CET, PDT: what stands behind the time
    has_time: bool = True
    unit: Unit = Unit.MINUTE
    ends_day: bool = False  # written as 24:00: the midnight that ends its day


class Texts:
    """The first pass. A text that cannot be read is passed over: its row fails in the second."""

    def __init__(self) -> None:
        self._evidence = Evidence()
        self._digits = 0  # the most that a time without a colon has
        self._highest = 0
        self._last = ""
        self._known: dict[str, Text] = {}  # by what stands before and behind the first space
        self._clocks: dict[str, Clock] = {}

    def see(self, text: str) -> None:
        """Take note of one text, in the order of the file."""
        if text == self._last:
            return
        self._last = text
        if text[4:5] == "-" and text[:4].isdigit() and text[10:].find(":") > 0:
            return  # ISO 8601 leaves nothing open
        day, _, rest = text.partition(" ")
        date, clock = self._known.get(day), self._clocks.get(rest)
        if date is not None and clock is not None:
            self._evidence.see(text, Text(date.date, clock))
            return
        try:
            parts = read(text)
        except TimeError:
            return
        self._remember(day, rest, parts)
        if parts.bare:
            self._digits = max(self._digits, len(parts.bare))
            self._highest = max(self._highest, int(parts.bare))
        self._evidence.see(text, parts)

    def _remember(self, day: str, rest: str, parts: Text) -> None:
        """Keep a date and a time that stand apart: most rows share them with others."""
        if parts.clock is None or parts.bare or not rest:
            return
        if len(self._known) + len(self._clocks) > _CACHE:
            self._known.clear()
            self._clocks.clear()
        try:
            alone = read(day)
        except TimeError:
            return
        if alone.clock is None and alone.date == parts.date:
            self._known[day] = alone
            self._clocks[rest] = parts.clock

    def decide(self, order: Order | None = None, known: Order | None = None) -> Reader:
        """How to read them all. `order` is the person's word, `known` how the format writes.

        Raises:
            Unknown: (option `order`) a date can be read two ways.
        """
        with_minutes = self._digits > 2 or self._highest > 24
        return Reader(self._evidence.decide(order, known), with_minutes)


class Reader:
    """The second pass. Days and times of day that come again are looked up, not read again."""

    def __init__(self, decision: Decision | None, with_minutes: bool = False) -> None:
        self.decided = (decision.reason,) if decision is not None else ()
        self._order = decision.order if decision is not None else None
        self._year_first = decision is not None and decision.year_first
        self._with_minutes = with_minutes
        self._days: dict[str, int] = {}
        self._rests: dict[str, _Rest] = {}
        self._whole: dict[str, Stamp] = {}

    def read(self, text: str) -> Stamp:
        """What a text says.

        Raises:
            TimeError: it is no date or time, or none in this file's order.
        """
        if text[10:11] == "T":
            day, rest = text[:10], text[11:]
        else:
            day, _, rest = text.partition(" ")
        try:
            time, offset, abbreviation, ends_day = self._rests[rest]
            return Stamp(self._days[day] + time, offset, abbreviation, True, Unit.MINUTE, ends_day)
        except KeyError:
            pass
        known = self._whole.get(text)
        if known is not None:
            return known
        return self._read(text, day, rest)

    def _read(self, text: str, day: str, rest: str) -> Stamp:
        if len(self._days) + len(self._rests) + len(self._whole) > _CACHE:
            for cache in (self._days, self._rests, self._whole):
                cache.clear()
        parts = read(text)
        midnight = self._midnight(parts, text)
        clock = parts.clock
        if clock is not None and parts.bare:
            clock = clock._replace(time=bare_time(parts.bare, self._with_minutes, text))
        if clock is None:
            stamp = Stamp(midnight, None, None, False, parts.date.unit)
        else:
            ends_day = clock.time == DAY
            stamp = Stamp(
                midnight + clock.time, clock.offset, clock.abbreviation, ends_day=ends_day
            )
            if rest and self._stands_alone(day, midnight):
                self._days[day] = midnight
                self._rests[rest] = (clock.time, clock.offset, clock.abbreviation, ends_day)
                return stamp
        self._whole[text] = stamp
        return stamp

    def _midnight(self, parts: Text, text: str) -> int:
        midnight = clock_of_date(parts.date, self._order, year_first=self._year_first)
        if midnight is None:
            if parts.date.is_open and self._order is not None:
                other = Order.MDY if self._order is Order.DMY else Order.DMY
                if clock_of_date(parts.date, other) is not None:
                    says = "day" if self._order is Order.DMY else "month"
                    message = f"{shown(text)} is no date where the {says} comes first"
                    raise TimeError(message, f"mend it, or see whether --dates {other} fits")
            raise TimeError(f"{shown(text)}: there is no such day", HINT)
        if midnight < -DAY:
            raise TimeError(f"{shown(text)} is before 1970", "check the year")
        if midnight >= _TOO_LATE:
            raise TimeError(f"{shown(text)} is too far in the future", "check the year")
        return midnight

    def _stands_alone(self, day: str, midnight: int) -> bool:
        """Whether a text's part before the time is all of its date: such parts are kept apart."""
        try:
            parts = read(day)
        except TimeError:
            return False
        alone = parts.clock is None and parts.date.unit is Unit.DAY
        return alone and self._midnight(parts, day) == midnight
