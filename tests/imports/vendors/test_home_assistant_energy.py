"""What Home Assistant's energy dashboard downloads: a row an entity, a column an hour."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.formats import Options
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.series import Commodity
from meterctl.imports.vendors.home_assistant_energy import HomeAssistantEnergy
from tests.imports.vendors.structured import knows, read

ENERGY = HomeAssistantEnergy()
HEADER = "entity_id,type,unit,2024-03-30T23:00:00.000Z,2024-03-31T00:00:00.000Z\n"


def table(*times: str) -> str:
    """One entity's amounts under these times: 1, 2, 3 and so on."""
    amounts = ",".join(str(n) for n in range(1, len(times) + 1))
    return f"entity_id,type,unit,{','.join(times)}\nsensor.a,grid_return,kWh,{amounts}\n"


def test_row() -> None:
    """Each value is of the time that its heading says."""
    given = read(ENERGY, HEADER + "sensor.p1_import,grid_consumption,kWh,0.25,1.5\n")
    first, second = given.claims
    assert (first.value, first.start, first.span) == (
        "0.25",
        "2024-03-30T23:00:00.000Z",
        3_600_000,
    )
    assert given.rows[0].record.cells[first.cell] == first.value
    assert (second.value, second.start) == ("1.5", "2024-03-31T00:00:00.000Z")
    series = first.series
    assert (series.name, series.kind, series.unit, series.part) == (
        "sensor.p1_import",
        Kind.INTERVAL,
        "kWh",
        "p1-import",  # though it is the only one: another file's may be another meter's
    )


def test_days() -> None:
    """A day ends when the next begins; that of the clock change has 23 hours."""
    times = ["2024-03-29T23:00:00.000Z", "2024-03-30T23:00:00.000Z", "2024-03-31T22:00:00.000Z"]
    assert [claim.end for claim in read(ENERGY, table(*times)).claims] == [
        "2024-03-30T23:00:00+00:00",
        "2024-03-31T22:00:00+00:00",
        "2024-04-01T22:00:00+00:00",
    ]


def test_months() -> None:
    """A month is as long as the calendar says."""
    times = [f"2023-{month}T23:00:00.000Z" for month in ("11-30", "12-31")]
    times.append("2024-01-31T23:00:00.000Z")
    assert [claim.end for claim in read(ENERGY, table(*times)).claims] == [
        "2023-12-31T23:00:00+00:00",
        "2024-01-31T23:00:00+00:00",
        "2024-02-29T23:00:00+00:00",
    ]


def test_day_that_is_missing() -> None:
    """The one before it ends at its own midnight, not at the next that is there."""
    times = ["2024-05-01T22:00:00.000Z", "2024-05-02T22:00:00.000Z", "2024-05-09T22:00:00.000Z"]
    ends = [claim.end for claim in read(ENERGY, table(*times)).claims]
    assert ends[1:] == ["2024-05-03T22:00:00+00:00", "2024-05-10T22:00:00+00:00"]


def test_hours_that_are_missing() -> None:
    """Where only every third hour has a column, each is an hour none the less."""
    times = [f"2024-05-01T{hour:02d}:00:00.000Z" for hour in (0, 3, 6)]
    assert [claim.span for claim in read(ENERGY, table(*times)).claims] == [3_600_000] * 3


def test_one_column() -> None:
    """How long it is, it does not say: that is for the person."""
    claim = read(ENERGY, table("2024-05-01T22:00:00.000Z")).claims[0]
    assert (claim.end, claim.span) == (None, None)


@pytest.mark.parametrize(
    ("type_", "unit", "direction", "commodity", "is_kept"),
    [
        ("grid_consumption", "kWh", Direction.FROM_GRID, Commodity.ELECTRICITY, True),
        ("grid_return", "kWh", Direction.TO_GRID, Commodity.ELECTRICITY, True),
        ("solar_production", "kWh", Direction.GENERATION, Commodity.ELECTRICITY, True),
        ("device_consumption", "kWh", Direction.CONSUMPTION, Commodity.ELECTRICITY, True),
        ("gas_consumption", "m3", Direction.CONSUMPTION, Commodity.GAS, True),
        ("water_consumption", "L", Direction.CONSUMPTION, Commodity.WATER, True),
        ("device_consumption_water", "m3", Direction.CONSUMPTION, Commodity.WATER, True),
        ("battery_in", "kWh", Direction.CONSUMPTION, Commodity.ELECTRICITY, False),
        ("battery_out", "kWh", Direction.GENERATION, Commodity.ELECTRICITY, False),
        ("something_new", "kWh", Direction.CONSUMPTION, Commodity.ELECTRICITY, False),
    ],
)
def test_types(
    type_: str, unit: str, direction: Direction, commodity: Commodity, *, is_kept: bool
) -> None:
    """The type says what flows, and which way; a battery is left to --map."""
    series = read(ENERGY, HEADER + f"sensor.x,{type_},{unit},1,2\n").claims[0].series
    assert (series.direction, series.commodity) == (direction, commodity)
    assert (series.only_if_mapped is None) == is_kept


