"""Meters: what a definition may be, how one is named, and which device stood when."""

from __future__ import annotations

import re

import pytest

from meterctl.domain.meters import (
    DEFAULT_METERS,
    UNITS,
    Device,
    Direction,
    Kind,
    Meter,
    Zones,
    check_meter,
    meter_named,
    unit_named,
)
from meterctl.domain.quantity import MILLIONTHS
from meterctl.errors import MeterError, UnknownMeter
from tests.helpers import BERLIN, METER, instant

HEAT_PUMP = Meter("heat-pump", "heatPumpKWh", "kWh", Kind.REGISTER, Direction.CONSUMPTION)
FIRST_SWAP, SECOND_SWAP = instant("2024-05-01 10:00"), instant("2025-06-01 10:00")
SWAPPED = METER._replace(
    devices=(
        Device(1, "A-1", None),
        Device(2, "B 2/x", FIRST_SWAP),
        Device(3, None, SECOND_SWAP),
    )
)


@pytest.mark.parametrize(
    "change",
    [
        # Ids and columns
        {"id": "a"},
        {"id": "a" * 40},
        {"id": "pv2-east-1"},
        {"column": "Strom (HT) kWh/d"},
        {"column": "heat-pump"},
        {"column": "A" * 60},
        # What is declared of the dial
        {"digits": 1},
        {"digits": 12, "decimals": 6},
        {"max_per_hour": 1},
        *({"unit": unit} for unit in UNITS),
        # OBIS codes and serials
        {"obis": "1.8.0"},
        {"obis": "1-0:1.8.0*255"},
        {"obis": "1-0:1.8.0.255"},
        {"devices": (Device(1, "1EMH00 123-45/6.7", None),)},
    ],
    ids=str,
)
def test_what_a_meter_may_be(change: dict[str, object]) -> None:
    """A definition that holds together comes back as it is."""
    meter = Meter(**{**HEAT_PUMP._asdict(), **change})
    assert check_meter(meter, DEFAULT_METERS) is meter


@pytest.mark.parametrize(
    ("change", "says"),
    [
        # Ids, which are typed in shells and stand in readings' ids
        ({"id": ""}, "cannot be a meter's id"),
        ({"id": "Heat"}, "cannot be a meter's id"),
        ({"id": "1st"}, "cannot be a meter's id"),
        ({"id": "a--b"}, "cannot be a meter's id"),
        ({"id": "a-"}, "cannot be a meter's id"),
        ({"id": "a_b"}, "cannot be a meter's id"),
        ({"id": "a@b"}, "cannot be a meter's id"),
        ({"id": "wärme"}, "cannot be a meter's id"),
        ({"id": "a" * 41}, "cannot be a meter's id"),
        ({"id": "a\n"}, "cannot be a meter's id"),
        # Columns, which stand in files and sheets
        ({"column": ""}, "cannot be a column's name"),
        ({"column": "=SUM(A1)"}, "cannot be a column's name"),
        ({"column": "+x"}, "cannot be a column's name"),
        ({"column": "a,b"}, "cannot be a column's name"),
        ({"column": "a "}, "cannot be a column's name"),
        ({"column": "a\n"}, "cannot be a column's name"),
        ({"column": "A" * 61}, "cannot be a column's name"),
        ({"column": "Timestamp"}, "means something else in files"),
        ({"column": "KEY"}, "means something else in files"),
        ({"id": "note"}, "means something else in files"),
        # What is declared of the dial
        ({"unit": "kwh"}, "unknown unit"),
        ({"digits": 0}, "1 to 12 digits"),
        ({"digits": 13}, "1 to 12 digits"),
        ({"decimals": -1}, "0 to 6 decimals"),
        ({"decimals": 7}, "0 to 6 decimals"),
        ({"max_per_hour": 0}, "above zero"),
        # OBIS codes and serials
        ({"obis": "1.8"}, "not an OBIS code"),
        ({"obis": "\u0661.8.0"}, "not an OBIS code"),
        ({"devices": (Device(1, "", None),)}, "cannot be a serial number"),
        ({"devices": (Device(1, "-1", None),)}, "cannot be a serial number"),
        ({"devices": (Device(1, "#1", None),)}, "cannot be a serial number"),
        ({"devices": (Device(1, "A1 ", None),)}, "cannot be a serial number"),
        ({"devices": (Device(1, "A" * 61, None),)}, "cannot be a serial number"),
        # Names that another meter has, in any case
        ({"id": "inverterkwh"}, "meter inverter (column inverterKWh) already has that name"),
        ({"column": "METERVALUE"}, "meter meter (column meterValue) already has that name"),
        ({"column": "Inverter"}, "meter inverter (column inverterKWh) already has that name"),
    ],
    ids=str,
)
def test_what_a_meter_cannot_be(change: dict[str, object], says: str) -> None:
    """The first thing that does not hold together is named, with a hint."""
    meter = Meter(**{**HEAT_PUMP._asdict(), **change})
    with pytest.raises(MeterError, match=re.escape(says)) as refused:
        check_meter(meter, DEFAULT_METERS)
    assert refused.value.hint
    assert (refused.value.message + refused.value.hint).isprintable()


