"""One submission at a time: written down, sent or asked about, and its outcome written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import NamedTuple

from meterctl.domain.due import SUPERSEDED
from meterctl.domain.meters import Meter, meter_named
from meterctl.domain.readings import Reading
from meterctl.errors import ConfigError, MeterctlError, NotAllowed
from meterctl.ledger.port import Ledger, Submission, SubmissionState
from meterctl.services.judging import is_in_doubt
from meterctl.services.outstanding import Account, Outlook, next_key, truth_of
from meterctl.services.pushed import IN_DOUBT, Trouble
from meterctl.services.retrying import Again, Limits, Pace, persist
from meterctl.services.session import Session
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

API, QUERY, PERSON = "api", "query", "person"  # the channels of attempts
RESUBMIT = "resubmit"  # begins the outcome of a person's attempt


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
        utility: Utility,
        clock: Callable[[], int],
        seconds_left: Callable[[], float],
        permit: Callable[[], None] | None,
    ) -> None:
        self.stopped: MeterctlError | None = None  # why no other submission would fare better
        self.troubles: dict[int, Trouble] = {}  # the last one of each submission
        self.dropped: set[int] = set()  # superseded, unsent
        self._ledger = session.ledger
        self._utility = utility
        self._clock = clock
        self._seconds_left = seconds_left
        self._permit = permit

    def open_due(self, account: Account, found: Sequence[Outlook]) -> list[Submission]:
        """Make due what is to be sent, drop what was due and is not any more; in time order."""
        opened: list[Submission] = []
        with self._ledger.writing():
            for meter, plan, submissions in found:
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
                opened += self._open(account, meter, list(wanted.values()), submissions)
        return sorted(opened, key=lambda one: (one.slot.at, one.number))

    def _open(
        self,
        account: Account,
        meter: Meter,
        readings: Sequence[Reading],
        submissions: Sequence[Submission],
    ) -> list[Submission]:
        opened = (
            self._ledger.open_submission(
                account.name, reading, next_key(meter, reading, submissions), self._clock()
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

    def _step(self, number: int) -> Step:
        submission = self._ledger.submission(number)
        if submission is None or self._seconds_left() <= 0:
            return Step(None)
        if submission.state in IN_DOUBT:
            return self._ask(submission)
        if submission.state is SubmissionState.DUE and self._is_permitted():
            return self._submit(submission)
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

    def _submit(self, submission: Submission) -> Step:
        ledger, number = self._ledger, submission.number
        with ledger.writing():
            meter = meter_named(ledger.meters(), submission.slot.meter)
            # Looked at again in the write that lets it leave: a person may have mended it just now.
            if why := stale(ledger, meter, submission):
                self._drop(submission, why)
                return Step(None)
            attempt = ledger.begin_attempt(number, SubmissionState.DUE, API, self._clock())
        if attempt is None:
            return Step(None)
        outcome = self._utility.submit(request_of(meter, submission), self._seconds_left())
        self._note(submission, attempt, outcome, otherwise=SubmissionState.DUE)
        return Step(outcome)

    def _ask(self, submission: Submission) -> Step:
        ledger, number = self._ledger, submission.number
        meter = meter_named(ledger.meters(), submission.slot.meter)
        with ledger.writing():
            attempt = ledger.begin_attempt(number, submission.state, QUERY, self._clock())
        if attempt is None:
            return Step(None)
        outcome = self._utility.ask(request_of(meter, submission), self._seconds_left())
        self._note(submission, attempt, outcome, otherwise=SubmissionState.UNKNOWN)
        return Step(outcome, was_asked=True)

    def _note(
        self, submission: Submission, attempt: int, outcome: Outcome, otherwise: SubmissionState
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
                self._remember(submission, outcome.why, outcome.hint, nonsense=outcome.nonsense)
            case Lost():
                state, word, detail = SubmissionState.UNKNOWN, "lost", outcome.why
                self._remember(submission, outcome.why, outcome.hint, nonsense=outcome.nonsense)
            case NotThere():
                state, word = SubmissionState.DUE, "not there"
                detail = "it had not arrived when it was asked about"
            case Refused():
                word, detail = "refused", outcome.why
                self.stopped = NotAllowed(outcome.why, outcome.hint)
            case Misconfigured():
                word, detail = "misconfigured", outcome.why
                self.stopped = ConfigError(outcome.why, outcome.hint)
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

    def _remember(self, submission: Submission, why: str, hint: str, *, nonsense: bool) -> None:
        self.troubles[submission.number] = Trouble(why, hint, nonsense)

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


def request_of(meter: Meter, submission: Submission) -> Request:
    """What is handed over."""
    slot = submission.slot
    serial = meter.device_numbered(slot.device).serial
    return Request(
        submission.key, meter.id, serial, slot.at, slot.starts_at, submission.value, meter.unit
    )


def stale(ledger: Ledger, meter: Meter, submission: Submission) -> str:
    """Why a submission must not be sent as it is; empty where it may."""
    if not meter.submitted:
        return f"meter {meter.id} is not submitted any more"
    truth = truth_of(ledger, meter, submission.slot)
    if truth is None:
        return "its reading was voided"
    if truth.value != submission.value:
        return f"its reading was corrected to {meter.text(truth.amount)}"
    if truth.slot != submission.slot:
        return "its reading is another device's now"
    return "its reading is in doubt" if is_in_doubt(ledger, truth) else ""


def was_ordered(ledger: Ledger, submission: Submission) -> bool:
    """Whether a submission is due because a person said so."""
    return submission.state is SubmissionState.DUE and any(
        attempt.channel == PERSON and (attempt.outcome or "").startswith(RESUBMIT)
        for attempt in ledger.attempts(submission.number)
    )
