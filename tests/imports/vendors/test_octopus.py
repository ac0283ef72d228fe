"""Octopus Energy: its consumption download becomes series and claims."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction
from meterctl.imports.formats import Options
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.series import Commodity
from meterctl.imports.vendors.octopus import Octopus
from tests.imports.vendors.structured import knows, read

CLASSIC = """ Consumption (kWh), Start, End
 0.500, 2023-10-29T01:30:00+01:00, 2023-10-29T01:00:00+00:00
 0.250, 2023-10-29T01:00:00+00:00, 2023-10-29T01:30:00+00:00
"""
COSTS = """Consumption (kwh), Estimated Cost Inc. Tax (p), Standing Charge Inc. Tax (p), Start, End
0.25, 5.0, 1.00, 2026-01-15T00:00:00Z, 2026-01-15T00:30:00Z
"""
SPLIT = """Home Consumption (kWh),Home Unit Rate (p),EV Consumption (kWh),EV Unit Rate (p),Start,End
0.25,24.5,3.5,7.5,2026-07-15T00:00:00+01:00,2026-07-15T00:30:00+01:00
"""
API = """interval_start,interval_end,consumption
2026-01-15T00:00:00Z,2026-01-15T00:30:00Z,0.25
"""


def test_the_classic_download() -> None:
    """The space behind each comma is not part of a text; the offset is."""
    found = read(Octopus(), CLASSIC)
    claim = found.claims[0]
    assert (claim.value.strip(), claim.start, claim.end) == (
        "0.500",
        "2023-10-29T01:30:00+01:00",
        "2023-10-29T01:00:00+00:00",
    )
    assert claim.series.direction is Direction.FROM_GRID
    assert claim.series.commodity is Commodity.ELECTRICITY


def test_what_is_taken_for_granted_is_said() -> None:
    """The same columns are downloaded for an export meter, and for gas."""
    [note] = read(Octopus(), CLASSIC).layout.notes
    assert "--direction to_grid" in note


def test_an_export_meter_is_told_by_the_person() -> None:
    """--direction settles what the file leaves open."""
    found = read(Octopus(), CLASSIC, Options(direction=Direction.TO_GRID))
    assert [one.direction for one in found.series.values()] == [Direction.TO_GRID]
    assert found.layout.notes == ()


def test_costs_are_no_readings() -> None:
    """Only the consumption counts; kwh may be written small."""
    found = read(Octopus(), COSTS)
    assert [claim.value.strip() for claim in found.claims] == ["0.25"]
    assert [one.unit for one in found.series.values()] == ["kWh"]


def test_gas_in_cubic_metres() -> None:
    """A volume is gas, and consumed."""
    text = CLASSIC.replace("(kWh)", "(m³)")
    [series] = read(Octopus(), text).series.values()
    assert (series.commodity, series.direction, series.unit) == (
        Commodity.GAS,
        Direction.CONSUMPTION,
        "m³",
    )


def test_home_and_car_apart() -> None:
    """Both are drawn from the grid, as parts; rates are no readings."""
    found = read(Octopus(), SPLIT).series
    assert [(one.direction, one.part) for one in found.values()] == [
        (Direction.FROM_GRID, "home"),
        (Direction.FROM_GRID, "vehicle"),
    ]


def test_the_sum_of_home_and_car_is_no_third() -> None:
    """Where a total stands beside its parts it is kept only if mapped."""
    text = SPLIT.replace("Start,End", "Consumption (kWh),Start,End").replace(
        "7.5,2026", "7.5,3.75,2026", 1
    )
    assert read(Octopus(), text).series["Consumption (kWh)"].only_if_mapped is not None


def test_the_api_names_no_unit() -> None:
    """It is asked, for a gas meter may count in m³ or in kWh."""
    with pytest.raises(Unknown, match="unit") as caught:
        read(Octopus(), API)
    assert caught.value.option == "unit"
    found = read(Octopus(), API, Options(unit="kWh"))
    assert found.claims[0].start == "2026-01-15T00:00:00Z"


def test_power_is_refused() -> None:
    """Kilowatts are no consumption."""
    text = CLASSIC.replace("(kWh)", "(kW)")
    with pytest.raises(Stop, match="power"):
        read(Octopus(), text)


def test_other_tables_with_start_and_end() -> None:
    """Without a consumption a start and an end say nothing."""
    assert not knows(Octopus(), "Task,Start,End\nSleep,1,2\n")
