"""Green Button CSV: the downloads of US utilities become series and claims."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction
from meterctl.domain.readings import Quality
from meterctl.imports.layout import Order
from meterctl.imports.problems import Stop
from meterctl.imports.series import Commodity
from meterctl.imports.vendors.green_button_csv import GreenButtonCsv
from tests.imports.vendors.structured import knows, read

ABOUT = """Name,JO SAMPLE
Address,"1 EXAMPLE ST, SPRINGFIELD CA 90000"
Account Number,1234567890
Service,Service 1

"""
HOURS = f"""\ufeff{ABOUT}TYPE,DATE,START TIME,END TIME,USAGE,UNITS,COST,NOTES
Electric usage,2024-05-06,00:00,00:59,1.25,kWh,$0.20,
Electric usage,2024-05-06,01:00,01:59,0.75,kWh,$0.10,* This data was estimated
"""
BOTH_WAYS = f"""{ABOUT}TYPE,DATE,START TIME,END TIME,IMPORT (kWh),EXPORT (kWh),\
TOTAL IMPORT COST,TOTAL EXPORT CREDIT (=A+B+C),NOTES
Electric usage,2024-05-06,12:00,12:14,0.00,0.25,$0.00,$0.05
"""
GAS = f"""{ABOUT}TYPE,DATE,USAGE,UNITS,COST,NOTES
Natural gas usage,2024-01-10,3.5,therms,$5.25,
"""
SAN_DIEGO = """Name,JO SAMPLE
Address,1 EXAMPLE AVENUE  SPRINGFIELD CA 90000
Account Number,1234567890
Disclaimer,The information contained in this file is personal, and confidential, to you.
Title,CSV Export Electric Meter(s)
Resource,Electric
Meter Number,01234567
Interval UOM,Minute(s)
Reading Start,11/1/2024 00:00
Total Usage,0.75
UOM,kWh
Meter Number,Date,Start Time,Duration,Consumption,Generation,Net
"01234567","11/3/2024","1:00 AM","60","0.2500","","0.2500"
"01234567","11/3/2024","1:00 AM","60","0.5000","","0.5000"
"""
BILLS = f"""{ABOUT}TYPE,START DATE,END DATE,USAGE,UNITS,COST,NOTES
Natural gas billing,10/2/2024,11/4/2024,30,therms,$45.00 ,
Natural gas billing,11/5/2024,12/3/2024,40,therms,$60.00 ,
"""


def test_hours_end_with_their_last_minute() -> None:
    """Date and time are joined; `00:59` is left for the engine to mean one o'clock."""
    found = read(GreenButtonCsv(), HOURS)
    assert [(claim.start, claim.end, claim.value) for claim in found.claims] == [
        ("2024-05-06 00:00", "2024-05-06 00:59", "1.25"),
        ("2024-05-06 01:00", "2024-05-06 01:59", "0.75"),
    ]
    [series] = found.series.values()
    assert (series.name, series.direction, series.unit) == (
        "Electric usage USAGE",
        Direction.FROM_GRID,
        "kWh",
    )
    assert found.layout.facts.order is Order.MDY


def test_beside_a_start_and_an_end_date_the_plain_date_is_the_bills() -> None:
    """A month's energy is never taken for that of the day on which its bill was written."""
    text = """TYPE,DATE,START DATE,END DATE,USAGE,UNITS,COST,NOTES
Electric usage,2024-02-15,2024-01-16,2024-02-13,400,kWh,$60.00,
Electric usage,2024-03-16,2024-02-14,2024-03-14,390,kWh,$58.50,
"""
    assert [(one.start, one.end) for one in read(GreenButtonCsv(), text).claims] == [
        ("2024-01-16 00:00", "2024-02-13 23:59"),
        ("2024-02-14 00:00", "2024-03-14 23:59"),
    ]


def test_an_estimate_is_told_by_its_note() -> None:
    """The note is kept, and the quality mapped."""
    first, second = read(GreenButtonCsv(), HOURS).claims
    assert (first.quality, first.note) == (Quality.ACTUAL, None)
    assert (second.quality, second.note) == (Quality.ESTIMATED, "* This data was estimated")


