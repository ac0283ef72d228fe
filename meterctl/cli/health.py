"""`meterctl health`."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from meterctl import __version__, jobs
from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, wiring_of
from meterctl.cli.progress import waiting
from meterctl.errors import ConfigError
from meterctl.services import health as service
from meterctl.services import wire
from meterctl.services.health import Grade
from meterctl.wiring import Wiring

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
    wiring = _parts(ctx)
    with waiting("looking"):
        checks = list(jobs.checks(wiring, online=online, problems=_problems(wiring)))
    status = service.worst(checks)
    if json:
        out.json(wire.health(status, __version__, checks))
    else:
        for check in checks:
            hint = "" if check.grade is Grade.PASS else out.in_brackets(check.hint)
            mark = out.styled(check.grade, _STYLES[check.grade])
            out.line(f"{mark}  {out.plain(f'{check.name}: {check.output}{hint}')}")
    if status is Grade.FAIL:
        raise typer.Exit(next(c.exit_code for c in checks if c.grade is Grade.FAIL))


def _parts(ctx: typer.Context) -> Wiring:
    """The run's parts, also where the settings cannot even be read: just that is to be told."""
    try:
        return wiring_of(ctx)
    except ConfigError:
        if isinstance(ctx.obj, Wiring):
            return ctx.obj
        raise


def _problems(wiring: Wiring) -> tuple[str, ...]:
    """What is wrong with any setting, needed just now or not."""
    from meterctl.config import review

    with suppress(ConfigError):  # told as a check of its own
        return review.problems(wiring.settings, wiring.cwd)
    return ()
