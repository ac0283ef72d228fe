"""`meterctl plot`."""

from __future__ import annotations

from meterctl.cli.command import group

plot_app = group()


@plot_app.command()
def plot() -> None:
    """Draw the use of meters: a chart here, or in a file."""