def test_import_and_export() -> None:
    """They are from the grid and to it; costs and credits are no readings; a row may end early."""
    found = read(GreenButtonCsv(), BOTH_WAYS)
    assert [(one.name, one.direction) for one in found.series.values()] == [
        ("Electric usage IMPORT (kWh)", Direction.FROM_GRID),
        ("Electric usage EXPORT (kWh)", Direction.TO_GRID),
    ]
    assert [claim.value for claim in found.claims] == ["0.00", "0.25"]


def test_a_day_of_gas_is_a_bare_date() -> None:
    """In therms, and consumed."""
    found = read(GreenButtonCsv(), GAS)
    [claim] = found.claims
    assert (claim.start, claim.end) == ("2024-01-10", None)
    assert (claim.series.commodity, claim.series.direction, claim.series.unit) == (
        Commodity.GAS,
        Direction.CONSUMPTION,
        "therm",
    )


def test_two_downloads_in_one_file() -> None:
    """Gas behind electricity, with a preamble and a header of its own: each row its own series."""
    found = read(GreenButtonCsv(), HOURS + GAS)
    assert [one.commodity for one in found.series.values()] == [
        Commodity.ELECTRICITY,
        Commodity.GAS,
    ]
    assert len(found.claims) == 3
    assert found.problems == []


def test_two_services_of_one_kind_are_two_series() -> None:
    """The preamble tells them apart."""
    other = HOURS.replace("Service 1", "5556667778").replace("\ufeff", "")
    found = read(GreenButtonCsv(), HOURS + other).series
    assert [(one.name, one.serial) for one in found.values()] == [
        ("Electric usage USAGE", None),
        ("Electric usage USAGE 5556667778", "5556667778"),
    ]


def test_types_mixed_under_one_header() -> None:
    """Each type of row, and each unit, is a series."""
    text = HOURS + "Natural gas usage,2024-05-06,00:00,23:59,1.5,therms,$1.20,\n"
    assert [one.unit for one in read(GreenButtonCsv(), text).series.values()] == ["kWh", "therm"]


def test_the_meter_shape_of_san_diego() -> None:
    """Durations in place of ends, twelve-hour clocks, the repeated hour twice, a net column."""
    found = read(GreenButtonCsv(), SAN_DIEGO)
    kept = [one for one in found.series.values() if one.only_if_mapped is None]
    assert [(one.direction, one.unit, one.serial) for one in kept] == [
        (Direction.FROM_GRID, "kWh", "01234567"),
        (Direction.TO_GRID, "kWh", "01234567"),
    ]
    hours = [claim for claim in found.claims if claim.series.name == "Consumption"]
    assert [(claim.start, claim.end, claim.span, claim.value) for claim in hours] == [
        ("11/3/2024 1:00 AM", None, 3_600_000, "0.2500"),
        ("11/3/2024 1:00 AM", None, 3_600_000, "0.5000"),
    ]
    assert found.values("Generation") == ["", ""]
    assert found.series["Net"].only_if_mapped is not None


def test_the_meter_shape_for_gas_is_of_days() -> None:
    """An interval of a day has a bare date, however its duration is written."""
    text = (
        SAN_DIEGO.replace("Electric", "Gas")
        .replace("Minute(s)", "Day(s)")
        .replace("UOM,kWh", "UOM,Therms")
    )
    claims = [c for c in read(GreenButtonCsv(), text).claims if c.series.name == "Consumption"]
    assert [(claim.start, claim.span) for claim in claims] == [("11/3/2024", None)] * 2
    assert (claims[0].series.commodity, claims[0].series.unit) == (Commodity.GAS, "therm")


def test_a_bill_ends_with_its_last_day() -> None:
    """The next one begins the day after; bills are a part, for usage counts the same energy."""
    found = read(GreenButtonCsv(), BILLS)
    assert [(claim.start, claim.end) for claim in found.claims] == [
        ("10/2/2024 00:00", "11/4/2024 23:59"),
        ("11/5/2024 00:00", "12/3/2024 23:59"),
    ]
    assert [one.part for one in found.series.values()] == ["bills"]


def test_bills_that_meet() -> None:
    """Where the next bill begins on the day that the last one ends, it ends as that day begins."""
    found = read(GreenButtonCsv(), BILLS.replace("11/5/2024", "11/4/2024"))
    assert found.claims[0].end == "11/4/2024 00:00"


