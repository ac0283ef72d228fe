"""`meterctl record`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.delivery import acknowledge
from meterctl.cli.options import Json, Offline, wiring_of
from meterctl.domain.findings import Finding
from meterctl.domain.meters import INVERTER, MAIN, Kind, Meter, meter_named
from meterctl.domain.quantity import parse_quantity
from meterctl.domain.readings import Reading, new_reading
from meterctl.domain.times import age_text, local_text
from meterctl.domain.typed_times import parse_typed
from meterctl.errors import QuantityError, UsageError, shown
from meterctl.services import record as service
from meterctl.services import wire
from meterctl.services.record import Recorded, Status
from meterctl.services.session import Session

record_app = group()


@record_app.command()
def record(
    ctx: typer.Context,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[VALUE] [METER=VALUE]...",
            help="The main meter's value; others by their id or column. Without any you are asked"
            " for each meter, where this is a terminal.",
        ),
    ] = None,
    inverter_kwh: Annotated[
        str | None,
        typer.Option(
            "--inverter-kwh", help="The inverter's value: inverter=VALUE.", metavar="VALUE"
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="When they were read; now, if you do not say.", metavar="TIME"),
    ] = None,
    starts_at: Annotated[
        str | None,
        typer.Option("--starts-at", help="When the interval began.", metavar="TIME"),
    ] = None,
    note: Annotated[
        str | None,
        typer.Option("--note", help="A remark, kept with the readings.", metavar="TEXT"),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Store what looks wrong without asking.")
    ] = False,
    offline: Offline = False,
    json: Json = False,
) -> None:
    """Store readings: meterctl record 142.3 --inverter-kwh 5.42.

    The same again is known already and changes nothing; another value for the same meter and time
    is refused. With several values, all are stored or none.
    """
    wiring = wiring_of(ctx)
    given = _named(values or [], inverter_kwh)
    with wiring.writing() as session:
        asked = not given
        if asked:
            given = _ask(session, at)
        prepared = service.prepare(
            session.ledger.meters(),
            session.zones,
            given,
            session.now,
            session.source,
            at=at,
            starts_at=starts_at,
            note=note,
            read_time=lambda text, zone: parse_typed(text, zone, session.now),
        )
        if not yes and not json and out.is_terminal():
            _confirm(session, prepared, slips=not asked)
        recorded = service.store(session, prepared)
        acknowledge(
            wiring,
            session.ledger,
            offline=offline,
            show=lambda: _show(session, recorded),
            form=partial(wire.recorded, recorded) if json else None,
        )


def _named(values: list[str], inverter: str | None) -> dict[str, str]:
    """Values by the name of their meter, as they were typed."""
    named: dict[str, str] = {}
    typed = [tuple(text.split("=", 1)) if "=" in text else (MAIN, text) for text in values]
    if inverter is not None:
        typed.append((INVERTER, inverter))
    for name, text in typed:
        if name in named:
            raise UsageError(
                f"two values for {name}: {shown(named[name])} and {shown(text)}",
                "a value for another meter is given by its name: gas=1034.2",
            )
        named[name] = text
    return named


def _ask(session: Session, at: str | None) -> dict[str, str]:
    """Ask for each meter in turn; an empty answer leaves one out."""
    if not out.is_terminal():
        raise UsageError("no value given", "meterctl record 142.3")
    given: dict[str, str] = {}
    out.note("What do they show? Enter leaves one out, Ctrl-C stores nothing.")
    for meter in session.ledger.meters():
        if meter.kind is Kind.INTERVAL:
            continue  # nobody reads intervals off a dial
        out.note(_remembered(session, meter))
        zone = session.zones(meter)
        read_at = session.now if at is None else parse_typed(at, zone, session.now)
        while text := out.ask(f"{meter.column} [{meter.unit}]"):
            try:
                reading = new_reading(meter, read_at, parse_quantity(text), session.source)
            except QuantityError as error:
                out.note(f"  {error.message} ({error.hint})")
                continue
            if (odd := _slip(session, meter, reading)) and not out.agrees(f"  {odd}. Keep it?"):
                continue
            given[meter.id] = text
            break
    if not given:
        raise UsageError("no value given, so nothing was stored", "meterctl record 142.3")
    return given


def _remembered(session: Session, meter: Meter) -> str:
    """The last value, and the usual use."""
    from meterctl.services.history import usual_per_day

    last = session.ledger.newest(meter.id)
    if last is None:
        return f"{meter.id}: no reading yet"
    value = out.number(meter.text(last.amount))
    text = f"{meter.id}: {value} {age_text(session.now - last.at)} ago"
    usual = usual_per_day(session.ledger, session.zones, meter, session.now)
    return text if usual is None else f"{text}, usually {out.number(meter.text(usual))} a day"


def _confirm(session: Session, prepared: service.Record, *, slips: bool) -> None:
    """Ask before a reading is stored that looks wrong, or that a slip of the finger explains."""
    known = session.ledger.meters()
    doubts = []
    for reading, findings in service.preview(session, prepared):
        odd = _slip(session, meter_named(known, reading.meter), reading) if slips else ""
        if findings or odd:
            reasons = [_reasons(findings)] if findings else []
            doubts.append((reading.meter, "; ".join([*reasons, *([odd] if odd else [])])))
    if not doubts:
        return
    for name, reasons_of_it in doubts:
        out.note(f"{name} looks wrong: {reasons_of_it}")
    out.confirm("Store it all the same?")


def _slip(session: Session, meter: Meter, reading: Reading) -> str:
    """What a value would mean, and what it would be without a slip that explains it; or nothing."""
    from meterctl.services.slips import suspected_slip

    slip = suspected_slip(session, meter, reading.amount, reading.at)
    if slip is None:
        return ""
    typed, use, usual, meant, likely = (
        out.number(meter.text(amount))
        for amount in (
            reading.amount,
            abs(slip.typed_use),
            slip.known.usual or 0,
            slip.value,
            slip.use,
        )
    )
    if meter.kind is Kind.DAILY:
        return f"{typed} in a day, usually {usual}; {slip.undone} it would be {meant}"
    since = age_text(slip.known.elapsed)
    if slip.typed_use < 0:
        return (
            f"{typed} would be {use} less than before; {meant}, {slip.undone},"
            f" would be {likely} in {since}, usually {usual} a day"
        )
    return (
        f"{typed} would be {use} in {since}, usually {usual} a day;"
        f" {meant}, {slip.undone}, would be {likely}"
    )


def _reasons(findings: tuple[Finding, ...]) -> str:
    return "; ".join(f"{out.amounts(finding.detail)} ({finding.rule})" for finding in findings)


def _show(session: Session, recorded: Recorded) -> None:
    out.table(
        [
            [
                one.meter.id,
                out.number(one.meter.text(one.reading.amount)),
                out.styled(one.status, "good" if one.status is Status.RECORDED else "dim"),
                one.id,
            ]
            for one in recorded.readings
        ],
        right=(1,),
    )
    zone = session.zones(recorded.readings[0].meter)
    out.line(f"read at {local_text(recorded.at, zone)}")
    for one in recorded.readings:
        if one.findings:
            out.note(f"{one.meter.id} looks wrong: {_reasons(one.findings)}")
            out.note(f"  right all the same? meterctl review {one.id} --accept REASON")

        if one.status is Status.RECORDED:
            out.line(f'undo: meterctl void {one.id} --reason "..."')
