"""What becomes of readings beside what the ledger holds: new, known, or in conflict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import repeat
from operator import sub
from typing import NamedTuple, Protocol

from meterctl.domain.meters import Meter, Zones, meter_named
from meterctl.domain.plain import Plain
from meterctl.domain.quantity import format_quantity
from meterctl.domain.readings import Reading, Slot, Verdict, next_revision, reading_id, settle
from meterctl.domain.times import local_text
from meterctl.errors import Conflict
from meterctl.ledger.bulk import Bare
from meterctl.ledger.port import FOREVER, NewEntry, Stretch


class Target(Protocol):
    """What an import needs of a ledger, each as `meterctl.ledger.port` promises it."""

    def writing(self) -> AbstractContextManager[None]:
        """One durable write."""

    def revisions_at(
        self, meter: str, device: int, times: Sequence[int]
    ) -> dict[Slot, list[Reading]]:
        """All revisions at each of some times (at least one), by slot, oldest first."""

    def bare(self, meter: str, device: int, first_at: int, last_at: int, most: int) -> list[Bare]:
        """The revisions of a stretch, at most so many, as time, span, revision and value."""

    def append(
        self, entry: NewEntry, readings: Sequence[Reading], plain: Sequence[Plain] = ()
    ) -> int:
        """Write an entry with its readings, some of them in columns; return its number."""

    def meters(self) -> tuple[Meter, ...]:
        """Those there are now."""

    def add_meter(self, meter: Meter) -> None:
        """Make a meter that a file's readings are of."""

    def leave_unjudged(self, stretch: Stretch) -> None:
        """Note that a stretch's findings are yet to be derived."""

    def give_way(self) -> None:
        """Let other writers go first who wait, between two writes."""


class Settled(NamedTuple):
    """What became of some readings."""

    added: list[Reading]  # to be written, at the revisions they take
    duplicates: int
    conflicts: list[tuple[int, Reading]]  # of which reading, by its place, and the slot's truth


_FEW = 1_000  # readings that are looked at together with others, though they are not asked for
_NEW = -1  # no value
_KNOWN_ALREADY = (Verdict.DUPLICATE, Verdict.SUPERSEDED)


def settle_all(
    target: Target, meters: tuple[Meter, ...], readings: Sequence[Reading], reason: str | None
) -> Settled:
    """Judge many readings at once, each in the light of the ledger and of those before it.

    Called within `target.writing()`. With a `reason` another value corrects the slot's truth.
    """
    known = _known(target, readings)
    settled = Settled([], 0, [])
    duplicates = 0
    for place, reading in enumerate(readings):
        revisions = known.setdefault(reading.slot, [])
        verdict = settle(revisions, reading.amount)
        if verdict is Verdict.CONFLICT and _is_old_devices(target, meters, reading):
            verdict = Verdict.DUPLICATE
        # Asked to replace, it still does not undo what a person did, but says so.
        undone = verdict is Verdict.SUPERSEDED and reason is not None
        if undone or (verdict is Verdict.CONFLICT and reason is None):
            settled.conflicts.append((place, revisions[-1]))
        elif verdict in _KNOWN_ALREADY:
            duplicates += 1
        else:
            if revisions:
                why = reason if verdict is Verdict.CONFLICT else None
                reading = reading._replace(revision=next_revision(revisions), reason=why)  # noqa: PLW2901 (a later revision of itself)
            settled.added.append(reading)
            revisions.append(reading)
    return settled._replace(duplicates=duplicates)


class Merged(NamedTuple):
    """What became of plain readings."""

    added: Plain | None  # to be written
    duplicates: int
    others: Sequence[int]  # the places of those that must be settled one by one
    is_behind: bool  # what is added lies behind all that the device has


def settle_plain(target: Target, plain: Plain) -> Merged:
    """Judge plain readings of one device at once, as far as that can be done.

    Called within `target.writing()`.
    """
    of, at = plain[:2], plain.at
    if not plain.is_in_order:
        return Merged(None, 0, range(len(at)), is_behind=False)
    if not target.bare(*of, at[0], FOREVER, 1):
        return Merged(plain, 0, (), is_behind=True)
    most = 4 * len(at) + _FEW
    known = target.bare(*of, at[0], at[-1], most)
    if len(known) == most:  # a few times among many
        return Merged(None, 0, range(len(at)), is_behind=False)
    spans = list(map(sub, at, plain.starts_at))
    if known == list(zip(at, spans, repeat(1), plain.values, strict=False)):
        return Merged(None, len(at), (), is_behind=False)
    values: dict[tuple[int, int], int | None] = {}
    for when, span, revision, value in known:
        values[when, span] = value if revision == 1 else None
    found = list(map(values.get, zip(at, spans, strict=True), repeat(_NEW)))
    added = plain.only([value == _NEW for value in found])
    others = [
        place
        for place, (value, mine) in enumerate(zip(found, plain.values, strict=True))
        if value not in (_NEW, mine)
    ]
    duplicates = len(at) - len(added.at) - len(others)
    return Merged(added if added.at else None, duplicates, others, is_behind=False)


def _is_old_devices(target: Target, meters: tuple[Meter, ...], reading: Reading) -> bool:
    def revisions(slot: Slot) -> list[Reading]:
        return target.revisions_at(slot.meter, slot.device, (slot.at,)).get(slot, [])

    return is_old_devices(meter_named(meters, reading.meter), reading, revisions)


def _known(target: Target, readings: Sequence[Reading]) -> dict[Slot, list[Reading]]:
    """What the ledger holds already in the slots of these readings."""
    times: dict[tuple[str, int], list[int]] = {}
    for reading in readings:
        times.setdefault((reading.meter, reading.device), []).append(reading.at)
    found: dict[Slot, list[Reading]] = {}
    for (meter, device), instants in times.items():
        found.update(target.revisions_at(meter, device, instants))
    return found


def is_old_devices(
    meter: Meter, reading: Reading, revisions: Callable[[Slot], Sequence[Reading]]
) -> bool:
    """Whether a value at the very instant of a swap is what the device before showed last.

    A file or a person who knows of no swap means that one.
    """
    device = meter.device_numbered(reading.device)
    if device.since != reading.at or device.number == meter.devices[0].number:
        return False
    before = reading.slot._replace(device=device.number - 1)
    return any(one.value == reading.value for one in revisions(before))


def conflict(meter: Meter, zones: Zones, reading: Reading, truth: Reading) -> Conflict:
    """Another value than the slot's truth, said so that the next step is plain."""
    error = _conflict(meter, zones, reading, truth)
    error.about = meter.id
    return error


def _conflict(meter: Meter, zones: Zones, reading: Reading, truth: Reading) -> Conflict:
    when = local_text(reading.at, zones(meter))
    id_, value = reading_id(reading.slot, meter), format_quantity(reading.amount)
    if truth.value is None:
        return Conflict(
            f"{meter.id} at {when}: {meter.text(reading.amount)} was recorded and then voided"
            f" ({truth.reason})",
            f'if it was right after all: meterctl correct {id_} {value} --reason "..."',
        )
    was_corrected = "" if truth.reason is None else f", corrected to that ({truth.reason})"
    return Conflict(
        f"{meter.id} at {when} is already {meter.text(truth.amount)}{was_corrected},"
        f" not {meter.text(reading.amount)}",
        f'if the new value is right: meterctl correct {id_} {value} --reason "..."',
    )
