"""DSMR-reader: exports of hours and days, and tables of readings, become series and claims."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.layout import Claimed, Layout
from meterctl.imports.series import Commodity
from meterctl.imports.vendors.dsmr_reader import DsmrReader
from tests.imports.vendors.structured import knows, read

HOURS = """Hour Start,Electricity 1 (Dutch Users: Low Tariff),\
Electricity 2 (Dutch Users: Normal Tariff),Electricity 1 Returned (Dutch Users: Low Tariff),\
Electricity 2 Returned (Dutch Users: Normal Tariff),Gas
2024-10-27T02:00:00+02:00,0.25,0,0,0,0.5
2024-10-27T02:00:00+01:00,0.75,0,0,0.5,0
"""
DAYS = """Date,Electricity Tariff 1 Diff,Electricity Tariff 2 Diff,\
Electricity Tariff 1 Returned Diff,Electricity Tariff 2 Returned Diff,Gas Diff,\
Electricity Tariff 1 Cost,Electricity Tariff 2 Cost,Gas Cost,Fixed Cost,Total Cost,\
Electricity Tariff 1 Reading,Electricity Tariff 2 Reading,Electricity Tariff 1 Reading,\
Electricity Tariff 2 Reading,Gas Reading
2024-05-01,3.1,4.2,0.5,6.7,0.9,0.6,0.9,1.1,0.7,3.3,8101.5,9202.5,303.5,404.5,505.25
"""
DUTCH = """Begintijd Uur,Elektriciteit 1 (Nederlandse Gebruikers: Daltarief),\
Elektriciteit 2 (Piektarief),Elektriciteit 1 Teruggeleverd (Nederlandse Gebruikers: Daltarief),\
Elektriciteit 2 Teruggeleverd (Piektarief),Gas
2024-01-01T00:00:00+01:00,0.25,0,0,0,0.5
"""
READINGS = """timestamp,electricity_delivered_1,electricity_returned_1,electricity_delivered_2,\
electricity_returned_2,electricity_currently_delivered,extra_device_delivered
2024-01-01T00:00:10+01:00,8101.512,303.5,9202.5,404.5,0.250,505.25
"""


def layout(text: str) -> Layout:
    return read(DsmrReader(), text).layout


def rows(text: str) -> list[Claimed]:
    return read(DsmrReader(), text).rows


@pytest.mark.parametrize("text", [HOURS, DUTCH])
def test_hours(text: str) -> None:
    """Two tariffs each way and gas, as intervals; in English and in Dutch."""
    claims = rows(text)[0].claims
    assert [(one.series.direction, one.series.part, one.series.unit) for one in claims] == [
        (Direction.FROM_GRID, "t1", "kWh"),
        (Direction.FROM_GRID, "t2", "kWh"),
        (Direction.TO_GRID, "t1", "kWh"),
        (Direction.TO_GRID, "t2", "kWh"),
        (Direction.CONSUMPTION, "", "m³"),
    ]
    assert {one.series.kind for one in claims} == {Kind.INTERVAL}
    assert claims[4].series.commodity is Commodity.GAS


def test_the_repeated_hour() -> None:
    """Each hour keeps its offset, which tells the two of October apart."""
    assert [row.claims[0].start for row in rows(HOURS)] == [
        "2024-10-27T02:00:00+02:00",
        "2024-10-27T02:00:00+01:00",
    ]


def test_days_with_positions() -> None:
    """A day's use is kept, its costs are not; the dial's positions wait for --map.

    Those of what was returned have the headings of what was delivered: their order tells.
    """
    claims = rows(DAYS)[0].claims
    kept = [one for one in claims if one.series.only_if_mapped is None]
    assert [one.value for one in kept] == ["3.1", "4.2", "0.5", "6.7", "0.9"]
    assert [
        (one.series.name, one.series.direction, one.value)
        for one in claims
        if one.series.kind is Kind.REGISTER
    ] == [
        ("Electricity Tariff 1 Reading", Direction.FROM_GRID, "8101.5"),
        ("Electricity Tariff 2 Reading", Direction.FROM_GRID, "9202.5"),
        ("Electricity Tariff 1 Reading (column 14)", Direction.TO_GRID, "303.5"),
        ("Electricity Tariff 2 Reading (column 15)", Direction.TO_GRID, "404.5"),
        ("Gas Reading", Direction.CONSUMPTION, "505.25"),
    ]


def test_the_table_of_readings() -> None:
    """The database's own table holds registers, which are proposed; its power is left out."""
    claims = rows(READINGS)[0].claims
    assert [(one.series.direction, one.series.part, one.series.kind) for one in claims] == [
        (Direction.FROM_GRID, "t1", Kind.REGISTER),
        (Direction.TO_GRID, "t1", Kind.REGISTER),
        (Direction.FROM_GRID, "t2", Kind.REGISTER),
        (Direction.TO_GRID, "t2", Kind.REGISTER),
        (Direction.CONSUMPTION, "", Kind.REGISTER),
    ]
    assert all(one.series.only_if_mapped is None for one in claims)
    assert layout(READINGS).notes == (
        "left out: `electricity_currently_delivered`: power, not energy",
    )


def test_other_tables_are_not_taken() -> None:
    """One column called electricity is anybody's."""
    text = "Date,Electricity 1\n2024-01-01,5\n"
    assert not knows(DsmrReader(), text)
