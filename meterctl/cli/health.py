"""`meterctl health`."""

from __future__ import annotations

import typer

from meterctl import __version__
from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, wiring_of
from meterctl.errors import ConfigError, MeterctlError
from meterctl.services import health as service
from meterctl.services import wire
from meterctl.services.health import Check, Grade
from meterctl.wiring import Wiring, now

health_app = group()
_STYLES = {Grade.PASS: "good", Grade.WARN: "doubtful", Grade.FAIL: "bad"}


@health_app.command(epilog="Exit code: 0 for pass and warn; else that of the check that failed.")
def health(ctx: typer.Context, json: Json = False) -> None:
    """Check the ledger and this machine."""
    checks = _checks(wiring_of(ctx))
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


def _checks(wiring: Wiring) -> list[Check]:
    """Each room's checks; one that fails does not keep the others from being made."""
    try:
        path = wiring.local.ledger
    except ConfigError as error:
        return [service.failed(error, "settings")]
    checks: list[Check] = []
    try:
        with wiring.reading() as ledger:
            checks.extend(service.check_ledger(ledger, now()))
    except MeterctlError as error:
        checks.append(service.failed(error, "ledger"))
    checks.extend(service.check_machine(path, now()))
    return checks
