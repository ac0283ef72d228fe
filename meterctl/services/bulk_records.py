"""Many records at once: all of them or none, or as many as can be stored, in one durable write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from meterctl.domain.meters import Meter, Zones, meter_named
from meterctl.domain.readings import Reading
from meterctl.errors import MeterctlError
from meterctl.ledger.port import EntryKind, NewEntry
from meterctl.services.judging import judge, stretches_of
from meterctl.services.record import Record
from meterctl.services.session import Session
from meterctl.services.settling import conflict, settle_all


class Fault(NamedTuple):
    """What is wrong with one record, by its place among them, from 0."""

    place: int
    error: MeterctlError


class Bulk(NamedTuple):
    """What became of many records."""

    rows: int
    recorded: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0
    faults: tuple[Fault, ...] = ()
    refused: bool = False  # as a whole: nothing was stored
    entry: int | None = None


def store_all(
    session: Session, records: Sequence[Record | Fault], *, partial: bool = False
) -> Bulk:
    """Store records, of which some may be faulty; with any fault none is stored, unless `partial`.

    Duplicates are no faults. All that is stored is one entry.
    """
    ledger, zones, now, source = session
    faults = [one for one in records if isinstance(one, Fault)]
    rejected = len(faults)
    if faults and not partial:
        return Bulk(len(records), rejected=rejected, faults=tuple(faults), refused=True)
    readings: list[Reading] = []
    indexes: list[int] = []
    for index, record in enumerate(records):
        if isinstance(record, Record):
            readings.extend(record.readings)
            indexes.extend([index] * len(record.readings))
    with ledger.writing():
        meters = ledger.meters()
        settled = settle_all(ledger, meters, readings, None)
        for place, truth in settled.conflicts:
            faults.append(_conflict(meters, zones, indexes[place], readings[place], truth))
        faults.sort(key=lambda fault: fault.place)
        conflicts = len(settled.conflicts)
        if conflicts and not partial:
            return Bulk(len(records), conflicts=conflicts, faults=tuple(faults), refused=True)
        entry = None
        if settled.added:
            entry = ledger.append(NewEntry(EntryKind.IMPORT, source, now), settled.added)
            for stretch in stretches_of(settled.added):
                judge(ledger, zones, stretch)
    return Bulk(
        len(records),
        len(settled.added),
        settled.duplicates,
        conflicts,
        rejected,
        tuple(faults),
        entry=entry,
    )


def _conflict(
    meters: tuple[Meter, ...], zones: Zones, index: int, reading: Reading, truth: Reading
) -> Fault:
    meter = meter_named(meters, reading.meter)
    return Fault(index, conflict(meter, zones, reading, truth))
