"""`meterctl void`."""

from __future__ import annotations

from functools import partial

import typer

from meterctl.cli.command import group
from meterctl.cli.correct import show
from meterctl.cli.delivery import acknowledge
from meterctl.cli.options import Json, Offline, ReadingId, Reason, slot_of, wiring_of
from meterctl.services import amend, wire

void_app = group()


@void_app.command()
def void(
    ctx: typer.Context,
    reading: ReadingId,
    reason: Reason,
    offline: Offline = False,
    json: Json = False,
) -> None:
    """Say that a reading never was, with a reason."""
    wiring = wiring_of(ctx)
    with wiring.writing() as session:
        slot = slot_of(reading, session.ledger, session.zones)
        amended = amend.void(session, slot, reason)
        acknowledge(
            wiring,
            session.ledger,
            offline=offline,
            show=lambda: show(amended),
            form=partial(wire.amended, amended) if json else None,
        )
