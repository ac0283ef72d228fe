"""`meterctl bulk-import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.bulk_import_files import Wanted, import_all
from meterctl.cli.bulk_import_one import Given
from meterctl.cli.bulk_import_options import Flags, format_of, options_of, reason_of
from meterctl.cli.bulk_import_showing import Done, counts, is_through, left_out, verdict
from meterctl.cli.command import group
from meterctl.cli.options import Json, refuse_the_ledger, wiring_of
from meterctl.errors import FileError, UsageError, shown
from meterctl.imports.text.source import STDIN, refuse_missing
from meterctl.services import import_profiles as profiles
from meterctl.services import wire, wire_imports
from meterctl.services.bulk_import import Imported, Plan
from meterctl.services.import_profiles import Profile
from meterctl.wiring import Wiring

bulk_import_app = group()


@bulk_import_app.command()
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
    create: Annotated[
        bool, typer.Option("--create-meters", help="Make the meters that are lacking.")
    ] = False,
    zone: Annotated[
        str | None,
        typer.Option("--tz", help="The zone of times without an offset.", metavar="ZONE"),
    ] = None,
    decimal: Annotated[
        str | None, typer.Option("--decimal", help="The decimal mark: . or ,", metavar="MARK")
    ] = None,
    dates: Annotated[
        str | None, typer.Option("--dates", help="31/12/2025 or 12/31/2025.", metavar="dmy|mdy")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels", help="What a row's time is of its interval.", metavar="starts|ends"
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="What the values are.", metavar="register|interval|daily"),
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", help="The values' unit: kWh, m³.", metavar="UNIT")
    ] = None,
    direction: Annotated[
        str | None,
        typer.Option(
            "--direction",
            help="from_grid, to_grid, generation, consumption.",
            metavar="WAY",
        ),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option("--encoding", help="The text's: windows-1252.", metavar="NAME"),
    ] = None,
    worksheet: Annotated[
        str | None, typer.Option("--worksheet", help="Which one of a workbook.", metavar="NAME")
    ] = None,
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
    profile: Annotated[
        str | None, typer.Option("--profile", help="Answer as a saved one does.", metavar="NAME")
    ] = None,
    save_profile: Annotated[
        str | None,
        typer.Option("--save-profile", help="Keep these answers for such files.", metavar="NAME"),
    ] = None,
    json: Json = False,
) -> None:
    """Store the readings of files."""
    flags = Flags(
        *(columns, meter, zone, decimal, dates, labels, kind, unit, direction),
        *(encoding, worksheet, create),
    )
    options = options_of(flags)
    plan = Plan(format_of(format_), skip_bad, reason_of(replace))
    if save_profile is not None:
        profiles.check_name(save_profile)
        if len(files) > 1:
            raise UsageError("--save-profile is for one file", "import the others without it")
    refuse_missing(files)
    wiring = wiring_of(ctx)
    if report is not None:
        _refuse_overwriting(report, files, wiring)
    given = Given(options, plan, _profile_named(wiring, profile), dry_run, json)
    done = import_all(wiring, files, given, Wanted(report, save_profile))
    imported = [one.imported for one in done]
    if json:
        out.json(wire_imports.all_told(imported, [_form(one) for one in done]))
    elif len(done) > 1 and any(map(is_through, imported)):
        out.line(f"{len(done)} files: {counts(imported, dry_run=dry_run)}")
    _finish(imported, as_json=json, dry_run=dry_run)


def _refuse_overwriting(report: Path, files: list[str], wiring: Wiring) -> None:
    """A report in the place of the ledger or of a file to be read would be the end of these."""
    if str(report) == STDIN:
        raise UsageError("--report - names no file", "--report problems.csv")
    refuse_the_ledger("--report", report, wiring)
    if report.exists():
        for name in files:
            if name != STDIN and report.samefile(name):
                raise UsageError(f"--report would overwrite {shown(name)}", "name another file")


def _profile_named(wiring: Wiring, name: str | None) -> Profile | None:
    """The profile that the person asks for, before anything is stored."""
    if name is None:
        return None
    with wiring.reading() as ledger:
        return profiles.named(ledger, name)


def _form(done: Done) -> wire.Form:
    if done.prepared is not None and done.is_foreign:
        notes = (*left_out(done.prepared), *done.notes)
        return wire_imports.told(done.imported, done.meters, notes)
    return wire.imported([done.imported])


def _finish(done: list[Imported], *, as_json: bool, dry_run: bool) -> None:
    """The exit code: 65 when nothing got through, 3 when not all did."""
    if not any(is_through(one) for one in done):
        first = done[0]
        if as_json:
            problem = first.errors[0]
            raise FileError(problem.where(first.file), problem.hint)
        if len(done) == 1:
            raise verdict(first, dry_run=dry_run)
        would = "would be" if dry_run else "was"
        raise FileError(f"nothing {would} stored of {len(done)} files", "mend the files")
    if any(one.refused or one.conflicts or one.rejected for one in done):
        raise typer.Exit(3)
