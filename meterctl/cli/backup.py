"""`meterctl backup`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, Quiet, wiring_of
from meterctl.errors import LedgerError
from meterctl.services import backup as service
from meterctl.wiring import Wiring, now

backup_app = group()


@backup_app.command(epilog="Example: meterctl backup /mnt/usb/meterctl")
def backup(
    ctx: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Where to; `backups` beside the ledger if none."),
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Copy the ledger, verified."""
    wiring = wiring_of(ctx)
    with wiring.heartbeat("METERCTL_HEARTBEAT_URL_BACKUP", out.note):
        _backup(wiring, folder, quiet=quiet, json=json)


def _backup(wiring: Wiring, folder: Path | None, *, quiet: bool, json: bool) -> None:
    path = wiring.local.ledger
    if not path.exists():
        raise LedgerError(f"there is no ledger at {path} yet", "meterctl record 142.3 begins one")
    with wiring.reading() as ledger:
        done = service.backup(ledger, folder or path.parent / "backups", now())
    if json:
        fields = {
            "file": str(done.path),
            "bytes": done.size,
            "entries": done.counts.entries,
            "values": done.counts.revisions,
        }
        out.json(fields)
    elif not quiet:
        out.line(f"{done.path}: {done.counts.revisions} values, verified")
