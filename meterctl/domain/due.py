"""What is due to the utility, what is withheld from it, and why.

Of each period (a day, a month's window, or the reading alone) the last reading is due, once: a
period with a submission that is under way, in doubt or taken is closed. Nothing takes the place of
a last reading that may not be sent: the period waits until a person has looked, since an earlier
value of that period would be another truth.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import date, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple, Protocol

from meterctl.domain.meters import Meter
from meterctl.domain.quantity import format_quantity
from meterctl.domain.readings import Reading, Slot
from meterctl.domain.times import aware, iso_utc


class Policy(StrEnum):
    """How often a meter is submitted."""

    DAILY = "daily"  # the last reading of each day
    MONTHLY = "monthly"  # one a month, taken and sent within a window of days
    EVERY = "every"  # every reading


class Why(StrEnum):
    """Why a reading is withheld."""

    OLDER = "older"  # from before the first day that is submitted at all
    TOO_LATE = "too_late"  # older than the utility takes
    UNFINISHED = "unfinished"  # a day's total, and the day is not over
    IN_DOUBT = "in_doubt"  # it has an open finding
    WINDOW = "window"  # the month's window is not open
    CLOSED = "closed"  # its period was submitted with an earlier reading
    REJECTED = "rejected"  # the utility refused this very value
    DIFFERS = "differs"  # what the utility holds was corrected or voided here since


class Handed(Protocol):
    """A submission, as far as it says what is due."""

    @property
    def slot(self) -> Slot:
        """Of which reading."""

    @property
    def value(self) -> int:
        """In millionths, as sent or to be sent."""

    @property
    def state(self) -> str:
        """`due`, `sending`, `unknown`, `accepted`, `already` or `rejected`."""

    @property
    def detail(self) -> str | None:
        """Why it is in that state."""


class Terms(NamedTuple):
    """What one meter's readings are measured by."""

    policy: Policy
    window: tuple[int, int]  # days of the month, for `monthly`
    zone: tzinfo  # of its days
    since: date  # nothing from before that day
    now: int
    oldest: date | None = None  # the utility takes nothing from before that day
    whole_days: bool = False  # a reading is its day's total


class Withheld(NamedTuple):
    """Readings of a meter that are not sent for one reason; the detail is for people."""

    meter: str
    why: Why
    readings: int
    detail: str = ""


class Plan(NamedTuple):
    """What to do for one meter."""

    due: tuple[Reading, ...]  # in time order
    withheld: tuple[Withheld, ...]


# Begins the detail of a submission that was dropped here, unsent, for a later truth.
SUPERSEDED = "superseded"

_CLOSING = frozenset(("sending", "unknown", "accepted", "already"))
_TAKEN = frozenset(("accepted", "already"))


def is_closing(handed: Handed) -> bool:
    """Whether a submission closes its period: it is under way, in doubt or taken."""
    return handed.state in _CLOSING


def is_taken(handed: Handed) -> bool:
    """Whether the utility is proven to hold a submission."""
    return handed.state in _TAKEN


def is_refused(handed: Handed) -> bool:
    """Whether the utility, or a person in its place, said no; not merely dropped here unsent."""
    return handed.state == "rejected" and not (handed.detail or "").startswith(SUPERSEDED)


def may_be_elsewhere(at: int, taken_over_at: int | None) -> bool:
    """Whether another machine may have submitted a reading of that time, unknown to this ledger.

    Of a ledger that was put back from a backup it may have been any reading: what was due at the
    backup, and what was read since. Once a person has said that the other machine has stopped,
    only what was read up to then.
    """
    return taken_over_at is None or at <= taken_over_at


def is_same(handed: Handed, reading: Reading) -> bool:
    """Whether a submission is of this reading; a swap told late gives it another device."""
    slot = handed.slot
    return slot == reading.slot or (
        slot._replace(device=reading.device) == reading.slot and handed.value == reading.value
    )


def plan(
    meter: Meter,
    terms: Terms,
    readings: Iterable[Reading],
    doubtful: Container[Slot],
    handed: Sequence[Handed],
    *,
    ordered: Sequence[Handed] = (),
    older: int = 0,
) -> Plan:
    """What is due of a meter's current readings, and what is withheld.

    Args:
        meter: The meter.
        terms: What they are measured by.
        readings: Its current readings, or of each period at least the last one.
        doubtful: The slots with an open finding.
        handed: The meter's submissions to the account, newest first.
        ordered: Those of them that are due because a person said so: their periods are taken.
        older: How many more are withheld for their age, counted elsewhere.
    """
    closed: dict[object, list[Handed]] = {}
    for one in (*filter(is_closing, handed), *ordered):
        closed.setdefault(_period(one.slot, terms), []).append(one)
    due: list[Reading] = []
    counts: Counter[Why] = Counter({Why.OLDER: older})
    for reading in sorted(_last_ones(readings, terms), key=_order):
        closing = closed.get(_period(reading.slot, terms), ())
        if terms.policy is Policy.EVERY:
            closing = [one for one in closing if is_same(one, reading)]
        if closing:
            if _is_news(reading, terms, closing):
                counts[Why.CLOSED] += 1
        elif why := _why_not(reading, terms, doubtful, handed):
            counts[why] += 1
        else:
            due.append(reading)
    withheld = (Withheld(meter.id, why, counts[why], _detail(why, terms)) for why in Why)
    return Plan(tuple(due), tuple(one for one in withheld if one.readings))


