"""What the utility is still to get, by the ledger: the domain's rules, fed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta, tzinfo
from typing import NamedTuple

from meterctl.domain.due import (
    Plan,
    Policy,
    Terms,
    Why,
    Withheld,
    is_refused,
    is_taken,
    plan,
    submission_key,
)
from meterctl.domain.meters import Meter, Zones
from meterctl.domain.readings import Reading, Slot
from meterctl.domain.times import EARLIEST_CLOCK, aware, iso_utc
from meterctl.errors import ConfigError
from meterctl.ledger.port import Ledger, Submission, SubmissionState
from meterctl.services.candidates import candidates, older
from meterctl.services.judging import all_in_doubt, is_in_doubt
from meterctl.services.pushed import PERSON
from meterctl.services.restored import Elsewhere, elsewhere
from meterctl.services.session import Session

RESUBMIT = "resubmit"  # begins the outcome of a person's attempt


class Account(NamedTuple):
    """One account at a utility, and what it is to get."""

    name: str  # as the ledger knows it
    policy: Policy = Policy.DAILY
    window: tuple[int, int] = (1, 31)
    zone: tzinfo | None = None  # of its days; None: the meter's
    since: date | None = None  # None: the day of the first push
    oldest_days: int | None = None  # how many days back it still takes a reading
    whole_days: bool = False  # it takes days' totals: none of a day that is not over

    def oldest_day(self, zone: tzinfo, now: int) -> date | None:
        """The first day that the utility still takes."""
        if self.oldest_days is None:
            return None
        return aware(now, zone).date() - timedelta(days=self.oldest_days)


class Outlook(NamedTuple):
    """One meter's plan, and what it was made of."""

    meter: Meter
    plan: Plan
    submissions: tuple[Submission, ...]  # newest first
    asked_first: frozenset[Slot] = frozenset()  # due, and another machine may have sent it


def first_day(ledger: Ledger, account: Account, zones: Zones, now: int) -> date:
    """The day from which on readings are submitted: as set, as the first push fixed it, today."""
    if account.since is not None:
        return account.since
    memo = ledger.memo(since_name(account))
    if memo is not None:
        return date.fromisoformat(memo.value)
    return aware(now, account.zone or zones.default).date()


def refuse_unset_clock(now: int) -> None:
    """Raise where the clock was never set: in 1970 no day is too old, and the first one is 1970's.

    Raises:
        ConfigError: it says a time that no clock shows once it was set.
    """
    if now < EARLIEST_CLOCK:
        raise ConfigError(
            f"this machine's clock says {iso_utc(now)}: it was never set, and what is due goes by"
            " it",
            "set the clock",
        )


def since_name(account: Account) -> str:
    """Under which name the ledger keeps an account's first day."""
    return f"utility.since:{account.name}"


def outlook(
    session: Session,
    account: Account,
    since: date,
    meters: Sequence[Meter],
    *,
    counts_older: bool = False,
) -> list[Outlook]:
    """What is due of each of some meters, and what is withheld.

    What is withheld for its age alone is counted on request: that grows with the ledger's years.
    """
    ledger, zones, now, _ = session
    other = elsewhere(ledger)
    by_meter: dict[str, list[Submission]] = {}
    for submission in ledger.submissions(account.name):
        by_meter.setdefault(submission.slot.meter, []).append(submission)
    found = []
    for meter in meters:
        handed = by_meter.get(meter.id, [])
        if not meter.submitted:  # nothing is due; what was due before is none of its business now
            found.append(Outlook(meter, Plan((), ()), tuple(handed)))
            continue
        zone = account.zone or zones(meter)
        terms = Terms(
            account.policy,
            account.window,
            zone,
            since,
            now,
            account.oldest_day(zone, now),
            account.whole_days,
        )
        ordered = [one for one in handed if was_ordered(ledger, one)]
        made = plan(
            meter,
            terms,
            candidates(ledger, meter, terms, handed, ordered),
            all_in_doubt(ledger, meter),
            handed,
            ordered=ordered,
            older=older(ledger, meter, terms, handed) if counts_older else 0,
        )
        changed = sum(1 for _ in differing(ledger, meter, handed))
        if changed:
            withheld = (*made.withheld, Withheld(meter.id, Why.DIFFERS, changed))
            made = made._replace(withheld=withheld)
        first = _to_be_asked_about(ledger, made, handed, other) if other else frozenset()
        found.append(Outlook(meter, made, tuple(handed), first))
    return found


def _to_be_asked_about(
    ledger: Ledger, made: Plan, handed: Sequence[Submission], other: Elsewhere
) -> frozenset[Slot]:
    """What of a plan is in doubt, since another machine may have submitted it."""
    by_hand = {
        (one.slot, one.value)
        for one in handed
        if one.state is SubmissionState.DUE and is_a_persons_word(ledger, one)
    }
    return frozenset(
        one.slot
        for one in made.due
        if other.may_have_sent(one.at) and (one.slot, one.amount) not in by_hand
    )


def differing(ledger: Ledger, meter: Meter, handed: Sequence[Submission]) -> Iterator[Submission]:
    """The submissions the utility holds (newest first) that are not what is true here any more."""
    seen: set[Slot] = set()
    for one in handed:
        if one.slot in seen or not is_taken(one):
            continue
        seen.add(one.slot)
        truth = truth_of(ledger, meter, one.slot)
        if truth is None or truth.value != one.value:
            yield one


def truth_of(ledger: Ledger, meter: Meter, slot: Slot) -> Reading | None:
    """What is true at a slot now; None: void. A swap told late has moved it to a later device."""
    for device in meter.devices:
        if device.number >= slot.device:
            revisions = ledger.revisions(slot._replace(device=device.number))
            if revisions and revisions[-1].value is not None:
                return revisions[-1]
    return None


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


def next_key(meter: Meter, reading: Reading, handed: Sequence[Submission]) -> str:
    """The key for a reading: its own, or the next after those that the utility remembers."""
    own = submission_key(meter, reading)
    answered = sum(
        (is_refused(one) or is_taken(one)) and (one.key == own or one.key.startswith(f"{own}-"))
        for one in handed
    )
    return submission_key(meter, reading, answered)


def is_a_persons_word(ledger: Ledger, submission: Submission) -> bool:
    """Whether a submission is due because a person has said so, and nothing came of it since."""
    attempts = ledger.attempts(submission.number)
    return bool(attempts) and attempts[-1].channel == PERSON


def was_ordered(ledger: Ledger, submission: Submission) -> bool:
    """Whether a submission is due because a person said so."""
    return submission.state is SubmissionState.DUE and any(
        attempt.channel == PERSON and (attempt.outcome or "").startswith(RESUBMIT)
        for attempt in ledger.attempts(submission.number)
    )
