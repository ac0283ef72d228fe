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

from meterctl.domain.due import Why
from meterctl.domain.meters import Meter
from meterctl.domain.readings import Reading
from meterctl.domain.times import iso_utc
from meterctl.errors import ConfigError
from meterctl.ledger.port import Ledger, Submission, SubmissionState
from meterctl.services.asking import ATTEMPT_SECONDS
from meterctl.services.going_on import after_asking, after_sending, is_heard
from meterctl.services.judging import judge_all_unjudged
from meterctl.services.opening import Opening, request_of
from meterctl.services.outstanding import (
    Account,
    Outlook,
    first_day,
    next_key,
    outlook,
    refuse_unset_clock,
    since_name,
    stale,
    was_ordered,
)
from meterctl.services.pushed import IN_DOUBT, Pushed, Submitted, as_submitted
from meterctl.services.restored import WHY
from meterctl.services.retrying import Again, Limits, Pace
from meterctl.services.session import Session
from meterctl.services.submitting import Desk, Step, is_of_it_alone
from meterctl.services.ways import Ways, why_to_turn
from meterctl.utility.port import NotTaken, Outcome, Request, Utility

JOB = "push-utility"
TRIED, OK = "push.tried", "push.ok"  # memos: when a run began, when one left nothing behind

RUN_SECONDS = 300.0
SENDING = Limits(attempts=6, seconds=90.0)
ASKING = Limits(attempts=3, seconds=60.0)
_UNREACHABLE_AFTER = 2  # submissions in a row that met no sane answer


