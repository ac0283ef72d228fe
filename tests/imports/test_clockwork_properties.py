"""The clock of a file: whatever way it is printed, no energy is lost and none doubled."""

from __future__ import annotations

from datetime import tzinfo
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from meterctl.domain.times import DAY, HOUR, MINUTE, clock_of, zone_named
from meterctl.errors import TimeError
from meterctl.imports.layout import Label
from meterctl.imports.problems import Unknown
from meterctl.imports.times.moments import Stamp, Unit
from tests.imports.clocks import Interval, Row, at, read, survey, truth


class Case(NamedTuple):
    """A zone, and a day before one of its changes."""

    zone: str
    day: str
    minutes: tuple[int, ...] = (5, 15, 30, 60)


CASES = [
    Case("Europe/Berlin", "2023-10-28"),
    Case("Europe/Berlin", "2024-03-30"),
    Case("Europe/London", "2022-10-29"),
    Case("Europe/London", "2023-03-25"),
    Case("America/New_York", "2023-11-04"),
    Case("America/New_York", "2024-03-09"),
    Case("Australia/Sydney", "2024-04-06"),
    Case("Australia/Sydney", "2024-10-05"),
    Case("Australia/Lord_Howe", "2024-04-06", (5, 15, 30)),  # by half an hour
    Case("Australia/Lord_Howe", "2024-10-05", (5, 15, 30)),
    Case("America/Sao_Paulo", "2018-02-17"),
    Case("America/Sao_Paulo", "2018-11-03"),
    Case("UTC", "2024-03-30"),
    Case("America/St_Johns", "2006-10-28", (5, 15)),  # at one minute past midnight
]


def printed(intervals: list[Interval], zone: tzinfo, style: str) -> list[Row]:
    """The rows of a file, in one of the ways in which files are written."""
    rows: list[Row] = []
    for a, b in intervals:
        start, true, run_on = clock_of(a, zone), clock_of(b, zone), clock_of(a, zone) + b - a
        ways: dict[str, tuple[int | None, int | None]] = {
            "starts": (start, None),
            "ends": (true, None),
            "ends run on": (run_on, None),
            "both": (start, true),
            "both run on": (start, run_on),
            "ends in a last minute": (clock_of(b - MINUTE, zone), None),
            "both to the last minute": (start, clock_of(b - MINUTE, zone)),
            "both to the last second": (start, clock_of(b - 1_000, zone)),
            "both to the last millisecond": (start, clock_of(b - 1, zone)),
            "only ends": (None, true),
        }
        one, two = ways[style]
        rows.append((None if one is None else Stamp(one), None if two is None else Stamp(two)))
    return rows


class Way(NamedTuple):
    """How a file prints its rows."""

    style: str
    paired: bool  # the repeated hour's rows stand in pairs
    backwards: bool
    twice: bool  # as two sections


STYLES = [
    "starts",
    "ends",
    "ends run on",
    "ends in a last minute",
    "only ends",
    "both",
    "both run on",
    "both to the last minute",
    "both to the last second",
    "both to the last millisecond",
]
WAYS = st.builds(
    Way,
    st.sampled_from(STYLES),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(
    case=st.sampled_from(CASES),
    choice=st.integers(0, 3),
    way=WAYS,
    days=st.integers(2, 3),
)
def test_what_is_printed_is_read_back(case: Case, choice: int, way: Way, days: int) -> None:
    """Whatever way a file prints the days around a change: no energy is lost, none doubled."""
    zone = zone_named(case.zone)
    minutes = case.minutes[choice % len(case.minutes)]
    true = truth(zone, case.day, days, minutes)
    rows = printed(true, zone, way.style)
    if way.paired:
        order = sorted(range(len(rows)), key=lambda i: (rows[i][0] or rows[i][1] or Stamp(0)).clock)
        true, rows = [true[i] for i in order], [rows[i] for i in order]
    if way.backwards:
        true, rows = true[::-1], rows[::-1]
    if way.twice:
        true, rows = true * 2, rows * 2
    label = Label.ENDS if way.style.startswith("ends") else Label.STARTS
    assert read(rows, zone, label) == true


@settings(max_examples=60, deadline=None)
@given(case=st.sampled_from(CASES), style=st.sampled_from(["starts", "ends"]), data=st.data())
def test_the_order_of_the_file_changes_nothing(case: Case, style: str, data: st.DataObject) -> None:
    """A file with rows missing, read upside down, gives the same instants."""
    zone = zone_named(case.zone)
    true = truth(zone, case.day, 2, case.minutes[-1])
    rows = printed(true, zone, style)
    missing = data.draw(st.sets(st.integers(3, len(rows) - 1)))
    rows = [row for place, row in enumerate(rows) if place not in missing]
    label = Label.ENDS if style == "ends" else Label.STARTS
    try:
        found = read(rows, zone, label)
    except TimeError:
        return
    assert read(rows[::-1], zone, label) == found[::-1]


@settings(max_examples=100, deadline=None)
@given(
    case=st.sampled_from(CASES),
    other=st.sampled_from(["Europe/Berlin", "Asia/Tokyo", "UTC"]),
    backwards=st.booleans(),
)
def test_offsets_are_exact(case: Case, other: str, backwards: bool) -> None:
    """With its offset a time is an instant, whatever zone is set."""
    zone = zone_named(case.zone)
    true = truth(zone, case.day, 2, 30)
    rows: list[Row] = [(Stamp(clock_of(a, zone), clock_of(a, zone) - a), None) for a, _ in true]
    if backwards:
        true, rows = true[::-1], rows[::-1]
    assert read(rows, zone_named(other)) == true


def test_bare_dates_cover_every_instant_once() -> None:
    """Ten years of days in each zone: each begins where the one before it ended."""
    for name in {case.zone for case in CASES}:
        zone = zone_named(name)
        rows: list[Row] = [
            (Stamp(day * DAY, None, None, False, Unit.DAY), None) for day in range(16_000, 19_650)
        ]
        found = read(rows, zone)
        assert all(a[1] == b[0] for a, b in pairwise(found))


ANY_STAMP = st.builds(
    Stamp,
    st.one_of(
        st.integers(at("1971-01-01"), at("2090-01-01")),
        st.integers(0, 200).map(lambda n: at("2023-10-29T00:00") + n * 5 * MINUTE),
    ),
    st.sampled_from([None, None, 0, HOUR, -5 * HOUR]),
    st.sampled_from([None, None, "CET", "EST", "XYZ", "Europe/Berlin"]),
    st.just(True),
)
ANY_ROW = st.tuples(st.none() | ANY_STAMP, st.none() | ANY_STAMP).filter(any)


@settings(max_examples=200, deadline=None)
@given(st.lists(ANY_ROW, max_size=30), st.sampled_from([None, *Label]), st.booleans())
def test_any_rows_are_placed_or_refused(rows: list[Row], label: Label | None, told: bool) -> None:
    """Whatever stands in a file: instants in order, or an error of ours."""
    try:
        placing = survey(rows, label=label, told=told).begin()
    except Unknown:
        return
    for start, end in rows:
        try:
            a, b = placing.interval("s", start, end)
        except TimeError:
            continue
        assert a < b
