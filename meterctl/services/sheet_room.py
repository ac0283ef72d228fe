"""How full a spreadsheet is, and whether rows follow each other in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from meterctl.services.sheet_notes import Notes
from meterctl.sheet.port import Cell, Sheet, View

CELLS = 10_000_000  # the most that Google lets a spreadsheet have, all tabs and empty ones included
ALMOST = 0.8  # of them, from which on it is time to make another
FULL_HINT = "make another, share it as the first one, then: meterctl sheet use NEW_ID"
GAP = 10  # rows without a time, from which on they are no pause that somebody has left


class Room(NamedTuple):
    """The cells that a spreadsheet has, and how many a further row takes."""

    cells: int
    columns: int

    @property
    def share(self) -> float:
        """How much of what Google allows."""
        return self.cells / CELLS

    @property
    def percent(self) -> str:
        """The same to be read; not rounded up to what is not so yet."""
        return f"{int(self.share * 1000) / 10:g} %"

    @property
    def is_full(self) -> bool:
        """Whether no row can be added any more."""
        return self.cells + self.columns > CELLS

    @property
    def is_almost_full(self) -> bool:
        """Whether it is time to do something about it."""
        return self.share >= ALMOST


def room_of(sheet: Sheet, view: View) -> Room:
    """How full the spreadsheet is: one request, since a look shows one tab alone."""
    return Room(sheet.cells(), view.tab.columns if view.tab else 0)


def note_room(notes: Notes, room: Room) -> None:
    """Remember it, for who cannot ask."""
    notes.set("cells", f"{room.cells} {room.columns}")


def noted_room(noted: str) -> Room:
    """What was remembered."""
    cells, columns = map(int, noted.split())
    return Room(cells, columns)


def gap_told(first: int, last: int) -> tuple[str, str]:
    """Why rows keep ours apart, and what to do about it."""
    what = (
        f"rows {first} to {last} of the tab hold no reading: Google writes below the last row in"
        " which anything stands, such as a formula that was filled down"
    )
    return what, "one =ARRAYFORMULA(...) in row 1 does the same, and leaves no gap"


class Filled(NamedTuple):
    """The rows that hold a time, and the widest gap between two of them."""

    rows: int = 0
    last: int = 1  # the number of the last one; 1: only the header
    gap: tuple[int, int] | None = None  # its first and its last row


def filled(times: Iterable[tuple[int, Cell]]) -> Filled:
    """What the column of times tells.

    Google writes below the last row in which anything stands. So a formula that a person has
    filled down leaves a gap, which nobody understands who is not told.
    """
    rows, last = 0, 1
    widest = range(0)
    for number, cell in times:
        if cell is None or cell == "":
            continue
        between = range(last + 1, number)
        if len(between) > len(widest):
            widest = between
        rows, last = rows + 1, number
    gap = (widest[0], widest[-1]) if len(widest) >= GAP else None
    return Filled(rows, last, gap)
