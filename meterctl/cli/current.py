"""`meterctl current`."""

from __future__ import annotations

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, MeterNames, chosen, wiring_of
from meterctl.config import Local
from meterctl.domain.meters import INVERTER, MAIN, Zones
from meterctl.domain.times import age_text, iso_utc, local_text
from meterctl.services import history
from meterctl.services.history import Newest
from meterctl.wiring import now

current_app = group()


@current_app.command(epilog="Example: meterctl current meter --json")
def current(ctx: typer.Context, meters: MeterNames = None, json: Json = False) -> None:
    """Show the newest reading of each meter."""
    wiring = wiring_of(ctx)
    with wiring.reading() as ledger:
        found = history.current(ledger, chosen(ledger, meters))
    if json:
        out.line(out.to_json(as_json(found, now(), wiring.local)))
    else:
        _show(found, now(), wiring.zones)


def as_json(found: list[Newest], at: int, settings: Local) -> dict[str, object]:
    """The contract's form of what is newest."""
    held = [one for one in found if one.reading is not None]
    values = {one.meter.id: one.reading.value for one in held if one.reading is not None}
    newest = max((one.reading.at for one in held if one.reading is not None), default=None)
    sheet = "queued" if settings.has_sheet else "off"
    return {
        "timestamp": None if newest is None else iso_utc(newest),
        "inverterKWh": out.exact(values.get(INVERTER)),
        "meterValue": out.exact(values.get(MAIN)),
        "readings": [
            {
                "meter": one.meter.id,
                "value": out.exact(one.reading.value),
                "unit": one.meter.unit,
                "timestamp": iso_utc(one.reading.at),
                "age_seconds": max(at - one.reading.at, 0) // 1000,
                "quality": one.reading.quality,
                "sheet": sheet,
                "utility": "due" if settings.has_utility and one.meter.submitted else "off",
            }
            for one in held
            if one.reading is not None
        ],
        "pending": {"sheet": 0, "utility": 0},
    }


def _show(found: list[Newest], at: int, zones: Zones) -> None:
    rows = []
    for one in found:
        if one.reading is None:
            rows.append([one.meter.id, "-", "no reading yet", "", ""])
            continue
        doubt = out.styled("looks wrong: meterctl review", "doubtful") if one.open_findings else ""
        when = local_text(one.reading.at, zones(one.meter))
        age = out.styled(f"{age_text(at - one.reading.at)} ago", "dim")
        rows.append([one.meter.id, one.meter.text(one.reading.amount), when, age, doubt])
    out.table(rows, right=(1,))
