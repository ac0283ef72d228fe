"""Home Assistant's long-term statistics: a row an hour and sensor."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.times import HOUR
from meterctl.imports.formats import Options
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.series import Commodity
from meterctl.imports.vendors.home_assistant import HomeAssistant
from tests.imports.vendors.structured import knows, read

HA = HomeAssistant()
HEADER = "statistic_id\tunit\tstart\tstate\tsum\n"


def rows(*values: str, entity: str = "sensor.p1_import", unit: str = "kWh") -> str:
    """Rows of one sensor, an hour after the other from eight on."""
    return "".join(
        f"{entity}\t{unit}\t29.12.2025 {hour:02d}:00\t{text}\n"
        for hour, text in enumerate((value.replace(" ", "\t") for value in values), start=8)
    )


def backwards(header: str, text: str) -> str:
    """The same file, the newest row first."""
    return header + "".join(reversed(text.splitlines(keepends=True)))


def test_dial() -> None:
    """A state that grows as the sum does is a dial, read when the hour ended."""
    given = read(HA, HEADER + rows("100000,5 10,0", "100001,0 10,5", "100003,0 12,5"))
    first = given.claims[0]
    assert (first.value, first.start, first.span) == ("100000,5", "29.12.2025 08:00", HOUR)
    assert (first.cell, first.start_cell) == (3, 2)
    series = first.series
    assert (series.name, series.kind, series.unit) == ("sensor.p1_import", Kind.REGISTER, "kWh")
    assert (series.direction, series.part) == (Direction.FROM_GRID, "p1-import")
    total = given.series["sensor.p1_import sum"]
    assert (total.kind, total.only_if_mapped is None) == (Kind.REGISTER, False)
    assert given.layout.notes == ("the dials were read when the hour of their row ended",)


@pytest.mark.parametrize("is_backwards", [False, True])
def test_energy_of_each_hour(*, is_backwards: bool) -> None:
    """A state by which the sum grows is the energy of its hour."""
    text = rows("0.25 0.25", "0.5 0.75", "0.25 1", "0 1", "0.1 1.1")
    given = read(HA, backwards(HEADER, text) if is_backwards else HEADER + text)
    claim = given.claims[0]
    assert (claim.series.name, claim.series.kind) == ("sensor.p1_import", Kind.INTERVAL)
    assert given.series["sensor.p1_import sum"].kind is Kind.REGISTER
    assert "its state is the energy of each hour" in given.layout.notes[0]


@pytest.mark.parametrize("is_backwards", [False, True])
def test_counter_that_starts_again(*, is_backwards: bool) -> None:
    """Its sum is the dial: it goes on."""
    text = rows("9.1 109.1", "9.8 109.8", "0.2 110", "0.9 110.7")
    given = read(HA, backwards(HEADER, text) if is_backwards else HEADER + text)
    assert sorted(given.values("sensor.p1_import")) == ["109.1", "109.8", "110", "110.7"]
    assert list(given.series) == ["sensor.p1_import"]
    assert "its sum is taken" in " ".join(given.layout.notes)


def test_file_that_was_joined_to_itself() -> None:
    """That state and sum both go back says nothing against a dial."""
    text = rows("10 1", "11 2", "13 4")
    assert read(HA, HEADER + text + text).values("sensor.p1_import")[:3] == ["10", "11", "13"]


def test_other_columns() -> None:
    """They come in any order, with a delta, and with what measurements have."""
    header = "statistic_id;start;unit;min;max;mean;sum;state;delta\n"
    text = "sensor.a_export;2025-12-29 08:00;kWh;;;;0;10;\n"
    text += "sensor.a_export;2025-12-29 09:00;kWh;;;;1;11;1\n"
    text += "sensor.t;2025-12-29 09:00;°C;18;20;19;;;\n"
    given = read(HA, header + text)
    assert given.values("sensor.a_export") == ["10", "11"]
    assert given.values("sensor.a_export delta") == ["", "1"]
    assert given.series["sensor.a_export delta"].only_if_mapped is not None
    assert given.series["sensor.a_export"].direction is Direction.TO_GRID


def test_delta_only() -> None:
    """It is the energy of each hour."""
    text = "statistic_id,start,delta,unit\nsensor:shelly_energy,27.12.2025 00:00,2.10,Wh\n"
    claim = read(HA, text).claims[0]
    assert (claim.series.kind, claim.series.unit, claim.value) == (Kind.INTERVAL, "Wh", "2.10")
    assert claim.series.direction is Direction.CONSUMPTION  # a device, for no word says otherwise


def test_sum_only() -> None:
    """It is the dial."""
    text = "statistic_id,start,sum,unit\nsensor.x,27.12.2025 00:00,2.10,kWh\n"
    assert read(HA, text).claims[0].series.kind is Kind.REGISTER


def test_states_that_rise_and_fall() -> None:
    """Without a sum nothing says what they are: it is asked."""
    text = "statistic_id,unit,start,state\n"
    text += "".join(f"sensor.x,kWh,27.12.2025 0{n}:00,{value}\n" for n, value in enumerate("131"))
    with pytest.raises(Unknown) as asked:
        read(HA, text)
    assert asked.value.option == "kind"
    given = read(HA, text, Options(kind=Kind.INTERVAL))
    assert given.claims[0].series.kind is Kind.INTERVAL


@pytest.mark.parametrize(
    ("entity", "unit", "direction", "commodity"),
    [
        ("sensor.p1_energy_export_t2", "kWh", Direction.TO_GRID, Commodity.ELECTRICITY),
        ("sensor.grid_import", "kWh", Direction.FROM_GRID, Commodity.ELECTRICITY),
        ("sensor.pv_yield", "kWh", Direction.GENERATION, Commodity.ELECTRICITY),
        (
            "sensor.electricity_meter_energy_consumption_tarif_1",
            "kWh",
            Direction.FROM_GRID,
            Commodity.ELECTRICITY,
        ),
        (
            "sensor.electricity_meter_energy_production_tarif_2",
            "kWh",
            Direction.TO_GRID,
            Commodity.ELECTRICITY,
        ),
        ("sensor.washer_energy", "kWh", Direction.CONSUMPTION, Commodity.ELECTRICITY),
        ("sensor.heat_pump_energy", "kWh", Direction.CONSUMPTION, Commodity.ELECTRICITY),
        ("sensor.gas_meter", "m³", Direction.CONSUMPTION, Commodity.GAS),
        ("sensor.water_total", "m³", Direction.CONSUMPTION, Commodity.WATER),
        ("sensor.garden", "L", Direction.CONSUMPTION, Commodity.WATER),
    ],
)
def test_names(entity: str, unit: str, direction: Direction, commodity: Commodity) -> None:
    """The words of a name say what is counted, and which way it flows."""
    series = read(HA, HEADER + rows("1 1", "2 2", entity=entity, unit=unit)).claims[0].series
    assert (series.direction, series.commodity) == (direction, commodity)
    assert series.only_if_mapped is None


@pytest.mark.parametrize(
    ("entity", "unit"), [("sensor.meter", "m³"), ("sensor.battery_charged", "kWh")]
)
def test_names_that_leave_it_open(entity: str, unit: str) -> None:
    """Volume of no name, and what a battery takes, are left to --map."""
    series = read(HA, HEADER + rows("1 1", "2 2", entity=entity, unit=unit)).claims[0].series
    assert series.only_if_mapped is not None


def test_other_units() -> None:
    """They are left out, with a note."""
    text = rows("1 1", "2 2") + rows("5 5", entity="sensor.p1_power", unit="W")
    given = read(HA, HEADER + text)
    assert "left out: sensor.p1_power in W: power, not energy" in given.layout.notes


def test_power_only() -> None:
    """Such a file is refused, with the reason."""
    with pytest.raises(Stop, match="power"):
        read(HA, HEADER + rows("5 5", unit="kW"))


def test_measurements_only() -> None:
    """A file of temperatures is refused too."""
    text = "statistic_id,unit,start,min,max,mean\nsensor.t,°C,29.12.2025 08:00,1,2,1.5\n"
    with pytest.raises(Stop, match="no sensor"):
        read(HA, text)


def test_unit_that_is_not_said() -> None:
    """It is asked, and --unit answers."""
    text = "statistic_id,start,sum\nsensor.x,27.12.2025 00:00,2.10\n"
    with pytest.raises(Unknown) as asked:
        read(HA, text)
    assert asked.value.option == "unit"
    assert read(HA, text, Options(unit="kWh")).claims[0].series.unit == "kWh"


def test_five_minutes() -> None:
    """Short-term statistics have a row each five minutes."""
    text = "".join(
        f"sensor.x\tkWh\t29.12.2025 08:{minute:02d}\t{minute}\t{minute}\n"
        for minute in range(0, 60, 5)
    )
    assert read(HA, HEADER + text).claims[0].span == 300_000


def test_row_cut_off() -> None:
    """It is told."""
    given = read(HA, HEADER + rows("1 1", "2 2") + "sensor.p1_import\tkWh\n")
    assert [line for line, _, _ in given.problems] == [4]


def test_header_again() -> None:
    """It is passed over."""
    given = read(HA, HEADER + rows("1 1") + HEADER + rows("2 2"))
    assert given.values("sensor.p1_import") == ["1", "2"]


@pytest.mark.parametrize("text", ["entity_id,state\n", "statistic_id,start\n", "a,b\n1,2\n", ""])
def test_other_files(text: str) -> None:
    """They are left to others."""
    assert not knows(HA, text)
