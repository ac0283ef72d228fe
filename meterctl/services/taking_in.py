"""What rows of the Sheet say becomes readings here: block by block, each a durable entry."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from meterctl.domain.merging import Meaning, meaning
from meterctl.domain.meters import meter_named
from meterctl.domain.readings import Reading, Slot, Source
from meterctl.ledger.port import EntryKind, Ledger, NewEntry, Rival, Stretch
from meterctl.services.judging import stretches_of
from meterctl.services.settling import is_old_devices
from meterctl.sheet.rows import Key


class Saying(NamedTuple):
    """One value that the Sheet says."""

    reading: Reading  # at the revision that it has there
    key: Key | None  # of its row; None: it was typed by hand
    number: int  # of its row, now
    typed: str = ""  # what one that was typed is remembered by


class Taken(NamedTuple):
    """What became of some sayings."""

    readings: int
    rivals: tuple[tuple[Saying, Reading], ...]  # with the truth that they are said against
    past: tuple[tuple[Saying, Reading], ...]  # with the truth that came after


def take_in(ledger: Ledger, destination: str, sayings: Iterable[Saying], now: int) -> Taken:
    """Take in what is news; keep in mind what is said against a truth."""
    wanted = sorted(sayings, key=lambda one: (one.reading.slot, one.reading.revision))
    if not wanted:
        return Taken(0, (), ())
    added: list[Reading] = []
    rivals: list[tuple[Saying, Reading]] = []
    past: list[tuple[Saying, Reading]] = []
    with ledger.writing():
        known = revisions_of(ledger, [one.reading for one in wanted])
        for one in wanted:
            reading = one.reading
            revisions = known.setdefault(reading.slot, [])
            match meaning(revisions, reading.revision, reading.value):
                case Meaning.NEWS:
                    added.append(reading)
                    insort(revisions, reading, key=lambda each: each.revision)
                case Meaning.RIVAL if not is_told_of_old_device(ledger, reading):
                    rivals.append((one, revisions[-1]))
                case Meaning.PAST:
                    past.append((one, revisions[-1]))
                case _:
                    pass
        if added:
            append(ledger, destination, EntryKind.IMPORT, added, now)
        for one, _ in rivals:
            set_rival(ledger, destination, one)
    return Taken(len(added), tuple(rivals), tuple(past))


def append(
    ledger: Ledger, destination: str, kind: EntryKind, readings: Sequence[Reading], now: int
) -> None:
    """Write readings that came from a Sheet, so that they are not sent back there."""
    ledger.append(NewEntry(kind, Source.SHEET, now, destination), readings)
    for stretch in stretches_of(readings):
        ledger.leave_unjudged(stretch)


def revisions_of(ledger: Ledger, readings: Iterable[Reading]) -> dict[Slot, list[Reading]]:
    """What the ledger has of the slots of some readings."""
    times: dict[tuple[str, int], list[int]] = {}
    for one in readings:
        times.setdefault((one.meter, one.device), []).append(one.at)
    found: dict[Slot, list[Reading]] = {}
    for (meter, device), instants in times.items():
        found.update(ledger.revisions_at(meter, device, instants))
    return found


def told_by(destination: str, row: str, meter: str) -> str:
    """What rivals name a cell by: its row by key, or by what was typed, and its meter."""
    return f"{destination} {row} {meter}"


def set_rival(ledger: Ledger, destination: str, one: Saying) -> None:
    """Keep in mind what a cell says against a truth."""
    name = one.typed if one.key is None else one.key.text
    who = told_by(destination, name, one.reading.meter)
    ledger.set_rival(one.reading.slot, Rival(who, one.reading.revision, one.reading.value))
    ledger.leave_unjudged(stretch_of(one.reading.slot))


def forget_rivals(ledger: Ledger, who: str) -> None:
    """Forget what a cell said against a truth; whether it is in conflict, is judged anew."""
    for slot in ledger.forget_rivals(who):
        ledger.leave_unjudged(stretch_of(slot))


def stretch_of(slot: Slot) -> Stretch:
    """The stretch of one slot."""
    return Stretch(slot.meter, slot.device, slot.at, slot.at)


def is_told_of_old_device(ledger: Ledger, reading: Reading) -> bool:
    """Whether a value at the instant of a swap is what the old device showed last: known, then."""
    meter = meter_named(ledger.meters(), reading.meter)
    return reading.value is not None and is_old_devices(meter, reading, ledger.revisions)
