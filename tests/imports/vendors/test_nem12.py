"""AEMO NEM12: interval readings of Australian meters."""

from __future__ import annotations

from datetime import timedelta

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports.formats import Options
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.vendors.nem12 import Nem12
from tests.imports.vendors.structured import knows, read

NEM12 = Nem12()
HEADER = "100,NEM12,202310200130,MDA1,Ret1\n"
END = "900\n"


def stream(suffix: str = "E1", unit: str = "KWH", minutes: str = "30", meter: str = "M0001") -> str:
    """A 200 record."""
    return f"200,4103000001,E1B1,{suffix},{suffix},,{meter},{unit},{minutes},\n"


def day(
    date: str = "20231019",
    method: str = "A",
    count: int = 48,
    update: str = "20231020010000",
    value: str = "0.1",
) -> str:
    """A 300 record: 0.1, 0.2, 0.3 ... or one value all day."""
    values = [value] * count if value != "0.1" else [f"{n}.5" for n in range(count)]
    return f"300,{date},{','.join(values)},{method},,,{update},\n"


def test_day_of_half_hours() -> None:
    """Each value is an interval that begins where its place says, on Brisbane's clock."""
    given = read(NEM12, HEADER + stream() + day() + END)
    assert len(given.rows) == 1
    first, last = given.claims[0], given.claims[-1]
    assert (first.start, first.value, first.cell) == ("2023-10-19T00:00+10:00", "0.5", 2)
    assert (last.start, last.value, last.cell) == ("2023-10-19T23:30+10:00", "47.5", 49)
    assert first.span == 30 * 60_000
    assert (first.quality, first.code) == (Quality.ACTUAL, "A")
    assert given.layout.facts.zone is not None
    assert given.layout.facts.zone.utcoffset(None) == timedelta(hours=10)
    series = first.series
    assert (series.name, series.kind, series.unit) == ("4103000001 E1", Kind.INTERVAL, "kWh")
    assert (series.serial, series.part) == ("4103000001", "e1")


def test_western_australia_has_a_clock_of_its_own() -> None:
    """Its metering points begin with 80; its market is not that of the other states."""
    given = read(NEM12, (HEADER + stream() + day() + END).replace("4103000001", "8001000001"))
    assert given.claims[0].start == "2023-10-19T00:00+08:00"
    assert given.layout.facts.zone is not None
    assert given.layout.facts.zone.utcoffset(None) == timedelta(hours=8)


@pytest.mark.parametrize(("minutes", "count"), [("05", 288), ("5", 288), ("15", 96), ("30", 48)])
def test_lengths(minutes: str, count: int) -> None:
    """5, 15 and 30 minutes, with or without a leading zero."""
    given = read(NEM12, HEADER + stream(minutes=minutes) + day(count=count) + END)
    assert len(given.claims) == count
    assert given.claims[1].start == f"2023-10-19T00:{int(minutes):02d}+10:00"


@pytest.mark.parametrize(
    ("suffix", "unit", "direction", "kept"),
    [
        ("E1", "kWh", Direction.FROM_GRID, "kWh"),
        ("E2", "Wh", Direction.FROM_GRID, "Wh"),
        ("B1", "KWH", Direction.TO_GRID, "kWh"),
        ("K1", "KVARH", Direction.TO_GRID, "kvarh"),
        ("Q1", "kVArh", Direction.FROM_GRID, "kvarh"),
    ],
)
def test_streams(suffix: str, unit: str, direction: Direction, kept: str) -> None:
    """E is what the grid gave, B what it took; Q and K the same of reactive energy."""
    given = read(NEM12, HEADER + stream(suffix, unit) + day() + END)
    series = given.claims[0].series
    assert (series.direction, series.unit, series.part) == (direction, kept, suffix.lower())


def test_check_meter() -> None:
    """What a second meter counts for control is not counted twice."""
    given = read(NEM12, HEADER + stream() + day() + stream("F1") + day() + END)
    assert given.series["4103000001 E1"].only_if_mapped is None
    assert "check meter" in str(given.series["4103000001 F1"].only_if_mapped)


