"""What a column's values show of it: a dial that only grows, amounts that come and go, or neither.

The values are compared under both decimal marks, since which of them counts is known only after
the whole file was seen.
"""

from __future__ import annotations

from enum import StrEnum

from meterctl.domain.quantity import MILLIONTHS
from meterctl.imports.numbers import COMMA, POINT, is_blank, millionths_of

ENOUGH = 10  # steps between values that differ
MANY = 24  # of them contradict a heading
_ROWS = 5  # steps of one, each time, that number the rows
_MOST_SEEN = 3_000  # changes of a column's value; what it is shows long before
_STEP_SIZES = 2  # a row of equal steps shows nothing: 1, 2, 3 ... may be anything


class Shown(StrEnum):
    """What the values of a column look like."""

    DIAL = "dial"  # never falls
    AMOUNTS = "amounts"  # up and down
    RESTARTS = "restarts"  # grows, and falls back to the bottom now and then: a day's counter
    OPEN = "open"


class Growth:
    """The steps from value to value of one column, in the order of the file."""

    def __init__(self) -> None:
        self._seen = 0
        self._last = ""
        self._ways = {mark.decimal: _Steps() for mark in (POINT, COMMA)}

    def see(self, text: str) -> None:
        """Take in the next value."""
        if text == self._last or self._seen >= _MOST_SEEN or is_blank(text):
            return
        self._last = text
        self._seen += 1
        if "." not in text and "," not in text:
            value = millionths_of(text, POINT)
            for way in self._ways.values():
                way.see(value)
            return
        for mark in (POINT, COMMA):
            self._ways[mark.decimal].see(millionths_of(text, mark))

    def shown(self, decimal: str) -> Shown:
        """What the values look like, read with this decimal mark."""
        return self._ways[decimal].shown()

    def numbers_rows(self) -> bool:
        """Whether each value is one more than the one before, as the number of its row is."""
        way = self._ways[POINT.decimal]
        return way.up >= _ROWS and not way.down and way.is_by_ones

    def steps(self, decimal: str) -> int:
        """How many steps there were between values that differ."""
        way = self._ways[decimal]
        return way.up + way.down


class _Steps:
    def __init__(self) -> None:
        self.up = self.down = 0
        self.is_by_ones = True
        self._last: int | None = None
        self._sizes: set[int] = set()
        self._to_bottom = 0  # falls (or, read backwards, rises) between the bottom and the top
        self._from_bottom = 0

    def see(self, value: int | None) -> None:
        if value is None:
            return
        last, self._last = self._last, value
        if last is None or last == value:
            return
        self.is_by_ones = self.is_by_ones and value - last == MILLIONTHS
        if len(self._sizes) < _STEP_SIZES:
            self._sizes.add(abs(value - last))
        if value > last:
            self.up += 1
            self._from_bottom += last * 20 <= value
        else:
            self.down += 1
            self._to_bottom += value * 20 <= last

    def shown(self) -> Shown:
        steps, fewer = self.up + self.down, min(self.up, self.down)
        falls = self._to_bottom if self.down == fewer else self._from_bottom
        if fewer > 1 and fewer * 3 <= steps and falls == fewer:
            return Shown.RESTARTS
        if fewer > 1 and fewer * 8 > steps:
            return Shown.AMOUNTS
        if steps < ENOUGH or len(self._sizes) < _STEP_SIZES or falls:
            return Shown.OPEN
        # One fall among so many steps may be a typing error; a replaced meter's goes to the bottom.
        return Shown.DIAL if fewer * 100 <= steps else Shown.OPEN
