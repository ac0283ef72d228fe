"""`meterctl sheet show` and `use`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, wiring_of
from meterctl.config import env_file, problems_of
from meterctl.config.table import sheet_id
from meterctl.domain.meters import Zones
from meterctl.domain.times import age_text, local_text
from meterctl.errors import ConfigError, MeterctlError, UsageError
from meterctl.services import wire_sheet
from meterctl.services.sheet_notes import Notes
from meterctl.services.sheet_room import CELLS, FULL_HINT, gap_told
from meterctl.services.sheet_show import Column, Here, There, known_here, seen_there
from meterctl.services.sheet_use import Used, Way, go_on
from meterctl.wiring import Wiring, now

sheet_app = group()

_SETTING = "METERCTL_SHEET_ID"
_DEADLINE = 120.0  # seconds, for what may take many requests


@sheet_app.callback()
def sheet() -> None:
    """Show the spreadsheet in use; go on in another one."""


@sheet_app.command()
def show(ctx: typer.Context, json: Json = False) -> None:
    """Show the spreadsheet: its columns, how full it is, what is queued for it."""
    wiring = wiring_of(ctx)
    settings = wiring.sheet_settings
    with wiring.reading() as ledger:
        here = known_here(ledger, settings.destination)
        try:
            with wiring.sheet(_DEADLINE, patient=True) as asked:
                notes = Notes(ledger, settings.destination, now)
                there = seen_there(ledger, asked, settings.tab, notes)
        except MeterctlError:
            if not json:
                _show_here(here, wiring.zones)
            raise
        ledger_id = ledger.id
    wiring.remember_room(there.room)
    if json:
        out.json(wire_sheet.shown(settings.id, settings.tab, here, there, ledger_id))
    else:
        _show_there(wiring, there, ledger_id)
        _show_here(here, wiring.zones)
    if there.unfit is not None:
        raise there.unfit


@sheet_app.command()
def use(
    ctx: typer.Context,
    new: Annotated[str, typer.Argument(metavar="NEW_ID", help="The spreadsheet: address or id.")],
    from_start: Annotated[
        bool,
        typer.Option("--from-start", help="Send it everything, not just what is queued."),
    ] = False,
    json: Json = False,
) -> None:
    """Go on in another spreadsheet, where the one before left off.

    Make it, and share it with the service account as an editor; its tab and header are made here.
    The one before stays as it is.
    """
    wiring = wiring_of(ctx)
    after, before = _given(wiring, new), wiring.sheet_settings.id
    settings = after.sheet_settings
    with wiring.writing() as session:
        refused = None
        if not from_start and session.ledger.batch_in_doubt(wiring.sheet_settings.destination):
            refused = wiring.deliver(session.ledger, _DEADLINE, patient=True).error
        with wiring.sheet(_DEADLINE) as old, after.sheet(_DEADLINE) as fresh:
            way = Way(old, fresh, settings.tab, now, settings.settle, refused)
            done = go_on(session.ledger, way, from_start=from_start)
    file = _keep(wiring, after)
    if json:
        out.json(wire_sheet.used(settings.id, settings.tab, before, done, file))
    else:
        _tell(done, file, from_start=from_start)
    if file is None:
        out.note(
            f"{_SETTING} comes from the environment: set it to {settings.id} there;"
            " until then readings go to the old one"
        )


def _given(wiring: Wiring, new: str) -> Wiring:
    """The parts of a run that goes to the new one.

    Raises:
        UsageError: it is no spreadsheet's id, or that of the one in use.
        ConfigError: none is in use yet.
    """
    after = wiring.given({_SETTING: sheet_id(new)})
    found = problems_of(after.settings, (_SETTING,))
    if not new or found:
        problem = found[0].partition(": ")[2] if found else "the id is empty"
        raise UsageError(problem, "meterctl sheet use --help shows what it takes")
    if wiring.settings.text(_SETTING) is None:
        raise ConfigError("no spreadsheet is in use yet", "meterctl init --sheet-id ID sets it up")
    if sheet_id(new) == wiring.sheet_settings.id:
        raise UsageError("that is the spreadsheet in use", "name another one, or leave it as it is")
    return after


def _keep(wiring: Wiring, after: Wiring) -> Path | None:
    """Write the setting where it is; None where that is not a file."""
    file = wiring.settings.file
    if file is None or wiring.settings.values[_SETTING].origin in ("flag", "environment"):
        return None
    env_file.write(file, {_SETTING: after.sheet_settings.id})
    return file


# -- what is shown -----------------------------------------------------------------


def _show_there(wiring: Wiring, there: There, ledger: str) -> None:
    settings, view = wiring.sheet_settings, there.view
    tab = settings.tab
    if view.tab is None:
        tab += ", which is gone" if there.unfit else ", which is made with the first row"
    rows = [
        ["title", view.title],
        ["address", wire_sheet.address(settings.id)],
        ["tab", tab],
        ["time zone", view.zone],
        ["rows", f"{out.count(there.filled.rows)}"],
        ["cells", f"{out.count(there.room.cells)} of {out.count(CELLS)} ({there.room.percent})"],
        ["written by", _writers(there)],
        ["submits", _submitter(view.submitter, ledger)],
    ]
    out.table(rows)
    if there.columns:
        out.line("columns")
        out.table([_column(one) for one in there.columns])
    if there.filled.gap is not None:
        out.line("{} ({})".format(*gap_told(*there.filled.gap)))
    if there.room.is_almost_full:
        state = "full" if there.room.is_full else "almost full"
        out.line(f"it is {state}: {FULL_HINT}")


def _column(one: Column) -> list[str]:
    whose = f"meter {one.meter}" if one.meter else "" if one.ours else "your own"
    return [f"  {one.letters}", one.heading, whose]


def _writers(there: There) -> str:
    others = [name[:12] for name in there.others if name]
    if not others:
        return "this ledger alone"
    return f"this ledger and {len(others)} more: {', '.join(others)}"


def _submitter(named: str | None, ledger: str) -> str:
    if named is None:
        return "nobody yet"
    return "this ledger" if named == ledger else f"another ledger: {named[:12]}"


def _show_here(here: Here, zones: Zones) -> None:
    queued = f"{out.count(here.waiting)}" if here.waiting else "nothing"
    doubt = ", and it is not known whether the last batch landed" if here.in_doubt else ""
    last = "never yet"
    if here.last_success is not None:
        age = age_text(now() - here.last_success)
        last = f"{local_text(here.last_success, zones.default)}, {age} ago"
    out.table([["queued", queued + doubt], ["complete", last]])
    for one in here.notices:
        out.line(one.line)


def _tell(done: Used, file: Path | None, *, from_start: bool) -> None:
    out.line(f"{done.ready.title!r} is ready, its times in {done.ready.zone}")
    if done.had and from_start:
        out.line("what this ledger wrote there before is not sent again")
    count = "1 reading is" if done.waiting == 1 else f"{out.count(done.waiting)} readings are"
    if done.waiting:
        out.line(f"{count} queued for it: meterctl sync")
    if file is not None:
        out.line(f"settings: {file}")
