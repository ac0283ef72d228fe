"""`meterctl bulk-import`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from meterctl import jobs
from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, wiring_of
from meterctl.cli.report import Told, open_report
from meterctl.domain.meters import Zones
from meterctl.domain.readings import Source as ReadingSource
from meterctl.domain.readings import check_note
from meterctl.domain.times import local_text, zone_named
from meterctl.errors import FileError, UsageError, shown
from meterctl.imports.formats import Context, Options, format_named
from meterctl.imports.source import STDIN, Source, open_source, refuse_missing
from meterctl.ledger.port import Ledger
from meterctl.services import bulk_import as service
from meterctl.services import wire
from meterctl.services.bulk_import import Imported, Plan, Watch
from meterctl.wiring import Wiring, now

_BIG = 1 << 20  # bytes; smaller files are done before a bar could be seen

_Import = Callable[[Source, Context, Plan, Watch], Imported]

bulk_import_app = group()


@bulk_import_app.command(epilog="Example: meterctl bulk-import readings.csv --dry-run")
def bulk_import(
    ctx: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="- is stdin.")],
    format_: Annotated[
        str | None, typer.Option("--format", help="What the files are.", metavar="FORMAT")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", help="Which meter a column is.", metavar="COLUMN=METER"),
    ] = None,
    meter: Annotated[
        str | None,
        typer.Option("--meter", help="Whose the one value column is.", metavar="METER"),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option("--tz", help="The zone of times without an offset.", metavar="ZONE"),
    ] = None,
    decimal: Annotated[
        str, typer.Option("--decimal", help="The decimal mark: . or ,", metavar="MARK")
    ] = ".",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen; store nothing.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Store the good rows, list the bad ones.")
    ] = False,
    replace: Annotated[
        str | None,
        typer.Option("--replace", help="Let other values correct known ones.", metavar="REASON"),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Write every problem to this CSV.", metavar="FILE"),
    ] = None,
    json: Json = False,
) -> None:
    """Store the readings of CSV files."""
    if decimal not in (".", ","):
        raise UsageError(f"{shown(decimal)} is no decimal mark", "--decimal . or --decimal ,")
    options = Options(
        tuple(_pair(text) for text in columns or []),
        meter,
        None if zone is None else zone_named(zone),
        decimal,
    )
    plan = Plan(
        None if format_ is None else format_named(format_),
        skip_bad,
        None if replace is None else _reason(replace),
    )
    refuse_missing(files)
    _refuse_overwriting(files, report)
    wiring = wiring_of(ctx)
    done: list[Imported] = []
    with open_report(report) as write, _importer(wiring, dry_run=dry_run) as (ledger, import_):
        context = Context(ledger.meters(), wiring.zones, now(), options)
        for name in files:
            with open_source(name) as source:
                told = Told(source.name, write, quiet=json)
                with _progress(source, plan) as progress:
                    done.append(import_(source, context, plan, Watch(told, progress)))
            if not json:
                told.end(report)
                _show(done[-1], wiring.zones, alone=len(files) == 1, dry_run=dry_run)
    if json:
        out.json(wire.imported(done))
    elif len(done) > 1 and any(map(_is_through, done)):
        out.line(f"{len(done)} files: {_counts(done, dry_run=dry_run)}")
    _finish(done, as_json=json, dry_run=dry_run)


@contextlib.contextmanager
def _importer(wiring: Wiring, *, dry_run: bool) -> Iterator[tuple[Ledger, _Import]]:
    """The ledger, and what imports a file into it; in a dry run, what only says it would."""
    if not dry_run:
        with wiring.writing(ReadingSource.IMPORT) as session:
            yield session.ledger, partial(service.bulk_import, session.ledger)
        return
    with jobs.rehearsing(wiring) as (ledger, rehearsal):
        yield ledger, partial(service.rehearse, rehearsal)


@contextlib.contextmanager
def _progress(source: Source, plan: Plan) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, for files that take a while."""
    if source.size < _BIG or not out.is_terminal():
        yield lambda _position: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    passes = 1 if plan.skip_bad else 2  # reading through first, then storing
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(Path(source.name).name, total=source.size * passes)
        before, base = 0, 0

        def advance(position: int) -> None:
            nonlocal before, base
            if position < before:
                base += source.size
            before = position
            bar.update(task, completed=base + position)

        yield advance


