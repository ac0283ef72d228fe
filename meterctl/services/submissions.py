"""`submissions`: looking at what was handed to the utility, and settling by hand what must be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from meterctl.domain.due import SUPERSEDED, is_refused, is_taken
from meterctl.domain.meters import Meter, meter_named
from meterctl.domain.readings import Reading, reading_id
from meterctl.errors import UnknownReading, UsageError
from meterctl.ledger.port import Attempt, Ledger, Submission, SubmissionState
from meterctl.services.amend import needed
from meterctl.services.judging import is_in_doubt
from meterctl.services.outstanding import RESUBMIT, differing, next_key, truth_of
from meterctl.services.push import JOB
from meterctl.services.pushed import IN_DOUBT, PERSON
from meterctl.services.session import Session

DIFFERS = "differs"


class Verdict(StrEnum):
    """What a person found out of a submission in doubt."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"


class Listed(NamedTuple):
    """A submission, and whether the utility holds another value than is true here."""

    submission: Submission
    meter: Meter
    attempts: tuple[Attempt, ...]
    differs: bool

    @property
    def state(self) -> str:
        """Its state; of what was set aside here, unsent, that."""
        held = self.submission
        is_unsent = held.state is SubmissionState.REJECTED and not is_refused(held)
        return SUPERSEDED if is_unsent else held.state.value

    @property
    def reading(self) -> str:
        """The id of its reading."""
        return reading_id(self.submission.slot, self.meter)


def listed(
    ledger: Ledger, *, state: str | None = None, meters: Sequence[Meter] | None = None
) -> Iterator[Listed]:
    """Submissions, newest first: all, those of a state (or that differ), those of some meters."""
    chosen = {meter.id for meter in meters or ledger.meters()}
    submissions = [one for one in ledger.submissions() if one.slot.meter in chosen]
    changed, known = _differing(ledger, submissions), ledger.meters()
    for one in submissions:
        meter = meter_named(known, one.slot.meter)
        found = Listed(one, meter, tuple(ledger.attempts(one.number)), one.number in changed)
        if state in (None, found.state) or (state == DIFFERS and found.differs):
            yield found


def shown(ledger: Ledger, submission: Submission) -> Listed:
    """One submission with all of its attempts."""
    meter = meter_named(ledger.meters(), submission.slot.meter)
    handed = ledger.submissions_of(submission.account, submission.slot)
    differs = submission in differing(ledger, meter, handed)
    return Listed(submission, meter, tuple(ledger.attempts(submission.number)), differs)


def resolve(
    session: Session, submission: Submission, verdict: Verdict, reason: str, receipt: str = ""
) -> Listed:
    """Settle by hand what is in doubt.

    Raises:
        UsageError: it is not in doubt.
        Busy: a push is running, and may be settling it.
    """
    why = needed(reason)
    ledger, _, now, _ = session
    state = {
        Verdict.ACCEPTED: SubmissionState.ACCEPTED,
        Verdict.REJECTED: SubmissionState.REJECTED,
        Verdict.NOT_SENT: SubmissionState.DUE,
    }[verdict]
    with ledger.holding(JOB), ledger.writing():
        held = _as_held(ledger, submission)
        if held.state not in IN_DOUBT:
            raise UsageError(
                f"submission {held.number} is {held.state}, not in doubt",
                f"meterctl submissions show {held.number}",
            )
        _by_hand(ledger, held, state, f"{verdict}: {why}", now, receipt=receipt or None)
    return shown(ledger, _as_held(ledger, submission))


def resubmit(session: Session, submission: Submission, reason: str) -> Listed:
    """Let the next push send a reading once more: a corrected one, or one that was rejected.

    Raises:
        UsageError: there is nothing to send once more.
        Busy: a push is running.
    """
    why = needed(reason)
    ledger, _, now, _ = session
    with ledger.holding(JOB), ledger.writing():
        held = _as_held(ledger, submission)
        meter = meter_named(ledger.meters(), held.slot.meter)
        handed = ledger.submissions_of(held.account, held.slot)
        truth = _to_send(ledger, meter, held, handed[0])
        opened = ledger.open_submission(held.account, truth, next_key(meter, truth, handed), now)
        if opened is None:  # the key is taken: never twice
            raise UsageError("that very reading is submitted already", "meterctl submissions list")
        _by_hand(ledger, opened, SubmissionState.DUE, f"{RESUBMIT}: {why}", now)
    return shown(ledger, _as_held(ledger, opened))


def found(ledger: Ledger, number: int) -> Submission:
    """A submission by its number.

    Raises:
        UnknownReading: there is none.
    """
    submission = ledger.submission(number)
    if submission is None:
        raise UnknownReading(f"there is no submission {number}", "meterctl submissions list")
    return submission


def _differing(ledger: Ledger, newest_first: Sequence[Submission]) -> set[int]:
    groups: dict[tuple[str, str], list[Submission]] = {}
    for one in newest_first:
        groups.setdefault((one.account, one.slot.meter), []).append(one)
    meters = ledger.meters()
    return {
        one.number
        for (_, meter), group in groups.items()
        for one in differing(ledger, meter_named(meters, meter), group)
    }


def _as_held(ledger: Ledger, submission: Submission) -> Submission:
    """As it is now, within the write."""
    return found(ledger, submission.number)


def _by_hand(
    ledger: Ledger,
    submission: Submission,
    state: SubmissionState,
    outcome: str,
    now: int,
    *,
    receipt: str | None = None,
) -> None:
    """Move a submission as a person says, and keep that it was a person."""
    attempt = ledger.begin_attempt(submission.number, submission.state, PERSON, now)
    if attempt is None:
        raise UsageError(
            "it has moved on meanwhile", f"meterctl submissions show {submission.number}"
        )
    ledger.end_attempt(submission.number, attempt, now, outcome, None)
    ledger.move_submission(
        submission.number, SubmissionState.SENDING, state, now, receipt=receipt, detail=outcome
    )


def _to_send(ledger: Ledger, meter: Meter, held: Submission, newest: Submission) -> Reading:
    """What is true of a submission's reading now, if there is reason to send it once more."""
    look = f"meterctl submissions show {newest.number}"
    if newest.number != held.number:
        raise UsageError(f"submission {newest.number} of the same reading came after it", look)
    if held.state in IN_DOUBT:
        raise UsageError(
            f"submission {held.number} is in doubt: sent again it might count twice",
            "the next push-utility asks; or settle it with: meterctl submissions resolve",
        )
    if held.state is SubmissionState.DUE:
        raise UsageError(f"submission {held.number} is due already", "meterctl push-utility")
    truth = truth_of(ledger, meter, held.slot)
    if truth is None:
        raise UsageError(
            "its reading is void: there is nothing to send",
            "tell the utility by its own ways that the reading never was",
        )
    if is_taken(held) and truth.value == held.value:
        raise UsageError("the utility holds this very value", look)
    if is_in_doubt(ledger, truth):
        raise UsageError("its reading is in doubt, and is not sent", "meterctl review")
    if not meter.submitted:
        raise UsageError(
            f"meter {meter.id} is not submitted", f"meterctl meters set {meter.id} --submit"
        )
    return truth