class Means(NamedTuple):
    """What a run works with beside ledger and utility."""

    clock: Callable[[], int]  # this machine's, in milliseconds since 1970
    pace: Pace = Pace()
    run_seconds: float = RUN_SECONDS
    attempt_seconds: float = ATTEMPT_SECONDS
    # Called once, before the first request that submits; raises where this ledger may not.
    permit: Callable[[], None] | None = None
    other_way: Utility | None = None  # where the first one provably took nothing


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
        ConfigError: more meters are submitted than the utility can tell apart, or the clock was
            never set.
    """
    refuse_unset_clock(means.clock())
    for way in (utility, means.other_way):
        if way is not None:
            _refuse_several(session.ledger, way)
    with session.ledger.holding(JOB):
        return _Run(session, utility, account, means, meters).push()


def would_push(
    session: Session,
    account: Account,
    meters: Sequence[Meter],
    utility: Utility,
    *,
    shows: bool = False,
) -> Pushed:
    """What a push would do; nothing is changed, and nobody is asked.

    Args:
        session: The ledger, and when it is.
        account: The account.
        meters: Of which meters.
        utility: The way to it.
        shows: Whether the requests that would leave are to be shown.

    Raises:
        ConfigError: more meters are submitted than the utility can tell apart, or the clock was
            never set.
    """
    ledger, zones, now, _ = session
    refuse_unset_clock(now)
    _refuse_several(ledger, utility)
    since = first_day(ledger, account, zones, now)
    found = outlook(session, account, since, meters, counts_older=True)
    rows: list[Submitted] = []
    requests: list[tuple[int, Request]] = []
    for one in found:
        zone = account.zone or zones(one.meter)
        standing = [
            submission
            for submission in reversed(one.submissions)
            if submission.state in IN_DOUBT
            or (was_ordered(ledger, submission) and not stale(ledger, one.meter, submission))
        ]
        rows += [_as_it_stands(session, one, submission) for submission in standing]
        known = {(submission.slot, submission.value) for submission in standing}
        queued = {
            (submission.slot, submission.value): submission
            for submission in one.submissions
            if submission.state is SubmissionState.DUE
        }
        to_send: list[Submission | Opening] = [
            submission for submission in standing if submission.state is SubmissionState.DUE
        ]
        for reading in one.plan.due:
            if (reading.slot, reading.amount) in known:
                continue
            held = queued.get((reading.slot, reading.amount))
            if reading.slot in one.asked_first:
                rows.append(_to_be_asked_about(one.meter, reading, held))
                continue
            key = next_key(one.meter, reading, one.submissions)
            sent = held or Opening(key, reading.slot, reading.amount)
            why_not = utility.objection(request_of(one.meter, sent, zone))
            rows.append(_to_come(one.meter, reading, held, why_not))
            to_send.append(sent)
        requests += [(sent.slot.at, request_of(one.meter, sent, zone)) for sent in to_send]
    withheld = tuple(held for one in found for held in one.plan.withheld)
    in_order = [request for _, request in sorted(requests, key=lambda one: one[0])]
    return Pushed(
        tuple(rows), withheld, dry_run=True, requests=_shown(utility, in_order) if shows else ()
    )


def _refuse_several(ledger: Ledger, utility: Utility) -> None:
    """Nothing, unless several meters are submitted to a utility that is not told which is which."""
    names = [meter.id for meter in ledger.meters() if meter.submitted]
    if utility.bounds.one_meter and len(names) > 1:
        raise ConfigError(
            f"{' and '.join(names)} are submitted, and this utility is told of no meter:"
            " it would take the readings of one for the other's",
            "meterctl meters set METER --no-submit, for all but one",
        )


def _to_come(
    meter: Meter, reading: Reading, held: Submission | None, why_not: NotTaken | None
) -> Submitted:
    error = None if why_not is None else f"cannot be sent: {why_not.why}"
    number = None if held is None else held.number
    state = SubmissionState.DUE
    return Submitted(meter, number, reading.slot, reading.amount, state, None, 0, None, error)


def _to_be_asked_about(meter: Meter, reading: Reading, held: Submission | None) -> Submitted:
    number, state = None if held is None else held.number, SubmissionState.UNKNOWN
    return Submitted(meter, number, reading.slot, reading.amount, state, None, 0, None, WHY)


def _shown(utility: Utility, requests: Sequence[Request]) -> tuple[str, ...]:
    """The requests that would leave, as many readings in each as it takes."""
    rows = utility.bounds.rows
    chunks = (requests[first : first + rows] for first in range(0, len(requests), rows))
    return tuple(utility.preview(chunk) for chunk in chunks)


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
        ways = Ways(utility, means.other_way)
        self._desk = Desk(
            session,
            ways,
            account,
            clock=means.clock,
            seconds_left=self._seconds_left,
            permit=means.permit,
        )
        self._touched: dict[int, None] = {}  # numbers, in the order they were met

    def push(self) -> Pushed:
        """From what is in doubt to what is due."""
        judge_all_unjudged(self._ledger, self._session.zones)
        since = self._begin()
        self._find_out(since)
        found = self._outlook(since)
        self._send(self._desk.open_due(found))
        if any(held.why is Why.DIFFERS for one in found for held in one.plan.withheld):
            found = self._outlook(since)  # what was let send again may be one of these
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
        return outlook(now, self._account, since, self._meters, counts_older=True)

    def _find_out(self, since: date) -> None:
        """Ask about all that is in doubt, and about what another machine may have sent.

        What is found not to be there may let something else be due in its place.
        """
        while True:
            if self._desk.other is not None:
                self._desk.doubt(self._outlook(since))
            if not self._resolve() or self._desk.other is None:
                return

    def _resolve(self) -> bool:
        """Ask about what is in doubt, what was asked about longest ago first; False: nothing was.

        So the few that nobody can answer for do not keep the others from being asked about.
        """
        chosen = {meter.id for meter in self._meters}
        in_doubt = [
            one
            for one in self._ledger.submissions(self._account.name)
            if one.state in IN_DOUBT
            and one.slot.meter in chosen
            and one.number not in self._touched
        ]
        in_doubt.sort(key=lambda one: (one.changed_at, one.number))
        self._touched.update(dict.fromkeys(one.number for one in in_doubt))
        self._each([one.number for one in in_doubt], ASKING, after_asking)
        return bool(in_doubt)

    def _send(self, due: Sequence[Submission]) -> None:
        numbers = [one.number for one in due]
        self._touched.update(dict.fromkeys(numbers))
        if (rows := self._desk.ways.now.bounds.rows) > 1:
            numbers = self._send_together(numbers, rows)
        self._each(numbers, SENDING, after_sending)

    def _send_together(self, numbers: Sequence[int], rows: int) -> list[int]:
        """Send so many at a time; what is left to be done one by one."""
        desk = self._desk
        for first in range(0, len(numbers), rows):
            if (limits := self._within(SENDING)) is None:
                break
            way, chunk = desk.ways.now, numbers[first : first + rows]
            met = desk.hand_over(chunk, limits, after_asking, self._means.pace)
            if self._turns(met, way) or desk.stopped is not None:
                break
            if met and not any(map(is_heard, met)):  # the next ones would fare no better
                break
        return [one for one in numbers if self._is_left(one)]

    def _is_left(self, number: int) -> bool:
        """Whether something can be done about a submission that was sent with others."""
        held = self._ledger.submission(number)
        if held is None or self._desk.stopped is not None:
            return False
        can_be_sent = bool(self._desk.ways.why_turned) and held.state is SubmissionState.DUE
        return held.state in IN_DOUBT or can_be_sent

    def _each(
        self, numbers: Sequence[int], limits: Limits, again: Callable[[Step], Again | None]
    ) -> None:
        """One after the other, until the other side is seen to be out of reach."""
        in_vain = 0
        for number in numbers:
            within = self._within(limits)
            if self._desk.stopped is not None or in_vain >= _UNREACHABLE_AFTER or within is None:
                return
            way = self._desk.ways.now
            met = self._desk.pursue(number, within, again, self._means.pace)
            if limits is SENDING and self._turns(met, way):
                within = self._within(limits)
                if within is None:
                    return
                met = self._desk.pursue(number, within, again, self._means.pace)
            if any(map(is_heard, met)):
                in_vain = 0
            elif met and not is_of_it_alone(met[-1]):
                in_vain += 1
                if isinstance(met[-1], NotTaken) and (met[-1].wait or 0) >= within.seconds:
                    return  # asked to wait, the others wait as well

    def _turns(self, met: Sequence[Outcome], way: Utility) -> bool:
        """Whether what was sent by one way is now to be sent by the other."""
        ways = self._desk.ways
        if ways.now is not way:
            return True
        if met and ways.can_turn and (why := why_to_turn(met[-1])):
            ways.turn(why)
            return True
        return False

    def _within(self, limits: Limits) -> Limits | None:
        """The limits, as far as the time of the run goes; None: it is up."""
        left = self._ends_at - self._means.pace.clock()
        if limits is ASKING and self._desk.other is not None:
            # What is found not to be there is sent by this run: the next one would ask again.
            left -= self._means.run_seconds / 2
        return None if left < 1 else limits._replace(seconds=min(limits.seconds, left))

    def _seconds_left(self, wanted: float | None = None) -> float:
        """How long a request may take now."""
        left = self._ends_at - self._means.pace.clock()
        return min(left, self._means.attempt_seconds if wanted is None else wanted)

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
            turned=self._desk.ways.why_turned,
            troubles=tuple(troubles[row.number] for row in left if row.number in troubles),
        )
        if not left and pushed.stopped is None:
            now = self._means.clock()
            with self._ledger.writing():
                self._ledger.set_memo(OK, iso_utc(now), now)
        return pushed
