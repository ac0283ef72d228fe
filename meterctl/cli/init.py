"""`meterctl init`: from nothing to a first reading in the Sheet, asked or by flags."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.init_settings import (
    KEY,
    SHEET,
    TAB,
    TOKEN,
    URL,
    ask_for_missing,
    at_place,
    checked,
    not_kept,
    place,
    read_flags,
)
from meterctl.cli.options import Json, wiring_of
from meterctl.cli.progress import waiting
from meterctl.config import env_file
from meterctl.domain.meters import MAIN
from meterctl.domain.readings import Source
from meterctl.errors import ConfigError, DataError, Interrupted, NotAllowed, UsageError
from meterctl.services import record as recording
from meterctl.services.set_up import Ready, make_ready, row_of
from meterctl.wiring import Wiring, now

init_app = group()

_FIRST_DELIVERY = 60.0  # seconds


class First(NamedTuple):
    """The first reading's id, what looks wrong with it, and its row in the Sheet."""

    id: str
    findings: list[str]
    row: int | None


@init_app.command()
def init(
    ctx: typer.Context,
    credentials: Annotated[
        str | None,
        typer.Option("--credentials", help="The service account's JSON file.", metavar="FILE"),
    ] = None,
    sheet_id: Annotated[
        str | None,
        typer.Option("--sheet-id", help="The spreadsheet: its address or id.", metavar="ID"),
    ] = None,
    tab: Annotated[
        str | None, typer.Option("--tab", help="The tab, made if missing.", metavar="NAME")
    ] = None,
    utility_url: Annotated[
        str | None,
        typer.Option("--utility-url", help="Where the utility takes readings.", metavar="URL"),
    ] = None,
    utility_token: Annotated[
        str | None,
        typer.Option(
            "--utility-token",
            help="The file that holds what it knows us by; - reads it from stdin.",
            metavar="FILE",
        ),
    ] = None,
    value: Annotated[
        str | None,
        typer.Option("--value", help="What the main meter shows now.", metavar="VALUE"),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--env-file", help="Where the settings are kept.", metavar="FILE"),
    ] = None,
    json: Json = False,
) -> None:
    """Set up: settings, the Sheet, the utility, a first reading.

    On a terminal it asks for what no flag says. It can be run again at any time.
    """
    ctx.obj = at_place(ctx.obj, file)
    before = wiring_of(ctx)
    given = {
        KEY: credentials,
        SHEET: sheet_id,
        TAB: tab,
        URL: utility_url,
        TOKEN: utility_token,
    }
    read_flags(given)
    if value == "":
        raise UsageError("--value is empty", "give it one, or leave it out")
    path = place(before)
    asks = out.is_terminal() and not json
    if asks:
        ask_for_missing(before, given)
    wiring, changes = checked(before, given)
    if value is not None and not asks:  # one that cannot be recorded sets nothing up
        with wiring.reading() as ledger:
            meters = ledger.meters()
        recording.prepare(meters, wiring.zones, {MAIN: value}, now(), Source.CLI)
    if asks:  # what was typed in is not lost, whatever the Sheet says
        env_file.write(path, changes)
    with _kept(path, wanted=asks):
        ready = None if wiring.local.sheet is None else _opened(wiring, asks=asks)
        if not asks:  # what does not work is not kept
            env_file.write(path, changes)
        if not json:
            _say_what_is(path, ready)
            if missing := not_kept(wiring):
                out.note(f"not in it, since this shell has them: {', '.join(missing)}")
                out.note("  cron and other shells need them as well: give them there, or as flags")
        first = _first(wiring, value, asks=asks)
    if json:
        out.json(_form(wiring, path, ready, first))
        return
    if first is not None:
        where = f"row {first.row} of the Sheet" if first.row else "stored"
        out.line(f"first reading: {first.id}, {where}")
        if first.findings:
            out.line(f"  it looks wrong ({', '.join(first.findings)}): meterctl review")
    _say_what_next(wiring)


@contextmanager
def _kept(path: Path, *, wanted: bool) -> Iterator[None]:
    """Whoever leaves a question is told that the answers before it are not lost."""
    try:
        yield
    except Interrupted as left:
        if not wanted:
            raise
        message = f"the settings are kept in {path}; meterctl init goes on from there"
        raise Interrupted(left.signal_number, message) from None


def _opened(wiring: Wiring, *, asks: bool) -> Ready:
    """The Sheet, made ready; a person is told whom to share it with, and may do so now."""
    tab = wiring.sheet_settings.tab
    while True:
        try:
            asked = wiring.sheet(wiring.ASKING_THE_SHEET)
            with wiring.writing() as session, waiting("asking Google"), asked as sheet:
                return make_ready(session.ledger, sheet, tab, now)
        except (NotAllowed, ConfigError) as error:
            if not asks:
                raise
            out.note(f"{error.message}\n  {out.advice(error.hint)}")
            out.ask("Enter tries again, Ctrl-C leaves it for later")


def _first(wiring: Wiring, value: str | None, *, asks: bool) -> First | None:
    """The first reading, if there is one; a person is asked for it until it is a value."""
    question = "What does your meter show now? Enter skips it"
    if asks and value is None:
        value = out.ask(question)
    while value:
        try:
            return _recorded(wiring, value)
        except DataError as error:
            if not asks:
                raise
            out.note(f"  {error.message}{out.in_brackets(error.hint)}")
            value = out.ask(question)
    return None


def _recorded(wiring: Wiring, value: str) -> First:
    with wiring.writing() as session:
        prepared = recording.prepare(
            session.ledger.meters(), session.zones, {MAIN: value}, session.now, session.source
        )
        (one,) = recording.store(session, prepared).readings
        first = First(one.id, [finding.rule for finding in one.findings], None)
        if wiring.local.sheet is None:
            return first
        entry = session.ledger.last_entry()
        with waiting("writing to the Sheet"):
            done = wiring.deliver(session.ledger, _FIRST_DELIVERY, patient=True)
        if done.error is not None:
            raise done.error
        with wiring.sheet(wiring.ASKING_THE_SHEET) as sheet:
            return first._replace(row=row_of(session.ledger, sheet, entry))


def _form(
    wiring: Wiring, path: Path, ready: Ready | None, first: First | None
) -> dict[str, object]:
    sheet = {} if ready is None else ready._asdict() | {"tab": wiring.sheet_settings.tab}
    return {
        "env_file": str(path),
        "ledger": str(wiring.local.ledger),
        "timezone": str(wiring.local.zone),
        "sheet": sheet or None,
        "utility": wiring.account.name if wiring.local.has_utility else None,
        "reading": None if first is None else first._asdict(),
    }


def _say_what_is(path: Path, ready: Ready | None) -> None:
    out.line(f"settings: {path}")
    if ready is not None:
        out.line(f"Sheet: {ready.title!r} is ready, its times in {ready.zone}")
        if not ready.refuses_doubles:
            out.line("  it accepts a double id: let no other ledger write to it")


def _say_what_next(wiring: Wiring) -> None:
    steps = {"meterctl record VALUE": "each time you read the meter"}
    if wiring.local.has_utility:
        steps["meterctl push-utility"] = "submits what is due; --dry-run shows it"
    steps["meterctl health --online"] = "whether all of it works"
    steps["crontab.example"] = "the same by itself, each night"
    out.line("next:")
    out.table([[f"  {step}", meaning] for step, meaning in steps.items()])
