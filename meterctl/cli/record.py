"""`meterctl record`."""

from __future__ import annotations

from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.app import group
from meterctl.cli.options import Json, wiring_of
from meterctl.domain.findings import Finding
from meterctl.domain.meters import INVERTER, MAIN, Kind, Meter
from meterctl.domain.quantity import parse_quantity
from meterctl.domain.times import HOUR, age_text, iso_utc, local_text
from meterctl.errors import QuantityError, UsageError, shown
from meterctl.services import record as service
from meterctl.services.record import Recorded, Status
from meterctl.services.session import Session

record_app = group()


@record_app.command(
    # So that a negative value arrives as a value, and is told what is wrong with it.
    context_settings={"ignore_unknown_options": True},
    epilog='Examples: meterctl record 142.3 · record gas=1034.2 --at "2026-03-01 07:00"',
)
def record(
    ctx: typer.Context,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[VALUE] [METER=VALUE]...",
            help="The main meter's value, and others by name. None on a terminal: you are asked.",
        ),
    ] = None,
    inverter_kwh: Annotated[
        str | None, typer.Option("--inverter-kwh", help="The inverter's value.", metavar="VALUE")
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="When it was read; without it, now.", metavar="TIME"),
    ] = None,
    starts_at: Annotated[
        str | None,
        typer.Option("--starts-at", help="When an interval began.", metavar="TIME"),
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", help="Kept beside the readings.", metavar="TEXT")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Store only; reach for no other machine.")
    ] = False,
    json: Json = False,
) -> None:
    """Store readings: meterctl record 142.3 --inverter-kwh 5.42."""
    del offline  # nothing reaches out yet; what a Sheet is to get is queued either way
    wiring = wiring_of(ctx)
    given = _named(values or [], inverter_kwh)
    has_sheet = wiring.local.has_sheet  # settings first: before five values are typed in vain
    with wiring.writing() as session:
        if not given:
            given = _ask(session)
        prepared = service.prepare(
            session.ledger.meters(),
            session.zones,
            given,
            session.now,
            session.source,
            at=at,
            starts_at=starts_at,
            note=note,
        )
        if not yes and not json and out.is_terminal():
            _confirm(session, prepared)
        recorded = service.store(session, prepared)
        sheet = "queued" if has_sheet else "off"
    if json:
        out.line(out.to_json(as_json(recorded, sheet)))
    else:
        _show(session, recorded, sheet)


def _named(values: list[str], inverter: str | None) -> dict[str, str]:
    """Values by the name of their meter, as they were typed."""
    named: dict[str, str] = {}
    typed = [tuple(text.split("=", 1)) if "=" in text else (MAIN, text) for text in values]
    if inverter is not None:
        typed.append((INVERTER, inverter))
    for name, text in typed:
        if name.startswith("-") or (
            text[:1] == "-" and not text[1:2].isdigit() and text[1:2] != "."
        ):
            raise UsageError(
                f"no such option: {shown(name if '=' in name else text)}",
                "see meterctl record --help",
            )
        if name in named:
            raise UsageError(f"two values for {name}", "name the meter of each: gas=1034.2")
        named[name] = text
    return named


def _ask(session: Session) -> dict[str, str]:
    """Ask for each meter in turn; an empty answer leaves one out."""
    if not out.is_terminal():
        raise UsageError("no value given", "meterctl record 142.3")
    given: dict[str, str] = {}
    for meter in session.ledger.meters():
        if meter.kind is Kind.INTERVAL:
            continue  # nobody reads intervals off a dial
        out.note(_remembered(session, meter))
        while text := typer.prompt(
            f"{meter.column} [{meter.unit}]", default="", show_default=False, err=True
        ).strip():
            try:
                parse_quantity(text)
            except QuantityError as error:
                out.note(f"  {error.message}: {error.hint}")
                continue
            given[meter.id] = text
            break
    if not given:
        raise UsageError("no value given, so nothing was stored", "meterctl record 142.3")
    return given


def _remembered(session: Session, meter: Meter) -> str:
    """The last value, and the usual use."""
    from itertools import islice

    newest = list(islice(session.ledger.current(meter.id, newest_first=True), 8))
    if not newest:
        return f"{meter.id}: no reading yet"
    last = newest[0]
    text = f"{meter.id}: {meter.text(last.amount)} {age_text(session.now - last.at)} ago"
    hours = (last.at - newest[-1].at) // HOUR
    if meter.kind is Kind.REGISTER and hours and last.amount >= newest[-1].amount:
        daily = (last.amount - newest[-1].amount) * 24 // hours
        text += f", usually {meter.text(daily - daily % 10_000)} a day"
    return text


def _confirm(session: Session, prepared: service.Record) -> None:
    """Ask before a reading is stored that looks wrong."""
    doubts = [(r, found) for r, found in service.preview(session, prepared) if found]
    if not doubts:
        return
    for reading, findings in doubts:
        out.note(f"{reading.meter} looks wrong: {_reasons(findings)}")
    typer.confirm("Store it all the same?", abort=True, err=True)


def _reasons(findings: tuple[Finding, ...]) -> str:
    return "; ".join(f"{finding.detail} ({finding.rule})" for finding in findings)


def as_json(recorded: Recorded, sheet: str) -> dict[str, object]:
    """The contract's form of an acknowledged record."""
    return {
        "timestamp": iso_utc(recorded.at),
        "readings": [
            {
                "id": one.id,
                "meter": one.meter.id,
                "value": out.exact(one.reading.value),
                "unit": one.meter.unit,
                "status": one.status,
                "findings": [finding.rule for finding in one.findings],
            }
            for one in recorded.readings
        ],
        "sheet": sheet,
    }


def _show(session: Session, recorded: Recorded, sheet: str) -> None:
    out.table(
        [
            [
                one.meter.id,
                one.meter.text(one.reading.amount),
                out.styled(one.status, "good" if one.status is Status.RECORDED else "dim"),
                one.id,
            ]
            for one in recorded.readings
        ],
        right=(1,),
    )
    zone = session.zones(recorded.readings[0].meter)
    queued = "; queued for the Sheet" if sheet == "queued" else ""
    out.line(f"read at {local_text(recorded.at, zone)}{queued}")
    for one in recorded.readings:
        if one.findings:
            out.note(f"{one.meter.id} looks wrong: {_reasons(one.findings)}")
            out.note(f"  right all the same? meterctl review {one.id} --accept REASON")
        if one.status is Status.RECORDED:
            out.line(f'undo: meterctl void {one.id} --reason "..."')
