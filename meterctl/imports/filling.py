"""Which rows of a series have a value: all of them, or each fourth, as an hour among quarters."""

from __future__ import annotations

from math import gcd

_FEW = 3  # values, in which no rhythm can be seen yet beneath that
_MANY = 12  # that keep one, which is no chance any more, however many are missing


class Filling:
    """Counts one series' rows in the order of the file."""

    __slots__ = ("_apart", "_last", "filled", "rows")

    def __init__(self) -> None:
        self.rows = self.filled = 0
        self._last: int | None = None  # the row with the last value
        self._apart = 0  # the greatest number of rows that goes into each distance between values

    def see(self, *, has_value: bool) -> None:
        """Take note of one row."""
        if has_value:
            if self._last is not None:
                self._apart = gcd(self._apart, self.rows - self._last)
            self._last = self.rows
            self.filled += 1
        self.rows += 1

    @property
    def is_sparse(self) -> bool:
        """Whether only each second row or fewer is the series' own, the others being blank.

        Then the rows between are no part of its rhythm. Blanks here and there are missing values.
        Its own rows may be blank as well: at night, or where its device came later, or went.
        """
        is_regular = self.filled >= _FEW and self._apart > 1
        return is_regular and (self.filled >= _MANY or self._apart * self.filled * 2 >= self.rows)
