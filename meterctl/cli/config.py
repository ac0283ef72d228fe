"""`meterctl config`."""

from __future__ import annotations

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, wiring_of
from meterctl.config import review
from meterctl.errors import ConfigError
from meterctl.wiring import Wiring

config_app = group()


@config_app.callback()
def config() -> None:
    """Show and check the settings."""


@config_app.command()
def show(ctx: typer.Context, json: Json = False) -> None:
    """Print each setting, and where it comes from; secrets are masked."""
    wiring = wiring_of(ctx)
    settings = list(review.shown(wiring.settings, wiring.cwd))
    if json:
        fields = {one.name: {"value": one.text, "origin": one.origin} for one in settings}
        out.json(fields)
        return
    out.table(
        [
            [
                one.name,
                one.text or (f"({one.otherwise})" if one.otherwise else "-"),
                out.styled(one.origin, "dim"),
            ]
            for one in settings
        ]
    )


@config_app.command()
def check(ctx: typer.Context, json: Json = False) -> None:
    """Check every setting, and report all problems at once."""
    wiring = wiring_of(ctx)
    found = review.problems(wiring.settings, wiring.cwd)
    if not found:  # what the settings name is looked into once they themselves are well
        found = (*_of_key(wiring), *wiring.utility_problems())
    if json:
        out.json({"problems": found})
    else:
        for text in found or ("the settings are well",):
            out.line(text)
    if found:
        count = "a problem" if len(found) == 1 else f"{len(found)} problems"
        raise ConfigError(f"{count} in the settings", "correct them where they come from")


def _of_key(wiring: Wiring) -> tuple[str, ...]:
    """What is wrong with Google's key, where there is a Sheet for it."""
    names = ("METERCTL_SHEET_ID", "METERCTL_GOOGLE_CREDENTIALS")
    if None in map(wiring.settings.text, names):
        return ()
    try:
        wiring.check_key()
    except ConfigError as error:
        return error.problems
    return ()
