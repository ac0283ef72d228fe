"""`meterctl help`."""

from __future__ import annotations

from meterctl.cli.command import group

help_app = group()


@help_app.command("help")
def explain() -> None:
    """Explain exit codes, settings, formats, or a command."""