@pytest.mark.parametrize("ending", ["", END, "\n\n"])
def test_missing_header(ending: str) -> None:
    """Portals leave the 100 record out, and sometimes the 900 record."""
    assert len(read(NEM12, stream() + day() + ending).claims) == 48


def test_files_one_after_the_other() -> None:
    """Some distributors join files, each with its 100 and 900 record."""
    text = "\n" + HEADER + stream() + day() + END + HEADER + stream() + day("20231020") + END
    given = read(NEM12, text)
    assert [row.claims[0].start for row in given.rows] == [
        "2023-10-19T00:00+10:00",
        "2023-10-20T00:00+10:00",
    ]


def test_rows_before_the_first_record() -> None:
    """What a portal writes above it is no record."""
    given = read(NEM12, "My usage,,\nNMI,4103000001\n" + stream() + day() + END)
    assert (len(given.claims), given.problems) == (48, [])


def test_cells_that_a_spreadsheet_added() -> None:
    """A file that went through one has rows of one width."""
    text = HEADER + stream() + day(method="V") + "400,1,48,A,,\n" + END
    lines = text.splitlines()
    width = max(line.count(",") for line in lines) + 200
    padded = "".join(line + "," * (width - line.count(",")) + "\n" for line in lines)
    claims = read(NEM12, padded).claims
    assert [(claim.value, claim.code) for claim in claims[:2]] == [("0.5", "A"), ("1.5", "A")]
    assert len(claims) == 48


def test_dial_readings_of_the_retailer() -> None:
    """500 records are left out, with a note."""
    text = HEADER + stream() + day() + "500,O,S00010,20231020050505,00012345\n" + END
    given = read(NEM12, text)
    assert given.layout.notes == ("left out: the dial readings of 1 record of kind 500",)


def test_quality_by_ranges() -> None:
    """A day of method V has its qualities in the 400 records below it."""
    ranges = "400,1,20,F14,76,\n400,21,24,A,,\n400,25,47,E52,,\n"
    given = read(NEM12, HEADER + stream() + day(method="V") + ranges + END)
    told = [(claim.quality, claim.code) for claim in given.claims]
    assert told[0] == told[19] == (Quality.ESTIMATED, "F14")
    assert told[20] == told[23] == (Quality.ACTUAL, "A")
    assert told[24] == told[46] == (Quality.ESTIMATED, "E52")
    assert told[47] == (Quality.QUESTIONABLE, "V")  # the file says of it only that it varies
    assert given.problems == []


def test_quality_range_beyond_the_day() -> None:
    """It is told at its place, and the day keeps what its own record says."""
    given = read(NEM12, HEADER + stream() + day(method="V") + "400,1,49,A,,\n" + END)
    assert given.problems == [(4, 5, "intervals '1' to '49' are not of the day above")]
    assert len(given.claims) == 48


def test_null_values() -> None:
    """Method N says that there is no value: its zeros only fill the place."""
    text = HEADER + stream() + day(method="V", value="0") + "400,1,2,N,,\n400,3,48,A,,\n" + END
    values = [claim.value for claim in read(NEM12, text).claims]
    assert values[:3] == ["", "", "0"]


def test_method_is_missing() -> None:
    """Some exports end with the last value: nothing is said of the quality."""
    text = HEADER + stream() + "300,20231019," + ",".join(["1.25"] * 48) + "\n"
    claims = read(NEM12, text).claims
    assert (len(claims), claims[0].quality, claims[0].code) == (48, Quality.ACTUAL, None)


@pytest.mark.parametrize("count", [46, 47, 49, 288])
def test_wrong_count_of_values(count: int) -> None:
    """The record is refused, for no place of it is sure; the next is read."""
    given = read(NEM12, HEADER + stream() + day(count=count) + day("20231020") + END)
    (line, _, message), *rest = given.problems
    assert (line, rest) == (3, [])
    assert message == f"{count} values, where 48 intervals of 30 minutes make a day"
    assert len(given.claims) == 48


