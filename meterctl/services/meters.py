"""`meters`: adding, setting and replacing what readings are of."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from meterctl.domain.findings import Finding
from meterctl.domain.meters import Device, Kind, Meter, check_meter, meter_named
from meterctl.domain.readings import (
    Reading,
    Slot,
    Verdict,
    new_reading,
    next_revision,
    reading_id,
    settle,
)
from meterctl.domain.times import iso_utc, refuse_future
from meterctl.errors import MeterError
from meterctl.ledger.port import EntryKind, Ledger, NewEntry, Stretch
from meterctl.services.judging import judge
from meterctl.services.session import Session
from meterctl.services.settling import conflict

_FOREVER = 1 << 62


class Replaced(NamedTuple):
    """A meter swap: the meter as it is now, and how many later readings moved to the new device."""

    meter: Meter
    device: Device
    moved: int
    doubts: tuple[tuple[str, tuple[Finding, ...]], ...]  # of the final and the initial value, by id


def add(session: Session, meter: Meter) -> Meter:
    """Add a meter.

    Raises:
        MeterError: its definition does not hold together, or its name is taken.
        TimeError: its device is installed in the future.
    """
    ledger = session.ledger
    with ledger.writing():
        known = ledger.meters()
        for other in known:
            if other.id == meter.id:
                raise MeterError(
                    f"meter {meter.id} is already there", f"meterctl meters set {meter.id}"
                )
        checked = check_meter(meter, known)
        for device in checked.devices:
            if device.since is not None:
                refuse_future(device.since, session.now, session.zones(checked))
        ledger.add_meter(checked)
    return meter


def change(session: Session, meter: Meter, serial: str | None = None) -> Meter:
    """Set what is declared of a meter, and judge its readings anew in that light.

    Raises:
        MeterError: the definition does not hold together, or its readings forbid it.
    """
    ledger, zones = session.ledger, session.zones
    with ledger.writing():
        known = ledger.meters()
        before = meter_named(known, meter.id)
        has_readings = _holds_anything(ledger, before)
        if has_readings and (before.kind, before.unit) != (meter.kind, meter.unit):
            raise MeterError(
                f"meter {meter.id} has readings: it stays a {before.kind} in {before.unit}",
                "add another meter for what is counted otherwise",
            )
        if meter.digits != before.digits:
            _check_digits(ledger, meter)
        if serial is not None:
            last = meter.devices[-1]
            meter = meter._replace(devices=(*meter.devices[:-1], last._replace(serial=serial)))
        ledger.set_meter(check_meter(meter, known))
        if serial is not None:
            ledger.set_serial(meter.id, meter.devices[-1].number, serial)
        if has_readings:
            for device in meter.devices:
                judge(ledger, zones, Stretch(meter.id, device.number, -_FOREVER, _FOREVER))
    return meter


def _holds_anything(ledger: Ledger, meter: Meter) -> bool:
    """Whether a meter has, or had, a reading: a void one can still be given its value back."""
    return any(
        next(ledger.revisions_between(meter.id, device.number, -_FOREVER, _FOREVER), None)
        for device in meter.devices
    )


def _check_digits(ledger: Ledger, meter: Meter) -> None:
    """Refuse a dial that is too small for what it has shown."""
    dial = meter.dial
    if dial is None:
        return
    for reading in ledger.current(meter.id):
        if reading.amount >= dial:
            raise MeterError(
                f"{reading_id(reading.slot, meter)} is {meter.text(reading.amount)}: more than"
                f" {meter.digits} digits",
                "correct or void that reading first, or declare more digits",
            )


def replace(
    session: Session, name: str, at: int, *, serial: str | None, final: int | None, initial: int
) -> Replaced:
    """Note that a meter was swapped: the old device's last value, the new one's first.

    Readings already stored from that instant on are the new device's; they move there.

    Raises:
        MeterError: before the device that stands now.
        Conflict: the old device holds another value at that instant.
    """
    ledger, zones, now, source = session
    with ledger.writing():
        meter = meter_named(ledger.meters(), name)
        old = meter.devices[-1]
        refuse_future(at, now, zones(meter))
        if _is_known(ledger, meter, at, Swap(serial, final, initial)):
            return Replaced(meter, old, 0, ())
        if old.since is not None and at <= old.since:
            raise MeterError(
                f"device {old.number} of {meter.id} stands only since {iso_utc(old.since)}",
                "a swap comes after the one before",
            )
        new = Device(old.number + 1, serial, at)
        changed = check_meter(meter._replace(devices=(*meter.devices, new)), ledger.meters())
        # What lies at the very instant of the swap stays with the old device, as its last value.
        after = Stretch(meter.id, old.number, at + 1, _FOREVER)
        later = list(ledger.revisions_between(*after))
        accepted = ledger.accepted(after)
        ledger.add_device(meter.id, new)
        values = _swap_values(session, changed, final, initial)
        moved = _moved(later, new)
        entry = ledger.append(NewEntry(EntryKind.REPLACEMENT, source, now), [*values, *moved])
        last_revisions = {reading.slot: reading.revision for reading in later}
        for slot, why in accepted.items():
            there = slot._replace(device=new.number)
            ledger.accept(entry, there, last_revisions[slot], why)
        for device in (old, new):
            judge(ledger, zones, Stretch(meter.id, device.number, at, _FOREVER))
        return Replaced(
            changed,
            new,
            sum(reading.value is None for reading in moved if reading.device == old.number),
            tuple(_doubts(ledger, changed, values)),
        )


class Swap(NamedTuple):
    """What a person says of a swap."""

    serial: str | None
    final: int | None
    initial: int


def _is_known(ledger: Ledger, meter: Meter, at: int, swap: Swap) -> bool:
    """Whether this very swap was told before: told again, it is done already."""
    new = meter.devices[-1]
    if new.since != at or len(meter.devices) < 2 or swap.serial not in (None, new.serial):
        return False
    if meter.kind is not Kind.REGISTER:
        return True
    told = {new.number - 1: swap.final, new.number: swap.initial}
    return all(
        value is None
        or any(one.value == value for one in ledger.revisions(Slot(meter.id, device, at, at)))
        for device, value in told.items()
    )


def _doubts(
    ledger: Ledger, meter: Meter, values: list[Reading]
) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    """Which of a swap's own values look wrong beside their neighbours, by id."""
    for reading in values:
        here = Stretch(reading.meter, reading.device, reading.at, reading.at)
        if found := ledger.findings(here).get(reading.slot):
            yield reading_id(reading.slot, meter), found


