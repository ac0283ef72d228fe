"""The simulation of a fleet reckons as the limits say."""

from __future__ import annotations

from bench.scale.simulation import COLUMNS, Constants, Growth, first_limit
from meterctl.services.sheet_room import CELLS

MEASURED = Constants(
    bytes_a_reading=175, wal_imported=200, wal_recorded=1_000, records_a_second=400
)


def test_a_sheet_is_full_when_its_cells_are() -> None:
    """A row is a record; a spreadsheet for as many roofs lasts as many times shorter."""
    daily = Growth(records_a_day=1)
    assert int(daily.years_of_a_sheet() * 365) == CELLS // COLUMNS
    assert round(daily.years_of_a_sheet() / daily.years_of_a_sheet(100)) == 100


def test_single_deliveries_use_up_a_projects_writes() -> None:
    """18,000 records an hour are 300 a minute: all that a project has."""
    assert Growth(records_a_day=24, roofs=18_000).each_by_itself() == 1


def test_the_sheet_binds_before_the_database() -> None:
    """What one writer stores in a second is far more than a project's writes."""
    assert first_limit(Growth(96, roofs=5_000), MEASURED).startswith("Google's writes a minute")


def test_a_slow_database_binds_first() -> None:
    """Unless it stores less than Google takes."""
    slow = MEASURED._replace(records_a_second=1)
    assert first_limit(Growth(96, roofs=5_000), slow) == "PostgreSQL's commits"
