"""`meterctl bulk-import`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.app import group
from meterctl.cli.options import Json, wiring_of
from meterctl.cli.report import open_report
from meterctl.domain.readings import Source as ReadingSource
from meterctl.domain.times import local_text, zone_named
from meterctl.errors import FileError, UsageError, shown
from meterctl.imports.formats import Context, Options, format_named
from meterctl.imports.problems import Problem
from meterctl.imports.source import Source, open_source
from meterctl.ledger.port import Ledger
from meterctl.services.bulk_import import Imported, Plan, Watch
from meterctl.services.bulk_import import bulk_import as run
from meterctl.wiring import Wiring, now

SHOWN_PROBLEMS = 20
_BIG = 1 << 20  # bytes; smaller files are done before a bar could be seen

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
    plan = Plan(None if format_ is None else format_named(format_), dry_run, skip_bad, replace)
    wiring = wiring_of(ctx)
    with open_report(report) as written:
        done = [_one(wiring, name, options, plan, written, json=json) for name in files]
    if json:
        out.line(out.to_json(as_json(done)))
    _finish(done, dry_run=dry_run)


def _one(
    wiring: Wiring,
    name: str,
    options: Options,
    plan: Plan,
    written: Callable[[str, Problem], None],
    *,
    json: bool,
) -> Imported:
    """Import one file, and tell of it."""
    told = 0

    def tell(problem: Problem) -> None:
        nonlocal told
        told += 1
        written(source.name, problem)
        if told <= SHOWN_PROBLEMS and not json:
            out.note(f"{problem.where(source.name)} ({problem.hint})")

    with (
        open_source(name) as source,
        wiring.reading() if plan.dry_run else _for_writing(wiring) as ledger,
    ):
        context = Context(ledger.meters(), wiring.zones, now(), options)
        with _progress(source, plan) as progress:
            done = run(ledger, source, context, plan, Watch(tell, progress))
    if told > SHOWN_PROBLEMS and not json:
        out.note(f"{source.name}: {told - SHOWN_PROBLEMS} more; --report FILE lists them all")
    if not json:
        _show(wiring, done, plan)
    return done


@contextlib.contextmanager
def _for_writing(wiring: Wiring) -> Iterator[Ledger]:
    with wiring.writing(ReadingSource.IMPORT) as session:
        yield session.ledger


@contextlib.contextmanager
def _progress(source: Source, plan: Plan) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, for files that take a while."""
    if source.size < _BIG or not out.is_terminal():
        yield lambda _position: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    passes = 1 if plan.skip_bad or plan.dry_run else 2  # reading through first, then storing
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


def _pair(text: str) -> tuple[str, str]:
    column, separator, meter = text.rpartition("=")
    if not separator or not column or not meter:
        raise UsageError(f"--map {shown(text)} is not COLUMN=METER", "--map Zählerstand=gas")
    return column, meter


def as_json(done: list[Imported]) -> dict[str, object]:
    """The contract's form: one object for a file, totals and `files` for several."""
    if len(done) == 1:
        return _file_as_json(done[0])
    totals: dict[str, object] = {
        name: sum(getattr(one, name) for one in done)
        for name in ("rows", "recorded", "duplicates", "conflicts", "rejected")
    }
    return totals | {"files": [_file_as_json(one) for one in done]}


def _file_as_json(one: Imported) -> dict[str, object]:
    return {
        "file": one.file,
        "format": one.format,
        "rows": one.rows,
        "recorded": one.recorded,
        "duplicates": one.duplicates,
        "conflicts": one.conflicts,
        "rejected": one.rejected,
        "errors": [
            {"line": problem.line, "column": problem.column, "message": problem.message}
            for problem in one.errors
        ],
        "findings": one.findings,
    }


def _show(wiring: Wiring, done: Imported, plan: Plan) -> None:
    if not done.stored and not plan.dry_run:
        bad = "a row is bad" if done.rejected == 1 else f"{done.rejected} rows are bad"
        if done.rejected:
            out.note(f"{done.file}: nothing was stored: {bad} (--skip-bad stores the others)")
        return
    would = "would be recorded" if plan.dry_run else "recorded"
    parts = [f"{done.rows} rows", f"{done.recorded} readings {would}"]
    for count, name in (
        (done.duplicates, "known already"),
        (done.conflicts, "in conflict"),
        (done.rejected, "rows rejected"),
    ):
        if count:
            parts.append(f"{count} {name}")
    out.line(f"{done.file}: {done.format}: {', '.join(parts)}")
    if done.first_at is not None and done.last_at is not None:
        zone = wiring.zones.default
        span = f"{local_text(done.first_at, zone)} to {local_text(done.last_at, zone)}"
        out.line(f"  from {span}")
    if done.findings:
        out.note(f"  {done.findings} readings look wrong: meterctl review")


def _finish(done: list[Imported], *, dry_run: bool) -> None:
    """The exit code: 65 when nothing got through, 3 when not all did."""
    refused = [one for one in done if not one.stored and one.errors]
    partly = [one for one in done if one.conflicts or one.rejected]
    if len(refused) == len(done) and not dry_run:
        problem = refused[0].errors[0]
        raise FileError(
            f"nothing was imported from {', '.join(one.file for one in refused)};"
            f" first: {problem.where(refused[0].file)}",
            problem.hint,
        )
    if refused or partly:
        raise typer.Exit(65 if dry_run and all(one.rejected == one.rows for one in done) else 3)
