"""`record`: what a person enters at one instant, stored as one entry with one durable commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from enum import StrEnum
from typing import NamedTuple

from meterctl.domain.findings import Finding
from meterctl.domain.meters import Meter, Zones, meter_named
from meterctl.domain.quantity import parse_quantity
from meterctl.domain.readings import (
    Quality,
    Reading,
    Source,
    Verdict,
    check_note,
    new_reading,
    next_revision,
    reading_id,
    settle,
)
from meterctl.domain.times import EARLIEST_CLOCK, iso_utc, parse_time, refuse_future
from meterctl.errors import TimeError, UsageError, about, shown
from meterctl.ledger.port import EntryKind, Ledger, NewEntry, Stretch
from meterctl.services.judging import Found, findings_if_stored, judge_together
from meterctl.services.session import Session
from meterctl.services.settling import conflict, is_old_devices


class Status(StrEnum):
    """What became of one reading."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"


class RecordedReading(NamedTuple):
    """One reading of a record, as it is acknowledged."""

    id: str
    meter: Meter
    reading: Reading
    status: Status
    findings: tuple[Finding, ...]


class Recorded(NamedTuple):
    """A record, as it is acknowledged."""

    at: int
    readings: tuple[RecordedReading, ...]


class Record(NamedTuple):
    """A record that fits its meters, ready to be stored."""

    at: int
    readings: tuple[Reading, ...]
    stamped: bool  # its time is the clock's, not a person's: it may give way by a millisecond


def prepare(
    meters: tuple[Meter, ...],
    zones: Zones,
    values: Mapping[str, str],
    now: int,
    source: Source,
    *,
    at: str | None = None,
    starts_at: str | None = None,
    note: str | None = None,
    read_time: Callable[[str, tzinfo], int] = parse_time,
) -> Record:
    """Check a record as it was typed or posted: values by the name of their meter.

    `read_time` reads a time in a zone: as programs write them, if nothing else is said.

    Raises:
        UsageError: no value.
        DataError: the first thing that cannot be stored.
    """
    if not values:
        raise UsageError("no value given", "meterctl record 142.3")
    named = [(meter_named(meters, name), text) for name, text in values.items()]
    with about("timestamp"):
        instant = _instant([meter for meter, _ in named], zones, now, at, read_time)
    start = None
    if starts_at is not None:
        with about("starts_at"):
            start = read_time(starts_at, zones(named[0][0]))
    with about("note"):
        note = check_note(note)
    readings: dict[str, Reading] = {}
    for meter, text in named:
        if meter.id in readings:
            raise UsageError(f"meter {meter.id} is given twice", "give each meter one value")
        with about(meter.id):
            readings[meter.id] = new_reading(
                meter,
                instant,
                parse_quantity(text),
                source,
                starts_at=start,
                quality=Quality.ACTUAL,
                note=note,
            )
    return Record(instant, tuple(readings.values()), stamped=at is None)


def read_at(
    session: Session,
    meters: list[Meter],
    at: str | None,
    read_time: Callable[[str, tzinfo], int],
) -> int:
    """The instant at which meters were read, as `prepare` takes it, before a value is known.

    Raises:
        TimeError: none, one to come, or not the same one for all meters.
    """
    return _instant(meters, session.zones, session.now, at, read_time)


def _instant(
    meters: list[Meter],
    zones: Zones,
    now: int,
    at: str | None,
    read_time: Callable[[str, tzinfo], int],
) -> int:
    if at is None:
        if now < EARLIEST_CLOCK:
            raise TimeError(
                f"this machine's clock says {iso_utc(now)}: it was never set",
                "set the clock, or give the time with --at",
            )
        return now
    instants = {read_time(at, zones(meter)) for meter in meters}
    if len(instants) > 1:
        raise TimeError(
            f"{shown(at)} is not one instant: these meters are in different time zones",
            "give the time with its offset, such as 2026-03-01T07:00:00+01:00",
        )
    (instant,) = instants
    refuse_future(instant, now, zones(meters[0]))
    return instant


def preview(session: Session, record: Record) -> list[tuple[Reading, tuple[Finding, ...]]]:
    """What would be found of each reading that the record would add; nothing is stored."""
    return [
        (reading, findings_if_stored(session.ledger, session.zones, reading))
        for reading in record.readings
        if settle(session.ledger.revisions(reading.slot), reading.amount) is Verdict.NEW
    ]


class Put(NamedTuple):
    """A record that is in the ledger, of which no findings are derived yet."""

    record: Record
    added: tuple[Reading, ...]
    entry: int | None  # None: all of it was known

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """Where findings are to be derived."""
        return tuple(map(_place, self.added))


def _place(reading: Reading) -> Stretch:
    return Stretch(reading.meter, reading.device, reading.at, reading.at)


def store(session: Session, record: Record) -> Recorded:
    """Store a record: all of its readings, or none.

    Raises:
        Conflict: a slot holds another truth; the message names `correct`.
    """
    with session.ledger.writing():
        done = put(session, record)
        found = judge_together(session.ledger, session.zones, done.stretches)
        return told(session, done, found)


def put(session: Session, record: Record) -> Put:
    """Write a record without judging it: `judge` its stretches before the write is over.

    Several records that are written together can be judged together. Called within
    `ledger.writing()`.

    Raises:
        Conflict: a slot holds another truth; the message names `correct`.
    """
    ledger, zones, now, source = session
    meters = {meter.id: meter for meter in ledger.meters()}
    record = _give_way(ledger, record)
    added: list[Reading] = []
    for reading in record.readings:
        revisions = ledger.revisions(reading.slot)
        verdict = settle(revisions, reading.amount)
        meter = meters[reading.meter]
        if verdict is Verdict.CONFLICT and is_old_devices(meter, reading, ledger.revisions):
            verdict = Verdict.DUPLICATE
        if verdict is Verdict.NEW:
            added.append(reading._replace(revision=next_revision(revisions)))
        elif verdict is not Verdict.DUPLICATE:
            raise conflict(meter, zones, reading, revisions[-1])
    entry = ledger.append(NewEntry(EntryKind.RECORD, source, now), added) if added else None
    return Put(record, tuple(added), entry)


def _give_way(ledger: Ledger, record: Record) -> Record:
    """Take the next free millisecond where two runs were stamped with the same one.

    Only for a time that came from the clock, and only where the values differ: the same value at
    the same millisecond is the same reading.
    """
    while record.stamped and any(
        settle(ledger.revisions(reading.slot), reading.amount)
        in (Verdict.CONFLICT, Verdict.SUPERSEDED)
        for reading in record.readings
    ):
        later = record.at + 1
        record = Record(
            later,
            tuple(
                reading._replace(
                    at=later,
                    starts_at=later if reading.starts_at == reading.at else reading.starts_at,
                )
                for reading in record.readings
            ),
            stamped=True,
        )
    return record


def told(session: Session, done: Put, found: Found) -> Recorded:
    """A record as it is acknowledged, with what is found of it: `found` of what it has added."""
    ledger = session.ledger
    meters = {meter.id: meter for meter in ledger.meters()}
    added = {reading.slot for reading in done.added}
    return Recorded(
        done.record.at,
        tuple(
            RecordedReading(
                reading_id(reading.slot, meters[reading.meter]),
                meters[reading.meter],
                reading,
                Status.RECORDED if reading.slot in added else Status.DUPLICATE,
                (found if reading.slot in added else ledger.findings(_place(reading))).get(
                    reading.slot, ()
                ),
            )
            for reading in done.record.readings
        ),
    )
