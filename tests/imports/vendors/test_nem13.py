"""AEMO NEM13: dial readings of Australian meters."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports.formats import Options
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.vendors.nem13 import Nem13
from tests.imports.vendors.structured import knows, read

NEM13 = Nem13()
HEADER = "100,NEM13,202401101030,MDA1,Ret1\n"
END = "900\n"


def reading(
    direction: str = "E", suffix: str = "11", quantity: str = "1312.0", unit: str = "kWh"
) -> str:
    """A 250 record and the 550 record below it."""
    return (
        f"250,4103000001,1141,1,{suffix},{suffix},M0001,{direction},006342.8,20231005093055,A,,,"
        f"007654.8,20240107100333,E64,77,,{quantity},{unit},20240407, 20240108100333,"
        "20240108091133\n550,N,,A,\n"
    )


def test_two_readings_a_record() -> None:
    """The last one and this one, each with its time on Brisbane's clock and its quality."""
    given = read(NEM13, HEADER + reading() + END)
    assert len(given.rows) == 1
    first, second = given.claims
    assert (first.value, first.start) == ("006342.8", "2023-10-05T09:30:55+10:00")
    assert (first.quality, first.code) == (Quality.ACTUAL, "A")
    assert (second.value, second.start) == ("007654.8", "2024-01-07T10:03:33+10:00")
    assert (second.quality, second.code) == (Quality.ESTIMATED, "E64")
    assert (second.cell, second.start_cell) == (13, 14)
    series = first.series
    assert series.name == "4103000001 11 M0001"
    assert (series.kind, series.unit, series.serial) == (Kind.REGISTER, "kWh", "M0001")
    assert (series.direction, series.part) == (Direction.FROM_GRID, "11")
    assert given.layout.notes == ()


def test_western_australia_has_a_clock_of_its_own() -> None:
    """Its metering points begin with 80; its market is not that of the other states."""
    given = read(NEM13, HEADER + reading().replace("4103000001", "8001000001") + END)
    assert given.claims[0].start == "2023-10-05T09:30:55+08:00"


def test_import_is_what_the_market_takes() -> None:
    """The market's import is what a house feeds into the grid."""
    given = read(NEM13, HEADER + reading("I", "71") + END)
    assert given.claims[0].series.direction is Direction.TO_GRID


def test_missing_header() -> None:
    """A file may begin with its first reading."""
    assert len(read(NEM13, reading() + reading(suffix="41")).series) == 2


def test_quantity_with_a_multiplier() -> None:
    """The dial is read as it is, and the person is told that its kWh are others."""
    given = read(NEM13, HEADER + reading(quantity="13120") + END)
    assert [claim.value for claim in given.claims] == ["006342.8", "007654.8"]
    assert "its quantity is not the difference of its readings" in given.layout.notes[0]


def test_reading_without_a_time_of_day() -> None:
    """Its date is given as it is."""
    text = reading().replace("20231005093055", "20231005")
    assert read(NEM13, HEADER + text + END).claims[0].start == "2023-10-05"


def test_record_cut_off() -> None:
    """It is told."""
    text = HEADER + reading() + reading().split(",A,,")[0] + "\n"
    given = read(NEM13, text, Options(unit="kWh"))
    assert [line for line, _, _ in given.problems] == [4]


def test_direction_that_is_not_said() -> None:
    """It is asked, and --direction answers."""
    with pytest.raises(Unknown) as asked:
        read(NEM13, HEADER + reading(""))
    assert asked.value.option == "direction"
    given = read(NEM13, HEADER + reading(""), Options(direction=Direction.FROM_GRID))
    assert given.claims[0].series.direction is Direction.FROM_GRID


def test_power_only() -> None:
    """Such a file is refused, with the reason."""
    with pytest.raises(Stop, match="power or voltage"):
        read(NEM13, HEADER + reading(unit="kW") + END)


def test_power_beside_energy() -> None:
    """It is left out, with a note."""
    given = read(NEM13, HEADER + reading() + reading(suffix="61", unit="kVA") + END)
    assert len(given.claims) == 2
    assert given.layout.notes == (
        "left out: 4103000001 61 M0001 in kVA: no energy that meterctl keeps",
    )


def test_unknown_record() -> None:
    """A line that is no record is told, not passed over."""
    given = read(NEM13, HEADER + reading() + "Total,1312\n" + END)
    assert given.problems == [(4, 1, "no NEM13 record begins with 'Total'")]


@pytest.mark.parametrize("text", ["100,NEM12,20040110,A,B\n900\n", "250,1,2\n", ""])
def test_other_files(text: str) -> None:
    """They are left to others."""
    assert not knows(NEM13, text)
