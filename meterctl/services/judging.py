"""Keeping the findings true: a write has judged anew only what it can have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import islice
from operator import sub

from meterctl.domain.findings import (
    WINDOW,
    Finding,
    Judge,
    Judged,
    Rule,
    is_trusted,
    withholds,
)
from meterctl.domain.meters import Meter, Zones, meter_named
from meterctl.domain.plain import Plain
from meterctl.domain.readings import Reading, Slot
from meterctl.domain.suspects import Row
from meterctl.domain.times import HOUR
from meterctl.ledger.bulk import Bare
from meterctl.ledger.port import FOREVER, Ledger, Rival, Stretch

MANY = 64  # readings that are worth looking at as a row
PIECE = 20_000  # readings judged in one write: a fraction of a second
_NEAR = HOUR  # what lies between is judged anew as well: a few readings, rarely many
_FEW = 3  # readings before, of which nearly always two are trusted

Found = dict[Slot, tuple[Finding, ...]]


def judge(ledger: Ledger, zones: Zones, stretch: Stretch) -> None:
    """Derive the findings of a stretch, and of what follows it as far as they can differ.

    Called inside `ledger.writing()`.
    """
    if stretch.first_at < stretch.last_at:
        rows = ledger.bare(*stretch, PIECE)
        if len(rows) < PIECE and _in_columns(ledger, zones, stretch, rows):
            # What follows is judged with the last one, as its findings may be others now.
            stretch = stretch._replace(first_at=rows[-1][0])
    ledger.set_findings(_changes(ledger, zones, stretch))


def judge_appended(ledger: Ledger, zones: Zones, plain: Plain) -> bool:
    """Derive the findings of readings that were written behind all others of their device.

    Called inside `ledger.writing()`. False where it must be left to be done later: what is before
    them is yet to be judged, or they cannot be judged as a long row.
    """
    if len(plain.at) < MANY or any(one[:2] == plain[:2] for one in ledger.unjudged()):
        return False
    stretch = Stretch(plain.meter, plain.device, plain.at[0], plain.at[-1])
    return _as_row(ledger, zones, stretch, plain)


def judge_together(ledger: Ledger, zones: Zones, stretches: Iterable[Stretch]) -> Found:
    """Derive the findings of many stretches, at once of those that are near; return them.

    Called inside `ledger.writing()`.
    """
    joined: list[Stretch] = []
    for one in sorted(stretches):
        last = joined[-1] if joined else None
        if last is not None and last[:2] == one[:2] and one.first_at <= last.last_at + _NEAR:
            joined[-1] = last._replace(last_at=max(last.last_at, one.last_at))
        else:
            joined.append(one)
    found: Found = {}
    for stretch in joined:
        judge(ledger, zones, stretch)
        found |= ledger.findings(stretch)
    return found


def judge_all_unjudged(ledger: Ledger, zones: Zones) -> None:
    """Derive what an import has left, or an import that was stopped.

    Piece by piece, each a write of its own, so that no other run waits long, and only as far as
    was left when this began: an import that goes on meanwhile sees to the rest.
    """
    for left in ledger.unjudged():
        done = left.first_at - 1
        while done < left.last_at:
            with ledger.writing():
                now_left = next((one for one in ledger.unjudged() if one[:2] == left[:2]), None)
                if now_left is None or now_left.first_at > left.last_at:
                    break
                done = _end_of_piece(ledger, now_left)
                judge(ledger, zones, now_left._replace(last_at=done))
                ledger.judged(now_left, done)


def _end_of_piece(ledger: Ledger, stretch: Stretch) -> int:
    """The end of the first part of a stretch that is not too much for one write."""
    rows = ledger.bare(*stretch, PIECE)
    if len(rows) < PIECE:
        return stretch.last_at
    return max(rows[0][0], rows[-1][0] - 1)  # there may be more of the last one's time


def stretches_of(readings: Iterable[Reading]) -> Iterator[Stretch]:
    """The stretches in which some readings lie, one for each device."""
    spans: dict[tuple[str, int], tuple[int, int]] = {}
    for reading in readings:
        of = reading.meter, reading.device
        first, last = spans.get(of, (reading.at, reading.at))
        spans[of] = min(first, reading.at), max(last, reading.at)
    for (meter, device), (first, last) in spans.items():
        yield Stretch(meter, device, first, last)


def findings_if_stored(ledger: Ledger, zones: Zones, reading: Reading) -> tuple[Finding, ...]:
    """What would be found of a reading if it were stored now."""
    here = Stretch(reading.meter, reading.device, reading.at, reading.at)
    others = (other for other in _onward(ledger, here) if other.slot != reading.slot)
    with_it = merge((reading,), others, key=lambda one: (one.at, one.at - one.starts_at))
    for judged in _Resumed(ledger, zones, here).judge.judge(with_it):
        if judged.reading is reading:
            return judged.findings
    return ()


def is_in_doubt(ledger: Ledger, reading: Reading) -> bool:
    """Whether one reading has an open finding."""
    here = Stretch(reading.meter, reading.device, reading.at, reading.at)
    found = ledger.findings(here).get(reading.slot, ())
    return withholds(found, accepted=reading.slot in ledger.accepted(here))


def all_in_doubt(ledger: Ledger, meter: Meter) -> set[Slot]:
    """The slots of a meter whose reading has an open finding."""
    return {
        flagged.reading.slot
        for flagged in ledger.flagged(meter.id)
        if withholds(flagged.findings, accepted=flagged.accepted is not None)
    }


class _Resumed:
    """A judge in the state that the kept findings before a stretch imply."""

    def __init__(self, ledger: Ledger, zones: Zones, stretch: Stretch) -> None:
        self.meter = meter = meter_named(ledger.meters(), stretch.meter)
        self.earlier, self.older = earlier, older = _earlier(ledger, stretch)
        # Judged again as well, since its successor may be another now.
        self.predecessor = earlier[-1].reading if earlier else None
        start = stretch.first_at if self.predecessor is None else self.predecessor.at
        self.around = stretch._replace(first_at=start, last_at=FOREVER)
        self.accepted = ledger.accepted(self.around)
        self.zone = zones(meter)
        self.judge = self.new_judge()
        self.judge.resume(earlier, older)

    def new_judge(self) -> Judge:
        """A judge that has seen nothing yet."""
        return Judge(self.meter, self.zone, self.accepted.__contains__)

    def known(self, ledger: Ledger, since: int, until: int = FOREVER) -> Found:
        """The kept findings of a stretch, and of the reading before it."""
        before = self.predecessor
        return {
            slot: kept
            for slot, kept in ledger.findings(self.around._replace(last_at=until)).items()
            if slot.at >= since or (before is not None and slot == before.slot)
        }


def _in_columns(ledger: Ledger, zones: Zones, stretch: Stretch, rows: list[Bare]) -> bool:
    """Derive the findings of all revisions of a stretch at once; whether that could be done."""
    if len(rows) < MANY:
        return False
    at, spans, revisions, values = map(list, zip(*rows, strict=True))
    if set(revisions) != {1} or None in values:
        return False
    starts_at = list(map(sub, at, spans)) if any(spans) else at
    return _as_row(ledger, zones, stretch, Plain(*stretch[:2], at, starts_at, values))


def _as_row(ledger: Ledger, zones: Zones, stretch: Stretch, plain: Plain) -> bool:
    """Derive the findings of a stretch whose readings are these; whether that could be done."""
    resumed = _Resumed(ledger, zones, stretch)
    if ledger.rivals(resumed.around._replace(last_at=stretch.last_at)):
        return False
    row = Row(resumed.new_judge, resumed.earlier, resumed.older, plain)
    judged = row.judge(resumed.meter, resumed.zone)
    if judged is None:
        return False
    kept = resumed.known(ledger, stretch.first_at, stretch.last_at)
    found = {one.reading.slot: one.findings for one in judged}
    ledger.set_findings(
        (slot, found.get(slot, ()))
        for slot in {**kept, **found}
        if set(found.get(slot, ())) != set(kept.get(slot, ()))
    )
    return True


def _changes(
    ledger: Ledger, zones: Zones, stretch: Stretch
) -> Iterator[tuple[Slot, tuple[Finding, ...]]]:
    """The slots whose findings are not the kept ones any more, with those they have now."""
    resumed = _Resumed(ledger, zones, stretch)
    rivals = ledger.rivals(resumed.around)
    known = resumed.known(ledger, stretch.first_at)
    still_there: set[Slot] = set()
    past, agreed = 0, 0
    for reading, of_neighbours, trusted in resumed.judge.judge(_onward(ledger, stretch)):
        slot = reading.slot
        findings = (*of_neighbours, *_conflict(resumed.meter, reading, rivals.get(slot, ())))
        if slot in known:
            still_there.add(slot)
        kept = known.get(slot, ())
        if set(kept) != set(findings):
            yield slot, findings
        if reading.at > stretch.last_at:
            past += 1
            was_trusted = is_trusted(kept, accepted=slot in resumed.accepted)
            agreed = agreed + 1 if trusted and was_trusted else 0
            # From here on the judge's whole state is what it was when these were judged before.
            if past >= WINDOW and agreed >= 2:
                break
    # A voided reading is judged no more; what was found of it goes.
    for slot in known:
        if slot.at <= stretch.last_at and slot not in still_there:
            yield slot, ()


def against(truth: Reading, rivals: Iterable[Rival]) -> Iterator[Rival]:
    """Those of a slot's rivals that speak against its truth, and not against an earlier one."""
    for rival in rivals:
        if rival.revision == truth.revision and rival.value != truth.value:
            yield rival


