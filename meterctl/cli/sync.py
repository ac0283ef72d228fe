"""`meterctl sync`."""

from __future__ import annotations

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, Quiet, wiring_of
from meterctl.errors import PartlyDone
from meterctl.services import wire
from meterctl.services.deliver import Delivered, is_settled
from meterctl.wiring import Wiring

sync_app = group()

DEADLINE = 600.0  # seconds; cron starts the next one after fifteen minutes


@sync_app.command(
    epilog="Exit code: 0 when all is in the Sheet, 3 when a part is, 75 when none is."
)
def sync(ctx: typer.Context, quiet: Quiet = False, json: Json = False) -> None:
    """Bring what is queued to the Sheet."""
    wiring = wiring_of(ctx)
    done = _deliver(wiring, show_progress=not (quiet or json))
    if json:
        out.json(wire.delivered(done))
    elif not quiet:
        _show(done)
    if done.error is not None:
        if done.batches:
            raise PartlyDone(done.error.message, done.error.hint)
        raise done.error


def _deliver(wiring: Wiring, *, show_progress: bool) -> Delivered:
    settings = wiring.sheet_settings
    with wiring.reading() as ledger:
        if ledger.last_entry() == 0 and is_settled(ledger, settings.destination):
            return Delivered()  # looking never creates
    with wiring.writing() as session:
        total = session.ledger.waiting(settings.destination)
        with out.progress("to the Sheet", total, wanted=show_progress) as tell:
            return wiring.deliver(session.ledger, DEADLINE, patient=True, progress=tell)


def _show(done: Delivered) -> None:
    if not done.batches and done.error is None:
        out.line("nothing to do: the Sheet has everything")
        return
    counted = "1 reading" if done.readings == 1 else f"{done.readings} readings"
    in_rows = "1 row" if done.rows == 1 else f"{done.rows} rows"
    known = f", {done.left_out} were there already" if done.left_out else ""
    queued = f", {done.waiting} still queued" if done.waiting else ""
    out.line(f"{counted} written to the Sheet in {in_rows}{known}{queued}")
