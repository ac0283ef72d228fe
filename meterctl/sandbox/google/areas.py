"""Rectangles of cells: as asked for, open-ended perhaps, and as they lie in a grid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from meterctl.sandbox.google.errors import invalid

MAX_COLUMNS = 18_278  # ZZZ


class Box(NamedTuple):
    """Rows and columns from, to before; closed on every side."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def size(self) -> tuple[int, int]:
        """How many rows and columns."""
        return self.bottom - self.top, self.right - self.left

    def meets(self, other: Box) -> bool:
        """Whether the two share a cell."""
        return max(self.top, other.top) < min(self.bottom, other.bottom) and max(
            self.left, other.left
        ) < min(self.right, other.right)

    def holds(self, other: Box) -> bool:
        """Whether the other lies wholly within."""
        return (
            self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )


class Area(NamedTuple):
    """Google's GridRange: a side that is None is open."""

    sheet: int
    top: int | None = None
    bottom: int | None = None
    left: int | None = None
    right: int | None = None

    def within(self, rows: int, columns: int) -> Box:
        """As it lies in a grid of this size."""
        return Box(
            min(self.top or 0, rows),
            rows if self.bottom is None else min(self.bottom, rows),
            min(self.left or 0, columns),
            columns if self.right is None else min(self.right, columns),
        )

    def as_json(self) -> dict[str, int]:
        """As Google writes it: the sheet 0 is left out."""
        sides = {
            "startRowIndex": self.top,
            "endRowIndex": self.bottom,
            "startColumnIndex": self.left,
            "endColumnIndex": self.right,
        }
        named = {"sheetId": self.sheet} if self.sheet else {}
        return named | {name: at for name, at in sides.items() if at is not None}

    def moved(self, *, rows: bool, at: int, count: int) -> Area | None:
        """Where it lies once rows or columns were inserted (deleted: count is negative) there.

        None where nothing of it is left.
        """
        start, end = (self.top, self.bottom) if rows else (self.left, self.right)
        if start is not None:
            start = shifted(start, at, count)
        if end is not None:
            # What is inserted at its very end does not belong to it.
            end = shifted(end - 1, at, count, last=True) + 1
        if start is not None and end is not None and start >= end:
            return None
        if rows:
            return self._replace(top=start, bottom=end)
        return self._replace(left=start, right=end)


def shifted(index: int, at: int, count: int, *, last: bool = False) -> int:
    """Where a row or column goes when others are inserted before it or deleted."""
    if index < at:
        return index
    if count >= 0:
        return index + count
    if index < at - count:  # deleted itself
        return at - 1 if last else at
    return index + count


def area(found: dict[str, Any]) -> Area:
    """The area of a GridRange in JSON.

    Raises:
        ApiError: its sides are not in order.
    """
    sides = [
        found.get(name)
        for name in ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")
    ]
    for name, start, end in (("Row", sides[0], sides[1]), ("Column", sides[2], sides[3])):
        if (start or 0) < 0 or (end is not None and end < 0):
            raise invalid(f"range: {name} index must be non-negative")
        if start is not None and end is not None and start > end:
            raise invalid(f"range.end{name}Index[{end}] must be after start{name}Index[{start}]")
    return Area(found.get("sheetId", 0), *sides)


def covers(areas: Iterable[Area], box: Box, rows: int, columns: int) -> bool:
    """Whether one of the areas holds the whole box."""
    return any(one.within(rows, columns).holds(box) for one in areas)