def _swap_values(session: Session, meter: Meter, final: int | None, initial: int) -> list[Reading]:
    """The old device's last value and the new one's first, where they are not known yet."""
    if meter.kind is not Kind.REGISTER:
        if final is not None or initial:
            raise MeterError(
                f"meter {meter.id} is a {meter.kind}: it has no final and initial value",
                "leave --final and --initial out",
            )
        return []
    old, new = meter.devices[-2:]
    at = new.since or 0
    first = new_reading(meter, at, initial, session.source, device=new.number, note="initial value")
    if final is None:
        return [first]
    last = new_reading(meter, at, final, session.source, device=old.number, note="final value")
    revisions = session.ledger.revisions(last.slot)
    verdict = settle(revisions, final)
    if verdict is Verdict.DUPLICATE:
        return [first]
    if verdict is not Verdict.NEW:
        raise conflict(meter, session.zones, last, revisions[-1])
    return [last._replace(revision=next_revision(revisions)), first]


def _moved(later: list[Reading], new: Device) -> list[Reading]:
    """What was stored of the old device after the swap: its whole story told again at the new one.

    All revisions move, so that what a person corrected or voided stays known as that; the truth
    at the old device is voided.
    """
    reason = f"meter replaced at {iso_utc(new.since or 0)}"
    written = []
    for _, of_slot in groupby(later, key=lambda reading: reading.slot):
        revisions = list(of_slot)
        written += [revision._replace(device=new.number) for revision in revisions]
        truth = revisions[-1]
        if truth.value is not None:
            voided = truth._replace(revision=truth.revision + 1, value=None, reason=reason)
            written.append(voided)
    return written
