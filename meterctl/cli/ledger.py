"""`meterctl ledger show`, `migrate` and `copy`."""

from __future__ import annotations

from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, Quiet, wiring_of
from meterctl.cli.progress import What, bar
from meterctl.config.ledger import address_of, ledger_problem
from meterctl.domain.times import age_text, local_text
from meterctl.errors import UsageError
from meterctl.ledger.address import Address
from meterctl.services import ledger_copy as service
from meterctl.wiring import Wiring, now

ledger_app = group()

_FORMS = "sqlite:///PATH, PATH, or postgresql://...?schema=NAME"


@ledger_app.callback()
def ledger() -> None:
    """Show the ledger's place; bring it up to date; move it."""


@ledger_app.command()
def show(ctx: typer.Context, json: Json = False) -> None:
    """Show the ledger's place: the store, the schema, how much it holds, who works there."""
    wiring = wiring_of(ctx)
    found = wiring.keeper.look(wiring.local.ledger)
    if json:
        out.json(service.look_form(found))
    else:
        _show(found, wiring)


@ledger_app.command(
    epilog="Exit code: 0 up to date; 74 with --check: it is not; 77 the role may not; 78 a later"
    " meterctl wrote it."
)
def migrate(
    ctx: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether it has to be; write nothing.")
    ] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Bring the ledger to this meterctl's schema; make it where there is none yet."""
    wiring = wiring_of(ctx)
    keeper, address = wiring.keeper, wiring.local.ledger
    if check:
        before = after = keeper.demand_newest(address)
    else:
        before, after = keeper.migrate(address)
    if json:
        out.json({"ledger": str(address), "before": before, "schema": after})
    elif not quiet:
        was = {0: "made", after: "up to date"}.get(before, f"brought up from schema {before}")
        out.line(f"{address}: {was}, schema {after}")


@ledger_app.command(
    epilog="Exit code: 0 moved, or moved already; 74 there is no place for it there, or it cannot"
    " be read; 75 a job is running, run it again; 78 it was moved elsewhere. Stopped, it goes on"
    " from where it was when it is run again. Passwords belong in ~/.pgpass or PGPASSWORD."
)
def copy(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help=f"{_FORMS}.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The same; where no ledger is yet.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be moved; write nothing.")
    ] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Move a ledger to another place, verified; the old place can only be read from then on.

    It keeps its id and its numbers, so that a Sheet and a utility see no difference. Others may
    record at the old place meanwhile, but for the last moment.
    """
    wiring = wiring_of(ctx)
    here, there = _address("FROM", source, wiring), _address("TO", target, wiring)
    keeper = wiring.keeper
    if dry_run:
        planned, done = keeper.plan(here, there), None
        lines = service.would(planned)
    else:
        with keeper.moving(here, there) as mover:
            total, wanted = mover.planned.whole.values, not (quiet or json)
            with bar(What("copying", total, "values"), wanted=wanted) as tell:
                done = service.move(mover, tell)
        planned, lines = done.plan, service.told(done)
    if json:
        out.json(service.form(planned, done))
    elif not quiet:
        for line in lines:
            out.line(line)


def _address(name: str, text: str, wiring: Wiring) -> Address:
    if problem := ledger_problem(text):
        raise UsageError(f"{name}: {problem}", "as METERCTL_LEDGER takes it: sqlite:///PATH")
    return address_of(text, wiring.cwd)


# -- telling


def _show(found: service.Look, wiring: Wiring) -> None:
    zone = wiring.zones.default
    rows = [("ledger", found.address), ("store", found.store), ("schema", _schema(found))]
    if found.ledger_id is not None and found.created_at is not None:
        rows += [("id", found.ledger_id), ("created", local_text(found.created_at, zone))]
    if found.amount is not None:
        rows.append(("holds", service.amount(found.amount)))
    if found.size is not None:
        rows.append(("size", f"{found.size / 1e6:.1f} MB"))
    for one in found.held:
        rows.append(("runs", f"{one.job} ({one.who}, for {age_text(max(0, now() - one.since))})"))
    if found.copying is not None:
        rows.append(
            ("copying", "a copy was stopped on its way here: run meterctl ledger copy again")
        )
    if found.moved_to is not None:
        when = local_text(found.moved_at or 0, zone)
        rows.append(("moved", f"to {found.moved_to}, {when}: set METERCTL_LEDGER to that"))
    out.table(rows)


def _schema(found: service.Look) -> str:
    if not found.schema:
        return "none: there is no ledger yet"
    if found.schema < found.newest_schema:
        return f"{found.schema}; this meterctl's is {found.newest_schema}: meterctl ledger migrate"
    return str(found.schema)
