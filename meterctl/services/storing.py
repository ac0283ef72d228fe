"""Storing an import's blocks: what of each is new, as one durable entry; what is in conflict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter

from meterctl.domain.meters import Meter, meter_named
from meterctl.domain.plain import Plain
from meterctl.domain.readings import Reading
from meterctl.domain.readings import Source as ReadingSource
from meterctl.imports.blocks import Block
from meterctl.imports.formats import Context, Row
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.text.cells import Record, place_of_cell
from meterctl.ledger.port import EntryKind, NewEntry, Stretch
from meterctl.services.judging import stretches_of
from meterctl.services.settling import Merged, Target, conflict, settle_all, settle_plain


class Storing:
    """Stores a file's blocks, and counts what becomes of their readings."""

    def __init__(
        self,
        target: Target,
        name: str,
        context: Context,
        *,
        reason: str | None,
        judge: Callable[[Plain], bool],
        keep: Callable[[Problem], None],
    ) -> None:
        """Get ready.

        Args:
            target: Where to store them.
            name: The file's.
            context: What is known of the world.
            reason: With which other values replace known ones; None: they do not.
            judge: Judges what lies behind all else at once, if it can.
            keep: Is told every conflict.
        """
        self._target = target
        self._name = name
        self._context = context
        self._reason = reason
        self._judge = judge
        self._keep = keep
        self.meters = context.meters
        self._proposed: tuple[Meter, ...] = ()
        self._record: Callable[[int], Record] | None = None
        self.made: tuple[Meter, ...] = ()
        self.recorded = self.duplicates = self.conflicts = 0
        self.first_at: int | None = None
        self.last_at: int | None = None
        self.devices: set[tuple[str, int]] = set()

    def begin(
        self, proposed: tuple[Meter, ...], record: Callable[[int], Record] | None = None
    ) -> None:
        """Be told which meters are to be made, and what tells the row of a line."""
        self._proposed = proposed
        self.meters = (*self._context.meters, *proposed)
        self._record = record

    def store(self, block: Block) -> None:
        """Store what is new in a block, as one entry."""
        rows = [row for row in block.rows if row.problem is None and row.readings]
        if not rows and not block.columns:
            return
        target = self._target
        with target.writing():
            self._make_meters()
            merged = [settle_plain(target, column.plain) for column in block.columns]
            added = self._settle_rows(rows) + self._settle_others(block, merged)
            plain = [one.added for one in merged if one.added is not None]
            if added or plain:
                self._write(added, merged)
        # Once it is durable: a full disk may still take it back at its commit.
        self.recorded += len(added) + sum(len(one.at) for one in plain)
        target.give_way()

    def _write(self, added: list[Reading], merged: list[Merged]) -> None:
        target, now = self._target, self._context.now
        plain = [one.added for one in merged if one.added is not None]
        entry = NewEntry(EntryKind.IMPORT, ReadingSource.IMPORT, now, self._name)
        target.append(entry, added, plain)
        for stretch in stretches_of(added):
            target.leave_unjudged(stretch)
            self._note_span(stretch)
        for one in merged:
            if one.added is not None:
                of, at = one.added[:2], one.added.at
                stretch = Stretch(*of, at[0], at[-1])
                if not one.is_behind or not self._judge(one.added):
                    target.leave_unjudged(stretch)
                self._note_span(stretch)

    def _make_meters(self) -> None:
        """Make those that were proposed: with the first block, so that none is made for nothing."""
        proposed, self._proposed = self._proposed, ()
        if not proposed:
            return
        there = self._target.meters()  # another import may have made some since they were proposed
        names = {name for one in there for name in (one.id, one.column.lower())}
        lacking = tuple(meter for meter in proposed if meter not in there)
        for meter in lacking:
            if not names.isdisjoint((meter.id, meter.column.lower())):
                message = f"another run has just made a meter {meter.id}"
                hint = "import the file again: what is there then is looked at anew"
                raise Stop(Problem(1, 1, message, hint))
            self._target.add_meter(meter)
        self.made = lacking

    def _settle_rows(self, rows: list[Row]) -> list[Reading]:
        """The readings of rows that are to be written, at the revisions they take."""
        readings = [reading for row in rows for reading in row.readings]
        places = [(row.record, cell) for row in rows for cell in row.cells]
        return self._settle(readings, places.__getitem__)

    def _settle_others(self, block: Block, merged: Sequence[Merged]) -> list[Reading]:
        """The same of what stands in columns and could not be settled at once."""
        others: list[tuple[int, int, Reading]] = []
        for column, one in zip(block.columns, merged, strict=True):
            self.duplicates += one.duplicates
            others += [
                (column.lines[place], column.cell, column.plain.reading(place))
                for place in one.others
            ]
        others.sort(key=itemgetter(0, 1))  # as they come in the file

        def place_of(place: int) -> tuple[Record, int]:
            line, cell, _ = others[place]
            if self._record is None:
                raise RuntimeError("columns without what tells their rows")
            return self._record(line), cell

        return self._settle([reading for _, _, reading in others], place_of)

    def _settle(
        self, readings: list[Reading], place_of: Callable[[int], tuple[Record, int]]
    ) -> list[Reading]:
        if not readings:
            return []
        settled = settle_all(self._target, self.meters, readings, self._reason)
        self.duplicates += settled.duplicates
        self.conflicts += len(settled.conflicts)
        for place, truth in settled.conflicts:
            self._keep(self._conflict(*place_of(place), readings[place], truth))
        return settled.added

    def _conflict(self, record: Record, cell: int, reading: Reading, truth: Reading) -> Problem:
        meter = meter_named(self.meters, reading.meter)
        error = conflict(meter, self._context.zones, reading, truth)
        line, column = place_of_cell(record, cell)
        hint = error.hint if self._reason else f"{error.hint}; or --replace REASON"
        return Problem(line, column, error.message, hint, record.text)

    def _note_span(self, stretch: Stretch) -> None:
        self.devices.add((stretch.meter, stretch.device))
        if self.first_at is None or stretch.first_at < self.first_at:
            self.first_at = stretch.first_at
        if self.last_at is None or stretch.last_at > self.last_at:
            self.last_at = stretch.last_at
