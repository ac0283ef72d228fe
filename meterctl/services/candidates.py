"""Which of a meter's readings may be due: looked up, not looked through.

What a run costs must not grow with the years that a ledger holds. So of each day only the last
reading is looked up; days that were submitted are passed over, and those from before the first day
that is submitted at all are counted, not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice

from meterctl.domain.due import Policy, Terms, day_of, is_closing, settled_days
from meterctl.domain.meters import Meter
from meterctl.domain.periods import By, midnight, period_at
from meterctl.domain.readings import Reading
from meterctl.ledger.port import Ledger, Submission, SubmissionState

_DAY = timedelta(days=1)
_NO_FIRST_DAY = 1900  # what --since 0001-01-01 means


def candidates(
    ledger: Ledger,
    meter: Meter,
    terms: Terms,
    handed: Sequence[Submission],
    ordered: Sequence[Submission],
) -> Iterator[Reading]:
    """The readings from which a plan is made; those that `older` counts are not among them.

    Args:
        ledger: Where they are.
        meter: The meter.
        terms: What its readings are measured by.
        handed: Its submissions to the account.
        ordered: Those of them that are due because a person said so.
    """
    begin = _begin(terms)
    if begin is not None and terms.policy is not Policy.MONTHLY:
        # Of a day that was submitted nothing more is said, unlike of a slot.
        some = handed if terms.policy is Policy.EVERY else [one for one in handed if _is_due(one)]
        for span in _told_of(terms, some, begin):
            for device in meter.devices:
                found = ledger.current(
                    meter.id,
                    device=device.number,
                    since=span[0],
                    until=span[1],
                    newest_first=True,
                )
                yield from found if terms.policy is Policy.EVERY else islice(found, 1)
    if terms.policy is Policy.EVERY:
        yield from ledger.current(meter.id, since=begin)
        return
    if terms.policy is Policy.MONTHLY:  # few enough: of this month every day is looked at
        begin, settled = period_at(terms.now, By.MONTH, terms.zone).start, frozenset[date]()
    else:
        settled = settled_days(terms, handed, ordered)
    for device in meter.devices:
        until = None
        while True:
            newest = next(
                ledger.current(
                    meter.id, device=device.number, since=begin, until=until, newest_first=True
                ),
                None,
            )
            if newest is None:
                break
            day = day_of(newest.at, terms.zone)
            if day in settled:
                while day - _DAY in settled:
                    day -= _DAY
                until = min(midnight(day, terms.zone), newest.at) - 1
            else:
                yield newest
                until = period_at(newest.at, By.DAY, terms.zone).start - 1


def older(ledger: Ledger, meter: Meter, terms: Terms, handed: Sequence[Submission]) -> int:
    """How many readings are withheld for their age alone, beside those that are candidates."""
    begin = _begin(terms)
    if begin is None or terms.policy is Policy.MONTHLY:
        return 0
    told_of = _told_of(terms, handed, begin)
    if terms.policy is Policy.EVERY:
        there = ledger.truths(meter.id, begin - 1)
        return there - sum(
            sum(1 for _ in ledger.current(meter.id, since=at, until=at)) for at, _ in told_of
        )
    firsts = (
        next(ledger.current(meter.id, device=device.number, until=begin - 1), None)
        for device in meter.devices
    )
    first = min((one.at for one in firsts if one is not None), default=begin)
    spans = []
    start = period_at(first, By.DAY, terms.zone).start
    day = day_of(start, terms.zone)
    while start < begin:
        day += _DAY
        end = midnight(day, terms.zone)
        if (start, end - 1) not in told_of:
            spans.append((start, end - 1))
        start = end
    return ledger.stretches_read(meter.id, spans)


def _told_of(terms: Terms, handed: Sequence[Submission], begin: int) -> set[tuple[int, int]]:
    """The periods from before an instant of which there is more to say than their age.

    They were submitted, or are queued: what is queued stays due, however old.
    """
    there = {
        one.slot.at for one in handed if one.slot.at < begin and (is_closing(one) or _is_due(one))
    }
    if terms.policy is Policy.EVERY:
        return {(at, at) for at in there}
    periods = (period_at(at, By.DAY, terms.zone) for at in there)
    return {(one.start, one.end - 1) for one in periods}


def _is_due(one: Submission) -> bool:
    return one.state is SubmissionState.DUE


def _begin(terms: Terms) -> int | None:
    """From when on readings are looked at one by one; None: all of them.

    A day before the first day: where clocks are set back over midnight, it has begun by then.
    """
    if terms.since.year <= _NO_FIRST_DAY:
        return None
    return midnight(terms.since - _DAY, terms.zone)
