"""`push-utility`: hands over what is due, finds out what is in doubt; each reading once.

What is in doubt is asked about before anything is sent, and of a period in doubt nothing is sent.
Before a request leaves, its attempt is durable (`sending`), so that whenever a run is killed the
next one knows what to ask about. Who asks and is told "not there" sends the same again, with the
same key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from meterctl.domain.meters import Meter
from meterctl.domain.times import iso_utc
from meterctl.ledger.port import Submission, SubmissionState
from meterctl.services.judging import judge_all_unjudged
from meterctl.services.outstanding import Account, Outlook, first_day, outlook, since_name
from meterctl.services.pushed import IN_DOUBT, Pushed, Submitted, as_submitted
from meterctl.services.retrying import Again, Limits, Pace
from meterctl.services.session import Session
from meterctl.services.submitting import Desk, Step, was_ordered
from meterctl.utility.port import (
    Accepted,
    Already,
    Lost,
    NotTaken,
    NotThere,
    Rejected,
    Utility,
)

JOB = "push-utility"
TRIED, OK = "push.tried", "push.ok"  # memos: when a run began, when one left nothing behind

RUN_SECONDS = 300.0
ATTEMPT_SECONDS = 60.0
SENDING = Limits(attempts=6, seconds=90.0)
ASKING = Limits(attempts=3, seconds=60.0)
_TRIES = 3  # of what is not taken: a person may be waiting, and the next run comes
_UNREACHABLE_AFTER = 2  # submissions in a row that met no sane answer


class Means(NamedTuple):
    """What a run works with beside ledger and utility."""

    clock: Callable[[], int]  # this machine's, in milliseconds since 1970
    pace: Pace = Pace()
    run_seconds: float = RUN_SECONDS
    attempt_seconds: float = ATTEMPT_SECONDS
    # Called once, before the first request that submits; raises where this ledger may not.
    permit: Callable[[], None] | None = None


def push(
    session: Session,
    utility: Utility,
    account: Account,
    means: Means,
    meters: Sequence[Meter],
) -> Pushed:
    """Submit what is due of some meters, resolve what is unknown of them.

    Raises:
        Busy: another run is at it.
    """
    with session.ledger.holding(JOB):
        return _Run(session, utility, account, means, meters).push()


def would_push(session: Session, account: Account, meters: Sequence[Meter]) -> Pushed:
    """What a push would do; nothing is changed, and nobody is asked."""
    ledger, zones, now, _ = session
    since = first_day(ledger, account, zones, now)
    found = outlook(session, account, since, meters)
    rows = [
        _as_it_stands(session, one, submission)
        for one in found
        for submission in reversed(one.submissions)
        if submission.state in IN_DOUBT or was_ordered(ledger, submission)
    ]
    for one in found:
        known = {(row.slot, row.value) for row in rows}
        rows += [
            Submitted(
                one.meter,
                next(
                    (
                        s.number
                        for s in one.submissions
                        if s.state is SubmissionState.DUE
                        and (s.slot, s.value) == (reading.slot, reading.value)
                    ),
                    None,
                ),
                reading.slot,
                reading.amount,
                SubmissionState.DUE,
                None,
                0,
                None,
                None,
            )
            for reading in one.plan.due
            if (reading.slot, reading.amount) not in known
        ]
    withheld = tuple(held for one in found for held in one.plan.withheld)
    return Pushed(tuple(rows), withheld, dry_run=True)


def _as_it_stands(session: Session, one: Outlook, submission: Submission) -> Submitted:
    channels = [attempt.channel for attempt in session.ledger.attempts(submission.number)]
    return as_submitted(submission, one.meter, channels)


class _Run:
    """One run."""

    def __init__(
        self,
        session: Session,
        utility: Utility,
        account: Account,
        means: Means,
        meters: Sequence[Meter],
    ) -> None:
        self._session = session
        self._ledger = session.ledger
        self._account = account
        self._means = means
        self._meters = meters
        self._ends_at = means.pace.clock() + means.run_seconds
        self._desk = Desk(session, utility, means.clock, self._seconds_left, means.permit)
        self._touched: dict[int, None] = {}  # numbers, in the order they were met

    def push(self) -> Pushed:
        """From what is in doubt to what is due."""
        judge_all_unjudged(self._ledger, self._session.zones)
        since = self._begin()
        self._resolve()
        found = self._outlook(since)
        self._send(self._desk.open_due(self._account, found))
        return self._end(found)

    def _begin(self) -> date:
        """Note that a run was made; the first one fixes from which day on."""
        now = self._means.clock()
        since = first_day(self._ledger, self._account, self._session.zones, now)
        with self._ledger.writing():
            self._ledger.set_memo(TRIED, iso_utc(now), now)
            if self._ledger.memo(since_name(self._account)) is None:
                self._ledger.set_memo(since_name(self._account), since.isoformat(), now)
        return since

    def _outlook(self, since: date) -> list[Outlook]:
        now = self._session._replace(now=self._means.clock())
        return outlook(now, self._account, since, self._meters)

    def _resolve(self) -> None:
        """Ask about what is in doubt, what was asked about longest ago first.

        So the few that nobody can answer for do not keep the others from being asked about.
        """
        chosen = {meter.id for meter in self._meters}
        in_doubt = [
            one
            for one in self._ledger.submissions(self._account.name)
            if one.state in IN_DOUBT and one.slot.meter in chosen
        ]
        in_doubt.sort(key=lambda one: (one.changed_at, one.number))
        self._touched.update(dict.fromkeys(one.number for one in in_doubt))
        self._each([one.number for one in in_doubt], ASKING, _after_asking)

    def _send(self, due: Sequence[Submission]) -> None:
        numbers = [one.number for one in due]
        self._touched.update(dict.fromkeys(numbers))
        self._each(numbers, SENDING, _after_sending)

    def _each(
        self, numbers: Sequence[int], limits: Limits, again: Callable[[Step], Again | None]
    ) -> None:
        """One after the other, until the other side is seen to be out of reach."""
        in_vain = 0
        for number in numbers:
            if self._desk.stopped is not None or in_vain >= _UNREACHABLE_AFTER:
                return
            left = self._ends_at - self._means.pace.clock()
            if left < 1:
                return
            seconds = min(limits.seconds, left)
            met = self._desk.pursue(
                number, limits._replace(seconds=seconds), again, self._means.pace
            )
            if any(isinstance(one, (Accepted, Already, Rejected, NotThere)) for one in met):
                in_vain = 0
            elif met and isinstance(met[-1], (NotTaken, Lost)):
                in_vain += 1
                asked = met[-1].wait
                if isinstance(met[-1], NotTaken) and asked is not None and asked >= seconds:
                    return  # asked to wait, the others wait as well

    def _seconds_left(self) -> float:
        """How long a request may take now."""
        left = self._ends_at - self._means.pace.clock()
        return min(left, self._means.attempt_seconds)

    def _end(self, found: Sequence[Outlook]) -> Pushed:
        meters = {meter.id: meter for meter in self._ledger.meters()}
        rows = []
        for number in self._touched:
            submission = self._ledger.submission(number)
            if submission is not None and number not in self._desk.dropped:
                channels = [attempt.channel for attempt in self._ledger.attempts(number)]
                rows.append(as_submitted(submission, meters[submission.slot.meter], channels))
        left = [row for row in rows if row.state in (*IN_DOUBT, SubmissionState.DUE)]
        troubles = self._desk.troubles
        pushed = Pushed(
            tuple(rows),
            tuple(held for one in found for held in one.plan.withheld),
            stopped=self._desk.stopped,
            troubles=tuple(troubles[row.number] for row in left if row.number in troubles),
        )
        if not left and pushed.stopped is None:
            now = self._means.clock()
            with self._ledger.writing():
                self._ledger.set_memo(OK, iso_utc(now), now)
        return pushed


def _after_asking(step: Step) -> Again | None:
    """Whether to ask again."""
    outcome = step.outcome
    if step.not_taken >= _TRIES:
        return None
    if isinstance(outcome, (NotTaken, Lost)) and not outcome.nonsense:
        return Again(outcome.wait)
    return None


def _after_sending(step: Step) -> Again | None:
    """Whether to go on with a submission, asking or sending as its state has it."""
    outcome = step.outcome
    if isinstance(outcome, NotThere):
        return Again()  # it may be on its way still: a little later, the same key finds out
    if isinstance(outcome, Lost) and not step.was_asked:
        return Again(outcome.wait, at_once=outcome.wait is None)
    return _after_asking(step)