def _conflict(meter: Meter, truth: Reading, rivals: Iterable[Rival]) -> Iterator[Finding]:
    """What others say against a reading; what they said of an earlier revision is settled."""
    said = {
        "void" if rival.value is None else meter.text(rival.value)
        for rival in against(truth, rivals)
    }
    if said:
        values = " and ".join(sorted(said))
        yield Finding(Rule.CONFLICT, f"the Sheet says {values} of the same time as well")


def _onward(ledger: Ledger, stretch: Stretch) -> Iterator[Reading]:
    """The current readings from a stretch's begin on."""
    return ledger.current(stretch.meter, device=stretch.device, since=stretch.first_at)


def _earlier(
    ledger: Ledger, stretch: Stretch
) -> tuple[list[Judged], Callable[[int], list[Reading]]]:
    """The readings before a stretch back to two trusted ones, oldest first, as they are kept.

    And what gives so many of those before them, oldest first.
    """
    before = ledger.current(
        stretch.meter, device=stretch.device, until=stretch.first_at - 1, newest_first=True
    )
    found = _as_kept(ledger, list(islice(before, _FEW)))
    count = WINDOW - _FEW
    while sum(one.trusted for one in found) < 2:
        block = _as_kept(ledger, list(islice(before, count)))
        if not block:
            break
        is_within = len(found) < WINDOW  # beyond, only the trusted ones matter
        found += [one for one in block if is_within or one.trusted]
        count = 2 * max(count, WINDOW)  # a long run of findings costs few questions
    return found[::-1], lambda number: list(islice(before, number))[::-1]


def _as_kept(ledger: Ledger, newest_first: list[Reading]) -> list[Judged]:
    """Readings of one device with their kept findings."""
    if not newest_first:
        return []
    newest, oldest = newest_first[0], newest_first[-1]
    stretch = Stretch(newest.meter, newest.device, oldest.at, newest.at)
    kept, accepted = ledger.findings(stretch), ledger.accepted(stretch)
    judged = []
    for reading in newest_first:
        # What others say is no matter of neighbours: it is looked up each time.
        findings = tuple(one for one in kept.get(reading.slot, ()) if one.rule is not Rule.CONFLICT)
        trusted = is_trusted(findings, accepted=reading.slot in accepted)
        judged.append(Judged(reading, findings, trusted))
    return judged
