"""`bulk-import`: a file's readings into the ledger, block by block, each one durable entry.

Without `skip_bad` a file is read through before anything is stored, so that one bad row stores
nothing. An import that is stopped leaves whole blocks; running it again adds the rest, since what
is known already adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import NamedTuple

from meterctl import log
from meterctl.domain.meters import Meter
from meterctl.domain.plain import Plain
from meterctl.errors import Busy, LedgerError
from meterctl.imports.blocks import BLOCK_ROWS, Block, Blocks, one_by_one
from meterctl.imports.canonical.kept import Kept
from meterctl.imports.formats import Context
from meterctl.imports.mapping import unmet
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.text.source import Source as OpenFile
from meterctl.ledger.port import Ledger, Stretch
from meterctl.services.coverage import Coverage, Held
from meterctl.services.importing import Prepared, prepare
from meterctl.services.judging import judge_all_unjudged, judge_appended
from meterctl.services.rehearsal import Rehearsal
from meterctl.services.settling import Target
from meterctl.services.storing import Storing

KEPT_ERRORS = 100


class Watch(NamedTuple):
    """Who wants to know while it runs."""

    report: Callable[[Problem], None]  # each problem, as it is met
    progress: Callable[[int], None]  # how many bytes are read, now and then


class Plan(NamedTuple):
    """How a file is to be imported."""

    format: str | None = None  # None: found out from the file
    skip_bad: bool = False
    replace: str | None = None  # the reason with which other values replace known ones
    prepared: Prepared | None = None  # where this file was looked at already


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
    findings: int = 0  # readings with open ones, in the time and devices of what was recorded
    refused: bool = False  # as a whole, for its bad rows or its form
    first_at: int | None = None
    last_at: int | None = None
    held: tuple[Held, ...] = ()  # what the file holds of each meter; not of our own format
    created: tuple[Meter, ...] = ()  # the meters made for it
    remarks: tuple[str, ...] = ()  # what a person should know of single rows


def bulk_import(
    ledger: Ledger, source: OpenFile, context: Context, plan: Plan, watch: Watch
) -> Imported:
    """Import one file.

    Raises:
        LedgerError, Busy: the blocks before it are stored.
        InputMissing: the file's disk fails; as above.
    """
    with ledger.writing_much():
        judge = partial(judge_appended, ledger, context.zones)
        tally = _import(ledger, source, context, plan, watch, judge=judge)
    judge_all_unjudged(ledger, context.zones)
    done = tally.result(findings=_open_findings(ledger, tally))
    log.event(
        "import.ended",
        file=done.file,
        format=done.format,
        rows=done.rows,
        recorded=done.recorded,
        duplicates=done.duplicates,
        conflicts=done.conflicts,
        rejected=done.rejected,
        refused=done.refused,
    )
    return done


def rehearse(
    rehearsal: Rehearsal, source: OpenFile, context: Context, plan: Plan, watch: Watch
) -> Imported:
    """Say what importing one file would do, after those that were rehearsed before it."""
    return _import(rehearsal, source, context, plan, watch, judge=lambda _: True).result()


def _import(
    target: Target,
    source: OpenFile,
    context: Context,
    plan: Plan,
    watch: Watch,
    *,
    judge: Callable[[Plain], bool],
) -> _Tally:
    tally = _Tally(source.name, watch.report)
    stored = tally.stored = Storing(
        target, source.name, context, reason=plan.replace, judge=judge, keep=tally.keep
    )
    try:
        prepared = plan.prepared or prepare(source, context, plan.format)
        if prepared.assigned.proposed and not context.options.create:
            raise unmet(prepared.assigned)
        tally.prepared = prepared
        ours = prepared.blocks
        stored.begin(tuple(prepared.assigned.proposed.values()), ours.record if ours else None)
        if ours is None:
            _store_foreign(prepared, plan, watch, tally)
        else:
            _store_ours(ours, source, plan, watch, tally)
    except Stop as stop:
        tally.keep(stop.problem)
        tally.refused = True
    except (LedgerError, Busy) as error:
        if stored.recorded:
            error.hint = (
                f"{stored.recorded} readings of {source.name} are stored; when that is mended, the"
                " same command adds the rest"
            )
        raise
    return tally


def _store_foreign(prepared: Prepared, plan: Plan, watch: Watch, tally: _Tally) -> None:
    def blocks() -> Iterator[Block]:
        return one_by_one(prepared.rows(watch.progress), BLOCK_ROWS)

    if not plan.skip_bad:
        for block in blocks():
            tally.look_at(block)
        if tally.rejected:
            tally.refused = True
            return
    for block in blocks():
        if plan.skip_bad:
            tally.look_at(block)
        else:
            tally.tell_late(block)
        tally.stored.store(block)


def _store_ours(ours: Blocks, source: OpenFile, plan: Plan, watch: Watch, tally: _Tally) -> None:
    """The same, from what was kept of the first look wherever that is all of it."""
    with closing(Kept()) as kept:
        for block in ours.read(watch.progress):
            tally.look_at(block)
            kept.add(block, source.file.tell())
        if tally.rejected and not plan.skip_bad:
            tally.refused = True
            return
        if kept.is_whole:
            for block, position in kept.blocks():
                tally.stored.store(block)
                watch.progress(position)
        else:
            for block in ours.read(watch.progress):
                if not plan.skip_bad:
                    tally.tell_late(block)
                tally.stored.store(block)


def _open_findings(ledger: Ledger, tally: _Tally) -> int:
    """How many of the readings in the time and meters of this import wait for a person."""
    stored = tally.stored
    if stored.first_at is None or stored.last_at is None:
        return 0
    return sum(
        ledger.open_findings(Stretch(*of, stored.first_at, stored.last_at)) for of in stored.devices
    )


class _Tally:
    """Counting what becomes of a file's rows."""

    stored: Storing

    def __init__(self, name: str, report: Callable[[Problem], None]) -> None:
        self._name = name
        self._report = report
        self.prepared: Prepared | None = None
        self._rows = 0
        self._errors: list[Problem] = []
        self._coverage = Coverage()
        self.rejected = 0
        self.refused = False

    def result(self, findings: int = 0) -> Imported:
        """What is told of it."""
        prepared, stored = self.prepared, self.stored
        return Imported(
            self._name,
            "" if prepared is None else prepared.format,
            self._rows,
            stored.recorded,
            stored.duplicates,
            stored.conflicts,
            self.rejected,
            tuple(self._errors),
            findings,
            self.refused,
            stored.first_at,
            stored.last_at,
            self._coverage.held(stored.meters),
            stored.made,
            () if prepared is None else prepared.remarks(),
        )

    def keep(self, problem: Problem) -> None:
        """Tell of a problem; the first ones are in the result as well."""
        self._report(problem)
        if len(self._errors) < KEPT_ERRORS:
            self._errors.append(problem)

    def tell_late(self, block: Block) -> None:
        """Tell of bad rows that were not there at the first look: a file may be written to."""
        for row in block.rows:
            if row.problem is not None:
                self.rejected += 1
                self.keep(row.problem)

    def look_at(self, block: Block) -> None:
        """Count a block's rows; those with a problem are rejected."""
        is_foreign = self.prepared is not None and bool(self.prepared.series)
        self._rows += block.size
        for row in block.rows:
            if row.problem is not None:
                self.rejected += 1
                self.keep(row.problem)
            elif is_foreign:
                self._coverage.add(row.readings)
