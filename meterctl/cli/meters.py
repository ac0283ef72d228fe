"""`meterctl meters`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from meterctl.cli import out
from meterctl.cli.command import group
from meterctl.cli.options import Json, MeterNames, time_typed, wiring_of
from meterctl.domain.meters import Device, Direction, Kind, Meter, Zones, meter_named, unit_named
from meterctl.domain.quantity import format_quantity, parse_quantity
from meterctl.domain.times import local_text, zone_named
from meterctl.errors import UsageError
from meterctl.jobs import chosen
from meterctl.services import meters as service
from meterctl.services import wire

meters_app = group()
NONE = "none"  # declares again that something is not known

Column = Annotated[
    str | None, typer.Option("--column", help="Its name in files and sheets.", metavar="NAME")
]
Digits = Annotated[
    int | None,
    typer.Option("--digits", help="Digits before the point; it rolls over after 9s.", metavar="N"),
]
Decimals = Annotated[
    int | None, typer.Option("--decimals", help="Decimals to print at least.", metavar="N")
]
MaxPerHour = Annotated[
    str | None,
    typer.Option(
        "--max-per-hour", help="The most it can count; more looks wrong.", metavar="VALUE"
    ),
]
Zone = Annotated[
    str | None, typer.Option("--tz", help="Its own zone: Europe/Berlin.", metavar="ZONE")
]
Obis = Annotated[str | None, typer.Option("--obis", help="Its OBIS code: 1.8.0.", metavar="CODE")]
Serial = Annotated[
    str | None, typer.Option("--serial", help="The device's serial number.", metavar="TEXT")
]
Submit = Annotated[
    bool | None, typer.Option("--submit/--no-submit", help="Whether its readings are submitted.")
]
Unit = Annotated[
    str | None,
    typer.Option(
        "--unit",
        help="kWh, Wh, MWh, MJ, GJ, kvarh, m³, l, ft³, CCF, gal or therm.",
        metavar="UNIT",
    ),
]
Name = Annotated[str, typer.Argument(metavar="METER", help="Its id, such as gas.")]


@meters_app.callback()
def meters() -> None:
    """List, add, set and replace meters."""


@meters_app.command("list")
def list_(ctx: typer.Context, names: MeterNames = None, json: Json = False) -> None:
    """List the meters and the devices behind them."""
    wiring = wiring_of(ctx)
    with wiring.reading() as ledger:
        found = chosen(ledger, names)
    if json:
        out.json({"meters": [wire.meter(meter) for meter in found]})
        return
    _show(found, wiring.zones)


@meters_app.command()
def add(
    ctx: typer.Context,
    name: Name,
    column: Column = None,
    unit: Unit = None,
    kind: Annotated[Kind, typer.Option("--kind", help="How it counts.")] = Kind.REGISTER,
    direction: Annotated[
        Direction, typer.Option("--direction", help="Which way the energy flows.")
    ] = Direction.CONSUMPTION,
    digits: Digits = None,
    decimals: Decimals = None,
    max_per_hour: MaxPerHour = None,
    zone: Zone = None,
    obis: Obis = None,
    serial: Serial = None,
    since: Annotated[
        str | None,
        typer.Option("--since", help="When its device was installed.", metavar="TIME"),
    ] = None,
    submit: Submit = None,
    json: Json = False,
) -> None:
    """Add a meter, and with it a column."""
    wiring = wiring_of(ctx)
    its_zone = wiring.local.zone if zone is None else zone_named(zone)
    meter = Meter(
        name,
        column or name,
        unit_named(unit or "kWh"),
        kind,
        direction,
        digits,
        decimals or 0,
        None if max_per_hour is None else parse_quantity(max_per_hour),
        zone,
        obis,
        bool(submit),
        (Device(1, serial, None if since is None else time_typed(since, its_zone)),),
    )
    with wiring.writing() as session:
        _print(service.add(session, meter), wiring.zones, json=json)


@meters_app.command("set")
def set_(
    ctx: typer.Context,
    name: Name,
    column: Column = None,
    unit: Unit = None,
    kind: Annotated[Kind | None, typer.Option("--kind", help="How it counts.")] = None,
    direction: Annotated[
        Direction | None, typer.Option("--direction", help="Which way the energy flows.")
    ] = None,
    digits: Digits = None,
    decimals: Decimals = None,
    max_per_hour: MaxPerHour = None,
    zone: Zone = None,
    obis: Obis = None,
    serial: Serial = None,
    submit: Submit = None,
    json: Json = False,
) -> None:
    """Change what is known of a meter.

    Its readings are looked at anew in that light: meterctl review lists those that look wrong.

    `none` takes back --max-per-hour, --tz and --obis, 0 takes back --digits.
    """
    wiring = wiring_of(ctx)
    most = None if max_per_hour in (None, NONE) else parse_quantity(max_per_hour or "")
    given: dict[str, Any] = {
        "column": column,
        "unit": None if unit is None else unit_named(unit),
        "kind": kind,
        "direction": direction,
        "digits": digits,
        "decimals": decimals,
        "max_per_hour": most,
        "zone": zone,
        "obis": obis,
        "submitted": submit,
    }
    changes = {field: value for field, value in given.items() if value is not None}
    if digits == 0:
        changes["digits"] = None
    texts = {"max_per_hour": max_per_hour, "zone": zone, "obis": obis}
    changes |= {field: None for field, text in texts.items() if text == NONE}
    if not changes and serial is None:
        raise UsageError("nothing to set", "see meterctl meters set --help")
    if zone is not None and zone != NONE:
        zone_named(zone)
    with wiring.writing() as session:
        before = meter_named(session.ledger.meters(), name)
        after = service.change(session, before._replace(**changes), serial)
        _print(after, wiring.zones, json=json)


@meters_app.command()
def replace(
    ctx: typer.Context,
    name: Name,
    at: Annotated[str, typer.Option("--at", help="When it was swapped.", metavar="TIME")],
    final: Annotated[
        str | None,
        typer.Option("--final", help="The old device's last value.", metavar="VALUE"),
    ] = None,
    initial: Annotated[
        str, typer.Option("--initial", help="The new device's first value.", metavar="VALUE")
    ] = "0",
    serial: Serial = None,
    json: Json = False,
) -> None:
    """Note that a meter's device was swapped.

    Use stays right across the swap. Readings stored since then move to the new device.
    """
    wiring = wiring_of(ctx)
    with wiring.writing() as session:
        meter = meter_named(session.ledger.meters(), name)
        done = service.replace(
            session,
            meter.id,
            time_typed(at, session.zones(meter)),
            serial=serial,
            final=None if final is None else parse_quantity(final),
            initial=parse_quantity(initial),
        )
        _print(done.meter, wiring.zones, json=json)
        if done.moved:
            moved = "a later reading is" if done.moved == 1 else f"{done.moved} later readings are"
            out.note(f"{moved} now the new device's")
        for id_, findings in done.doubts:
            reasons = "; ".join(f"{out.amounts(one.detail)} ({one.rule})" for one in findings)
            out.note(f"{id_} looks wrong: {reasons}")
            out.note(f"  wrong? meterctl correct {id_} VALUE --reason TEXT")
        if final is None and meter.kind is Kind.REGISTER:
            out.note(
                "without --final, the use between the last reading and the swap is not counted"
            )


def _print(meter: Meter, zones: Zones, *, json: bool) -> None:
    if json:
        out.json(wire.meter(meter))
    else:
        _show((meter,), zones)


def _show(meters: tuple[Meter, ...], zones: Zones) -> None:
    rows = []
    for meter in meters:
        details = [f"column {meter.column}"]
        if meter.digits is not None:
            details.append(f"{meter.digits} digits")
        if meter.max_per_hour is not None:
            details.append(f"at most {out.number(format_quantity(meter.max_per_hour))} an hour")
        if meter.obis is not None:
            details.append(f"OBIS {meter.obis}")
        if meter.submitted:
            details.append("submitted")
        rows.append([meter.id, meter.unit, meter.kind, meter.direction, ", ".join(details)])
        for device in meter.devices:
            if device.serial is None and device.since is None:
                continue
            since = device.since
            stood = "" if since is None else f"since {local_text(since, zones(meter))}"
            rows.append(["", "", f"device {device.number}", device.serial or "-", stood])
    out.table(rows)
