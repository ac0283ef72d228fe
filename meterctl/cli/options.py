"""Options that several commands share, and how their texts are read."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, tzinfo
from pathlib import Path
from typing import Annotated

import typer

from meterctl import log
from meterctl.cli import out
from meterctl.cli.command import VERBOSITY
from meterctl.cli.progress import is_live, waiting
from meterctl.domain.meters import Zones
from meterctl.domain.readings import Slot, parse_reading_id
from meterctl.domain.times import local_text
from meterctl.errors import UsageError
from meterctl.ledger.address import FileAddress
from meterctl.ledger.port import Ledger
from meterctl.logs.journal import Journal
from meterctl.wiring import Wiring, now

JOURNAL = "meterctl.journal"  # the run's, among what its contexts share

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Offline = Annotated[bool, typer.Option("--offline", help="Store only; reach for no other machine.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing on success.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept.", metavar="TEXT")]
ReadingId = Annotated[str, typer.Argument(metavar="ID", help="Such as meter@2026-03-01T06:00:00Z.")]


def complete_meters(incomplete: str) -> list[str]:
    """The ids of meters that begin so, for the Tab key; it never fails, and makes nothing."""
    with suppress(Exception), Wiring({}).reading() as ledger:
        return [meter.id for meter in ledger.meters() if meter.id.startswith(incomplete)]
    return []


MeterNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[METER]...",
        help="Ids or columns; all if none.",
        autocompletion=complete_meters,
    ),
]
Since = Annotated[
    str | None, typer.Option("--since", help="From this day or time on.", metavar="WHEN")
]
Until = Annotated[
    str | None, typer.Option("--until", help="Up to this day or time, inclusive.", metavar="WHEN")
]


def wiring_of(ctx: typer.Context) -> Wiring:
    """The run's parts, which the root command put there."""
    wiring = ctx.obj
    if not isinstance(wiring, Wiring):
        raise TypeError("the root command has not run")
    journal = ctx.meta.get(JOURNAL)
    if isinstance(journal, Journal):
        command = ctx.command_path.removeprefix("meterctl").strip()
        journal.begin(command, wiring.settings, wiring.cwd, ctx.meta.get(VERBOSITY, 0))
    out.use_mark(wiring.settings.text("METERCTL_DECIMAL_MARK"))
    log.show_waiting(waiting if is_live() else None)
    for name in wiring.settings.unknown:
        out.note(f"meterctl: {name} is not a setting (meterctl config check)")
    return wiring


def slot_of(text: str, ledger: Ledger, zones: Zones) -> Slot:
    """The slot that an id names; its time may be in words: `meter@yesterday 18:00`."""
    from meterctl.domain.typed_times import parse_typed

    moment = now()
    return parse_reading_id(
        text, ledger.meters(), zones, lambda part, zone: parse_typed(part, zone, moment)
    )


def when(text: str | None, zones: Zones, *, end: bool = False) -> int | None:
    """A time, or a day in the configured zone: its first instant, or its last one.

    What was typed in words is told in full, to who sits there.
    """
    if text is None:
        return None
    from meterctl.domain.typed_times import is_in_full, parse_bound

    instant = parse_bound(text, zones.default, now(), end=end)
    if not is_in_full(text):
        echo(f"{'until' if end else 'since'} {local_text(instant, zones.default)}")
    return instant


def time_typed(text: str, zone: tzinfo) -> int:
    """A time in a meter's zone, as a person typed it; told in full where it was in words."""
    from meterctl.domain.typed_times import is_in_full, parse_typed

    instant = parse_typed(text, zone, now())
    if not is_in_full(text):
        echo(local_text(instant, zone))
    return instant


def day_typed(text: str, zone: tzinfo) -> date:
    """A day as a person typed it; told in full where it was in words."""
    from meterctl.domain.typed_times import is_in_full, parse_day

    day = parse_day(text, zone, now())
    if not is_in_full(text):
        echo(f"{day}")
    return day


def echo(meant: str) -> None:
    """Say how words were understood, to a person."""
    if out.is_terminal():
        out.note(f"that is {meant}")


def refuse_the_ledger(flag: str, path: Path, wiring: Wiring) -> None:
    """Refuse to write a file in the place of the ledger: that would be its end."""
    from meterctl.logs.guard import files_of

    ledger = wiring.local.ledger
    files = files_of(ledger.path) if isinstance(ledger, FileAddress) else []
    if path.resolve() in {file.resolve() for file in files}:
        raise UsageError(f"{flag} would overwrite the ledger", "name another file")
