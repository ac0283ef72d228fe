"""One submission at a time: written down, sent or asked about, and its outcome written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from itertools import takewhile
from typing import NamedTuple

from meterctl.domain.due import SUPERSEDED, Policy
from meterctl.domain.meters import Meter, meter_named
from meterctl.domain.readings import Reading
from meterctl.domain.times import iso_utc
from meterctl.errors import ConfigError, MeterctlError, Nonsense, NotAllowed
from meterctl.ledger.port import Submission, SubmissionState
from meterctl.services.asking import Question
from meterctl.services.beside import Beside
from meterctl.services.opening import Opening, request_of
from meterctl.services.outstanding import (
    Account,
    Outlook,
    is_a_persons_word,
    next_key,
    stale,
    was_ordered,
)
from meterctl.services.pushed import IN_DOUBT, PERSON, QUERY, Trouble
from meterctl.services.restored import Elsewhere, elsewhere, put_in_doubt
from meterctl.services.retrying import Again, Limits, Pace, persist
from meterctl.services.session import Session
from meterctl.services.ways import Ways
from meterctl.utility.port import (
    Accepted,
    Already,
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

_KINDS: dict[type[Outcome], type[MeterctlError]] = {
    Refused: NotAllowed,
    Misconfigured: ConfigError,
}


class Step(NamedTuple):
    """One request of a submission; no outcome where none was made."""

    outcome: Outcome | None
    was_asked: bool = False
    not_taken: int = 0  # how often it was so by now, one after the other


class Desk:
    """Where submissions go out, and what came back is written down."""

    def __init__(
        self,
        session: Session,
        ways: Ways,
        account: Account,
        *,
        clock: Callable[[], int],
        seconds_left: Callable[[float | None], float],
        permit: Callable[[], None] | None,
    ) -> None:
        self.stopped: MeterctlError | None = None  # why no other submission would fare better
        self.troubles: dict[int, Trouble] = {}  # the last one of each submission
        self.dropped: set[int] = set()  # superseded, unsent
        self.other = elsewhere(session.ledger)  # a machine that may have submitted, unknown here
        self.ways = ways
        self._ledger = session.ledger
        self._zones = session.zones
        self._account = account
        self._clock = clock
        self._seconds_left = seconds_left
        self._permit = permit
        self._beside: Beside | None = None
        self._not_there: set[int] = set()  # what this run has asked about, and nobody knew

    def doubt(self, found: Sequence[Outlook]) -> None:
        """Put in doubt whatever is due that another machine may have sent: to be asked about."""
        with self._ledger.writing():
            for meter, plan, submissions, asked_first in found:
                if not meter.submitted:  # what was due of it is dropped
                    continue
                due = [one for one in submissions if one.state is SubmissionState.DUE]
                queued = {(one.slot, one.value) for one in due}
                new = [
                    reading
                    for reading in plan.due
                    if reading.slot in asked_first and (reading.slot, reading.amount) not in queued
                ]
                for one in (*due, *self._open(meter, new, submissions)):
                    if self._is_to_be_asked_about(one):
                        put_in_doubt(self._ledger, one, self._clock())

    def open_due(self, found: Sequence[Outlook]) -> list[Submission]:
        """Make due what is to be sent, drop what was due and is not any more; in time order."""
        opened: list[Submission] = []
        with self._ledger.writing():
            for meter, plan, submissions, _ in found:
                wanted = {(reading.slot, reading.amount): reading for reading in plan.due}
                for one in submissions:
                    if one.state is not SubmissionState.DUE:
                        continue
                    place = (one.slot, one.value)
                    is_wanted = place in wanted or was_ordered(self._ledger, one)
                    why = stale(self._ledger, meter, one) or (
                        "" if is_wanted else "another reading is due in its place, or none"
                    )
                    if why:
                        self._drop(one, why)
                    else:
                        opened.append(one)
                        wanted.pop(place, None)
                opened += self._open(meter, list(wanted.values()), submissions)
        return sorted(opened, key=lambda one: (one.slot.at, one.number))

    def _open(
        self,
        meter: Meter,
        readings: Sequence[Reading],
        submissions: Sequence[Submission],
    ) -> list[Submission]:
        account = self._account.name
        opened = (
            self._ledger.open_submission(
                account, reading, next_key(meter, reading, submissions), self._clock()
            )
            for reading in readings
        )
        return [one for one in opened if one is not None]

    def pursue(
        self, number: int, limits: Limits, again: Callable[[Step], Again | None], pace: Pace
    ) -> list[Outcome]:
        """Send or ask, as its state has it, until `again` is content; all that came of it."""
        met: list[Outcome] = []

        def step() -> Step:
            made = self._step(number)
            if made.outcome is not None:
                met.append(made.outcome)
            in_a_row = takewhile(lambda one: isinstance(one, NotTaken), reversed(met))
            return made._replace(not_taken=sum(1 for _ in in_a_row))

        persist(step, lambda made: None if self.stopped else again(made), limits, pace)
        return met

    def hand_over(
        self,
        numbers: Sequence[int],
        limits: Limits,
        again: Callable[[Step], Again | None],
        pace: Pace,
    ) -> list[Outcome]:
        """Send what is due of several in one request, until it was taken in; the last outcomes.

        What is in doubt afterwards is left to `pursue`, one by one.
        """
        met: list[Outcome] = []
        in_vain = 0

        def step() -> Step:
            nonlocal met, in_vain
            met = self._submit(numbers) if self._is_permitted() else []
            may_pass = [one for one in met if isinstance(one, NotTaken) and not is_of_it_alone(one)]
            if not may_pass or not all(isinstance(one, NotTaken) for one in met):
                return Step(None)
            in_vain += 1
            return Step(may_pass[0], not_taken=in_vain)

        persist(step, lambda made: None if self.stopped else again(made), limits, pace)
        return met

    def _step(self, number: int) -> Step:
        submission = self._ledger.submission(number)
        if submission is None or self._seconds_left(None) <= 0:
            return Step(None)
        if submission.state in IN_DOUBT:
            return self._ask(submission)
        if submission.state is SubmissionState.DUE and self._is_permitted():
            met = self._submit([number])
            return Step(met[0]) if met else Step(None)
        return Step(None)

    def _is_permitted(self) -> bool:
        """Ask once whether it is this ledger that submits."""
        if self._permit is not None and self.stopped is None:
            try:
                self._permit()
            except MeterctlError as error:
                self.stopped = error
                return False
            self._permit = None
        return self.stopped is None

    def _submit(self, numbers: Sequence[int]) -> list[Outcome]:
        """Send them in one request, each written down before it leaves."""
        ledger, way = self._ledger, self.ways.now
        leaving: list[tuple[Submission, int, Request]] = []
        with ledger.writing():
            for number in numbers:
                submission = ledger.submission(number)
                if submission is None or submission.state is not SubmissionState.DUE:
                    continue
                meter = meter_named(ledger.meters(), submission.slot.meter)
                # Looked at again in the write that lets it leave: a person may have mended it
                # just now.
                if why := stale(ledger, meter, submission):
                    self._drop(submission, why)
                    continue
                if self._is_to_be_asked_about(submission):
                    continue  # it became due just now: the next run asks
                attempt = ledger.begin_attempt(
                    number, SubmissionState.DUE, way.channel, self._clock()
                )
                if attempt is not None:
                    request = request_of(meter, submission, self._zone(meter))
                    leaving.append((submission, attempt, request))
        if not leaving:
            return []
        outcomes = way.submit(
            [request for _, _, request in leaving], self._seconds_left(way.bounds.seconds)
        )
        with ledger.writing():
            for (submission, attempt, _), outcome in zip(leaving, outcomes, strict=True):
                self._note(submission, attempt, outcome, otherwise=SubmissionState.DUE)
        for outcome in outcomes:
            if isinstance(outcome, (Refused, Misconfigured)):
                self._stop(way, outcome)
        return outcomes

    def _ask(self, submission: Submission) -> Step:
        ledger, number = self._ledger, submission.number
        meter = meter_named(ledger.meters(), submission.slot.meter)
        sent = [one for one in ledger.attempts(number) if one.channel not in (QUERY, PERSON)]
        other = self.other if self._may_be_elsewhere(submission) else None
        question = Question(number, sent, other, self.ways)
        if question.is_in_vain:
            self.troubles[number] = Trouble(
                f"{meter.id} of {iso_utc(submission.slot.at)} may have been taken, and the utility"
                " cannot be asked",
                question.by_hand,
                by_hand=True,
            )
            return Step(None)
        with ledger.writing():
            attempt = ledger.begin_attempt(number, submission.state, QUERY, self._clock())
        if attempt is None:
            return Step(None)
        request = request_of(meter, submission, self._zone(meter))
        outcome = question.ask(request, self._seconds_left, self._clock)
        if isinstance(outcome, NotThere) and other is not None:
            outcome = self._look_beside(submission, meter, other)
        self._note(submission, attempt, outcome, otherwise=SubmissionState.UNKNOWN)
        if isinstance(outcome, NotThere):
            self._not_there.add(number)
        elif question.is_for_a_person(outcome):
            self.troubles[number] = self.troubles[number]._replace(by_hand=True)
        return Step(outcome, was_asked=True)

    def _look_beside(self, submission: Submission, meter: Meter, other: Elsewhere) -> Outcome:
        """What it means that it is not there: something else of its period may be."""
        zone = self._zone(meter)
        question = Question(submission.number, (), other, self.ways)

        def ask(opening: Opening) -> Outcome:
            if self._seconds_left(None) <= 0:
                return Lost("the time of the run was up", heard=True)
            request = request_of(meter, opening, zone)
            return question.ask(request, self._seconds_left, self._clock)

        is_one_day = self._account.policy is not Policy.MONTHLY
        if is_one_day and all(way.bounds.by_day for way in self.ways.all):
            return NotThere()  # it was asked about that day already
        self._beside = self._beside or Beside(self._ledger, self._account, other)
        found = self._beside.found(meter, submission, zone, ask)
        if found is None:
            return NotThere()
        reading, outcome = found
        if not isinstance(outcome, (Accepted, Already)):
            return outcome
        with self._ledger.writing():  # its period is closed with that one
            for one in self._open(meter, [reading], ()):
                attempt = self._ledger.begin_attempt(one.number, one.state, QUERY, self._clock())
                if attempt is not None:
                    self._note(one, attempt, outcome, otherwise=SubmissionState.UNKNOWN)
        return NotThere()

    def _may_be_elsewhere(self, submission: Submission) -> bool:
        return self.other is not None and self.other.may_have_sent(submission.slot.at)

    def _is_to_be_asked_about(self, submission: Submission) -> bool:
        """Whether what is due may have been sent by another machine, for all that is known here."""
        return (
            self._may_be_elsewhere(submission)
            and submission.number not in self._not_there
            and not is_a_persons_word(self._ledger, submission)
        )

    def _zone(self, meter: Meter) -> tzinfo:
        return self._account.zone or self._zones(meter)

    def _note(
        self,
        submission: Submission,
        attempt: int,
        outcome: Outcome,
        otherwise: SubmissionState,
    ) -> None:
        """Write down what came of a request; `otherwise` is the state where it was not taken."""
        state, word, detail, receipt = otherwise, "", "", None
        match outcome:
            case Accepted():
                state, word, receipt = SubmissionState.ACCEPTED, "accepted", outcome.receipt
            case Already():
                state, word, receipt = SubmissionState.ALREADY, "already", outcome.receipt
            case Rejected():
                state, word, detail = SubmissionState.REJECTED, "rejected", outcome.reason
                if detail.startswith(SUPERSEDED):  # our own word for what was never sent
                    detail = f"rejected: {detail}"
            case NotTaken():
                word, detail = "not taken", outcome.why
                self._remember(submission, outcome)
            case Lost():
                state, word, detail = SubmissionState.UNKNOWN, "lost", outcome.why
                self._remember(submission, outcome)
            case NotThere():
                state, word = SubmissionState.DUE, "not there"
                detail = "it had not arrived when it was asked about"
            case Refused():
                word, detail = "refused", outcome.why
                self._remember(submission, outcome)
            case Misconfigured():
                word, detail = "misconfigured", outcome.why
                self._remember(submission, outcome)
        now = self._clock()
        text = f"{word}: {detail}" if detail else word
        with self._ledger.writing():
            self._ledger.end_attempt(submission.number, attempt, now, text, outcome.answer or None)
            self._ledger.move_submission(
                submission.number,
                SubmissionState.SENDING,
                state,
                now,
                receipt=receipt,
                detail=detail,
            )

    def _stop(self, way: Utility, outcome: Refused | Misconfigured) -> None:
        """No other reading would fare better: not by this way."""
        if way is not self.ways.now:  # it was turned from already
            return
        if self.ways.can_turn:
            self.ways.turn(outcome.why)
        else:
            self.stopped = _KINDS[type(outcome)](outcome.why, outcome.hint)

    def _remember(
        self, submission: Submission, outcome: NotTaken | Lost | Refused | Misconfigured
    ) -> None:
        kind = _KINDS.get(type(outcome))
        if isinstance(outcome, (NotTaken, Lost)) and outcome.nonsense:
            kind = Nonsense
        elif isinstance(outcome, NotTaken) and outcome.settings:
            kind = ConfigError
        self.troubles[submission.number] = Trouble(outcome.why, outcome.hint, kind)

    def _drop(self, submission: Submission, why: str) -> None:
        """Set aside what was due, so that the truth of today can be due in its place."""
        self._ledger.move_submission(
            submission.number,
            SubmissionState.DUE,
            SubmissionState.REJECTED,
            self._clock(),
            detail=f"{SUPERSEDED}: {why}",
        )
        self.dropped.add(submission.number)


def is_of_it_alone(outcome: Outcome) -> bool:
    """Whether it was not taken for a reason of this reading, which no second try mends."""
    return isinstance(outcome, NotTaken) and outcome.is_of_it_alone
