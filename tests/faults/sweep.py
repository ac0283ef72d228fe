"""Cases of a sweep: what runs meet at which of their requests, and what is so after the next one.

A stage is the point from which a case begins. Its households live on from case to case, so that
whatever one case leaves behind, the next ones meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tests.faults.household import BRIEF, ENOUGH, NEVER, SOON, Balance, Household, Street
from tests.faults.wire import ACTS, ASKING_FOR_TIME, HANGING
from tests.proxy import Act, Exchange, reset_after, reset_before

Command = Sequence[str]
SYNC: Command = ("sync",)


class Case(NamedTuple):
    """Faults by the number of the request that they happen to, over all runs that meet any."""

    faults: Mapping[int, str]
    runs: int = 1
    patient: bool = True  # a run tries again by itself
    by_record: bool = False  # the first run is not `sync`, but `record`, which delivers too
    late: bool = False  # what is kept back lands after the next run without fault, not before it


class Outcome(NamedTuple):
    """How a case ended."""

    happened: Sequence[str]  # which of its faults did
    acknowledged: int  # what was, in this case
    asked: Sequence[str]  # the requests of the runs that met faults
    balance: Balance
    last: str  # what the last run had to say

    @property
    def requests(self) -> int:
        """How many there were."""
        return len(self.asked)

    @property
    def rows(self) -> int:
        """The number of the request that brought the rows."""
        return max(n for n, one in enumerate(self.asked) if one.endswith(":batchUpdate"))

    @property
    def is_well(self) -> bool:
        """Everything once, nothing queued or in doubt, nobody told of anything."""
        return not any((*self.balance[1:], self.last))


class Stage:
    """Where cases begin, one after the other."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self._number = 0
        self._house: Household | None = None
        self.begin()

    def begin(self) -> None:
        """Whoever lives here begins anew."""
        self._house = self._street.new()

    def next(self) -> int:
        """The number of the next reading."""
        self._number += 1
        return self._number

    @property
    def house(self) -> Household:
        """Whose runs meet the faults."""
        assert self._house is not None
        return self._house

    @property
    def others(self) -> Sequence[Household]:
        """Who writes to the same Sheet."""
        return ()

    def prepare(self) -> None:
        """What happens before the faults."""

    def run(self, case: Case) -> Outcome:
        """One case."""
        self.prepare()
        house, way, before = self.house, self._street.way, self.house.expected.total()
        new = self.next()
        commands: Sequence[Command] = (house.recording(new, "--offline"), SYNC)
        if case.by_record:
            commands = (commands[0][:-1],)
        names = set(case.faults.values())
        request = BRIEF if names & HANGING else ENOUGH
        pause = SOON if case.patient and not names & ASKING_FOR_TIME else NEVER
        way.script({number: ACTS[name] for number, name in case.faults.items()})
        for _ in range(case.runs):
            running = house.start(*commands, request=request, pause=pause)
            way.sent_by(running.kill)
            way.mend(running.wait().err)
            commands = (SYNC,)
        happened, asked = [case.faults[number] for number in way.hit], [*way.seen]
        last = self._end_well(late=case.late)
        acknowledged = house.expected.total() - before
        balance = house.balance(*self.others)
        outcome = Outcome(happened, acknowledged, asked, balance, last)
        if not outcome.is_well:
            self.begin()
        return outcome

    def _end_well(self, *, late: bool) -> str:
        way = self._street.way
        if not late:
            way.settled()
        way.script()
        if late:
            self.house.run(SYNC)
            way.settled()
        # The second one reads back what the first one wrote: each case begins alike.
        ran = self.house.run(SYNC, SYNC)
        for other in self.others:
            other.run(SYNC)
        return ran.err or ("" if ran.code == 0 else f"exit code {ran.code}")


class First(Stage):
    """A new ledger and an empty spreadsheet."""

    def prepare(self) -> None:
        """Somebody new, who has recorded before there was a Sheet."""
        self.begin()
        self.house.record(self.next())


class Later(Stage):
    """All is in the Sheet but what was just recorded."""

    def begin(self) -> None:
        """Something has been delivered before."""
        super().begin()
        self.house.record(self.next())
        self.house.do(SYNC, SYNC)


class Amended(Later):
    """A correction and a void of what is in the Sheet are queued as well."""

    def prepare(self) -> None:
        """The two are delivered before they are amended."""
        one, other = self.next(), self.next()
        self.house.do(
            self.house.recording(one, "--offline"), self.house.recording(other, "--offline"), SYNC
        )
        self.house.do(
            self.house.correcting(one, other, "--offline"), self.house.voiding(other, "--offline")
        )


class Beside(Later):
    """Another ledger has written, among others what is queued here."""

    def begin(self) -> None:
        """Two households on one Sheet."""
        super().begin()
        self._other = self._street.new(beside=self.house)

    @property
    def others(self) -> Sequence[Household]:
        """The neighbour."""
        return (self._other,)

    def prepare(self) -> None:
        """The neighbour is first."""
        both = self.next()
        self._other.do(
            self._other.recording(both, "--offline"),
            self._other.recording(self.next(), "--offline"),
            SYNC,
        )
        self.house.record(both)


class InDoubt(Later):
    """The answer to the last batch was lost."""

    lost: Act

    def prepare(self) -> None:
        """Its run does not try again."""
        way = self._street.way
        way.script()
        way.chance = self._lose
        commands = self.house.recording(self.next(), "--offline"), SYNC
        ran = self.house.run(*commands, pause=NEVER)
        way.chance = None
        assert ran.code == 75, ran
        assert "in doubt" in self.house.stuck()

    def _lose(self, exchange: Exchange) -> Act | None:
        return self.lost if exchange.brings_rows else None


class Landed(InDoubt):
    """And it had landed."""

    lost = staticmethod(reset_after)


class NotLanded(InDoubt):
    """And it had not."""

    lost = staticmethod(reset_before)


STAGES: Mapping[str, Callable[[Street], Stage]] = {
    "first contact": First,
    "later": Later,
    "amended": Amended,
    "beside another": Beside,
    "in doubt, landed": Landed,
    "in doubt, not landed": NotLanded,
}


class Stages:
    """All of them on one street, each made when it is first used."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self._made: dict[str, Stage] = {}
        self._usual: dict[tuple[str, bool], Outcome] = {}

    def __getitem__(self, name: str) -> Stage:
        """The stage of that name."""
        if name not in self._made:
            self._made[name] = STAGES[name](self._street)
        return self._made[name]

    def usual(self, name: str, *, by_record: bool = False) -> Outcome:
        """How a case without any fault ends."""
        if (name, by_record) not in self._usual:
            outcome = self[name].run(Case({}, by_record=by_record))
            assert outcome.is_well, outcome
            self._usual[name, by_record] = outcome
        return self._usual[name, by_record]
