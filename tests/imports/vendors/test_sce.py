"""Southern California Edison: its usage download becomes series and claims."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction
from meterctl.domain.readings import Quality
from meterctl.imports.formats import Options
from meterctl.imports.problems import Stop
from meterctl.imports.vendors.sce import Sce
from tests.imports.vendors.structured import knows, read

ABOUT = """Energy Usage Information
"For location: 1 EXAMPLE ST"

Meter Reading Information
"Type of readings: Electricity"

Detailed Usage
"Start date: 2024-05-05 23:00:00  for 2 days"
"""
BLOCKS = f"""{ABOUT}
"Data for period starting: 2024-05-06 00:00:00  for 24 hours"
Energy\u00a0 Delivered\u00a0time\u00a0period,Usage\u00a0Delivered(Real energy in kilowatt-hours)\
(Real energy in kilowatt-hours),Reading quality
"2024-05-06 00:00:00\u00a0to\u00a02024-05-06 00:15:00","0.250",""
"2024-05-06 00:15:00 to 2024-05-06 00:30:00","0.500","Estimated"

"Data for period starting: 2024-05-06 00:00:00  for 24 hours"
Energy\u00a0 Received\u00a0time\u00a0period,Usage\u00a0Received(Real energy in kilowatt-hours)\
(Real energy in kilowatt-hours),Reading quality
"2024-05-06 00:00:00 to 2024-05-06 00:15:00","0.125",""

"Data for period starting: 2024-05-07 00:00:00  for 24 hours"
Energy\u00a0 Delivered\u00a0time\u00a0period,Usage\u00a0Delivered(Real energy in kilowatt-hours)\
(Real energy in kilowatt-hours),Reading quality
"2024-05-07 00:00:00 to 2024-05-07 00:15:00","0.750",""
"""
OLDER = f"""{ABOUT}
"Data for period starting: 2023-05-06 00:00:00  for 24 hours"
Energy consumption time period,Usage(Real energy in kilowatt-hours),Reading quality
"2023-05-06 00:00:00 to 2023-05-06 01:00:00","0.750",""
"""
TABLE = f"""{ABOUT}
Date,Energy Consumption time Period Start,Energy Consumption time Period End,Delivered,Received
"05/26/2024 ","05/26/2024 12:00AM ","05/26/2024 12:15AM ","0.500","0.000"
"05/26/2024 ","05/26/2024 12:15AM ","05/26/2024 12:30AM ","0.000","0.250"
"""


def test_blocks_of_days_and_ways() -> None:
    """Delivered is from the grid, received is to it, whatever spaces a heading has."""
    found = read(Sce(), BLOCKS)
    assert [(one.name, one.direction, one.unit) for one in found.series.values()] == [
        ("Energy Delivered time period", Direction.FROM_GRID, "kWh"),
        ("Energy Received time period", Direction.TO_GRID, "kWh"),
    ]
    assert found.values("Energy Delivered time period") == ["0.250", "0.500", "0.750"]
    assert found.values("Energy Received time period") == ["0.125"]
    assert found.problems == []


def test_an_interval_is_taken_apart() -> None:
    """`A to B` gives its start and its end, also with no-break spaces."""
    claim = read(Sce(), BLOCKS).claims[0]
    assert (claim.start, claim.end) == ("2024-05-06 00:00:00", "2024-05-06 00:15:00")


def test_a_reading_quality_is_kept() -> None:
    """An empty one is a measured value."""
    first, second = read(Sce(), BLOCKS).claims[:2]
    assert (first.quality, first.code) == (Quality.ACTUAL, None)
    assert (second.quality, second.code) == (Quality.ESTIMATED, "Estimated")


def test_the_older_form_has_one_way() -> None:
    """Consumption is from the grid."""
    [series] = read(Sce(), OLDER).series.values()
    assert series.direction is Direction.FROM_GRID


def test_a_netted_usage_below_nothing_was_fed_in() -> None:
    """The older form counts both ways in one column."""
    found = read(Sce(), OLDER.replace('"0.750"', '"-0.750"'))
    assert [(c.series.direction, c.value) for c in found.claims] == [
        (Direction.FROM_GRID, "0"),
        (Direction.TO_GRID, "0.750"),
    ]
    assert "fed in" in found.layout.notes[0]


def test_two_blocks_of_a_day_under_one_heading() -> None:
    """One may be drawn and one fed in: refused, never guessed."""
    block = OLDER.removeprefix(ABOUT)
    with pytest.raises(Stop, match="which way") as caught:
        read(Sce(), OLDER + block)
    assert "--direction" in caught.value.problem.hint


def test_a_way_that_no_heading_says() -> None:
    """--direction settles it."""
    found = read(Sce(), OLDER, Options(direction=Direction.TO_GRID))
    assert [one.direction for one in found.series.values()] == [Direction.TO_GRID]


def test_the_table_with_a_column_for_each_way() -> None:
    """Starts and ends stand in cells of their own; the unit is the whole file's."""
    found = read(Sce(), TABLE)
    assert [(one.name, one.direction, one.unit) for one in found.series.values()] == [
        ("Delivered", Direction.FROM_GRID, "kWh"),
        ("Received", Direction.TO_GRID, "kWh"),
    ]
    assert (found.claims[0].start, found.claims[0].end) == (
        "05/26/2024 12:00AM",
        "05/26/2024 12:15AM",
    )
    assert found.values("Received") == ["0.000", "0.250"]


def test_clocks_are_californian() -> None:
    """The utility has no customer elsewhere."""
    assert str(read(Sce(), BLOCKS).layout.facts.zone) == "America/Los_Angeles"


def test_trailing_blank_cells() -> None:
    """A spreadsheet adds them to every line."""
    text = "\n".join(f"{line},,,," if line else ",,,," for line in BLOCKS.splitlines())
    assert len(read(Sce(), text).claims) == 4


def test_a_broken_interval_is_told() -> None:
    """A row that begins as an interval and is none is no line of text."""
    found = read(Sce(), BLOCKS + '"2024-05-07 00:15:00 to"\n')
    assert [message for _, _, message in found.problems] == [
        "'2024-05-07 00:15:00 to' is no interval such as 2022-08-01 00:00:00 to ..."
    ]
    found = read(Sce(), BLOCKS + '"2024-05-07 00:15:00 to 2024-05-07 00:30:00"\n')
    assert [message for _, _, message in found.problems] == ["an interval without a value"]


def test_other_files_are_not_taken() -> None:
    """A heading of energy is not a block."""
    assert not knows(Sce(), "Energy,Usage\n1,2\n")
