"""`meterctl record`."""

from __future__ import annotations

from datetime import tzinfo
from functools import partial
from typing import Annotated, NamedTuple

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.delivery import acknowledge
from meterctl.cli.options import Json, Offline, wiring_of
from meterctl.domain.findings import Finding
from meterctl.domain.meters import INVERTER, MAIN, Kind, Meter, meter_named
from meterctl.domain.quantity import parse_quantity
from meterctl.domain.readings import Reading, check_note, new_reading
from meterctl.domain.times import age_text, local_text
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
    doubting = not yes and not json and out.is_terminal()
    with wiring.writing() as session:
        asked = not given
        if asked:
            given = _ask(session, at, starts_at, note, doubting=doubting)
        prepared = service.prepare(
            session.ledger.meters(),
            session.zones,
            given,
            session.now,
            session.source,
            at=at,
            starts_at=starts_at,
            note=note,
            read_time=partial(_read_time, session),
        )
        if doubting and not asked:
            _confirm(session, prepared)
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
            if text.isalpha():  # pasted with its unit
                raise UsageError(
                    f"{shown(text)} is not a value",
                    f"leave the unit out: meterctl record {named[name]}",
                )
            raise UsageError(
                f"two values for {name}: {shown(named[name])} and {shown(text)}",
                "a value for another meter is given by its name: gas=1034.2",
            )
        named[name] = text
    return named


def _read_time(session: Session, text: str, zone: tzinfo) -> int:
    """A time as a person typed it: only who gives one pays for its words."""
    from meterctl.domain.typed_times import parse_typed

    return parse_typed(text, zone, session.now)


def _ask(
    session: Session, at: str | None, starts_at: str | None, note: str | None, *, doubting: bool
) -> dict[str, str]:
    """Ask for each meter in turn; an empty answer leaves one out.

    What is wrong with the rest of the command is told before anything is typed in vain.
    """
    if not out.is_terminal():
        raise UsageError("no value given", "meterctl record 142.3")
    if starts_at is not None:
        raise UsageError(
            "--starts-at is for a meter of kind interval, and those are not asked for",
            "give its value: meterctl record METER=VALUE --starts-at TIME --at TIME",
        )
    check_note(note)
    given: dict[str, str] = {}
    meters = [one for one in session.ledger.meters() if one.kind is not Kind.INTERVAL]
    if not meters:  # nobody reads intervals off a dial
        raise UsageError(
            "no meter here is read off a dial",
            "meterctl record METER=VALUE --starts-at TIME --at TIME",
        )
    read_time = partial(_read_time, session)
    times = {one.id: service.read_at(session, [one], at, read_time) for one in meters}
    out.note("What do they show? Enter leaves one out, Ctrl-C stores nothing.")
    for meter in meters:
        out.note(_remembered(session, meter))
        while text := out.ask(f"{meter.column} [{meter.unit}]"):
            try:
                reading = new_reading(meter, times[meter.id], parse_quantity(text), session.source)
            except QuantityError as error:
                out.note(f"  {error.message}{out.in_brackets(error.hint)}")
                continue
            alone = service.Record(reading.at, (reading,), stamped=at is None)
            if doubting and (doubts := _doubts(session, alone)):
                for sentence in doubts[0].sentences:
                    out.note(f"  {sentence}")
                if not out.agrees(f"  Keep {out.number(text)}?"):
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


class _Doubt(NamedTuple):
    """Why a value looks wrong, for people."""

    meter: str
    sentences: tuple[str, ...]


def _doubts(session: Session, prepared: service.Record) -> list[_Doubt]:
    """Each value that looks wrong beside others, or that a slip of the finger explains."""
    known = session.ledger.meters()
    doubts = []
    for reading, findings in service.preview(session, prepared):
        odd = _slip(session, meter_named(known, reading.meter), reading)
        if findings:  # they say what is odd; the slip still says what may have been meant
            doubts.append(_Doubt(reading.meter, (_reasons(findings), *odd[1:])))
        elif odd:
            doubts.append(_Doubt(reading.meter, odd))
    return doubts


def _confirm(session: Session, prepared: service.Record) -> None:
    """Ask before a reading is stored that looks wrong."""
    doubts = _doubts(session, prepared)
    for meter, (first, *more) in doubts:
        out.note(f"{meter} looks wrong: {first}")
        for sentence in more:
            out.note(f"  {sentence}")
    if doubts:
        out.confirm("Store it all the same?")


def _slip(session: Session, meter: Meter, reading: Reading) -> tuple[str, ...]:
    """What a value would mean, and what it would be without a slip that explains it; or nothing."""
    from meterctl.services.slips import suspected_slip

    slip = suspected_slip(session, meter, reading.amount, reading.at)
    if slip is None:
        return ()
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
    usually = f"usually {usual} a day"
    if meter.kind is Kind.DAILY:
        return f"{typed} in a day; {usually}", f"{slip.undone} it would be {meant}"
    elapsed = age_text(slip.known.elapsed)
    if slip.typed_use < 0:
        it_would_be = f"{typed} would be {use} less than before; {usually}"
    else:
        it_would_be = f"{typed} would be {use} in {elapsed}; {usually}"
    return it_would_be, f"{slip.undone} it would be {meant}: {likely} in {elapsed}"


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
