"""`correct`, `void`, `review`: later truths about readings, with their reasons; none is erased."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from meterctl.domain.findings import is_in_conflict
from meterctl.domain.meters import Meter, meter_named
from meterctl.domain.readings import Reading, Slot, check_note, new_reading, reading_id
from meterctl.errors import UnknownReading, UsageError
from meterctl.ledger.port import EntryKind, Flagged, Ledger, NewEntry, Stretch
from meterctl.services.judging import against, judge, judge_all_unjudged
from meterctl.services.session import Session


class Amended(NamedTuple):
    """A slot before and after; the same where nothing had to change."""

    id: str
    meter: Meter
    before: Reading
    after: Reading


def correct(session: Session, slot: Slot, value: int, reason: str) -> Amended:
    """Give a slot another value; a void one gets its value back.

    Raises:
        UnknownReading: the slot holds nothing.
    """

    def corrected(meter: Meter, truth: Reading) -> Reading | None:
        if truth.value == value and not _is_in_conflict(session.ledger, truth):
            return None
        new_reading(  # the value must fit the meter, as a first one must
            meter, slot.at, value, session.source, starts_at=slot.starts_at, device=slot.device
        )
        return truth._replace(value=value)

    return _amend(session, slot, EntryKind.CORRECTION, reason, corrected)


def void(session: Session, slot: Slot, reason: str) -> Amended:
    """Say that a reading never was.

    Raises:
        UnknownReading: the slot holds nothing.
    """

    def voided(_meter: Meter, truth: Reading) -> Reading | None:
        if truth.value is None and not _is_in_conflict(session.ledger, truth):
            return None
        return truth._replace(value=None)

    return _amend(session, slot, EntryKind.VOID, reason, voided)


def accept(session: Session, slot: Slot, reason: str) -> Flagged:
    """Accept a reading as it is, whatever its neighbours say.

    Raises:
        UnknownReading: the slot holds no reading with an open finding.
    """
    why = needed(reason)
    ledger, zones, now, source = session
    judge_all_unjudged(ledger, zones)
    with ledger.writing():
        truth = _truth(ledger, slot)
        here = Stretch(slot.meter, slot.device, slot.at, slot.at)
        found = ledger.findings(here).get(slot)
        if found and is_in_conflict(found):
            raise UnknownReading(
                "another value is said elsewhere, and accepting one does not settle it",
                f"meterctl correct {reading_id(slot, _meter(ledger, slot))} VALUE --reason"
                ' "which is right, and why"',
            )
        if not found or slot in ledger.accepted(here):
            raise UnknownReading(
                "there is nothing to review in that reading", "meterctl review lists what there is"
            )
        entry = ledger.append(NewEntry(EntryKind.ACCEPTANCE, source, now), ())
        ledger.accept(entry, slot, truth.revision, why)
        judge(ledger, zones, here)
        return Flagged(truth, found, why)


def needed(reason: str) -> str:
    """A reason, which every amendment has.

    Raises:
        UsageError: an empty one.
    """
    why = check_note(reason)
    if why is None:
        raise UsageError("a reason is needed", '--reason "what was wrong"')
    return why


def _amend(
    session: Session,
    slot: Slot,
    kind: EntryKind,
    reason: str,
    change: Callable[[Meter, Reading], Reading | None],
) -> Amended:
    why = needed(reason)
    ledger, zones, now, source = session
    with ledger.writing():
        meter = _meter(ledger, slot)
        truth = _truth(ledger, slot)
        id_ = reading_id(slot, meter)
        changed = change(meter, truth)
        if changed is None:
            return Amended(id_, meter, truth, truth)
        later = changed._replace(revision=truth.revision + 1, reason=why, source=source)
        number = ledger.append(NewEntry(kind, source, now), (later,))
        judge(ledger, zones, Stretch(slot.meter, slot.device, slot.at, slot.at))
        return Amended(id_, meter, truth, later._replace(entry=number))


def _is_in_conflict(ledger: Ledger, truth: Reading) -> bool:
    """Whether another value is said elsewhere: then the same value again is a word on it."""
    here = Stretch(truth.meter, truth.device, truth.at, truth.at)
    return any(against(truth, ledger.rivals(here).get(truth.slot, ())))


def _meter(ledger: Ledger, slot: Slot) -> Meter:
    return meter_named(ledger.meters(), slot.meter)


def _truth(ledger: Ledger, slot: Slot) -> Reading:
    revisions = ledger.revisions(slot)
    if not revisions:
        raise UnknownReading(
            "there is no such reading", f"find it with: meterctl history {slot.meter} --ids"
        )
    return revisions[-1]