def test_a_netted_usage_below_nothing_was_fed_in() -> None:
    """A meter that nets each interval counts both ways in one column: no energy is lost."""
    text = HOURS.replace(",0.75,", ",-0.75,") + "Electric usage,2024-05-06,02:00,02:59,-0.00,kWh,\n"
    found = read(GreenButtonCsv(), text)
    assert [(c.series.direction, c.value) for c in found.claims] == [
        (Direction.FROM_GRID, "1.25"),
        (Direction.FROM_GRID, "0"),
        (Direction.TO_GRID, "0.75"),
        (Direction.FROM_GRID, "0.00"),
    ]
    assert "fed in" in found.layout.notes[0]


def test_a_value_with_a_comma_and_no_quotes() -> None:
    """It moves the cells behind it: told, not read as one."""
    text = f"{ABOUT}TYPE,DATE,USAGE (kWh),COST,NOTES\nElectric usage,2024-01-10,1,234.5,$9.00,x,\n"
    found = read(GreenButtonCsv(), text + "Electric usage,2024-01-11,1,234.5,$9.00,x\n")
    assert [message for _, _, message in found.problems] == [
        "7 cells in this row, 5 in the header",
        "6 cells in this row, 5 in the header",
    ]


def test_a_row_that_was_cut_off() -> None:
    """A row without its value is told."""
    found = read(GreenButtonCsv(), HOURS + "Electric usage,2024-05-06,02:00\n")
    assert [(line, message) for line, _, message in found.problems] == [
        (9, "3 cells in this row, 8 in the header")
    ]


def test_an_unknown_unit_is_told() -> None:
    """Each row says its unit; one that is none of energy or volume is no reading."""
    found = read(GreenButtonCsv(), HOURS.replace("0.75,kWh", "0.75,widgets"))
    assert [message for _, _, message in found.problems] == [
        "'widgets' is no unit of energy or volume"
    ]


def test_power_beside_energy_is_left_out() -> None:
    """A demand column is named among what was left out."""
    text = (
        "TYPE,DATE,START TIME,END TIME,USAGE (kWh),DEMAND (kW),NOTES\n"
        "Electric usage,1/1/2025,0:00,0:04,0.9,10.8,\n"
    )
    found = read(GreenButtonCsv(), text)
    assert [claim.value for claim in found.claims] == ["0.9"]
    assert found.layout.notes == ("left out: `DEMAND (kW)`: power, not energy",)


@pytest.mark.parametrize(
    "text", [HOURS.replace(",kWh,", ",kW,"), BOTH_WAYS.replace("(kWh)", "(kW)")]
)
def test_power_is_refused(text: str) -> None:
    """Whether the header says it or the rows."""
    with pytest.raises(Stop, match="power"):
        read(GreenButtonCsv(), text)


def test_costs_alone_are_refused() -> None:
    """Dollars are no readings."""
    text = "TYPE,DATE,COST\nNatural gas usage,2023-01-01,$5.50\n"
    with pytest.raises(Stop, match="costs"):
        read(GreenButtonCsv(), text)


def test_blank_cells_behind_a_row() -> None:
    """A spreadsheet adds them, some with a space."""
    found = read(GreenButtonCsv(), HOURS.replace("$0.20,\n", "$0.20,,,, ,,\n"))
    assert (len(found.claims), found.problems) == (2, [])


def test_totals_and_subheadings_are_left_out() -> None:
    """Lines without a date are no readings."""
    found = read(GreenButtonCsv(), HOURS + "\nElectric usage\nTotal,,,,2.00,kWh,$0.30,\n")
    assert len(found.claims) == 2
    assert found.problems == []


def test_other_tables_are_not_taken() -> None:
    """A date and a usage are not enough."""
    assert not knows(GreenButtonCsv(), "Date,Usage\n2024-01-01,5\n")
    assert not knows(GreenButtonCsv(), "Date,Type,Cost,kWh\n2024-01-01,Day,5,7\n")
    assert not knows(GreenButtonCsv(), "Title,Type,Date,Start Time,End Time\nx,y,2024-01-01,1,2\n")