def test_calculated_rows() -> None:
    """They have no entity, and are what the others make together: left to --map."""
    text = "sensor.a,grid_consumption,kWh,1,2\n,calculated_consumed_grid,kWh,1,2\n"
    given = read(ENERGY, HEADER + text)
    assert "calculated" in str(given.series["calculated_consumed_grid"].only_if_mapped)


def test_money() -> None:
    """Costs are no readings."""
    text = (
        "sensor.a,grid_consumption,kWh,1,2\n"
        "sensor.a_cost,grid_consumption_cost,EUR,0.3,0.6\n"
        "sensor.b_compensation,grid_return_compensation,EUR,0.1,0.1\n"
    )
    given = read(ENERGY, HEADER + text)
    assert list(given.series) == ["sensor.a"]
    assert given.layout.notes == ()


def test_several_of_one_type() -> None:
    """Their own names tell them apart."""
    text = "sensor.t1_in,grid_consumption,kWh,1,2\nsensor.t2_in,grid_consumption,kWh,3,4\n"
    parts = [series.part for series in read(ENERGY, HEADER + text).series.values()]
    assert parts == ["t1-in", "t2-in"]


def test_entity_in_two_roles() -> None:
    """Its rows are two series."""
    text = "sensor.a,grid_consumption,kWh,1,2\nsensor.a,device_consumption,kWh,1,2\n"
    names = list(read(ENERGY, HEADER + text).series)
    assert names == ["sensor.a grid_consumption", "sensor.a device_consumption"]


def test_blanks() -> None:
    """An hour without a value is given as it is, blank."""
    assert read(ENERGY, HEADER + "sensor.a,grid_return,kWh,,2\n").values("sensor.a") == ["", "2"]


def test_header_again() -> None:
    """Downloads that were put one after the other are read on."""
    row = "sensor.a,grid_return,kWh,1,2\n"
    given = read(ENERGY, HEADER + row + HEADER.replace("2024-03", "2024-05") + row)
    assert [claim.start for claim in given.claims][::2] == [
        "2024-03-30T23:00:00.000Z",
        "2024-05-30T23:00:00.000Z",
    ]


def test_year_of_hours() -> None:
    """Lines are long, and read in one go."""
    times = [f"{day:%Y-%m-%d}T{hour:02d}:00:00.000Z" for day in _days() for hour in range(24)]
    assert len(read(ENERGY, table(*times)).claims) == 8784


def _days() -> list[date]:
    return [date(2024, 1, 1) + timedelta(days=number) for number in range(366)]


def test_row_cut_off() -> None:
    """It is told, and the next is read."""
    given = read(ENERGY, HEADER + "sensor.a,grid_return,kWh,1\nsensor.b,grid_return,kWh,1,2\n")
    assert given.problems == [(2, 27, "4 cells in this row, 5 in the header")]
    assert list(given.series) == ["sensor.b"]


def test_unit_that_is_not_said() -> None:
    """It is asked, and --unit answers."""
    text = HEADER + "sensor.a,gas_consumption,,1,2\n"
    with pytest.raises(Unknown) as asked:
        read(ENERGY, text)
    assert (asked.value.option, asked.value.problem.line) == ("unit", 2)
    assert read(ENERGY, text, Options(unit="m³")).claims[0].series.unit == "m³"


def test_power_only() -> None:
    """Such a file is refused, with the reason."""
    with pytest.raises(Stop, match="power"):
        read(ENERGY, HEADER + "sensor.a,grid_power,kW,1,2\n")


def test_other_units() -> None:
    """What is no energy is left out, with a note."""
    text = "sensor.a,grid_return,kWh,1,2\nsensor.b,co2,g,1,2\n"
    notes = read(ENERGY, HEADER + text).layout.notes
    assert notes == ("left out: sensor.b in g: no energy that meterctl keeps",)


@pytest.mark.parametrize(
    "heading",
    ["entity_id,type,unit", "entity_id,type,unit,total", "entity_id,type,unit,2024-05-01T22:00"],
)
def test_header_without_times(heading: str) -> None:
    """Such a file is refused."""
    with pytest.raises(Stop, match="time"):
        read(ENERGY, f"{heading}\nsensor.a,grid_return,kWh,1\n")


@pytest.mark.parametrize("text", ["entity_id,state,last_changed\n", "a,b\n1,2\n", ""])
def test_other_files(text: str) -> None:
    """They are left to others."""
    assert not knows(ENERGY, text)
