"""Clocks that programs set back an hour late, or in one of two columns only, as found in files."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from meterctl.domain.times import MINUTE
from meterctl.imports.problems import Unknown
from tests.helpers import BERLIN
from tests.imports.clocks import Row, at, both, read, starts, survey, truth

PACIFIC = ZoneInfo("America/Los_Angeles")
CENTRAL = ZoneInfo("America/Chicago")
DAY = "2021-11-07"


def quarters(first: int, last: int, day: str = DAY) -> list[str]:
    """The labels of hours in quarters."""
    return [f"{day} {hour:02}:{quarter:02}" for hour in range(first, last) for quarter in QUARTERS]


QUARTERS = (0, 15, 30, 45)
LATE = [*quarters(0, 3), *quarters(2, 24)]  # 100 of them: 02:00 is there twice, 01:00 once


class TestAnHourLate:
    """7 November 2021 in California: 01:00 to 02:00 was there twice, some files have 02:00 so."""

    def test_told_apart_by_order(self) -> None:
        """All of the day's 25 hours follow one another."""
        rows = starts(*LATE)
        assert read(rows, PACIFIC) == truth(PACIFIC, DAY, 1, 15) + end_of_day()
        assert "the file the hour after" in "".join(survey(rows, PACIFIC).decided)

    def test_with_starts_and_ends(self) -> None:
        """As Southern California Edison writes it."""
        ends = [*LATE[1:], "2021-11-08 00:00"]
        ends[11] = f"{DAY} 03:00"
        rows: list[Row] = both(*(f"{a} to {b}" for a, b in zip(LATE, ends, strict=True)))
        assert read(rows, PACIFIC) == truth(PACIFIC, DAY, 1, 15) + end_of_day()

    def test_from_last_to_first(self) -> None:
        """The order of the file is the other way round, that of time is not."""
        rows = starts(*reversed(LATE))
        assert read(rows, PACIFIC) == [*reversed(truth(PACIFIC, DAY, 1, 15) + end_of_day())]

    def test_a_zone_whose_clock_was_set_back_then(self) -> None:
        """03:00 to 04:00 twice on Berlin's own day is Helsinki's clock: asked, unless told."""
        day = "2023-10-29"
        rows = starts(*quarters(0, 4, day), *quarters(3, 24, day))
        with pytest.raises(Unknown, match="set back on 2023-10-29") as caught:
            read(rows)
        assert [one.answer for one in caught.value.choices] == ["Europe/Helsinki"]
        first, *_, last = read(rows, BERLIN, told=True)
        assert (last[1] - first[0]) == 100 * 15 * MINUTE

    def test_half_of_it_is_no_clock(self) -> None:
        """Where not all of the hour is there twice, its rows just stand there again."""
        rows = starts(*quarters(0, 3), f"{DAY} 02:45", *quarters(3, 24))
        read_ = read(rows, PACIFIC)
        assert read_[11] == read_[12]


def end_of_day() -> list[tuple[int, int]]:
    """The 25th hour, for `truth` counts days of 24."""
    first = at("2021-11-08T07:00")
    step = 15 * MINUTE
    return [(first + n * step, first + (n + 1) * step) for n in range(4)]


def test_a_start_of_the_old_clock_and_an_end_of_the_new() -> None:
    """Smart Meter Texas: 02:00 to 01:15 begins where 01:45 to 02:00 has ended."""
    rows = both(
        *(f"2022-11-06 {a} to 2022-11-06 {b}" for a, b in (
            ("01:30", "01:45"), ("01:45", "02:00"), ("02:00", "01:15"), ("01:15", "01:30"),
            ("01:30", "01:45"), ("01:45", "02:00"), ("02:00", "02:15"), ("02:15", "02:30"),
        ))
    )  # fmt: skip
    begins = at("2022-11-06T06:30")
    assert [a for a, _ in read(rows, CENTRAL)] == [begins + n * 15 * MINUTE for n in range(8)]


def test_an_end_of_the_new_clock() -> None:
    """01:45 to 01:00 is a quarter of an hour too."""
    rows = both(
        *(f"2022-11-06 {a} to 2022-11-06 {b}" for a, b in (
            ("01:15", "01:30"), ("01:30", "01:45"), ("01:45", "01:00"), ("01:00", "01:15"),
            ("01:15", "01:30"), ("01:30", "01:45"), ("01:45", "02:00"), ("02:00", "02:15"),
        ))
    )  # fmt: skip
    begins = at("2022-11-06T06:15")
    assert [a for a, _ in read(rows, CENTRAL)] == [begins + n * 15 * MINUTE for n in range(8)]
