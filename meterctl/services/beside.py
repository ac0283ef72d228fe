"""What else of a period another machine may have sent: an earlier reading, or an earlier value.

A day is submitted with the reading that is its last one then. Another machine may have sent it
before the reading was taken, or corrected, that is due here now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from itertools import islice

from meterctl.domain.due import Policy, is_closing, is_refused, submission_key
from meterctl.domain.meters import Meter
from meterctl.domain.periods import By, period_at
from meterctl.domain.readings import Reading
from meterctl.ledger.port import Ledger, Submission
from meterctl.services.opening import Opening
from meterctl.services.outstanding import Account
from meterctl.services.restored import Elsewhere
from meterctl.utility.port import NotThere, Outcome, Rejected

MOST = 100  # quarter-hours of a day; what is older than the newest of them is not asked about
_PERIODS = {Policy.DAILY: By.DAY, Policy.MONTHLY: By.MONTH}


class Beside:
    """One run's questions about what else may have been sent of a period.

    Args:
        ledger: The ledger.
        account: The account.
        other: The machine that may have.
    """

    def __init__(self, ledger: Ledger, account: Account, other: Elsewhere) -> None:
        self._ledger = ledger
        self._account = account
        self._other = other
        self._not_there: set[str] = set()  # keys that were asked about

    def found(
        self,
        meter: Meter,
        submission: Submission,
        zone: tzinfo,
        ask: Callable[[Opening], Outcome],
    ) -> tuple[Reading, Outcome] | None:
        """The newest of which it is not proven that it is not there; None: none of them is.

        Args:
            meter: The meter.
            submission: The one that is not there, whatever else may be.
            zone: That of the utility's days.
            ask: Asks about one reading, by whichever way it may have gone.
        """
        self._not_there.add(submission.key)
        handed = self._ledger.submissions(self._account.name)
        known = {one.key for one in handed if is_closing(one) or is_refused(one)}
        for reading in islice(self._candidates(meter, submission, zone), MOST):
            key = submission_key(meter, reading)
            if key in known or key in self._not_there:
                continue
            outcome = ask(Opening(key, reading.slot, reading.amount))
            if not isinstance(outcome, (NotThere, Rejected)):
                return reading, outcome
            self._not_there.add(key)
        return None

    def _candidates(self, meter: Meter, submission: Submission, zone: tzinfo) -> list[Reading]:
        slot = submission.slot
        first, last = slot.at, slot.at
        if self._account.policy in _PERIODS:
            period = period_at(slot.at, _PERIODS[self._account.policy], zone)
            first, last = period.start, period.end - 1
        revisions = [
            one
            for device in meter.devices
            for one in self._ledger.revisions_between(meter.id, device.number, first, last)
            if one.value is not None and self._other.may_have_sent(one.at)
        ]
        if self._account.policy is Policy.EVERY:
            revisions = [one for one in revisions if one.slot == slot]
        return sorted(revisions, key=lambda one: (one.at, one.revision), reverse=True)