def _is_news(reading: Reading, terms: Terms, closing: Sequence[Handed]) -> bool:
    """Whether to say that a period was submitted with an earlier reading: not for ever after."""
    present = _period(Slot(reading.meter, reading.device, terms.now, terms.now), terms)
    return _period(reading.slot, terms) == present and not any(
        one.slot == reading.slot or is_same(one, reading) for one in closing
    )


def _why_not(
    reading: Reading, terms: Terms, doubtful: Container[Slot], handed: Sequence[Handed]
) -> Why | None:
    """Why the last reading of an open period is not due; None where it is."""
    of_value = next(
        (one for one in handed if is_same(one, reading) and one.value == reading.value), None
    )
    is_queued = of_value is not None and of_value.state == "due"
    day = day_of(reading.at, terms.zone)
    if day < terms.since and not is_queued:
        return Why.OLDER
    if terms.oldest is not None and day < terms.oldest:
        return Why.TOO_LATE
    if terms.whole_days and day >= day_of(terms.now, terms.zone):
        return Why.UNFINISHED
    if terms.policy is Policy.MONTHLY and not is_open(terms):
        return Why.WINDOW
    if reading.slot in doubtful:
        return Why.IN_DOUBT
    if of_value is not None and is_refused(of_value):
        return Why.REJECTED
    return None


def _last_ones(readings: Iterable[Reading], terms: Terms) -> Iterator[Reading]:
    """The last reading of each period; of months the present one alone, within its window."""
    if terms.policy is Policy.EVERY:
        yield from readings
        return
    last: dict[object, Reading] = {}
    first_day, last_day = window_at(terms)
    for reading in readings:
        if terms.policy is Policy.MONTHLY:
            day = day_of(reading.at, terms.zone)
            if (day.year, day.month) != (first_day.year, first_day.month):
                continue
            if is_open(terms) and not first_day <= day <= last_day:
                continue
        period = _period(reading.slot, terms)
        if period not in last or _order(reading) > _order(last[period]):
            last[period] = reading
    yield from last.values()


def _period(slot: Slot, terms: Terms) -> object:
    """What a submission of this slot closes."""
    if terms.policy is Policy.EVERY:
        return slot.at, slot.starts_at
    day = day_of(slot.at, terms.zone)
    return (day.year, day.month) if terms.policy is Policy.MONTHLY else day


def _order(reading: Reading) -> tuple[int, int, int]:
    # At the instant of a swap both devices have a value: the new one's is the later.
    return reading.at, reading.device, reading.starts_at


def day_of(instant: int, zone: tzinfo) -> date:
    """The day on the calendar there."""
    return aware(instant, zone).date()


def settled_days(
    terms: Terms, handed: Iterable[Handed], ordered: Iterable[Handed]
) -> frozenset[date]:
    """The days of which nothing is due or told any more, as `plan` sees `daily`.

    Not the present one: that it has a later reading than was submitted is told.
    """
    closing = (*filter(is_closing, handed), *ordered)
    days = {day_of(one.slot.at, terms.zone) for one in closing}
    return frozenset(days - {day_of(terms.now, terms.zone)})


def is_open(terms: Terms) -> bool:
    """Whether today is inside the month's window."""
    first, last = window_at(terms)
    return first <= day_of(terms.now, terms.zone) <= last


def window_at(terms: Terms) -> tuple[date, date]:
    """The first and the last day of this month's window; a short month's ends it earlier."""
    return _window(day_of(terms.now, terms.zone), terms.window)


def _window(today: date, window: tuple[int, int]) -> tuple[date, date]:
    after = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    length = (after - timedelta(days=1)).day
    return (
        today.replace(day=min(window[0], length)),
        today.replace(day=min(window[1], length)),
    )


def _detail(why: Why, terms: Terms) -> str:
    if why is Why.OLDER:
        return f"before {terms.since.isoformat()}"
    if why is Why.TOO_LATE and terms.oldest is not None:
        return f"before {terms.oldest.isoformat()}"
    if why is Why.WINDOW:
        today = day_of(terms.now, terms.zone)
        opens, last = window_at(terms)
        if today > last:
            after = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
            opens = _window(after, terms.window)[0]
        return f"until {opens.isoformat()}"
    return ""


def submission_key(meter: Meter, reading: Reading, answered: int = 0) -> str:
    """What the utility tells a repetition by.

    It is made of what is sent and of nothing else, so that every ledger that holds the reading
    makes the same one. Both the meter's id and its serial number go in: the two tariffs of one
    device share the number. Letters, digits and hyphens, safe in a header and in a URL.

    Args:
        meter: Its meter.
        reading: What is sent.
        answered: How many submissions of this value the utility has answered before. It remembers
            its answer by the key, so whoever sends the value once more needs another.
    """
    serial = meter.device_numbered(reading.device).serial or ""
    parts = [meter.id, serial, iso_utc(reading.at), format_quantity(reading.amount), meter.unit]
    if reading.starts_at != reading.at:
        parts.append(iso_utc(reading.starts_at))
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]
    return f"m1-{digest}" if answered == 0 else f"m1-{digest}-{answered + 1}"
