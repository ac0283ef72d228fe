"""A zone's clock, day by day: its offset, or how it was set forward or back.

Clocks and instants are milliseconds; a clock is what the wall showed, as if it had been UTC.
"""

from __future__ import annotations

from datetime import date, tzinfo
from typing import NamedTuple

from meterctl.domain.times import DAY, HOUR, MINUTE, aware, clock_of

_EPOCH = date(1970, 1, 1).toordinal()
# German and French write the names of their zone in their own letters.
_NAMES = {"MEZ": "CET", "MESZ": "CEST", "HEC": "CET", "HAEC": "CEST"}
# Names that mean one offset wherever they stand, unless the zone itself uses them for its own.
_EVERYWHERE = {"GMT": 0, "WET": 0, "CET": HOUR, "CEST": 2 * HOUR}


class Change(NamedTuple):
    """One change of a clock. Labels from `first` up to `last` were skipped, or shown twice."""

    at: int  # the instant
    before: int  # offsets
    after: int

    @property
    def is_forward(self) -> bool:
        """Whether labels were skipped."""
        return self.after > self.before

    @property
    def first(self) -> int:
        """The first label that was skipped or shown twice."""
        return self.at + min(self.before, self.after)

    @property
    def last(self) -> int:
        """The first label behind them."""
        return self.at + max(self.before, self.after)

    @property
    def shift(self) -> int:
        """How far the clock was set forward; negative: back."""
        return self.after - self.before


class Zone:
    """A zone's clock, remembered by days."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._days: dict[int, int | Change] = {}

    def day(self, number: int) -> int | Change:
        """The offset that held all day and next to it; or the change on that day or next to it."""
        known = self._days.get(number)
        if known is None:
            if len(self._days) > 50_000:
                self._days.clear()
            known = self._days[number] = self._look(number)
        return known

    def _look(self, number: int) -> int | Change:
        # An offset is 15 hours at most; a day's labels lie within these instants, with room.
        low, high = number * DAY - 20 * HOUR, (number + 1) * DAY + 20 * HOUR
        before, after = self.offset_at(low), self.offset_at(high)
        if before == after:
            return before
        while high - low > 1:
            middle = (low + high) // 2
            if self.offset_at(middle) == before:
                low = middle
            else:
                high = middle
        return Change(high, before, after)

    def offset_at(self, instant: int) -> int:
        """The offset at an instant."""
        return clock_of(instant, self.zone) - instant

    def offset(self, clock: int) -> int | Change:
        """The offset of a label; or the change that skipped it or showed it twice."""
        found = self.day(clock // DAY)
        if isinstance(found, int):
            return found
        if clock < found.first:
            return found.before
        return found.after if clock >= found.last else found

    def earliest(self, clock: int) -> int:
        """The instant of a label; the first of two; a skipped one as if the clock had run on."""
        found = self.offset(clock)
        return clock - (found if isinstance(found, int) else found.before)

    def midnight(self, day: int) -> int:
        """When a day began, by its number: where midnight was skipped, with the change."""
        found = self.offset(day * DAY)
        if isinstance(found, Change) and found.is_forward:
            return found.at
        return self.earliest(day * DAY)

    def named(self, clock: int, abbreviation: str) -> int | None:
        """The offset that an abbreviation behind a label means here; None: none of this zone."""
        name = _NAMES.get(abbreviation, abbreviation)
        found = self.offset(clock)
        offsets = (found.before, found.after) if isinstance(found, Change) else (found,)
        for offset in offsets:
            if aware(clock - offset, self.zone).tzname() == name:
                return offset
        if self.named_in_year(clock, abbreviation) is not None:
            return None
        return _EVERYWHERE.get(name)

    def named_in_year(self, clock: int, abbreviation: str) -> int | None:
        """The offset of this name at some time of the same year; None: the zone never uses it."""
        name = _NAMES.get(abbreviation, abbreviation)
        seasons = (clock + months * 30 * DAY for months in range(-6, 7, 2))
        return next(
            (self.offset_at(one) for one in seasons if aware(one, self.zone).tzname() == name),
            None,
        )


def calendar(day: int) -> date:
    """The date of a day's number."""
    return date.fromordinal(day + _EPOCH)


def number(day: date) -> int:
    """The number of a day, from 1970 on."""
    return day.toordinal() - _EPOCH


def label_text(clock: int) -> str:
    """`02:15`: a label's time of day, for people."""
    minutes = clock % DAY // MINUTE
    return f"{minutes // 60:02}:{minutes % 60:02}"


def day_text(clock: int) -> str:
    """`2023-10-29`: a label's day, for people."""
    return calendar(clock // DAY).isoformat()
