"""`meterctl export`."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import MeterNames, Since, Until, refuse_the_ledger, when, wiring_of
from meterctl.jobs import chosen
from meterctl.services import export as service

export_app = group()


class As(StrEnum):
    """What is written."""

    CSV = "csv"
    JSONL = "jsonl"


@export_app.command(epilog="Example: meterctl export --since 2025-01-01 -o readings.csv")
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
            _to_file(lines, output)
            return
        for text in lines:
            out.write(text)


def _to_file(lines: Iterator[str], path: Path) -> None:
    """The whole file or none: it appears under its name when it is on disk."""
    path = path.resolve()  # a link stays one
    if path.exists() and not path.is_file():
        with out.to_file(str(path)), path.open("w", encoding="utf-8", newline="") as device:
            device.writelines(lines)
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with out.to_file(str(path)), partial.open("x", encoding="utf-8", newline="") as file:
            if path.exists():  # who may read the one before may read this one, and nobody else
                before = path.stat()
                with suppress(PermissionError):  # only root gives files away
                    os.chown(partial, before.st_uid, before.st_gid)
                partial.chmod(stat.S_IMODE(before.st_mode))
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
