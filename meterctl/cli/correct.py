"""`meterctl correct`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.delivery import acknowledge
from meterctl.cli.options import Json, Offline, ReadingId, Reason, slot_of, wiring_of
from meterctl.domain.quantity import parse_quantity
from meterctl.services import amend, wire
from meterctl.services.amend import Amended

correct_app = group()


@correct_app.command()
def correct(
    ctx: typer.Context,
    reading: ReadingId,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="What it really was.")],
    reason: Reason,
    offline: Offline = False,
    json: Json = False,
) -> None:
    """Give a reading another value, with a reason."""
    amount = parse_quantity(value)
    wiring = wiring_of(ctx)
    with wiring.writing() as session:
        slot = slot_of(reading, session.ledger, session.zones)
        amended = amend.correct(session, slot, amount, reason)
        acknowledge(
            wiring,
            session.ledger,
            offline=offline,
            show=lambda: show(amended),
            form=partial(wire.amended, amended) if json else None,
        )


def show(amended: Amended) -> None:
    """What a reading was and is."""
    before, after, meter = amended.before, amended.after, amended.meter
    was = "void" if before.value is None else out.number(meter.text(before.value))
    now = "void" if after.value is None else out.number(meter.text(after.value))
    if before is after:
        out.line(f"{amended.id} is {now} already")
    else:
        out.line(f"{amended.id}: {was} -> {now}")
