"""`bulk-import`: a file's readings into the ledger, block by block, each one durable entry.

Without `skip_bad` a file is read through before anything is stored, so that one bad row stores
nothing. An import that is stopped leaves whole blocks; running it again adds the rest, since what
is known already adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import BinaryIO, NamedTuple

from meterctl.domain.meters import meter_named
from meterctl.domain.readings import Reading, Slot, Verdict, settle
from meterctl.domain.readings import Source as ReadingSource
from meterctl.imports.cells import read_records
from meterctl.imports.formats import Context, Format, Row, recognise
from meterctl.imports.lines import read_lines
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.source import Source as OpenFile
from meterctl.ledger.port import EntryKind, Ledger, NewEntry, Stretch
from meterctl.services.amend import needed
from meterctl.services.judging import judge_all_unjudged
from meterctl.services.record import conflict

BLOCK_ROWS = 2_000
KEPT_ERRORS = 100

Report = Callable[[Problem], None]


class Watch(NamedTuple):
    """Who wants to know while it runs."""

    report: Report  # each problem, as it is met
    progress: Callable[[int], None]  # how many bytes are read, now and then


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
    stored: bool = True  # False: refused as a whole, or a dry run
    first_at: int | None = None
    last_at: int | None = None


class Plan(NamedTuple):
    """How a file is to be imported."""

    format: Format | None = None  # None: recognised by its first row
    dry_run: bool = False
    skip_bad: bool = False
    replace: str | None = None  # the reason with which other values replace known ones


def bulk_import(
    ledger: Ledger,
    source: OpenFile,
    context: Context,
    plan: Plan,
    watch: Watch,
) -> Imported:
    """Import one file.

    Raises:
        LedgerError, Busy: the blocks before it are stored.
    """
    reason = None if plan.replace is None else needed(plan.replace)
    tally = _Tally(source.name)
    try:
        if plan.dry_run or not plan.skip_bad:
            for block in _blocks(_read(source.file, context, plan, tally, watch.progress)):
                for row in block:
                    tally.count(row, watch.report)
                if plan.dry_run:
                    tally.settle(ledger, context, block, reason, watch.report)
            if plan.dry_run or tally.rejected:
                return tally.result(stored=False)
            tally = _Tally(source.name)
        for block in _blocks(_read(source.file, context, plan, tally, watch.progress)):
            for row in block:
                tally.count(row, watch.report)
            tally.store(ledger, context, block, reason, watch.report)
    except Stop as stop:
        tally.keep(stop.problem, watch.report)
        return tally.result(stored=False)
    judge_all_unjudged(ledger, context.zones)
    return tally.result(findings=_open_findings(ledger, tally))


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


def _blocks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    block: list[Row] = []
    for row in rows:
        block.append(row)
        if len(block) == BLOCK_ROWS:
            yield block
            block = []
    if block:
        yield block


def _open_findings(ledger: Ledger, tally: _Tally) -> int:
    """How many of the readings in the time and meters of this import wait for a person."""
    if tally.first_at is None or tally.last_at is None or not tally.recorded:
        return 0
    return sum(
        1
        for flagged in ledger.flagged()
        if tally.first_at <= flagged.reading.at <= tally.last_at
        and flagged.reading.meter in tally.meters
    )


class _Tally:
    """Counting what becomes of the rows, and the deciding for each block of them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.format = ""
        self.rows = self.recorded = self.duplicates = self.conflicts = self.rejected = 0
        self.errors: list[Problem] = []
        self.first_at: int | None = None
        self.last_at: int | None = None
        self.meters: set[str] = set()

    def count(self, row: Row, report: Report) -> None:
        self.rows += 1
        if row.problem is not None:
            self.reject(row.problem, report)

    def reject(self, problem: Problem, report: Report) -> None:
        self.rejected += 1
        self.keep(problem, report)

    def store(
        self,
        ledger: Ledger,
        context: Context,
        block: list[Row],
        reason: str | None,
        report: Report,
    ) -> None:
        """Store what is new in a block, as one entry."""
        with ledger.writing():
            added = self.settle(ledger, context, block, reason, report)
            if not added:
                return
            ledger.append(
                NewEntry(EntryKind.IMPORT, ReadingSource.IMPORT, context.now, self.name), added
            )
            for stretch in _stretches(added):
                ledger.leave_unjudged(stretch)

    def result(self, *, stored: bool = True, findings: int = 0) -> Imported:
        return Imported(
            self.name,
            self.format,
            self.rows,
            self.recorded,
            self.duplicates,
            self.conflicts,
            self.rejected,
            tuple(self.errors),
            findings,
            stored,
            self.first_at,
            self.last_at,
        )

    def settle(
        self,
        ledger: Ledger,
        context: Context,
        block: list[Row],
        reason: str | None,
        report: Report,
    ) -> list[Reading]:
        """The readings of a block that are to be written, at the revisions they take."""
        known = _known(ledger, chain.from_iterable(row.readings for row in block))
        added: list[Reading] = []
        for row in block:
            for reading in row.readings:
                revisions = known.get(reading.slot)
                verdict = Verdict.NEW if revisions is None else settle(revisions, reading.amount)
                if verdict is Verdict.CONFLICT and reason is None:
                    self.conflicts += 1
                    truth = known[reading.slot][-1]
                    self.keep(_conflict(context, row, reading, truth), report)
                    continue
                if verdict in (Verdict.DUPLICATE, Verdict.SUPERSEDED):
                    self.duplicates += 1
                    continue
                if revisions is not None:
                    replacing = verdict is Verdict.CONFLICT
                    revised = reading._replace(
                        revision=len(revisions) + 1, reason=reason if replacing else None
                    )
                else:
                    revised = reading
                added.append(revised)
                known.setdefault(revised.slot, []).append(revised)
                self._note_span(revised)
        self.recorded += len(added)
        return added

    def _note_span(self, reading: Reading) -> None:
        self.meters.add(reading.meter)
        if self.first_at is None or reading.at < self.first_at:
            self.first_at = reading.at
        if self.last_at is None or reading.at > self.last_at:
            self.last_at = reading.at

    def keep(self, problem: Problem, report: Report) -> None:
        report(problem)
        if len(self.errors) < KEPT_ERRORS:
            self.errors.append(problem)


def _known(ledger: Ledger, readings: Iterator[Reading]) -> dict[Slot, list[Reading]]:
    """What the ledger holds already in the slots of these readings."""
    times: dict[tuple[str, int], list[int]] = {}
    for reading in readings:
        times.setdefault((reading.meter, reading.device), []).append(reading.at)
    found: dict[Slot, list[Reading]] = {}
    for (meter, device), instants in times.items():
        found.update(ledger.revisions_at(meter, device, instants))
    return found


def _stretches(readings: list[Reading]) -> Iterator[Stretch]:
    spans: dict[tuple[str, int], tuple[int, int]] = {}
    for reading in readings:
        of = reading.meter, reading.device
        first, last = spans.get(of, (reading.at, reading.at))
        spans[of] = min(first, reading.at), max(last, reading.at)
    for (meter, device), (first, last) in spans.items():
        yield Stretch(meter, device, first, last)


def _conflict(context: Context, row: Row, reading: Reading, truth: Reading) -> Problem:
    meter = meter_named(context.meters, reading.meter)
    error = conflict(meter, context.zones, reading, truth)
    return Problem(row.line, 1, error.message, f"{error.hint}; or --replace REASON", row.text)
