"""`bulk-import`: a file's readings into the ledger, block by block, each one durable entry.

Without `skip_bad` a file is read through before anything is stored, so that one bad row stores
nothing. An import that is stopped leaves whole blocks; running it again adds the rest, since what
is known already adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO, NamedTuple

from meterctl.domain.meters import meter_named
from meterctl.domain.readings import Reading
from meterctl.domain.readings import Source as ReadingSource
from meterctl.errors import Busy, LedgerError
from meterctl.imports.cells import place_of_cell, read_records
from meterctl.imports.formats import Context, Format, Row, recognise
from meterctl.imports.lines import read_lines
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.source import Source as OpenFile
from meterctl.ledger.port import EntryKind, Ledger, NewEntry, Stretch
from meterctl.services.judging import judge_all_unjudged, stretches_of
from meterctl.services.rehearsal import Rehearsal
from meterctl.services.settling import Target, conflict, settle_all

BLOCK_ROWS = 2_000
KEPT_ERRORS = 100


class Watch(NamedTuple):
    """Who wants to know while it runs."""

    report: Callable[[Problem], None]  # each problem, as it is met
    progress: Callable[[int], None]  # how many bytes are read, now and then


class Plan(NamedTuple):
    """How a file is to be imported."""

    format: Format | None = None  # None: recognised by its first row
    skip_bad: bool = False
    replace: str | None = None  # the reason with which other values replace known ones


class Imported(NamedTuple):
    """What became of a file."""

    file: str
    format: str
    rows: int = 0
    recorded: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0
    errors: tuple[Problem, ...] = ()
    findings: int = 0  # open ones among the readings this import recorded
    refused: bool = False  # as a whole, for its bad rows or its form
    first_at: int | None = None
    last_at: int | None = None


def bulk_import(
    ledger: Ledger, source: OpenFile, context: Context, plan: Plan, watch: Watch
) -> Imported:
    """Import one file.

    Raises:
        LedgerError, Busy: the blocks before it are stored.
        InputMissing: the file's disk fails; as above.
    """
    tally = _import(ledger, source, context, plan, watch)
    judge_all_unjudged(ledger, context.zones)
    return tally.result(findings=_open_findings(ledger, tally))


def rehearse(
    rehearsal: Rehearsal, source: OpenFile, context: Context, plan: Plan, watch: Watch
) -> Imported:
    """Say what importing one file would do, after those that were rehearsed before it."""
    return _import(rehearsal, source, context, plan, watch).result()


def _import(target: Target, source: OpenFile, context: Context, plan: Plan, watch: Watch) -> _Tally:
    def begin() -> tuple[_Tally, Iterator[Row]]:
        tally = _Tally(source.name, context, plan.replace, watch.report)
        return tally, tally.good(_read(source.file, context, plan, tally, watch.progress))

    tally, rows = begin()
    try:
        if not plan.skip_bad:
            for _ in rows:
                pass
            if tally.rejected:
                tally.refused = True
                return tally
            tally, rows = begin()
        while block := list(islice(rows, BLOCK_ROWS)):
            tally.store(target, block)
            target.give_way()
    except Stop as stop:
        tally.keep(stop.problem)
        tally.refused = True
    except (LedgerError, Busy) as error:
        if tally.recorded:
            error.hint = (
                f"{tally.recorded} readings of {source.name} are stored; when that is mended, the"
                " same command adds the rest"
            )
        raise
    return tally


def _read(
    file: BinaryIO, context: Context, plan: Plan, tally: _Tally, progress: Callable[[int], None]
) -> Iterator[Row]:
    file.seek(0)
    records = read_records(read_lines(file))
    first = next(records, None)
    if first is None:
        raise Stop(Problem(1, 1, "the file is empty", "a header line and at least one row"))
    format_ = plan.format or recognise(first)
    tally.format = format_.name
    for count, row in enumerate(format_.rows(first, records, context)):
        if count % BLOCK_ROWS == 0:
            progress(file.tell())
        yield row
    progress(file.tell())


def _open_findings(ledger: Ledger, tally: _Tally) -> int:
    """How many of the readings in the time and meters of this import wait for a person."""
    if tally.first_at is None or tally.last_at is None:
        return 0
    total = 0
    for meter, device in tally.devices:
        here = Stretch(meter, device, tally.first_at, tally.last_at)
        total += len(ledger.findings(here).keys() - ledger.accepted(here).keys())
    return total


class _Tally:
    """Counting what becomes of a file's rows, and the deciding for each block of them."""

    def __init__(
        self,
        name: str,
        context: Context,
        reason: str | None,
        report: Callable[[Problem], None],
    ) -> None:
        self._name = name
        self._context = context
        self._reason = reason
        self._report = report
        self._rows = self._duplicates = self._conflicts = 0
        self.recorded = 0
        self._errors: list[Problem] = []
        self.format = ""
        self.rejected = 0
        self.refused = False
        self.first_at: int | None = None
        self.last_at: int | None = None
        self.devices: set[tuple[str, int]] = set()

    def result(self, findings: int = 0) -> Imported:
        return Imported(
            self._name,
            self.format,
            self._rows,
            self.recorded,
            self._duplicates,
            self._conflicts,
            self.rejected,
            tuple(self._errors),
            findings,
            self.refused,
            self.first_at,
            self.last_at,
        )

    def keep(self, problem: Problem) -> None:
        self._report(problem)
        if len(self._errors) < KEPT_ERRORS:
            self._errors.append(problem)

    def good(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Count the rows; let through those without a problem, for the others are rejected."""
        for row in rows:
            self._rows += 1
            if row.problem is None:
                yield row
            else:
                self.rejected += 1
                self.keep(row.problem)

    def store(self, target: Target, block: list[Row]) -> None:
        """Store what is new in a block, as one entry."""
        with target.writing():
            added = self._settle(target, block)
            if not added:
                return
            now = self._context.now
            target.append(NewEntry(EntryKind.IMPORT, ReadingSource.IMPORT, now, self._name), added)
            for stretch in stretches_of(added):
                target.leave_unjudged(stretch)
                self._note_span(stretch)
        self.recorded += len(added)

    def _settle(self, target: Target, block: list[Row]) -> list[Reading]:
        """The readings of a block that are to be written, at the revisions they take."""
        readings = [reading for row in block for reading in row.readings]
        settled = settle_all(target, self._context.meters, readings, self._reason)
        self._duplicates += settled.duplicates
        self._conflicts += len(settled.conflicts)
        places = [(row, cell) for row in block for cell in row.cells] if settled.conflicts else []
        for place, truth in settled.conflicts:
            row, cell = places[place]
            self.keep(self._conflict(row, cell, readings[place], truth))
        return settled.added

    def _conflict(self, row: Row, cell: int, reading: Reading, truth: Reading) -> Problem:
        meter = meter_named(self._context.meters, reading.meter)
        error = conflict(meter, self._context.zones, reading, truth)
        line, column = place_of_cell(row.record, cell)
        hint = error.hint if self._reason else f"{error.hint}; or --replace REASON"
        return Problem(line, column, error.message, hint, row.record.text)

    def _note_span(self, stretch: Stretch) -> None:
        self.devices.add((stretch.meter, stretch.device))
        if self.first_at is None or stretch.first_at < self.first_at:
            self.first_at = stretch.first_at
        if self.last_at is None or stretch.last_at > self.last_at:
            self.last_at = stretch.last_at
