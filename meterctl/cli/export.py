"""`meterctl export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from meterctl.cli import out, whole_file
from meterctl.cli.command import group
from meterctl.cli.options import MeterNames, Since, Until, refuse_the_ledger, when, wiring_of
from meterctl.cli.progress import waiting
from meterctl.jobs import chosen
from meterctl.services import export as service

export_app = group()


class As(StrEnum):
    """What is written."""

    CSV = "csv"
    JSONL = "jsonl"


@export_app.command()
def export(
    ctx: typer.Context,
    meters: MeterNames = None,
    since: Since = None,
    until: Until = None,
    format_: Annotated[As, typer.Option("--format", help="CSV or JSON lines.")] = As.CSV,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file instead of stdout.")
    ] = None,
) -> None:
    """Write the readings as CSV or JSON lines."""
    wiring = wiring_of(ctx)
    if output is not None:
        refuse_the_ledger("--output", output, wiring)
    write = service.as_csv if format_ is As.CSV else service.as_json_lines
    with wiring.reading() as ledger:
        lines = write(
            ledger,
            chosen(ledger, meters),
            when(since, wiring.zones),
            when(until, wiring.zones, end=True),
        )
        if output is not None:
            with waiting("writing"):
                whole_file.write(output, (text.encode() for text in lines))
            return
        for text in lines:
            out.write(text)
