"""Keeping the findings true: a write has judged anew only what it can have changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import dropwhile, islice

from meterctl.domain.findings import WINDOW, Finding, Judge, Judged, distrusts
from meterctl.domain.meters import Meter, Zones, meter_named
from meterctl.domain.readings import Reading, Slot
from meterctl.ledger.port import Ledger, Stretch

_FOREVER = 1 << 62


def judge(ledger: Ledger, zones: Zones, stretch: Stretch) -> None:
    """Derive the findings of a stretch, and of what follows it as far as they can differ.

    Called inside `ledger.writing()`.
    """
    onward = Stretch(stretch.meter, stretch.device, stretch.first_at, _FOREVER)
    judgements = _judgements(
        ledger,
        zones,
        onward,
        ledger.current(stretch.meter, device=stretch.device, since=onward.first_at),
    )
    earlier = _before(ledger, stretch, 1)
    known = ledger.findings(onward)
    for reading in earlier:  # its successor may be another now
        known |= ledger.findings(Stretch(stretch.meter, stretch.device, reading.at, reading.at))
    accepted = ledger.accepted(onward)
    changed: list[tuple[Slot, tuple[Finding, ...]]] = []
    still_there: set[Slot] = set()
    past, agreed = 0, 0
    for judged in judgements:
        slot = judged.reading.slot
        if slot in known:
            still_there.add(slot)
        kept = known.get(slot, ())
        if set(kept) != set(judged.findings):
            changed.append((slot, judged.findings))
        if judged.reading.at > stretch.last_at:
            past += 1
            was_trusted = slot in accepted or not any(distrusts(f.rule) for f in kept)
            agreed = agreed + 1 if judged.trusted and was_trusted else 0
            # From here on the judge's whole state is what it was when these were judged before.
            if past > WINDOW and agreed >= 2:
                break
    # A voided reading is judged no more; what was found of it goes.
    changed.extend(
        (slot, ()) for slot in known if slot.at <= stretch.last_at and slot not in still_there
    )
    ledger.set_findings(changed)


def judge_all_unjudged(ledger: Ledger, zones: Zones) -> None:
    """Derive what an import has left, or an import that was stopped; one write for each device."""
    for stretch in ledger.unjudged():
        with ledger.writing():
            judge(ledger, zones, stretch)
            ledger.clear_unjudged(stretch)


def findings_if_stored(ledger: Ledger, zones: Zones, reading: Reading) -> tuple[Finding, ...]:
    """What would be found of a reading if it were stored now."""
    stretch = Stretch(reading.meter, reading.device, reading.at, reading.at)
    following = (
        other
        for other in ledger.current(reading.meter, device=reading.device, since=reading.at)
        if other.slot != reading.slot
    )
    for judged in _judgements(ledger, zones, stretch, _chain(reading, following)):
        if judged.reading is reading:
            return judged.findings
    return ()


def _chain(reading: Reading, following: Iterator[Reading]) -> Iterator[Reading]:
    yield reading
    yield from islice(following, 1)


def _judgements(
    ledger: Ledger, zones: Zones, stretch: Stretch, readings: Iterator[Reading]
) -> Iterator[Judged]:
    """Judge readings that follow on what the ledger holds before the stretch."""
    meter: Meter = meter_named(ledger.meters(), stretch.meter)
    earlier = _before(ledger, stretch, WINDOW + 1)
    predecessor = earlier[:1]
    start = predecessor[0].at if predecessor else stretch.first_at
    around = Stretch(stretch.meter, stretch.device, start, _FOREVER)
    accepted = ledger.accepted(around)
    judge_ = Judge(meter, zones(meter), accepted.__contains__)
    if predecessor:
        trusted = list(islice(_trusted_before(ledger, predecessor[0]), 2))
        judge_.resume(reversed(trusted), reversed(earlier[1:]))
        judge_.feed(predecessor[0])
    return judge_.judge(readings)


def _before(ledger: Ledger, stretch: Stretch, count: int) -> list[Reading]:
    """The nearest current readings before a stretch, newest first."""
    return list(
        islice(
            ledger.current(
                stretch.meter,
                device=stretch.device,
                until=stretch.first_at - 1,
                newest_first=True,
            ),
            count,
        )
    )


def _trusted_before(ledger: Ledger, reading: Reading) -> Iterator[Reading]:
    """The trusted readings before one, newest first."""
    older = ledger.current(
        reading.meter, device=reading.device, until=reading.at, newest_first=True
    )
    for earlier in dropwhile(lambda other: other.slot != reading.slot, older):
        if earlier.slot == reading.slot:
            continue
        here = Stretch(earlier.meter, earlier.device, earlier.at, earlier.at)
        found = ledger.findings(here).get(earlier.slot, ())
        if not any(distrusts(f.rule) for f in found) or earlier.slot in ledger.accepted(here):
            yield earlier
