"""Usage downloads of Australian retailers and distributors become series and claims."""

from __future__ import annotations

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports.layout import Order
from meterctl.imports.vendors.australian_usage import AustralianUsage
from tests.imports.vendors.structured import knows, read

REGISTERS = """AccountNumber,NMI,DeviceNumber,DeviceType,RegisterCode,RateTypeDescription,\
StartDate,EndDate,ProfileReadValue,RegisterReadValue,QualityFlag
1,41000000001,000000000000000009,COMMS4D,12345#E1,Generalusage,\
21/05/2024 12:00:00 AM,21/05/2024 12:29:59 AM,0.25,0,A
1,41000000001,000000000000000009,COMMS4D,12345#E2,Controlledload,\
21/05/2024 12:00:00 AM,21/05/2024 12:29:59 AM,0.5,0,S
1,41000000001,000000000000000009,COMMS4D,12345#B1,Solar,\
21/05/2024 12:00:00 PM,21/05/2024 12:29:59 PM,1.25,1000.5,A,
"""
DAYS = """NMI,METER SERIAL NUMBER,CON/GEN,DATE,ESTIMATED?,00:00 - 00:30,00:30 - 01:00,23:30 - 00:00
4100000000,123456,Consumption,01/Dec/2024,N,0.25,0.5,0.75
4100000000,123456,Generation,01/Dec/2024,Yes,0,0.5,
"""


def test_registers_by_the_markets_suffix() -> None:
    """E is drawn from the grid, B is fed into it; the unit, which no cell says, is kWh."""
    found = read(AustralianUsage(), REGISTERS).series
    assert [(one.name, one.direction, one.part) for one in list(found.values())[:3]] == [
        ("41000000001 E1 Generalusage", Direction.FROM_GRID, "e1"),
        ("41000000001 E2 Controlledload", Direction.FROM_GRID, "e2"),
        ("41000000001 B1 Solar", Direction.TO_GRID, "b1"),
    ]
    assert {(one.unit, one.serial) for one in found.values()} == {("kWh", "41000000001")}


def test_a_rows_times_and_its_flag() -> None:
    """An end is its interval's last second; S is a substitute."""
    found = read(AustralianUsage(), REGISTERS)
    first, second = found.claims[:2]
    assert (first.start, first.end) == ("21/05/2024 12:00:00 AM", "21/05/2024 12:29:59 AM")
    assert (first.quality, second.quality) == (Quality.ACTUAL, Quality.ESTIMATED)
    assert found.layout.facts.order is Order.DMY


def test_the_dial_is_kept_if_mapped() -> None:
    """Most files have nothing there."""
    dial = read(AustralianUsage(), REGISTERS).claims[-1]
    assert (dial.series.kind, dial.value) == (Kind.REGISTER, "1000.5")
    assert dial.series.only_if_mapped is not None


def test_a_register_without_a_suffix_goes_by_its_rate() -> None:
    """Solar is fed in, all else is drawn."""
    text = REGISTERS.replace("12345#E1", "").replace("12345#B1", "")
    ways = [one.direction for one in read(AustralianUsage(), text).series.values()]
    assert ways[:3] == [Direction.FROM_GRID, Direction.FROM_GRID, Direction.TO_GRID]


def test_a_day_in_each_row() -> None:
    """Each half hour is a claim with both of its ends, of the way that the row says."""
    found = read(AustralianUsage(), DAYS)
    assert [(one.name, one.direction) for one in found.series.values()] == [
        ("4100000000 Consumption", Direction.FROM_GRID),
        ("4100000000 Generation", Direction.TO_GRID),
    ]
    assert [(claim.start, claim.end) for claim in found.claims[1:3]] == [
        ("01/Dec/2024 00:30", "01/Dec/2024 01:00"),
        ("01/Dec/2024 23:30", "01/Dec/2024 00:00"),
    ]
    assert found.values("4100000000 Generation") == ["0", "0.5", ""]
    assert [claim.quality for claim in found.claims[2:4]] == [Quality.ACTUAL, Quality.ESTIMATED]


def test_a_row_that_was_cut_off() -> None:
    """It is told, in either form."""
    found = read(AustralianUsage(), DAYS + "4100000000,123456,Consumption,02/Dec/2024,N,0.1\n")
    assert [message for _, _, message in found.problems] == ["6 cells in this row, 8 in the header"]
    found = read(AustralianUsage(), REGISTERS + "1,6,9,C,1#E1,Usage,21/05/2024 1:00:00 PM\n")
    assert [message for _, _, message in found.problems] == [
        "7 cells in this row, 11 in the header"
    ]


def test_other_files_are_not_taken() -> None:
    """An NMI and a date are not enough."""
    assert not knows(AustralianUsage(), "NMI,DATE,TIME,KWH\n4100000000,01/07/2024,00:30,0.1\n")