def test_date_that_is_none() -> None:
    """It is told at its place."""
    given = read(NEM12, HEADER + stream() + day("20230230") + END)
    assert given.problems == [(3, 5, "'20230230' is no date")]


def test_day_without_a_stream() -> None:
    """Nothing says what it counts: it is refused, not read as the stream of another."""
    given = read(NEM12, HEADER + day() + stream() + day("20231020") + END)
    assert [line for line, _, _ in given.problems] == [2]
    assert len(given.claims) == 48


def test_unknown_record() -> None:
    """A line that is no record is told, not passed over."""
    given = read(NEM12, HEADER + stream() + day() + "950,what\n" + END)
    assert given.problems == [(4, 1, "no NEM12 record begins with '950'")]


def test_power_beside_energy() -> None:
    """It is left out, with a note."""
    given = read(NEM12, HEADER + stream() + day() + stream("G1", "kW") + day() + END)
    assert list(given.series) == ["4103000001 E1"]
    assert given.layout.notes == ("left out: 4103000001 G1 in kW: power or voltage, not energy",)


def test_power_only() -> None:
    """Such a file is refused, with the reason."""
    with pytest.raises(Stop, match="power or voltage"):
        read(NEM12, HEADER + stream("G1", "kW") + day() + stream("V1", "V") + day() + END)


def test_day_that_was_corrected() -> None:
    """The later update counts, wherever it stands in the file."""
    late, early = day(update="20231101000000", value="2"), day(value="1")
    for text in (early + late, late + early):
        given = read(NEM12, HEADER + stream() + text + END)
        assert {claim.value for claim in given.claims} == {"2"}
        assert given.layout.notes == (
            "1 day comes more than once: the latest update of each is taken",
        )


def test_day_that_comes_twice_without_an_update() -> None:
    """Nothing says which one is right: both are given, to be compared."""
    given = read(NEM12, HEADER + stream() + day(value="1") + day(value="2") + END)
    assert [claim.value for claim in given.claims[47:49]] == ["1", "2"]
    assert given.layout.notes == ()


def test_meter_that_was_exchanged() -> None:
    """The stream goes on, over the one day that both meters share."""
    old = stream() + day("20231018") + day("20231019")
    new = stream(meter="M0002") + day("20231019", value="0", method="N") + day("20231020")
    assert list(read(NEM12, HEADER + old + new + END).series) == ["4103000001 E1"]


def test_two_meters_of_one_name() -> None:
    """Two meters that count at the same time are two series, however their point is named."""
    days = day("20231018") + day("20231019")
    given = read(NEM12, HEADER + stream() + days + stream(meter="M0002") + days + END)
    assert [(name, one.serial) for name, one in given.series.items()] == [
        ("4103000001 E1 M0001", "M0001"),
        ("4103000001 E1 M0002", "M0002"),
    ]


def test_direction_that_is_not_said() -> None:
    """It is asked, and --direction answers."""
    text = HEADER + stream("X1") + day() + END
    with pytest.raises(Unknown, match="which way") as asked:
        read(NEM12, text)
    assert asked.value.option == "direction"
    given = read(NEM12, text, Options(direction=Direction.TO_GRID))
    assert given.claims[0].series.direction is Direction.TO_GRID


def test_unit_that_is_not_said() -> None:
    """It is asked, and --unit answers."""
    text = HEADER + stream(unit="") + day() + END
    with pytest.raises(Unknown) as asked:
        read(NEM12, text)
    assert asked.value.option == "unit"
    assert read(NEM12, text, Options(unit="kWh")).claims[0].series.unit == "kWh"


@pytest.mark.parametrize(
    "text", ["100,NEM13,20040110,A,B\n900\n", "timestamp,meterValue\n", "300,5\n", "", "900\n"]
)
def test_other_files(text: str) -> None:
    """They are left to others."""
    assert not knows(NEM12, text)


def test_no_streams() -> None:
    """A file of a header and an end has nothing to read."""
    with pytest.raises(Stop, match="no 200 record"):
        read(NEM12, HEADER + END)
