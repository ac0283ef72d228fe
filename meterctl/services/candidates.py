"""Which of a meter's readings may be due: looked up, not looked through.

What a run costs must not grow with the years that a ledger holds. So of each day only the last
reading is looked up; days that were submitted are passed over, and those from before the first day
that is submitted at all are counted, not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
    begin = _begin(terms, handed)
    if terms.policy is Policy.EVERY:
        yield from ledger.current(meter.id, since=begin)
        return
    if begin is not None and terms.policy is Policy.DAILY:  # what is queued stays due, however old
        queued = (one for one in handed if one.state is SubmissionState.DUE)
        for first, last in _days_of(terms, queued, begin):
            for device in meter.devices:
                number = device.number
                of_day = ledger.current(
                    meter.id, device=number, since=first, until=last, newest_first=True
                )
                yield from islice(of_day, 1)
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
    begin = _begin(terms, handed)
    if begin is None or terms.policy is Policy.MONTHLY:
        return 0
    if terms.policy is Policy.EVERY:
        return ledger.truths(meter.id, begin - 1)
    told_of = _days_of(terms, filter(_is_told_of, handed), begin)
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


def _days_of(terms: Terms, handed: Iterable[Submission], begin: int) -> set[tuple[int, int]]:
    """The days from before an instant in which submissions lie, from their first to their last."""
    there = {one.slot.at for one in handed if one.slot.at < begin}
    days = (period_at(at, By.DAY, terms.zone) for at in there)
    return {(one.start, one.end - 1) for one in days}


def _is_told_of(one: Submission) -> bool:
    """Whether there is more to say of its reading than its age: it was submitted, or is queued."""
    return is_closing(one) or one.state is SubmissionState.DUE


def _begin(terms: Terms, handed: Iterable[Submission]) -> int | None:
    """From when on readings are looked at one by one; None: all of them.

    A day before the first day: where clocks are set back over midnight, it has begun by then. Where
    each reading is submitted, from the first on that was: they are not told apart by their days.
    """
    if terms.since.year <= _NO_FIRST_DAY:
        return None
    begin = midnight(terms.since - _DAY, terms.zone)
    if terms.policy is not Policy.EVERY:
        return begin
    return min([begin, *(one.slot.at for one in handed if _is_told_of(one))])
