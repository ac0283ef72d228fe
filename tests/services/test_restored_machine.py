"""Any order of readings, backups, restores, pushes of both, failures and crashes: once each.

The old machine goes on until a person says that it has stopped. It knows of no backup, so it sends
what is due without asking; the one that was put back asks first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from meterctl.domain.meters import Zones
from meterctl.domain.readings import Source
from meterctl.domain.times import aware
from meterctl.ledger.port import SubmissionState
from meterctl.ledger.store import SqlLedger
from meterctl.services.push import Means, push
from meterctl.services.pushed import IN_DOUBT
from meterctl.services.restored import take_over
from meterctl.services.session import Session
from meterctl.utility.port import Bounds, Outcome, Request
from tests.helpers import BERLIN, instant
from tests.services.test_deliver_machine import run_machine
from tests.stores import Store, put_back
from tests.utility.flaky import Books, Crash, Crashing, Fate, Flaky
from tests.utility.pushing import Household
from tests.utility.stand import Passing

FATES = st.lists(st.sampled_from(Fate), max_size=4)
CRASHES = st.none() | st.tuples(st.integers(1, 10), st.booleans())
START = instant("2026-11-02 06:00")
HOUR = 3_600_000
OLD, NEW = "old", "new"


class KnowsKeys(Books):
    """A utility that tells a repetition by its key, and answers it as before."""

    def apply(self, request: Request, *, rejects: bool = False) -> Outcome:
        """Take a reading, if it is not there."""
        known = self.known(request.key)
        return super().apply(request, rejects=rejects) if known == NOT_THERE else known


NOT_THERE = Books().known("")


class Meanwhile(Flaky):
    """A way on which the other machine may be faster, between any two requests."""

    meanwhile: Any = None

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """As ever, once the other one has gone first."""
        self._other_first()
        return super().submit(requests, seconds)

    def ask(self, request: Request, seconds: float) -> Outcome:
        """The same."""
        self._other_first()
        return super().ask(request, seconds)

    def _other_first(self) -> None:
        first, self.meanwhile = self.meanwhile, None
        if first is not None:
            first()


class RestoredMachine(RuleBasedStateMachine):
    """Two machines, one dial, one utility."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.now = START
        self.counter = 100
        self.names = {OLD: "old", NEW: "0"}
        self.ledgers: dict[str, SqlLedger] = {OLD: store.open(self.names[OLD], START)}
        self.backup: tuple[str, int] | None = None
        self.count = 0
        self.had = 0  # submissions that the new one had when it was put back
        self.has_stopped = False
        self.set_up(settles=0, rows=1)

    @initialize(settles=st.sampled_from([0, 1_800]), rows=st.sampled_from([1, 3]))
    def set_up(self, settles: float, rows: int) -> None:
        """One utility knows keys; another shows late what it took, and takes what it is sent."""
        self.books = Books() if settles else KnowsKeys()
        self.way = Meanwhile(self.books, lambda _: None, bounds=Bounds(rows, settles=settles))

    # -- what people do

    @rule(hours=st.integers(1, 30), who=st.sampled_from([(OLD,), (NEW,), (OLD, NEW)]))
    def read(self, hours: int, who: tuple[str, ...]) -> None:
        """The dial shows more; one machine is told of it, or both are."""
        self.way.land()
        self.now += hours * HOUR
        self.counter += 10
        for name in who:
            if name in self.ledgers and not (name == OLD and self.has_stopped):
                self.home(name).record(str(self.counter), aware(self.now).isoformat())

    @rule()
    def back_up(self) -> None:
        """Of either machine."""
        self.count += 1
        backup = f"{self.count}-backup"
        name = OLD if not self.has_stopped else NEW
        if name in self.ledgers:
            self.store.back_up(self.ledgers[name], backup)
            self.backup = backup, self.now

    @precondition(lambda self: self.backup is not None and not self.has_stopped)
    @rule(hours=st.integers(0, 10))
    def put_back(self, hours: int) -> None:
        """On the new machine, in place of what was put back there before."""
        assert self.backup is not None
        self.now += hours * HOUR
        self.count += 1
        if NEW in self.ledgers:
            self.ledgers.pop(NEW).close()
        self.names[NEW] = str(self.count)
        backup, at = self.backup
        self.ledgers[NEW] = put_back(self.store, backup, self.names[NEW], at, self.now)
        self.had = sum(1 for _ in self.ledgers[NEW].submissions())

    @precondition(lambda self: NEW in self.ledgers and not self.has_stopped)
    @rule()
    def take_over(self) -> None:
        """The old one is switched off, and a person says so."""
        self.has_stopped = True
        take_over(self.ledgers[NEW], self.now)

    # -- what machines do

    @rule(fates=FATES, crash=CRASHES, overtaken=st.booleans())
    def push_old(self, fates: list[Fate], crash: tuple[int, bool] | None, overtaken: bool) -> None:
        """The old machine's run; the other one may run while it does."""
        if not self.has_stopped:
            self.runs(OLD, NEW, fates, crash, overtaken=overtaken)

    @precondition(lambda self: NEW in self.ledgers)
    @rule(fates=FATES, crash=CRASHES, overtaken=st.booleans())
    def push_new(self, fates: list[Fate], crash: tuple[int, bool] | None, overtaken: bool) -> None:
        """The same of the new one."""
        self.runs(NEW, OLD, fates, crash, overtaken=overtaken and not self.has_stopped)

    def runs(
        self,
        name: str,
        other: str,
        fates: list[Fate],
        crash: tuple[int, bool] | None,
        *,
        overtaken: bool,
    ) -> None:
        """A run with whatever goes wrong in it."""
        self.way.script = list(fates)
        self.way.meanwhile = (lambda: self._push(other)) if overtaken else None
        ledger: Any = self.ledgers[name]
        if crash is not None:
            ledger = Crashing(ledger, crash[0], after=crash[1])
        with suppress(Crash):
            self._push(name, ledger)
        self.way.script, self.way.meanwhile = [], None

    def _push(self, name: str, ledger: Any = None) -> Any:  # noqa: ANN401 (one that crashes)
        if name not in self.ledgers:
            return None
        home = self.home(name)
        session = home.session._replace(ledger=ledger or home.session.ledger)
        means = Means(lambda: self.now, home.passing.pace)
        return push(session, self.way, home.account, means, session.ledger.meters())

    def home(self, name: str) -> Household:
        """One machine, as it is now."""
        session = Session(self.ledgers[name], Zones(BERLIN), self.now, Source.CLI)
        return Household(session, "", Passing())

    # -- what holds

    @invariant()
    def each_reading_once(self) -> None:
        """Nothing is accepted twice."""
        keys = Counter((request.at, request.key) for request, _ in self.books.accepted)
        assert all(count == 1 for count in keys.values()), keys
        at = Counter(request.at for request, _ in self.books.accepted)
        assert all(count == 1 for count in at.values()), at

    @invariant()
    def receipts_are_true(self) -> None:
        """What a ledger takes for accepted, the utility has accepted, with that receipt."""
        there = {request.key: receipt for request, receipt in self.books.accepted}
        for ledger in self.ledgers.values():
            for held in ledger.submissions():
                if held.state is SubmissionState.ACCEPTED:
                    assert there[held.key] == held.receipt

    @invariant()
    def nothing_is_sent_unasked(self) -> None:
        """Beside the old machine, what the new one has made due it has asked about first."""
        if NEW not in self.ledgers or self.has_stopped:
            return
        ledger = self.ledgers[NEW]
        for held in ledger.submissions():
            if held.number > self.had:
                assert [one.channel for one in ledger.attempts(held.number)][:1] != ["api"]

    def teardown(self) -> None:
        """All is well again, and the old machine is off: nothing is stuck."""
        try:
            self.way.land()
            if NEW in self.ledgers and not self.has_stopped:
                self._push(OLD)
                take_over(self.ledgers[NEW], self.now)
                self.has_stopped = True
            name = NEW if NEW in self.ledgers else OLD
            done = None
            for _ in range(3):
                self.now += HOUR
                done = self._push(name)
            assert done is not None
            self.each_reading_once()
            assert (done.unknown, done.pending, done.stopped) == (0, 0, None)
            held = list(self.ledgers[name].submissions())
            assert not [one for one in held if one.state in IN_DOUBT]
            self._every_day_is_served(self.ledgers[name])
        finally:
            self.store.close()

    def _every_day_is_served(self, ledger: SqlLedger) -> None:
        settled = (SubmissionState.ACCEPTED, SubmissionState.REJECTED)
        days = {
            aware(one.slot.at, BERLIN).date()
            for one in ledger.submissions()
            if one.state in settled
        }
        for one in ledger.current("meter"):
            assert aware(one.at, BERLIN).date() in days


def test_some_of_it(fast_store: Store) -> None:
    """Each time."""
    run_machine(RestoredMachine, fast_store, 40, 14)


@pytest.mark.soak
def test_much_of_it(fast_store: Store) -> None:
    """For long."""
    run_machine(RestoredMachine, fast_store, 2_000, 30)
