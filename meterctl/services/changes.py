"""What people edited in the Sheet: a correction of what is true, or told and left alone."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from typing import NamedTuple

from meterctl.domain.merging import Meaning, meaning, meaning_of_edit
from meterctl.domain.readings import Reading, Slot, next_revision
from meterctl.ledger.port import EntryKind, Ledger
from meterctl.services.seen import Cell, Typed
from meterctl.services.taking_in import (
    Saying,
    append,
    forget_rivals,
    is_told_of_old_device,
    set_rival,
    told_by,
)
from meterctl.services.telling import Teller
from meterctl.sheet.rows import Key

Cells = dict[tuple[str, str], Cell]  # by row key and meter


class Changed(NamedTuple):
    """A value in a row that bears a key, other than what was last seen there."""

    key: Key
    reading: Reading
    number: int  # of the row


class Retyped(NamedTuple):
    """A value that was typed in place of another one that was."""

    before: frozenset[int]  # what was said of that time
    now: Typed
    reading: Reading
    number: int


class Applied(NamedTuple):
    """What came of it."""

    corrected: int
    completed: int  # readings that were filled into a row


class Changes:
    """Applies what was edited; inside one write."""

    def __init__(self, ledger: Ledger, destination: str, tell: Teller, now: int) -> None:
        self._ledger = ledger
        self._to = destination
        self._tell = tell
        self._now = now
        self._known: dict[Slot, list[Reading]] = {}  # what is true once all this is written
        self._written: list[Reading] = []
        self._completed: list[Reading] = []

    def apply(
        self, changed: Sequence[Changed], retyped: Sequence[Retyped], cells: Cells
    ) -> Applied:
        """Correct what is true; `cells` is told what was last seen."""
        for one in changed:
            name = one.key.text, one.reading.meter
            cell = self._changed(one, cells.get(name))
            if cell is None:
                cells.pop(name, None)
            else:
                cells[name] = cell
        for each in retyped:
            self._retyped(each)
        for kind, written in (
            (EntryKind.IMPORT, self._completed),
            (EntryKind.CORRECTION, self._written),
        ):
            if written:
                append(self._ledger, self._to, kind, written, self._now)
        return Applied(len(self._written), len(self._completed))

    def _changed(self, one: Changed, cell: Cell | None) -> Cell | None:
        """What is to be remembered of the cell."""
        reading = one.reading
        revisions = self._revisions(reading.slot)
        if cell is None and not any(each.revision == reading.revision for each in revisions):
            return self._completed_with(one, revisions)
        if is_told_of_old_device(self._ledger, reading):
            return Cell("past", reading.revision, reading.value)
        if cell is not None and cell.means == "rival":
            return self._rival_changed(one, cell, revisions)
        if cell is not None and cell.means == "past" and _was(revisions, reading):
            return None  # as it was written
        stands_for = cell.revision if cell and cell.means == "edit" else reading.revision
        match meaning_of_edit(revisions, stands_for, reading.value):
            case Meaning.NEWS:
                return Cell("edit", self._correct(revisions[-1], one), reading.value)
            case Meaning.KNOWN:
                return Cell("edit", revisions[-1].revision, reading.value)
            case _:
                self._tell.past(Saying(reading, one.key, one.number), revisions[-1])
                return Cell("past", reading.revision, reading.value)

    def _completed_with(self, one: Changed, revisions: list[Reading]) -> Cell | None:
        """A value that was filled in where none was."""
        reading = one.reading
        saying = Saying(reading, one.key, one.number)
        match meaning(revisions, reading.revision, reading.value):
            case Meaning.NEWS:
                self._completed.append(reading)
                insort(revisions, reading, key=lambda each: each.revision)
            case Meaning.RIVAL:
                set_rival(self._ledger, self._to, saying)
                self._tell.conflict(saying, revisions[-1])
                return Cell("rival", revisions[-1].revision, reading.value)
            case Meaning.PAST:
                self._tell.past(saying, revisions[-1])
                return Cell("past", reading.revision, reading.value)
            case _:
                pass
        return None

    def _revisions(self, slot: Slot) -> list[Reading]:
        """What a slot holds, with what is written to it here."""
        if slot not in self._known:
            self._known[slot] = self._ledger.revisions(slot)
        return self._known[slot]

    def _rival_changed(self, one: Changed, cell: Cell, revisions: Sequence[Reading]) -> Cell | None:
        """Another word on what two do not agree in: it may be the same one now."""
        reading = one.reading
        who = told_by(self._to, one.key.text, reading.meter)
        forget_rivals(self._ledger, who)
        if revisions and revisions[-1].value == reading.value:
            return Cell("edit", revisions[-1].revision, reading.value)
        saying = Saying(reading._replace(revision=cell.revision), one.key, one.number)
        if revisions and revisions[-1].revision > cell.revision:
            self._tell.past(saying, revisions[-1])
            return Cell("past", reading.revision, reading.value)
        set_rival(self._ledger, self._to, saying)
        if revisions:
            self._tell.conflict(saying, revisions[-1])
        return cell._replace(value=reading.value)

    def _retyped(self, one: Retyped) -> None:
        """What was typed was typed anew: a correction, if what it said is what is true."""
        revisions = self._revisions(one.reading.slot)
        truth = revisions[-1] if revisions else None
        if truth is None or truth.value == one.reading.value:
            return
        if truth.value in one.before:
            self._correct(truth, one)
            return
        saying = Saying(one.reading, None, one.number, one.now.name)
        if meaning(revisions, one.reading.revision, one.reading.value) is Meaning.RIVAL:
            set_rival(self._ledger, self._to, saying)
            self._tell.conflict(saying, truth)
        else:
            self._tell.past(saying, truth)

    def _correct(self, truth: Reading, one: Changed | Retyped) -> int:
        """Write a later truth; its number."""
        reading = one.reading
        revision = next_revision([truth])
        cell, when = self._tell.cell(reading, one.number), self._tell.when(self._now, truth.meter)
        reason = f"edited in the Sheet ({cell}), first seen {when}"
        later = truth._replace(revision=revision, value=reading.value, reason=reason, entry=0)
        self._written.append(later)
        self._revisions(reading.slot).append(later)
        return revision


def _was(revisions: Sequence[Reading], reading: Reading) -> bool:
    return any(one[4:6] == reading[4:6] for one in revisions)  # revision and value