def _reason(text: str) -> str:
    reason = check_note(text)
    if reason is None:
        raise UsageError("--replace needs a reason", '--replace "the display was misread"')
    return reason


def _pair(text: str) -> tuple[str, str]:
    column, separator, meter = text.rpartition("=")
    if not separator or not column or not meter:
        raise UsageError(f"--map {shown(text)} is not COLUMN=METER", "--map Zählerstand=gas")
    return column, meter


def _refuse_overwriting(files: list[str], report: Path | None) -> None:
    """A report under the name of a file to be read would leave nothing to read."""
    if report is not None and report.exists():
        for name in files:
            if name != STDIN and report.samefile(name):
                raise UsageError(f"--report would overwrite {shown(name)}", "name another file")


def _show(one: Imported, zones: Zones, *, alone: bool, dry_run: bool) -> None:
    """What became of a file; where nothing of it was stored, the last line of all says so."""
    if _is_through(one):
        out.line(f"{one.file}: {one.format}: {_counts([one], dry_run=dry_run)}")
        if one.first_at is not None and one.last_at is not None:
            first, last = (local_text(at, zones.default) for at in (one.first_at, one.last_at))
            out.line(f"  from {first} to {last}")
        if one.findings:
            look = "1 reading looks" if one.findings == 1 else f"{one.findings} readings look"
            out.note(f"  {look} wrong: meterctl review")
    elif not alone:
        out.note(_verdict(one, dry_run=dry_run).message)


def _counts(done: list[Imported], *, dry_run: bool) -> str:
    rows, recorded, duplicates, conflicts, rejected = (
        sum(getattr(one, name) for one in done)
        for name in ("rows", "recorded", "duplicates", "conflicts", "rejected")
    )
    parts = [
        _number(rows, "row"),
        f"{_number(recorded, 'reading')} {'would be ' if dry_run else ''}recorded",
    ]
    if duplicates:
        parts.append(f"{duplicates} known already")
    if conflicts:
        parts.append(f"{conflicts} in conflict")
    if rejected:
        parts.append(f"{_number(rejected, 'row')} rejected")
    return ", ".join(parts)


def _number(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _is_through(one: Imported) -> bool:
    """Whether anything of a file was good, be it known already."""
    return not one.refused and not (one.rejected and one.rejected == one.rows)


def _verdict(one: Imported, *, dry_run: bool) -> FileError:
    """That nothing of a file was stored, and why."""
    message = f"{one.file}: nothing {'would be' if dry_run else 'was'} stored"
    if not one.rejected:
        return FileError(message)  # the line above says what is wrong with the file as a whole
    bad = f"{one.rejected} of {_number(one.rows, 'row')} {'is' if one.rejected == 1 else 'are'} bad"
    if one.rejected == one.rows:
        return FileError(f"{message}: {bad}", "mend the file")
    return FileError(f"{message}: {bad}", "mend the file, or store the others with --skip-bad")


def _finish(done: list[Imported], *, as_json: bool, dry_run: bool) -> None:
    """The exit code: 65 when nothing got through, 3 when not all did."""
    if not any(_is_through(one) for one in done):
        first = done[0]
        if as_json:
            problem = first.errors[0]
            raise FileError(problem.where(first.file), problem.hint)
        if len(done) == 1:
            raise _verdict(first, dry_run=dry_run)
        would = "would be" if dry_run else "was"
        raise FileError(f"nothing {would} stored of {len(done)} files", "mend the files")
    if any(one.refused or one.conflicts or one.rejected for one in done):
        raise typer.Exit(3)
