"""`meterctl current`."""

from __future__ import annotations

from typing import Annotated

import typer

from meterctl import jobs
from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, MeterNames, wiring_of
from meterctl.cli.progress import waiting
from meterctl.cli.standing import rows
from meterctl.domain.readings import Source
from meterctl.domain.times import local_text
from meterctl.errors import UsageError
from meterctl.jobs import chosen
from meterctl.services import wire
from meterctl.services.current import Standing
from meterctl.services.session import Session
from meterctl.wiring import Wiring, now

current_app = group()

_EVERY = 5.0  # seconds between two looks of --watch


@current_app.command()
def current(
    ctx: typer.Context,
    meters: MeterNames = None,
    from_sheet: Annotated[
        bool, typer.Option("--from-sheet", help="As the Sheet holds it, whoever wrote it there.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again every few seconds, until Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """Show the newest reading of each meter."""
    wiring = wiring_of(ctx)
    if watch and (json or from_sheet or not out.is_shown_live()):
        raise UsageError(
            "--watch is for a terminal, and for the ledger here",
            "leave it out; scripts ask again with: meterctl current --json",
        )
    if watch:
        _watch(wiring, meters)
    standing = _look(wiring, meters, from_sheet=from_sheet)
    if json:
        out.json(wire.current(standing, now()))
    else:
        out.table(rows(standing, now(), wiring.zones), right=(1,))


def _watch(wiring: Wiring, meters: list[str] | None) -> None:
    from meterctl.cli.watching import watch

    newest: dict[str, object] = {}
    changed: set[str] = set()  # since the look before the last

    def look() -> Standing:
        standing = _look(wiring, meters, from_sheet=False)
        values = {one.meter.id: one.reading for one in standing.newest}
        changed.clear()
        changed.update(name for name in values if newest and values[name] != newest.get(name))
        newest.update(values)
        return standing

    def lines(standing: Standing) -> list[str]:
        at = now()
        table = out.aligned(rows(standing, at, wiring.zones, changed), right=(1,))
        clock = local_text(at, wiring.zones.default)
        return [*table, "", out.styled(f"{clock}; Ctrl-C leaves", "dim")]

    watch(look, lines, _EVERY)


def _look(wiring: Wiring, names: list[str] | None, *, from_sheet: bool) -> Standing:
    with wiring.judged() as ledger:
        session = Session(ledger, wiring.zones, now(), Source.CLI)
        meters = chosen(ledger, names)
        if not from_sheet:
            return jobs.current(wiring, session, meters)
        from meterctl.services.current_of_sheet import current_of_sheet

        reading = wiring.sheet(wiring.READING_THE_SHEET, patient=True)
        with waiting("reading the Sheet"), reading as sheet:
            return current_of_sheet(session, meters, sheet, jobs.account_if_any(wiring))
