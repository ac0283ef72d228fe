"""The same households and failures, and a person who works in their Sheet meanwhile.

Whatever happens: nothing is written twice, nothing that was typed is lost, nothing a person did is
undone; and when all is quiet, both ledgers tell the same, or say where they do not.
"""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from meterctl.domain.findings import is_in_conflict
from meterctl.domain.meters import Zones
from meterctl.domain.readings import Slot, Source
from meterctl.domain.times import clock_of
from meterctl.ledger.port import Stretch
from meterctl.ledger.store import SqlLedger
from meterctl.services.deliver import Delivered, Means, deliver
from meterctl.services.sync import sync
from meterctl.sheet.rows import KEY, REST, TIMESTAMP, VOID, Said, layout_of, plain, serial_text
from tests.faults.table import tally
from tests.helpers import BERLIN, INVERTER, METER
from tests.services.test_deliver_machine import (
    RUNS,
    SLOTS,
    VALUES,
    WHICH,
    WHO,
    DeliveryMachine,
    Run,
    _said_of,
    run_machine,
)
from tests.sheet.memory import SPREADSHEET, Script
from tests.stores import Store

WHERE = st.integers(0, 40)
COLUMNS = {METER.id: METER.column, INVERTER.id: INVERTER.column}


class Hand(NamedTuple):
    """One value that was typed by hand."""

    slot: Slot
    value: int


