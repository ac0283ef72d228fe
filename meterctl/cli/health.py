"""`meterctl health`."""

from __future__ import annotations

from typing import Annotated

import typer

from meterctl import __version__, jobs
from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, wiring_of
from meterctl.services import health as service
from meterctl.services import wire
from meterctl.services.health import Grade

health_app = group()
_STYLES = {Grade.PASS: "good", Grade.WARN: "doubtful", Grade.FAIL: "bad"}


@health_app.command(epilog="Exit code: 0 for pass and warn; else that of the check that failed.")
def health(
    ctx: typer.Context,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the Sheet and the utility as well.")
    ] = False,
    json: Json = False,
) -> None:
    """Check the ledger, this machine, the Sheet and the utility."""
    checks = list(jobs.checks(wiring_of(ctx), online=online))
    status = service.worst(checks)
    if json:
        out.json(wire.health(status, __version__, checks))
    else:
        for check in checks:
            hint = f" ({check.hint})" if check.hint and check.grade is not Grade.PASS else ""
            mark = out.styled(check.grade, _STYLES[check.grade])
            out.line(f"{mark}  {check.name}: {check.output}{hint}")
    if status is Grade.FAIL:
        raise typer.Exit(next(c.exit_code for c in checks if c.grade is Grade.FAIL))
