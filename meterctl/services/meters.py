"""`meters`: adding, setting and replacing what readings are of."""

from __future__ import annotations

from typing import NamedTuple

from meterctl.domain.meters import Device, Kind, Meter, check_meter, meter_named
from meterctl.domain.readings import Reading, Verdict, new_reading, settle
from meterctl.domain.times import iso_utc, refuse_future
from meterctl.errors import MeterError
from meterctl.ledger.port import EntryKind, NewEntry, Stretch
from meterctl.services.judging import judge
from meterctl.services.record import conflict
from meterctl.services.session import Session

_FOREVER = 1 << 62


class Replaced(NamedTuple):
    """A meter swap: the meter as it is now, and how many later readings moved to the new device."""

    meter: Meter
    device: Device
    moved: int


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
        has_readings = ledger.newest(meter.id) is not None
        if has_readings and (before.kind, before.unit) != (meter.kind, meter.unit):
            raise MeterError(
                f"meter {meter.id} has readings: it stays a {before.kind} in {before.unit}",
                "add another meter for what is counted otherwise",
            )
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
        if old.since is not None and at <= old.since:
            raise MeterError(
                f"device {old.number} of {meter.id} stands only since {iso_utc(old.since)}",
                "a swap comes after the one before",
            )
        new = Device(old.number + 1, serial, at)
        changed = check_meter(meter._replace(devices=(*meter.devices, new)), ledger.meters())
        later = list(ledger.current(meter.id, device=old.number, since=at))
        ledger.add_device(meter.id, new)
        written = _swap_values(session, changed, final, initial)
        written.extend(_moved(later, new))
        ledger.append(NewEntry(EntryKind.REPLACEMENT, source, now), written)
        for device in (old, new):
            judge(ledger, zones, Stretch(meter.id, device.number, at, _FOREVER))
        return Replaced(changed, new, sum(1 for reading in later if reading.at > at))


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
    return [last._replace(revision=len(revisions) + 1), first]


def _moved(later: list[Reading], new: Device) -> list[Reading]:
    """What was stored of the old device after the swap, voided there and new at the new one."""
    at = new.since or 0
    written = []
    reason = f"meter replaced at {iso_utc(at)}"
    for reading in later:
        if reading.at > at:  # at the very instant of the swap it is the old device's last
            voided = reading._replace(revision=reading.revision + 1, value=None, reason=reason)
            written += [voided, reading._replace(device=new.number, revision=1, reason=None)]
    return written
