"""What people edited in the Sheet: a correction of what is true, or told and left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from meterctl.domain.merging import Meaning, meaning, meaning_of_edit
from meterctl.domain.readings import Reading, next_revision
from meterctl.ledger.port import EntryKind, Ledger
from meterctl.services.seen import Cell, Typed
from meterctl.services.taking_in import (
    Saying,
    append,
    forget_rivals,
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

    before: Typed
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
            (EntryKind.CORRECTION, self._written),
            (EntryKind.IMPORT, self._completed),
        ):
            if written:
                append(self._ledger, self._to, kind, written, self._now)
        return Applied(len(self._written), len(self._completed))

    def _changed(self, one: Changed, cell: Cell | None) -> Cell | None:
        """What is to be remembered of the cell."""
        reading = one.reading
        revisions = self._ledger.revisions(reading.slot)
        if cell is not None and cell.means == "rival":
            return self._rival_changed(one, cell, revisions)
        if cell is not None and cell.means == "past" and _was(revisions, reading):
            return None  # as it was written
        stands_for = cell.revision if cell and cell.means == "edit" else reading.revision
        match meaning_of_edit(revisions, stands_for, reading.value):
            case Meaning.NEWS if not revisions:
                self._completed.append(reading)
                return None
            case Meaning.NEWS:
                return Cell("edit", self._correct(revisions[-1], one), reading.value)
            case Meaning.KNOWN:
                return Cell("edit", revisions[-1].revision, reading.value)
            case _:
                self._tell.past(Saying(reading, one.key, one.number), revisions[-1])
                return Cell("past", reading.revision, reading.value)

    def _rival_changed(self, one: Changed, cell: Cell, revisions: Sequence[Reading]) -> Cell | None:
        """Another word on what two do not agree in: it may be the same one now."""
        reading = one.reading
        who = told_by(self._to, one.key.text, reading.meter)
        forget_rivals(self._ledger, who)
        if revisions and revisions[-1].value == reading.value:
            return Cell("edit", revisions[-1].revision, reading.value)
        saying = Saying(reading._replace(revision=cell.revision), one.key, one.number)
        set_rival(self._ledger, self._to, saying)
        return cell._replace(value=reading.value)

    def _retyped(self, one: Retyped) -> None:
        """What was typed was typed anew: a correction, if what it said is what is true."""
        revisions = self._ledger.revisions(one.reading.slot)
        truth = revisions[-1] if revisions else None
        if truth is None or truth.value == one.reading.value:
            return
        if truth.value == one.before.value:
            self._correct(truth, one)
            return
        saying = Saying(one.reading, None, one.number, _name(one))
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
        self._written.append(
            truth._replace(revision=revision, value=reading.value, reason=reason, entry=0)
        )
        return revision


def _was(revisions: Sequence[Reading], reading: Reading) -> bool:
    return any(one[4:6] == reading[4:6] for one in revisions)  # revision and value


def _name(one: Retyped) -> str:
    return one.before._replace(value=one.reading.amount).name
