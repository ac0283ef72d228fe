"""Asking about a submission in doubt: whom, and when it proves something that none is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from meterctl.domain.times import iso_utc
from meterctl.ledger.port import Attempt
from meterctl.services.restored import HAS_STOPPED, Elsewhere
from meterctl.services.ways import Ways
from meterctl.utility.port import (
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
    Request,
    Utility,
)

ATTEMPT_SECONDS = 60.0
NOT_SHOWN_YET = "it does not show it yet"
_ANEW = "another --take-over would begin that time anew"


class Question:
    """About one submission.

    Args:
        number: The submission's.
        sent: The attempts by which this ledger may have sent it, oldest first.
        other: Another machine that may have sent it, by whichever way; None: there is none.
        ways: Those there are.
    """

    def __init__(
        self, number: int, sent: Sequence[Attempt], other: Elsewhere | None, ways: Ways
    ) -> None:
        self._number = number
        self._sent = sent
        self._other = other
        own = ways.of(sent[-1].channel) if sent else ways.now
        self._whom = [own] if own is not None else []
        if other is not None:
            self._whom += [way for way in ways.all if way is not own]
        self._is_gone = own is None

    @property
    def is_in_vain(self) -> bool:
        """Whether nobody can be asked."""
        return not self._is_gone and not any(way.bounds.can_be_asked for way in self._whom)

    @property
    def by_hand(self) -> str:
        """What a person can do."""
        then = f"look at the utility's page, then: meterctl submissions resolve {self._number}"
        is_before = self._other is not None and self._other.stopped_at is None
        return f"{then}; {HAS_STOPPED}" if is_before else then

    def is_for_a_person(self, outcome: Outcome) -> bool:
        """Whether what came of asking is that no run will find it out."""
        return isinstance(outcome, Lost) and outcome.hint == self.by_hand

    def ask(
        self,
        request: Request,
        seconds_left: Callable[[float | None], float],
        clock: Callable[[], int],
    ) -> Outcome:
        """Ask one way after the other, until one knows it; `NotThere` only where that is proven."""
        if self._is_gone:
            return Lost(
                f"it was sent by the {self._sent[-1].channel}, which is not set up now",
                "set it up again; or settle it with: meterctl submissions resolve",
                nonsense=True,
            )
        unproven: list[Outcome] = []
        shown = NotThere()
        for way in sorted(self._whom, key=lambda one: one.bounds.can_be_asked):
            outcome = self._ask(way, request, seconds_left, clock)
            if isinstance(outcome, NotThere):
                shown = outcome
            elif isinstance(outcome, (NotTaken, Refused, Misconfigured, Lost)):
                unproven.append(outcome)
            else:
                return outcome
        # What may pass by itself is told before what a person must do.
        return min(unproven, key=_is_told, default=shown)

    def _ask(
        self,
        way: Utility,
        request: Request,
        seconds_left: Callable[[float | None], float],
        clock: Callable[[], int],
    ) -> Outcome:
        if not way.bounds.can_be_asked:
            return Lost("by one of its ways it cannot be asked", self.by_hand, heard=True)
        outcome = way.ask(request, seconds_left(way.bounds.seconds))
        if isinstance(outcome, (NotThere, Rejected)):
            return self._settled(way, outcome, clock())
        return outcome

    def _settled(self, way: Utility, shown: NotThere | Rejected, now: int) -> Outcome:
        """What it means that another value is shown, or none: nothing yet, while it may change."""
        settles, longest = way.bounds.settles, (way.bounds.seconds or ATTEMPT_SECONDS) * 1000
        until, hint = 0.0, ""
        if self._sent and settles:
            last = self._sent[-1]
            until = (last.finished_at or last.started_at + longest) + settles * 1000
        if self._other is not None:
            if way.bounds.local and isinstance(shown, NotThere):
                why = "another machine may have put it into a folder of its own"
                return Lost(why, self.by_hand, answer=shown.answer, heard=True)
            stopped = self._other.stopped_at
            # Where it knows keys, the same key sent by both is one submission. Else the other's may
            # be on its way; by two ways at once, it may be so too.
            if stopped is None and (settles or len(self._whom) > 1):
                why = "another machine may be submitting it just now"
                return Lost(why, HAS_STOPPED, answer=shown.answer, heard=True)
            if stopped is not None and (settles or len(self._whom) > 1):
                until = max(until, stopped + longest + settles * 1000)
                hint = f"what is not shown by {iso_utc(int(until))} is sent then; {_ANEW}"
        if now < until:
            wait = (until - now) / 1000
            return Lost(NOT_SHOWN_YET, hint, wait, answer=shown.answer, heard=True)
        return shown


def _is_told(outcome: Outcome) -> bool:
    """Whether it was answered to the point, and yet nothing is proven by it."""
    return isinstance(outcome, Lost) and outcome.heard
