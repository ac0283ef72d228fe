"""Tesla: what its app exports becomes series and claims."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction
from meterctl.imports.problems import Stop
from meterctl.imports.vendors.tesla import Tesla
from tests.imports.vendors.structured import knows, read

DAYS = """Date time,Home (kWh),Vehicle (kWh),From Powerwall (kWh),Solar Energy (kWh),\
From Grid (kWh),To Grid (kWh)
2025-03-08T00:00:00-08:00,30.5,5.5,4,20,12,5.5
2025-03-10T00:00:00-07:00,25.5,0,4,30,8,16.5
"""
YEARS = """Date time,Home (MWh),Vehicle (kWh),From Powerwall (MWh),Solar Energy (MWh),\
From Grid (MWh),To Grid (MWh)
2023-01-01T00:00:00+01:00,2.5,100.5,1.0,10.0,0.5,8.0
"""
POWER = """Date time,Home (kW),Solar (kW),Powerwall (kW),Grid (kW),Energy Remaining (%)
2024-05-06T00:05:00+10:00,0.5,0,0.5,0,50
"""


def test_days_of_a_home_with_a_car() -> None:
    """Home and vehicle are told apart by part, and the offset stays in each time's text."""
    found = read(Tesla(), DAYS)
    parts = [(one.direction, one.part, not one.only_if_mapped) for one in found.series.values()]
    assert parts == [
        (Direction.CONSUMPTION, "home", True),
        (Direction.CONSUMPTION, "vehicle", True),
        (Direction.GENERATION, "battery", False),
        (Direction.GENERATION, "", True),
        (Direction.FROM_GRID, "", True),
        (Direction.TO_GRID, "", True),
    ]
    assert found.claims[-1].start == "2025-03-10T00:00:00-07:00"
    assert found.values("To Grid (kWh)") == ["5.5", "16.5"]


def test_a_long_span_mixes_units() -> None:
    """Each column has the unit that its own heading says."""
    found = read(Tesla(), YEARS).series
    assert [one.unit for one in found.values()] == ["MWh", "kWh", "MWh", "MWh", "MWh", "MWh"]


def test_semicolons() -> None:
    """A spreadsheet may have saved it anew."""
    found = read(Tesla(), DAYS.replace(",", ";"))
    assert found.values("Home (kWh)") == ["30.5", "25.5"]


def test_a_day_of_power_is_refused() -> None:
    """For a single day the app exports kilowatts."""
    with pytest.raises(Stop, match="power") as caught:
        read(Tesla(), POWER)
    assert "Tesla app" in caught.value.problem.hint


def test_the_net_of_both_ways_is_kept_only_if_mapped() -> None:
    """It grows and shrinks; the two ways that make it up are not in the file."""
    text = "Date time,Home (kWh),Solar (kWh),Grid (kWh)\n2025-03-08T00:00:00-08:00,8,9,-1\n"
    found = read(Tesla(), text).series
    assert found["Grid (kWh)"].only_if_mapped is not None
    assert found["Solar (kWh)"].direction is Direction.GENERATION


def test_one_column_alone_is_not_enough() -> None:
    """A `Date time` and a `Home` may be anybody's."""
    assert not knows(Tesla(), "Date time,Home (kWh)\n2025-03-08,5\n")
