"""Rows that were typed in by hand: known by what they say, for they bear no key.

So one that was moved or sorted is the same; one that says another value of the same time was
edited; one that says nothing any more was deleted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from meterctl.domain.readings import Reading
from meterctl.ledger.port import Ledger
from meterctl.services.changes import Retyped
from meterctl.services.seen import TYPED, Typed, read_typed
from meterctl.services.taking_in import Saying, forget_rivals, told_by
from meterctl.services.telling import Teller
from meterctl.sheet.port import Cell, Sheet, Tab
from meterctl.sheet.rows import TIMESTAMP
from meterctl.sheet.told import Reader, Told


class News(NamedTuple):
    """What is new of what was typed."""

    sayings: list[Saying]
    edits: list[Retyped]
    is_settled: bool  # False: the rows moved meanwhile, and the next read tells


class _New(NamedTuple):
    """A typed value that was not there before."""

    typed: Typed
    reading: Reading
    number: int
    stamp: Cell  # as it was read


class TypedRows:
    """The typed rows of one read."""

    def __init__(
        self, ledger: Ledger, sheet: Sheet, tab: Tab, reader: Reader, tell: Teller
    ) -> None:
        self._ledger = ledger
        self._sheet = sheet
        self._tab = tab
        self._reader = reader
        self._tell = tell
        self._before = read_typed(ledger, sheet.destination)
        self._there: set[Typed] = set()
        self._new: list[_New] = []
        self._formulas = 0  # values whose time is one

    def add(self, told: Told, cells: Sequence[Cell]) -> None:
        """A row that was met."""
        for reading in told.readings:
            typed = Typed(reading.meter, reading.at, reading.starts_at, told.device, reading.amount)
            if typed in self._there:
                continue
            self._there.add(typed)
            if typed not in self._before:
                stamp = cells[self._reader.place(TIMESTAMP)]
                self._new.append(_New(typed, reading, told.number, stamp))

    def news(self, *, is_whole: bool) -> News:
        """What was typed anew, and what was typed in place of another value."""
        lasting = self._lasting()
        settled = len(lasting) + self._formulas == len(self._new)
        gone: dict[tuple[object, ...], list[Typed]] = defaultdict(list)
        for one in self._before - self._there if is_whole else ():
            gone[one[:4]].append(one)
        sayings: list[Saying] = []
        edits: list[Retyped] = []
        for new in lasting:
            instead_of = gone.get(new.typed[:4])
            if instead_of:
                before = frozenset(one.value for one in instead_of)
                edits.append(Retyped(before, new.typed, new.reading, new.number))
            else:
                sayings.append(Saying(new.reading, None, new.number, new.typed.name))
        return News(sayings, edits, settled)

    def _lasting(self) -> list[_New]:
        """Those whose time is a time, and no formula that shows another one tomorrow."""
        if not self._new:
            return []
        numbers = [one.number for one in self._new]
        entered = self._sheet.as_entered(self._tab, numbers)
        place = self._reader.place(TIMESTAMP)
        lasting = []
        for one in self._new:
            cells = entered.get(one.number, [])
            cell = cells[place] if place < len(cells) else None
            if cell == one.stamp:
                lasting.append(one)
                continue
            self._there.discard(one.typed)
            if isinstance(cell, str) and cell.startswith("="):
                self._formulas += 1
                self._tell.formula(one.typed, one.number)
        return lasting

    def keep(self, *, is_whole: bool) -> None:
        """Remember what is there; inside a write."""
        gone = self._before - self._there if is_whole else set()
        slots_there = {one[:4] for one in self._there}
        for one in gone:
            forget_rivals(self._ledger, told_by(self._sheet.destination, one.name, one.meter))
            if one[:4] not in slots_there:
                self._tell.typed_gone(one)
        self._ledger.remember(
            self._sheet.destination,
            TYPED,
            [
                *((one.name, b"") for one in self._there - self._before),
                *((one.name, None) for one in gone),
            ],
        )
