"""Smart Meter Texas: its usage downloads become series and claims."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports.problems import Stop
from meterctl.imports.vendors import smart_meter_texas_rows
from meterctl.imports.vendors.smart_meter_texas import SmartMeterTexas
from tests.imports.vendors.structured import knows, read

HEADER = (
    "ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,"
    "ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION\n"
)
BOTH = (
    HEADER
    + "'10440000000012345,03/01/2022,03/02/2022 06:00:00, 00:00, 00:15,.25,A,Consumption\n"
    + "'10440000000012345,03/01/2022,03/02/2022 06:00:00, 23:45, 00:00,.2,E,Consumption\n"
    + "'10440000000012345,03/01/2022,03/02/2022 06:00:00, 00:00, 00:15,0,A,Surplus Generation\n"
)


def row(revision: str, start: str, value: str) -> str:
    return f"'10440000000012345,11/06/2022,{revision}, {start}, 02:00,{value},A,Consumption\n"


def test_both_ways_of_a_meter() -> None:
    """Consumption is from the grid, surplus generation is to it; the id loses its apostrophe."""
    found = read(SmartMeterTexas(), BOTH)
    assert [(one.name, one.direction, one.serial) for one in found.series.values()] == [
        ("10440000000012345 Consumption", Direction.FROM_GRID, "10440000000012345"),
        ("10440000000012345 Surplus Generation", Direction.TO_GRID, "10440000000012345"),
    ]
    assert [claim.value for claim in found.claims] == [".25", ".2", "0"]


def test_times_stand_beside_their_date() -> None:
    """The space before a time is none of it; midnight as an end is left for the engine."""
    first, last, _ = read(SmartMeterTexas(), BOTH).claims
    assert (first.start, first.end) == ("03/01/2022 00:00", "03/01/2022 00:15")
    assert (last.start, last.end) == ("03/01/2022 23:45", "03/01/2022 00:00")


def test_estimates_are_told_by_their_letter() -> None:
    """A is actual, E is estimated; the letter is kept."""
    first, last, _ = read(SmartMeterTexas(), BOTH).claims
    assert (first.quality, first.code) == (Quality.ACTUAL, "A")
    assert (last.quality, last.code) == (Quality.ESTIMATED, "E")


def test_clocks_are_of_texas() -> None:
    """The market runs on Central time."""
    assert str(read(SmartMeterTexas(), BOTH).layout.facts.zone) == "America/Chicago"


def test_the_older_header() -> None:
    """Without revisions and ways."""
    text = (
        "ESIID,USAGE_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL\n"
        "'10440000000012345,03/01/2021,00:00,00:15,.5,A\n"
    )
    [series] = read(SmartMeterTexas(), text).series.values()
    assert (series.name, series.direction) == ("10440000000012345", Direction.FROM_GRID)


def test_a_later_revision_is_the_truth() -> None:
    """Of one interval the row with the latest revision counts, in whichever order they stand."""
    text = (
        HEADER
        + row("11/09/2022 06:00:00", "00:00", ".3")
        + row("11/07/2022 06:00:00", "00:00", ".1")
        + row("11/07/2022 06:00:00", "00:15", ".2")
    )
    found = read(SmartMeterTexas(), text)
    assert [(claim.start, claim.value) for claim in found.claims] == [
        ("11/06/2022 00:00", ".3"),
        ("11/06/2022 00:15", ".2"),
    ]
    assert found.layout.notes == (
        "1 row left out: a later revision of the same time is in the file",
    )


def test_a_repeated_hour_is_no_revision() -> None:
    """When the clocks go back a time stands twice with one revision: both rows count."""
    text = HEADER + row("11/07/2022 06:00:00", "01:00", ".1") * 2
    found = read(SmartMeterTexas(), text)
    assert len(found.claims) == 2
    assert found.layout.notes == ()


def test_what_is_held_of_a_file_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More days than any household's are refused."""
    monkeypatch.setattr(smart_meter_texas_rows, "MOST_DAYS", 1)
    text = HEADER + row("", "00:00", ".1") + row("", "00:00", ".1").replace("11/06", "11/07")
    with pytest.raises(Stop, match="more than 1 days"):
        read(SmartMeterTexas(), text)
    monkeypatch.setattr(smart_meter_texas_rows, "MOST_DAYS", 9)
    monkeypatch.setattr(smart_meter_texas_rows, "MOST_TIMES", 1)
    text = HEADER + row("11/07/2022", "00:00", ".1") + row("11/08/2022", "00:15", ".1")
    with pytest.raises(Stop, match="more than 1 times"):
        read(SmartMeterTexas(), text)


def test_days_with_the_dial() -> None:
    """A day's usage is a bare date; the dial that it is the difference of is kept if mapped."""
    text = (
        "ESIID,USAGE_DATE,REVISION_DATE,START_READING,END_READING,USAGE_KWH\n"
        "'10440000000012345,03/01/2022,03/02/2022 06:00:00,1000.1,1012.4,12.3\n"
    )
    usage, dial = read(SmartMeterTexas(), text).claims
    assert (usage.start, usage.end, usage.value) == ("03/01/2022", None, "12.3")
    assert (dial.start, dial.value, dial.series.kind) == (
        "03/01/2022 24:00",
        "1012.4",
        Kind.REGISTER,
    )
    assert dial.series.only_if_mapped is not None


def test_bills() -> None:
    """From one reading of the meter to the next."""
    text = "ESIID,START_DATE,END_DATE,ACTUAL_KWH\n'10440000000012345,03/01/2022,03/31/2022,900\n"
    [claim] = read(SmartMeterTexas(), text).claims
    assert (claim.start, claim.end) == ("03/01/2022 00:00", "03/31/2022 00:00")


def test_ends_alone() -> None:
    """Midnight ends its own row's day."""
    text = (
        "ESIID,Meter,Usage Date,Interval End Time,kWh\n"
        "10440000000012345,M1,05/18/2026,00:15,0.5\n"
        "10440000000012345,M1,05/18/2026,00:00,0.25\n"
    )
    assert [(one.start, one.end) for one in read(SmartMeterTexas(), text).claims] == [
        (None, "05/18/2026 00:15"),
        (None, "05/18/2026 24:00"),
    ]


def test_a_time_that_is_not_known_is_no_day() -> None:
    """What is of an hour is never taken for a day's."""
    assert not knows(SmartMeterTexas(), "ESIID,USAGE_DATE,Hour,USAGE_KWH\n'1,03/01/2022,1,0.5\n")


def test_a_row_that_was_cut_off() -> None:
    """It is told, and the rows around it stay."""
    found = read(SmartMeterTexas(), BOTH + "'10440000000012345,03/02/2022,03/03/2022\n")
    assert [message for _, _, message in found.problems] == ["3 cells in this row, 8 in the header"]
    assert len(found.claims) == 3


def test_other_files_are_not_taken() -> None:
    """An id and a date are not enough."""
    assert not knows(SmartMeterTexas(), "ESIID,USAGE_DATE\n'1,03/01/2022\n")
