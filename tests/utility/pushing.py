"""Pushes of a test: a ledger, a stand-in, and no time lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from meterctl.domain.quantity import parse_quantity
from meterctl.domain.readings import Slot
from meterctl.ledger.port import EntryKind, NewEntry, Submission
from meterctl.services import amend
from meterctl.services.judging import judge
from meterctl.services.outstanding import Account
from meterctl.services.push import Means, push
from meterctl.services.pushed import Pushed
from meterctl.services.session import Session
from meterctl.utility.json_api import JsonUtility
from tests.helpers import reading
from tests.utility.stand import TOKEN, Passing

SINCE = date(2026, 11, 1)


class Household(NamedTuple):
    """One ledger and its account at a utility."""

    session: Session
    url: str
    passing: Passing
    token: str = TOKEN
    account: Account = Account("utility", since=SINCE)

    def record(self, value: str, at: str) -> Slot:
        """Store a reading of the main meter, with its findings."""
        from meterctl.ledger.port import Stretch

        ledger, zones, now, source = self.session
        one = reading(value, at)
        with ledger.writing():
            ledger.append(NewEntry(EntryKind.RECORD, source, now), [one])
            judge(ledger, zones, Stretch(one.meter, one.device, one.at, one.at))
        return one.slot

    def correct(self, slot: Slot, value: str) -> None:
        """Give a reading another value."""
        amend.correct(self.session, slot, parse_quantity(value), "misread")

    def void(self, slot: Slot) -> None:
        """Say that a reading never was."""
        amend.void(self.session, slot, "wrong meter")

    def push(
        self,
        *,
        permit: Callable[[], None] | None = None,
        run_seconds: float = 300,
        attempt_seconds: float = 5,
    ) -> Pushed:
        """A run; its pauses take no time."""
        means = Means(
            lambda: self.session.now, self.passing.pace, run_seconds, attempt_seconds, permit
        )
        utility = JsonUtility(self.url, self.token)
        meters = self.session.ledger.meters()
        return push(self.session, utility, self.account, means, meters)

    def submissions(self) -> list[Submission]:
        """All of them, oldest first."""
        return list(self.session.ledger.submissions())[::-1]

    def states(self) -> list[str]:
        """Their states, oldest first."""
        return [one.state.value for one in self.submissions()]
