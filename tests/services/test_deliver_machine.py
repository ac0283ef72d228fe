"""Any order of readings, corrections, deliveries, failures, crashes and restored backups.

Two ledgers that hold some of the same readings write to one Sheet; or one does to a Sheet that
accepts an id twice. Time passes as it does at Google: a write takes a second, and one that is under
way for longer than `SETTLE` is given up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from meterctl.domain.readings import Reading, Source
from meterctl.errors import MeterctlError
from meterctl.ledger.port import EntryKind, NewEntry
from meterctl.ledger.store import SqlLedger
from meterctl.services.deliver import Delivered, Means, deliver
from meterctl.sheet import chain
from meterctl.sheet.rows import Said, Statement, layout_of, statement, statements_of
from tests.faults.table import tally
from tests.helpers import INVERTER, METER, NOW, reading
from tests.ledger.contract import record
from tests.sheet.memory import SPREADSHEET, ZONE, Book, Fate, Script, ScriptedSheet
from tests.stores import Store
from tests.utility.flaky import Crash, Crashing

SETTLE = 4  # seconds
SCRIPTS = st.builds(
    Script,
    st.lists(st.sampled_from(Fate), max_size=3),
    st.just([]) | st.lists(st.sampled_from(Fate), max_size=4),
)


class Run(NamedTuple):
    """How a run fares."""

    script: Script
    crash: tuple[int, bool] | None  # at which write to the ledger, and whether after it
    tries: int


RUNS = st.builds(
    Run,
    SCRIPTS,
    st.none() | st.tuples(st.integers(1, 6), st.booleans()),
    st.integers(0, 3),
)
WHO = st.integers(0, 1)
SLOTS = [
    reading("1", f"2026-02-0{day} 07:00", meter) for day in (1, 2, 3) for meter in (METER, INVERTER)
]
WHICH = st.integers(0, len(SLOTS) - 1)
VALUES = st.sampled_from([1_000_000, 2_000_000])


class DeliveryMachine(RuleBasedStateMachine):
    """Households, their Sheet, and whatever may happen to them."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.patch = pytest.MonkeyPatch()
        # As many as can be written while a request is under way, as at Google.
        self.patch.setattr(chain, "KEPT", SETTLE + 1)
        self.clock = NOW
        self.names = ["0", "1"]
        self.kept: set[int] = set()  # of which a copy was made
        self.ledgers = [store.open(name) for name in self.names]
        self.book = Book(self.now, SETTLE, doubles=False)
        self.overtaking = False

    @initialize(doubles=st.integers(0, 3))
    def kind(self, doubles: int) -> None:
        """A quarter of the Sheets accept an id twice."""
        self.book.doubles = not doubles

    def now(self) -> int:
        """Time goes on whenever somebody looks."""
        self.clock += 1
        return self.clock

    def ledger(self, who: int) -> SqlLedger:
        """One of the two; where an id is accepted twice, always the first."""
        return self.ledgers[0 if self.book.doubles else who]

    # -- what people do

    def read(self, who: int, which: int, value: int) -> None:
        """A reading, if there is none at that time."""
        ledger, one = self.ledger(who), SLOTS[which]._replace(value=value)
        if not ledger.revisions(one.slot):
            record(ledger, one)

    @rule(who=WHO, day=st.integers(0, 2), value=VALUES)
    def read_both(self, who: int, day: int, value: int) -> None:
        """Both meters at once, so that they share a row."""
        ledger = self.ledger(who)
        both = [one._replace(value=value) for one in SLOTS[2 * day : 2 * day + 2]]
        new = [one for one in both if not ledger.revisions(one.slot)]
        if new:
            record(ledger, *new)

    def revise(self, who: int, which: int, value: int | None) -> None:
        """A correction or a void, of what is there."""
        ledger = self.ledger(who)
        revisions = ledger.revisions(SLOTS[which].slot)
        if revisions and revisions[-1].value != value:
            last = revisions[-1]
            later = last._replace(revision=last.revision + 1, value=value, reason="misread")
            with ledger.writing():
                ledger.append(NewEntry(EntryKind.CORRECTION, Source.CLI, NOW), [later])

    # -- what machines do

    @rule(who=WHO, run=RUNS)
    def deliver(self, who: int, run: Run) -> None:
        """A run with whatever goes wrong in it."""
        ledger: Any = self.ledger(who)
        if run.crash is not None:
            ledger = Crashing(ledger, run.crash[0], after=run.crash[1])
        with suppress(Crash):
            script = Script(list(run.script.writes), list(run.script.asks))
            self._deliver(ledger, script, run.tries)

    @rule(who=WHO, which=WHICH, value=VALUES, run=RUNS)
    def read_and_deliver(self, who: int, which: int, value: int, run: Run) -> None:
        """What `record` does."""
        self.read(who, which, value)
        self.deliver(who, run)

    @rule(who=WHO, which=WHICH, values=st.tuples(VALUES, VALUES), run=RUNS)
    def read_by_both(self, who: int, which: int, values: tuple[int, int], run: Run) -> None:
        """Both households have seen the same dial, and need not agree."""
        self.read(0, which, values[0])
        self.read(1, which, values[1])
        self.deliver(who, run)

    @rule(who=WHO, which=WHICH, value=st.none() | VALUES, run=RUNS)
    def revise_and_deliver(self, who: int, which: int, value: int | None, run: Run) -> None:
        """What `correct` and `void` do."""
        self.revise(who, which, value)
        self.deliver(who, run)

    @rule(seconds=st.sampled_from([1, SETTLE, 60]), lands=st.booleans())
    def wait(self, seconds: int, lands: bool) -> None:
        """For some time nothing happens, but that what is late lands."""
        if lands:
            self.book.land()
        self.clock += seconds * 1_000

    @rule(who=WHO, back=st.booleans())
    def back_up(self, who: int, back: bool) -> None:
        """A copy of a ledger is kept; or it comes back, with all that it does not know."""
        who = 0 if self.book.doubles else who
        self.clock += 1_000  # no clock shows the same millisecond before a restore and after
        name, copy = self.names[who], f"copy of {who}"
        self.ledgers[who].close()
        if not back:
            self.store.copy(name, copy)
            self.kept.add(who)
        elif who in self.kept:
            self.store.copy(copy, name)
        self.ledgers[who] = self.store.open(name)

    def _deliver(self, ledger: Any, script: Script, tries: int) -> Delivered:  # noqa: ANN401
        left = tries

        def again(_error: MeterctlError) -> bool:
            nonlocal left
            left -= 1
            self.clock += 1_000
            return left >= 0

        def overtake() -> None:
            other = next(one for one in self.ledgers if one.id != ledger.id)
            if not self.overtaking and not self.book.doubles:
                self.overtaking = True
                self._deliver(other, Script([], []), 3)
                self.overtaking = False

        before = self.book.writes
        sheet: Any = ScriptedSheet(self.book, script, overtake)
        try:
            return self.run(ledger, sheet, Means("Readings", self.now, again, SETTLE, _ignore))
        finally:
            self.clock += 1_000 * (self.book.writes - before)

    def run(self, ledger: Any, sheet: Any, means: Means) -> Delivered:  # noqa: ANN401 (crashing ones)
        """What a run does."""
        return deliver(ledger, sheet, means)

    # -- what holds

    def said(self) -> list[Statement]:
        """What the rows say, one by one."""
        layout = layout_of(self.book.header or ())
        return [
            one
            for cells in self.book.rows
            for one in statements_of(cells, layout, (METER, INVERTER), ZONE)
        ]

    @invariant()
    def nothing_doubled(self) -> None:
        """No two rows say the same."""
        twice = [one for one, count in Counter(self.said()).items() if count > 1]
        assert twice == []

    def teardown(self) -> None:
        """All is well again: everything is there, nothing is in doubt."""
        try:
            for ledger in self.ledgers[: 1 if self.book.doubles else 2]:
                self.clock += SETTLE * 1_000
                done = self._deliver(ledger, Script([], []), 0)
                assert (done.error, done.waiting) == (None, 0)
                assert ledger.cursor(SPREADSHEET) == ledger.last_entry()
                assert ledger.batch_in_doubt(SPREADSHEET) is None
                self.book.land()
            self.nothing_doubled()
            said = Said(lambda _: True)
            said.add(self.said())
            for ledger in self.ledgers[: 1 if self.book.doubles else 2]:
                assert [one for one in _all_of(ledger) if not said.covers(_said_of(one))] == []
                tally("any order of deliveries, lost answers and kills", len(_all_of(ledger)))
        finally:
            self.store.close()
            self.patch.undo()


def _all_of(ledger: SqlLedger) -> list[Reading]:
    numbers = range(1, ledger.last_entry() + 1)
    return [one for number in numbers for one in ledger.entry_readings(number)]


def _said_of(one: Reading) -> Statement:
    return statement(one, METER if one.meter == METER.id else INVERTER)


def _ignore(_rows: int) -> None:
    """No progress is shown."""


def run_machine(
    machine: Callable[[Store], RuleBasedStateMachine], store: Store, examples: int, steps: int
) -> None:
    """Run a machine so many times, fewer in a slow store, with up to so many steps each."""
    run_state_machine_as_test(
        cast("type[RuleBasedStateMachine]", lambda: machine(store)),
        settings=settings(
            max_examples=examples // store.slowness,
            stateful_step_count=steps,
            report_multiple_bugs=False,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


@pytest.mark.fault(18)
def test_some_of_it(fast_store: Store) -> None:
    """Each time."""
    run_machine(DeliveryMachine, fast_store, 200, 14)


@pytest.mark.soak
def test_much_of_it(fast_store: Store) -> None:
    """For long."""
    run_machine(DeliveryMachine, fast_store, 3_000, 30)
