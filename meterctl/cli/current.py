"""`meterctl current`."""

from __future__ import annotations

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, MeterNames, chosen, wiring_of
from meterctl.domain.meters import Zones
from meterctl.domain.times import age_text, local_text
from meterctl.services import history, wire
from meterctl.services.history import Standing
from meterctl.wiring import now

current_app = group()


@current_app.command(epilog="Example: meterctl current meter --json")
def current(ctx: typer.Context, meters: MeterNames = None, json: Json = False) -> None:
    """Show the newest reading of each meter."""
    wiring = wiring_of(ctx)
    with wiring.judged() as ledger:
        standing = history.current(
            ledger,
            chosen(ledger, meters),
            sheet=wiring.local.sheet,
            has_utility=wiring.local.has_utility,
        )
    if json:
        out.json(wire.current(standing, now()))
    else:
        _show(standing, now(), wiring.zones)


def _show(standing: Standing, at: int, zones: Zones) -> None:
    rows = []
    for one in standing.newest:
        if one.reading is None:
            rows.append([one.meter.id, "-", "no reading yet", "", ""])
            continue
        doubt = out.styled("looks wrong: meterctl review", "doubtful") if one.open_findings else ""
        when = local_text(one.reading.at, zones(one.meter))
        age = out.styled(f"{age_text(at - one.reading.at)} ago", "dim")
        rows.append([one.meter.id, one.meter.text(one.reading.amount), when, age, doubt])
    out.table(rows, right=(1,))
