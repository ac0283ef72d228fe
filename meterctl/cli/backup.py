"""`meterctl backup`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from meterctl import jobs
from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, Quiet, wiring_of
from meterctl.cli.progress import waiting
from meterctl.errors import LedgerError, UsageError, shown
from meterctl.services import backup as service
from meterctl.wiring import Wiring, now

backup_app = group()


@backup_app.command()
def backup(
    ctx: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Where to; `backups` beside the ledger if none."),
    ] = None,
    keep: Annotated[
        str,
        typer.Option(
            "--keep",
            metavar="N",
            help="How many of this ledger's backups stay in that folder; `all` removes none.",
        ),
    ] = str(service.KEPT),
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Copy the ledger, verified."""
    wiring = wiring_of(ctx)
    kept = _number(keep)
    with jobs.job(wiring, "backup", out.note) as run:
        made = _backup(wiring, folder, kept, quiet=quiet, json=json)
        run.made = made


def _number(keep: str) -> int | None:
    if keep == "all":
        return None
    if re.fullmatch(r"0*[1-9]\d{0,5}", keep, re.ASCII):
        return int(keep)
    raise UsageError(
        f"--keep {shown(keep)} is no number of backups", "--keep 30, or --keep all; 1 is the least"
    )


def _backup(
    wiring: Wiring, folder: Path | None, keep: int | None, *, quiet: bool, json: bool
) -> Path:
    local = wiring.local
    if not wiring.has_ledger():
        hint = "meterctl record 142.3 begins one"
        raise LedgerError(f"there is no ledger at {local.ledger} yet", hint)
    with wiring.reading() as ledger, waiting("copying, and comparing", wanted=not quiet):
        done = service.backup(ledger, folder or service.folder_in(wiring.folder), now(), keep)
    for stuck in done.stuck:
        out.note(f"meterctl: {stuck} is one too many, and could not be removed")
    if json:
        fields = {
            "file": str(done.path),
            "bytes": done.size,
            "entries": done.counts.entries,
            "values": done.counts.revisions,
            "removed": [str(one) for one in done.removed],
        }
        out.json(fields)
    elif not quiet:
        out.line(f"{done.path}: {done.counts.revisions} values, verified")
        for one in done.removed:
            out.line(f"{one.name}: removed, the oldest of more than {keep}")
    return done.path
