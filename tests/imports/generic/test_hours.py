"""Hours and quarters that are numbered, as times of the day, also where the clock changes."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from meterctl.imports.generic.hours import Grid, across, clock_at, grid_of

HOURS, HALVES, QUARTERS = Grid(1, 60), Grid(1, 30), Grid(1, 15)


@pytest.mark.parametrize(
    ("least", "most", "grid"),
    [
        (1, 24, HOURS),
        (1, 25, HOURS),
        (1, 23, HOURS),
        (0, 23, Grid(0, 60)),
        (1, 48, HALVES),
        (1, 50, HALVES),
        (1, 96, QUARTERS),
        (1, 100, QUARTERS),
        (1, 12, None),
        (0, 2345, None),
    ],
)
def test_grid(least: int, most: int, grid: Grid | None) -> None:
    """How a day is cut shows by its highest number; what fits no day is none."""
    assert grid_of(least, most) == grid


def clocks(day: str, most: int, grid: Grid, zone: str | None = None) -> list[str | None]:
    return [
        clock_at(day, passed, most, grid, ZoneInfo(zone) if zone else None)
        for passed in range(most)
    ]


def test_a_usual_day() -> None:
    """The first piece begins at midnight, the last one ends there."""
    shown = clocks("2024-06-01", 96, QUARTERS)
    assert (shown[0], shown[1], shown[-1]) == ("00:00", "00:15", "23:45")


def test_a_long_day() -> None:
    """Counted to 25, an hour of the clock is there twice; which one, the zone says."""
    assert clocks("27.10.2024", 25, HOURS)[1:5] == ["01:00", "02:00", "02:00", "03:00"]
    london = clocks("27.10.2024", 25, HOURS, "Europe/London")
    assert london[:4] == ["00:00", "01:00", "01:00", "02:00"]
    york = clocks("11/03/2024", 50, HALVES, "America/New_York")
    assert york[2:6] == ["01:00", "01:30", "01:00", "01:30"]
    assert (york[-1], london[-1]) == ("23:30", "23:00")


def test_a_short_day() -> None:
    """Counted to 23, an hour of the clock is missing."""
    assert clocks("31/03/2024", 23, HOURS)[1:3] == ["01:00", "03:00"]
    assert clocks("31/03/2024", 92, QUARTERS)[7:9] == ["01:45", "03:00"]


def test_numbers_that_read_the_clock() -> None:
    """On the day of a change, 24 numbers are what the clock shows."""
    assert clocks("27.10.2024", 24, HOURS)[2:4] == ["02:00", "03:00"]
    assert clocks("31.03.2024", 24, HOURS)[2:4] == ["02:00", "03:00"]


def test_a_piece_too_many() -> None:
    """A usual day has no hour 25."""
    assert clocks("28.10.2024", 25, HOURS)[-1] is None


def test_a_shift_of_half_an_hour() -> None:
    """On Lord Howe Island the long day has 49 halves."""
    shown = clocks("07.04.2024", 49, HALVES, "Australia/Lord_Howe")
    assert shown[3:6] == ["01:30", "01:30", "02:00"]
    assert shown[-1] == "23:30"


def test_columns_across() -> None:
    """A day's columns are known by their times or numbers, all of them and no fewer."""
    cells = ["2024-01-01", *["1"] * 24, "24"]
    assert across(["Day", *(f"{h}:00" for h in range(24)), "Total"], cells) == tuple(range(1, 25))
    assert across(["Day", *(f"H{h}" for h in range(1, 25)), "Total"], cells) == tuple(range(1, 25))
    assert across(["Day", *(f"HE {h:02d}00" for h in range(1, 25))], cells) == tuple(range(1, 25))
    assert across(["Day", *(f"H{h}" for h in range(1, 13))], cells) == ()
    assert across(["Day", "A", "B"], cells) == ()
