"""`meterctl help`."""

from __future__ import annotations

from meterctl.cli.command import group

help_app = group()


@help_app.command()
def help() -> None:
    """Explain exit codes, settings, formats, or a command."""