def test_a_meter_checked_against_itself() -> None:
    """A meter that is changed does not collide with what it was."""
    assert check_meter(METER._replace(digits=6), DEFAULT_METERS).digits == 6


@pytest.mark.parametrize("name", ["meter", "METER", "meterValue", "metervalue", "METERVALUE"])
def test_a_meter_by_name(name: str) -> None:
    """By its id or its column, in any case."""
    assert meter_named(DEFAULT_METERS, name) is METER


@pytest.mark.parametrize("name", ["", "met", "meter ", "meters", "m\x1b[0m"])
def test_a_name_that_no_meter_has(name: str) -> None:
    """The meters there are are named, and how to add one."""
    with pytest.raises(UnknownMeter, match="there are meter, inverter") as refused:
        meter_named(DEFAULT_METERS, name)
    assert "meterctl meters add" in refused.value.hint
    assert refused.value.message.isprintable()


@pytest.mark.parametrize(
    ("at", "number"),
    [
        (0, 1),
        (FIRST_SWAP - 1, 1),
        (FIRST_SWAP, 2),
        (SECOND_SWAP - 1, 2),
        (SECOND_SWAP, 3),
        (SECOND_SWAP * 2, 3),
    ],
)
def test_the_device_at_an_instant(at: int, number: int) -> None:
    """From the very instant of a swap it is the new one."""
    assert SWAPPED.device_at(at).number == number


@pytest.mark.parametrize(
    ("number", "at", "stood"),
    [
        (1, 0, True),
        (1, FIRST_SWAP, True),
        (1, FIRST_SWAP + 1, False),
        (2, FIRST_SWAP - 1, False),
        (2, FIRST_SWAP, True),
        (2, SECOND_SWAP, True),
        (2, SECOND_SWAP + 1, False),
        (3, SECOND_SWAP, True),
    ],
)
def test_whether_a_device_stood(number: int, at: int, stood: bool) -> None:
    """At the instant of a swap both did: one shows its last value, the other its first."""
    assert SWAPPED.stood(number, at) is stood


def test_before_the_first_device() -> None:
    """Nothing stood there; the error names the command that shows what did."""
    meter = METER._replace(devices=(Device(1, None, FIRST_SWAP),))
    with pytest.raises(MeterError, match="had no device then") as refused:
        meter.device_at(FIRST_SWAP - 1)
    assert refused.value.hint == "see its devices: meterctl meters list meter"


def test_a_device_by_number_or_serial() -> None:
    """Each is found by what names it; what names none is refused."""
    assert SWAPPED.device_numbered(2) is SWAPPED.device_with_serial("B 2/x")
    with pytest.raises(MeterError, match="no device 4"):
        SWAPPED.device_numbered(4)
    with pytest.raises(MeterError, match="no device with serial 'C'"):
        SWAPPED.device_with_serial("C")


@pytest.mark.parametrize(
    ("digits", "dial"), [(None, None), (1, 10 * MILLIONTHS), (6, 1_000_000 * MILLIONTHS)]
)
def test_where_a_dial_starts_again(digits: int | None, dial: int | None) -> None:
    """After the highest value its digits show; nowhere that is known if they are not declared."""
    assert METER._replace(digits=digits).dial == dial


def test_a_value_for_people() -> None:
    """It has the meter's decimals, at least, and its unit."""
    assert METER._replace(decimals=1).text(5 * MILLIONTHS) == "5.0 kWh"


def test_the_zone_of_a_meter() -> None:
    """Its own where it has one, else the one configured."""
    zones = Zones(BERLIN)
    assert zones(METER) is BERLIN
    assert str(zones(METER._replace(zone="Asia/Tokyo"))) == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("typed", "unit"),
    [("m3", "m³"), ("KWH", "kWh"), ("mwh", "MWh"), ("m³", "m³"), ("therm", "therm")],
)
def test_a_unit_as_people_type_it(typed: str, unit: str) -> None:
    """Case does not count, and nobody has a raised 3 on the keyboard; a stranger stays one."""
    assert unit_named(typed) == unit
