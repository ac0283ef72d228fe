"""Any order of readings, corrections, pushes, failures and crashes: once each, and proven."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from meterctl.domain.meters import Zones
from meterctl.domain.readings import Slot, Source
from meterctl.domain.times import aware
from meterctl.errors import UsageError
from meterctl.ledger.port import SubmissionState
from meterctl.services import submissions
from meterctl.services.judging import is_in_doubt
from meterctl.services.outstanding import differing
from meterctl.services.push import Means, push
from meterctl.services.session import Session
from meterctl.utility.port import Bounds, Request
from tests.faults.table import tally
from tests.helpers import BERLIN, METER, instant
from tests.services.test_deliver_machine import run_machine
from tests.stores import Store
from tests.utility.flaky import Books, Crash, Crashing, Fate, Flaky
from tests.utility.pushing import Household
from tests.utility.stand import Passing

FATES = st.lists(st.sampled_from(Fate), min_size=1, max_size=4)
CRASHES = st.none() | st.tuples(st.integers(1, 12), st.booleans())
START = instant("2026-11-02 06:00")


class PushMachine(RuleBasedStateMachine):
    """A household, its utility, and whatever may happen to both."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.now = START
        self.ledger = store.open(now=self.now)
        self.books = Books()
        self._set_up(1, has_portal=False)
        self.counter = 100
        self.slots: list[Slot] = []
        self.resubmitted = 0

    @property
    def home(self) -> Household:
        """As it is now."""
        session = Session(self.ledger, Zones(BERLIN), self.now, Source.CLI)
        return Household(session, "", Passing())

    def _set_up(self, rows: int, settles: float = 0, *, has_portal: bool) -> None:
        self.utility = Flaky(self.books, self._is_true, bounds=Bounds(rows, settles=settles))
        portal = Flaky(self.books, self._is_true, "portal", Bounds(by_day=True))
        self.portal = portal if has_portal else None

    @initialize(
        rows=st.sampled_from([1, 3]), settles=st.sampled_from([0, 1800]), has_portal=st.booleans()
    )
    def set_up(self, rows: int, settles: float, has_portal: bool) -> None:
        """Utilities differ: several readings a request, no keys, a form to fall back on."""
        self._set_up(rows, settles, has_portal=has_portal)

    @rule(hours=st.integers(1, 30))
    def read(self, hours: int) -> None:
        """Some time later the dial shows more."""
        self.utility.land()
        self.now += hours * 3_600_000
        self.counter += 10
        self.slots.append(self.home.record(str(self.counter), aware(self.now).isoformat()))

    @rule(hours=st.integers(1, 30), fates=FATES, crash=CRASHES)
    def read_and_push(self, hours: int, fates: list[Fate], crash: tuple[int, bool] | None) -> None:
        """What most days are like."""
        self.read(hours)
        self.push(fates, crash)

    @precondition(lambda self: self.slots)
    @rule(more=st.integers(0, 4), back=st.integers(0, 3))
    def correct(self, more: int, back: int) -> None:
        """A recent reading was misread, a little; or it was right the first time."""
        slot = self.slots[-1 - back % len(self.slots)]
        position = self.slots.index(slot)
        self.home.correct(slot, str(110 + 10 * position + more))

    @precondition(lambda self: self.slots)
    @rule(back=st.integers(0, 3))
    def void(self, back: int) -> None:
        """A recent reading never was."""
        self.home.void(self.slots[-1 - back % len(self.slots)])

    @precondition(lambda self: any(True for _ in self.ledger.submissions()))
    @rule(back=st.integers(0, 3))
    def resubmit(self, back: int) -> None:
        """A person sends something once more, where that is possible."""
        held = list(self.ledger.submissions())
        with suppress(UsageError):
            submissions.resubmit(self.home.session, held[back % len(held)], "again")
            self.resubmitted += 1

    @rule(fates=FATES, crash=CRASHES, portals=FATES)
    def push(
        self, fates: list[Fate], crash: tuple[int, bool] | None, portals: list[Fate] | None = None
    ) -> None:
        """A run with whatever goes wrong in it, by either way."""
        self.utility.script = list(fates)
        if self.portal is not None:
            self.portal.script = list(portals or [])
        ledger: Any = self.ledger
        if crash is not None:
            ledger = Crashing(self.ledger, crash[0], after=crash[1])
        with suppress(Crash):
            self._push(ledger)
        self.utility.script = []
        if self.portal is not None:
            self.portal.script = []

    def _is_true(self, request: Request) -> None:
        """What leaves is true, and in no doubt, at that very moment."""
        (slot,) = [one for one in self.slots if one.at == request.at]
        truth = self.ledger.revisions(slot)[-1]
        assert truth.value == request.value
        assert not is_in_doubt(self.ledger, truth)

    def _push(self, ledger: Any) -> Any:  # noqa: ANN401 (a ledger, or one that crashes)
        home = self.home
        means = Means(lambda: self.now, home.passing.pace, other_way=self.portal)
        session = home.session._replace(ledger=ledger)
        return push(session, self.utility, home.account, means, ledger.meters())

    @rule()
    def restart(self) -> None:
        """Another process goes on."""
        self.ledger.close()
        self.ledger = self.store.open(now=self.now)

    @invariant()
    def each_key_once(self) -> None:
        """Nothing is accepted twice."""
        keys = Counter(request.key for request, _ in self.books.accepted)
        assert all(count == 1 for count in keys.values()), keys

    @invariant()
    def each_day_once(self) -> None:
        """Two of a day only where a person said so."""
        days = Counter(_day(request) for request, _ in self.books.accepted)
        assert sum(count - 1 for count in days.values()) <= self.resubmitted

    @invariant()
    def receipts_are_true(self) -> None:
        """What the ledger takes for accepted, the utility has accepted, with that receipt."""
        there = {request.key: receipt for request, receipt in self.books.accepted}
        for held in self.ledger.submissions():
            if held.state is SubmissionState.ACCEPTED:
                assert there[held.key] == held.receipt

    def teardown(self) -> None:
        """All is well again: nothing is stuck, and every receipt is in the ledger."""
        try:
            self.utility.land()
            self.now += 3_600_000
            self._push(self.ledger)
            done = self._push(self.ledger)
            self.each_key_once()
            self.each_day_once()
            assert (done.unknown, done.pending, done.stopped) == (0, 0, None)
            held = list(self.ledger.submissions())
            settled = {SubmissionState.ACCEPTED, SubmissionState.REJECTED}
            assert {one.state for one in held} <= settled
            receipts = {one.receipt for one in held if one.state is SubmissionState.ACCEPTED}
            assert receipts == {receipt for _, receipt in self.books.accepted}
            self._every_day_is_served()
            tally("any order of pushes, failures and crashes", len(self.books.accepted))
        finally:
            self.store.close()

    def _every_day_is_served(self) -> None:
        last = {one.at // 1: one for one in self.ledger.current(METER.id)}
        days = {aware(at, BERLIN).date(): one for at, one in sorted(last.items())}
        handed = list(self.ledger.submissions())
        closed = {
            aware(one.slot.at, BERLIN).date()
            for one in handed
            if one.state is SubmissionState.ACCEPTED
        }
        rejected = {
            (one.slot, one.value) for one in handed if one.state is SubmissionState.REJECTED
        }
        changed = list(differing(self.ledger, METER, handed))
        for day, one in days.items():
            assert day in closed or (one.slot, one.value) in rejected, (day, changed)


def _day(request: Request) -> object:
    return aware(request.at, BERLIN).date()


@pytest.mark.fault(18)
def test_some_of_it(fast_store: Store) -> None:
    """Each time."""
    run_machine(PushMachine, fast_store, 60, 12)


@pytest.mark.soak
def test_much_of_it(fast_store: Store) -> None:
    """For long."""
    run_machine(PushMachine, fast_store, 3_000, 25)
