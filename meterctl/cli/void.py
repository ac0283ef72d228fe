"""`meterctl void`."""

from __future__ import annotations

import typer

from meterctl.cli.command import group
from meterctl.cli.correct import show
from meterctl.cli.options import Json, ReadingId, Reason, slot_of, wiring_of
from meterctl.services import amend

void_app = group()


@void_app.command(epilog='Example: meterctl void meter@2026-03-01T06:00:00Z --reason "wrong meter"')
def void(ctx: typer.Context, reading: ReadingId, reason: Reason, json: Json = False) -> None:
    """Say that a reading never was, with a reason."""
    with wiring_of(ctx).writing() as session:
        slot = slot_of(reading, session.ledger, session.zones)
        show(amend.void(session, slot, reason), json=json)