class TwoWayMachine(DeliveryMachine):
    """What `sync` brings from the Sheet, too."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.both_ways = False
        self.touched: set[str] = set()  # keys of rows that a person edited, copied or deleted
        self.unsure: set[Slot] = set()  # of which a person has deleted or edited something
        self.typed: set[Hand] = set()

    # A ledger that comes back writes keys that it has written before, until `restore` gives it a
    # new id: then one of the two rows is taken for a copy.
    back_up = None  # type: ignore[assignment] # no rule any more

    # -- what machines do

    def run(self, ledger: Any, sheet: Any, means: Means) -> Delivered:  # noqa: ANN401 (crashing ones)
        """Both ways, or one."""
        if not self.both_ways:
            return deliver(ledger, sheet, means)
        done = sync(ledger, Zones(BERLIN), sheet, means)
        return done.delivered._replace(error=done.error)

    @rule(who=WHO, run=RUNS)
    def sync(self, who: int, run: Run) -> None:
        """A run both ways with whatever goes wrong in it."""
        self.both_ways = True
        try:
            self.deliver(who, run)
        finally:
            self.both_ways = False

    # -- what a person does

    def _place(self, column: str) -> int:
        return (self.book.header or []).index(column)

    @rule(which=WHICH, value=VALUES)
    def types(self, which: int, value: int) -> None:
        """A row of its own."""
        if self.book.header is None:
            return
        of = SLOTS[which]
        cells: list[Any] = [None] * len(self.book.header)
        cells[self._place(TIMESTAMP)] = Decimal(serial_text(clock_of(of.at, BERLIN)))
        cells[self._place(COLUMNS[of.meter])] = Decimal(value) / 1_000_000
        self.book.rows.append(cells)
        self.book.version += 1
        self.typed.add(Hand(of.slot, value))

    @rule(where=WHERE, column=st.sampled_from(list(COLUMNS)), value=st.none() | VALUES)
    def edits(self, where: int, column: str, value: int | None) -> None:
        """A value, in a row that has one."""
        found = self._row(where)
        place = self._place(COLUMNS[column]) if found else 0
        if found is None or found[place] is None or (value is None and not self._key(found)):
            return
        self._touch(found)
        found[place] = VOID if value is None else Decimal(value) / 1_000_000
        self.book.version += 1

    @rule(where=WHERE)
    def deletes(self, where: int) -> None:
        """A row."""
        found = self._row(where)
        if found is not None:
            self._touch(found)
            self.book.rows = [one for one in self.book.rows if one is not found]
            self.book.version += 1

    @rule(where=WHERE)
    def copies(self, where: int) -> None:
        """A row, with its key."""
        found = self._row(where)
        if found is not None and self._key(found):
            self._touch(found)
            self.book.rows.append(list(found))
            self.book.version += 1

    @rule(seed=st.integers(0, 3))
    def sorts(self, seed: int) -> None:
        """Rows, in whatever order."""
        random.Random(seed).shuffle(self.book.rows)
        self.book.version += 1

    def _row(self, where: int) -> list[Any] | None:
        return self.book.rows[where % len(self.book.rows)] if self.book.rows else None

    def _key(self, cells: list[Any]) -> str:
        return plain(cells[self._place(KEY)])

    def _touch(self, cells: list[Any]) -> None:
        """What is in a row is a person's affair from now on."""
        self.touched.add(self._key(cells))
        for of in SLOTS:
            stamp = Decimal(serial_text(clock_of(of.at, BERLIN)))
            if cells[self._place(TIMESTAMP)] == stamp:
                self.unsure.add(of.slot)

    # -- what holds

    @invariant()
    def nothing_doubled(self) -> None:
        """No row of ours is there twice, unless a person copied it; none came from there."""
        if self.book.header is None:
            return
        assert all(plain(one[self._place("source")]) != "sheet" for one in self.book.rows)
        keys = Counter(self._key(one) for one in self.book.rows)
        assert [key for key, n in keys.items() if key and n > 1 and key not in self.touched] == []
        ours = [
            tuple(
                plain(cells[self._place(name)])
                for name in (TIMESTAMP, *COLUMNS.values(), *REST)
                if name != KEY
            )
            for cells in self.book.rows
            if self._key(cells) and self._key(cells) not in self.touched
        ]
        assert [one for one, n in Counter(ours).items() if n > 1] == []

    def teardown(self) -> None:
        """All is quiet."""
        try:
            ledgers = self.ledgers[: 1 if self.book.doubles else 2]
            self.both_ways = True
            for last in (False, False, False, True):
                for ledger in ledgers:
                    self._quietly(ledger, last=last)
            self.nothing_doubled()
            self._all_typed_is_known(ledgers)
            self._all_recorded_is_there(ledgers)
            if len(ledgers) == 2:
                self._both_say_the_same(*ledgers)
            tally("any order of edits, typed rows and syncs", ledgers[0].last_entry())
        finally:
            self.store.close()
            self.patch.undo()

    def _quietly(self, ledger: SqlLedger, *, last: bool) -> None:
        self.clock += 60_000
        before = ledger.last_entry()
        done = self._deliver(ledger, Script([], []), 0)
        assert (done.error, done.waiting) == (None, 0)
        assert ledger.cursor(SPREADSHEET) == ledger.last_entry()
        if last:
            assert (done.rows, ledger.last_entry()) == (0, before)
        self.book.land()

    def _all_typed_is_known(self, ledgers: list[SqlLedger]) -> None:
        for hand in self.typed:
            for ledger in ledgers:
                revisions = ledger.revisions(hand.slot)
                has_later_truth = revisions and revisions[-1].revision > 1
                if hand.slot not in self.unsure and not has_later_truth:
                    known = {one.value for one in revisions}
                    assert hand.value in known | self._said_against(ledger, hand.slot)

    def _said_against(self, ledger: SqlLedger, slot: Slot) -> set[int | None]:
        here = Stretch(slot.meter, slot.device, slot.at, slot.at)
        return {one.value for one in ledger.rivals(here).get(slot, ())}

    def _all_recorded_is_there(self, ledgers: list[SqlLedger]) -> None:
        said = Said(lambda _: True)
        layout_of(self.book.header or ())
        said.add(self.said())
        for ledger in ledgers:
            for number in range(1, ledger.last_entry() + 1):
                for one in ledger.entry_readings(number):
                    if one.source is not Source.SHEET and one.slot not in self.unsure:
                        assert said.covers(_said_of(one))

    def _both_say_the_same(self, one: SqlLedger, other: SqlLedger) -> None:
        for of in SLOTS:
            truths = [ledger.revisions(of.slot)[-1:] for ledger in (one, other)]
            here = Stretch(of.meter, of.device, of.at, of.at)
            in_conflict = any(
                is_in_conflict(ledger.findings(here).get(of.slot, ())) for ledger in (one, other)
            )
            if of.slot not in self.unsure and not in_conflict:
                first, second = ([truth.value for truth in found] for found in truths)
                assert first == second


def test_some_of_it(fast_store: Store) -> None:
    """Each time."""
    run_machine(TwoWayMachine, fast_store, 200, 14)


@pytest.mark.soak
def test_much_of_it(fast_store: Store) -> None:
    """For long."""
    run_machine(TwoWayMachine, fast_store, 3_000, 30)
