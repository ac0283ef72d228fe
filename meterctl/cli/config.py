"""`meterctl config`."""

from __future__ import annotations

import os

import typer

from meterctl import config as service
from meterctl.cli import out
from meterctl.cli.app import group
from meterctl.cli.options import Json, wiring_of
from meterctl.errors import ConfigError

config_app = group()


@config_app.callback()
def config() -> None:
    """Show and check the settings."""


@config_app.command()
def show(ctx: typer.Context, json: Json = False) -> None:
    """Print each setting, and where it comes from; secrets are masked."""
    wiring = wiring_of(ctx)
    rows = []
    defaults = {setting.name: setting.default for setting in service.SETTINGS}
    for name, (text, origin) in wiring.settings.values.items():
        shown = (defaults.get(name) or "") if text is None else service.masked(name, text)
        if name == "METERCTL_LEDGER":
            shown = str(service.ledger_path(wiring.settings, wiring.cwd))
        rows.append((name, shown, origin))
    if json:
        out.line(out.to_json({name: {"value": text, "origin": o} for name, text, o in rows}))
    else:
        out.table([[name, text or "-", out.styled(origin, "dim")] for name, text, origin in rows])


@config_app.command()
def check(ctx: typer.Context, json: Json = False) -> None:
    """Check every setting, and report all problems at once."""
    wiring = wiring_of(ctx)
    found = service.problems(wiring.settings, os.environ, wiring.cwd)
    if json:
        out.line(out.to_json({"problems": found}))
    if not found:
        if not json:
            out.line("the settings are well")
        return
    if not json:
        for problem in found:
            out.line(problem)
    count = "a problem" if len(found) == 1 else f"{len(found)} problems"
    raise ConfigError(f"{count} in the settings", "correct them in the .env or the environment")
