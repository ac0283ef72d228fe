"""`meterctl review`."""

from __future__ import annotations

from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, slot_of, wiring_of
from meterctl.cli.progress import waiting
from meterctl.domain.findings import is_in_conflict
from meterctl.domain.meters import Meter, Zones, meter_named
from meterctl.domain.readings import reading_id
from meterctl.domain.times import local_text
from meterctl.errors import UsageError
from meterctl.ledger.port import Flagged
from meterctl.services import amend, wire

SCREENFUL = 20

review_app = group()


@review_app.command()
def review(
    ctx: typer.Context,
    reading: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The reading to accept.")
    ] = None,
    accept: Annotated[
        str | None,
        typer.Option("--accept", help="Accept it as it is, for this reason.", metavar="REASON"),
    ] = None,
    json: Json = False,
) -> None:
    """List readings that look wrong; accept one with a reason."""
    if (reading is None) is not (accept is None):
        raise UsageError("an ID and --accept go together", "meterctl review lists the ids")
    wiring = wiring_of(ctx)
    if reading is not None and accept is not None:
        with wiring.writing() as session:
            slot = slot_of(reading, session.ledger, session.zones)
            found = [amend.accept(session, slot, accept)]
            meters = session.ledger.meters()
    else:
        with waiting("looking"), wiring.judged() as ledger:
            meters, found = ledger.meters(), list(ledger.flagged())
    if json:
        rows = [wire.flagged(meter_named(meters, one.reading.meter), one) for one in found]
        out.json({"readings": rows})
    else:
        _show(meters, found, wiring.zones)


def _show(meters: tuple[Meter, ...], found: list[Flagged], zones: Zones) -> None:
    if not found:
        out.line("no reading looks wrong")
        return
    for flagged in found[:SCREENFUL]:
        reading = flagged.reading
        meter = meter_named(meters, reading.meter)
        when = local_text(reading.at, zones(meter))
        out.line(f"{meter.id}  {out.number(meter.text(reading.amount))}  {when}")
        for finding in flagged.findings:
            out.line(f"  {out.styled(finding.rule, 'doubtful')}: {out.amounts(finding.detail)}")
        id_ = reading_id(reading.slot, meter)
        if is_in_conflict(flagged.findings):
            out.line(f'  which is right? meterctl correct {id_} VALUE --reason "..."')
        elif flagged.accepted is not None:
            out.line(f"  accepted: {flagged.accepted}")
        else:
            out.line(f'  right? meterctl review {id_} --accept "..."')
            out.line(f'  wrong? meterctl correct {id_} VALUE --reason "..."')
    if len(found) > SCREENFUL:
        out.note(f"{len(found) - SCREENFUL} more; --json lists all of them")
        out.note("if a meter was swapped: meterctl meters replace METER --at TIME --final VALUE")
