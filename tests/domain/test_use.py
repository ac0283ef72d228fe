"""Use per period: what the trusted readings prove, and nothing in between."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterctl.domain.meters import Device, Direction, Kind, Meter
from meterctl.domain.periods import By, period_at, periods_between
from meterctl.domain.quantity import MILLIONTHS, format_quantity
from meterctl.domain.readings import Reading
from meterctl.domain.times import HOUR, local_text, parse_time, zone_named
from meterctl.domain.use import use_by_period
from tests.helpers import BERLIN, INVERTER, METER, instant, reading

DIGITS = METER._replace(digits=3)
SWAPPED = METER._replace(
    devices=(Device(1, None, None), Device(2, "B", instant("2026-03-03 10:00")))
)
QUARTERS = Meter("quarters", "quarters", "kWh", Kind.INTERVAL, Direction.FROM_GRID)


@pytest.mark.parametrize(
    ("at", "by", "hours", "label"),
    [
        # Days
        ("2026-03-01 12:00", By.DAY, 24, "2026-03-01"),
        ("2026-03-29 12:00", By.DAY, 23, "2026-03-29"),
        ("2026-10-25 12:00", By.DAY, 25, "2026-10-25"),
        ("2026-03-02 00:00", By.DAY, 24, "2026-03-02"),
        # Weeks begin on Monday, and belong to the year of their Thursday
        ("2026-03-29 12:00", By.WEEK, 7 * 24 - 1, "2026-W13"),
        ("2026-01-01 12:00", By.WEEK, 7 * 24, "2026-W01"),
        ("2027-01-03 12:00", By.WEEK, 7 * 24, "2026-W53"),
        # Months and years
        ("2026-02-10 12:00", By.MONTH, 28 * 24, "2026-02"),
        ("2024-02-29 12:00", By.MONTH, 29 * 24, "2024-02"),
        ("2026-03-31 12:00", By.MONTH, 31 * 24 - 1, "2026-03"),
        ("2026-12-31 23:59", By.MONTH, 31 * 24, "2026-12"),
        ("2026-12-31 23:59", By.YEAR, 365 * 24, "2026"),
        ("2024-01-01 00:00", By.YEAR, 366 * 24, "2024"),
        # Hours
        ("2026-03-01 12:34", By.HOUR, 1, "2026-03-01 12:00+0100"),
        ("2026-10-25T02:30:00+02:00", By.HOUR, 1, "2026-10-25 02:00+0200"),
        ("2026-10-25T02:30:00+01:00", By.HOUR, 1, "2026-10-25 02:00+0100"),
    ],
)
def test_a_period(at: str, by: By, hours: int, label: str) -> None:
    """Periods are local: a day may have 23 or 25 hours, and the doubled hour is two."""
    period = period_at(instant(at), by, BERLIN)
    assert (period.label, period.end - period.start) == (label, hours * HOUR)


@pytest.mark.parametrize(
    ("zone", "labels"),
    [
        # No such day
        ("Pacific/Apia", ["2011-12-29", "2011-12-31"]),
        # No such midnight
        ("America/Sao_Paulo", ["2018-11-03", "2018-11-04"]),
        # Set back over midnight: the day begins once
        ("America/St_Johns", ["2010-11-06", "2010-11-07"]),
    ],
)
def test_days_that_begin_oddly(zone: str, labels: list[str]) -> None:
    """Each day that there was is one period, and they leave no time out."""
    clocks = zone_named(zone)
    first, last = (parse_time(f"{day} 12:00", clocks) for day in labels)
    days = list(periods_between(first, last, By.DAY, clocks))
    assert [day.label for day in days] == labels
    assert all(one.end == following.start for one, following in pairwise(days))


@pytest.mark.parametrize(
    ("at", "label"),
    [
        ("2010-11-06T23:30:00-02:30", "2010-11-06"),
        ("2010-11-07T00:00:30-02:30", "2010-11-06"),  # for one minute, and then 23:01 again
        ("2010-11-06T23:30:00-03:30", "2010-11-06"),
        ("2010-11-07T00:00:00-03:30", "2010-11-07"),
    ],
)
def test_clocks_set_back_over_midnight(at: str, label: str) -> None:
    """A day begins when it begins for good, so that no instant lies in two days."""
    period = period_at(instant(at), By.DAY, zone_named("America/St_Johns"))
    assert period.label == label
    assert period.start <= instant(at) < period.end


def _told(meter: Meter, told: str) -> list[Reading]:
    """Readings written `03-01 12:00=5`; `=5~1` is of device 1."""
    readings = []
    for entry in told.split(" | "):
        at, value = entry.split("=")
        value, _, device = value.partition("~")
        start, _, end = at.rpartition(" to ")
        more = {"starts_at": instant(f"2026-{start}")} if start else {}
        if device:
            more["device"] = int(device)
        readings.append(reading(value, f"2026-{end}", meter, **more))
    return sorted(readings, key=lambda one: (one.device, one.at))


@pytest.mark.parametrize(
    ("meter", "told", "days"),
    [
        # A register: a use belongs to the day of the later reading
        (METER, "03-01 12:00=5 | 03-02 12:00=8 | 03-02 20:00=9", ["02: 4"]),
        (METER, "03-01 12:00=5 | 03-01 20:00=8 | 03-02 20:00=9", ["01: 3", "02: 1"]),
        (METER, "03-01 12:00=5 | 03-01 20:00=5", ["01: 0"]),
        (METER, "03-01 12:00=5", []),
        # A reading at midnight closes the day before
        (METER, "03-01 00:00=5 | 03-02 00:00=8 | 03-03 00:00=9", ["01: 3", "02: 1"]),
        (METER, "03-28 00:00=1 | 03-29 00:00=2 | 03-30 00:00=4", ["28: 1", "29: 2"]),
        # A day without a reading is missing, not zero
        (
            METER,
            "03-01 00:00=5 | 03-02 00:00=8 | 03-04 20:00=9",
            ["01: 3", "02: -", "03: -", "04: 1"],
        ),
        # A rollover
        (DIGITS, "03-01 12:00=990 | 03-02 12:00=5 | 03-03 12:00=6", ["02: 15", "03: 1"]),
        # A fall that a person accepted: nobody knows what was used, so it counts anew
        (METER, "03-01 12:00=990 | 03-02 12:00=5 | 03-03 12:00=6", ["03: 1"]),
        # A swap: each device's own uses, nothing between the last value and the first
        (
            SWAPPED,
            "03-02 10:00=90 | 03-03 10:00=93~1 | 03-03 10:00=2~2 | 03-03 20:00=4",
            ["03: 5"],
        ),
        # A daily counter: from its midnight
        (INVERTER, "03-01 12:00=5 | 03-01 20:00=8 | 03-02 20:00=9", ["01: 8", "02: 9"]),
        (INVERTER, "03-01 00:00=0 | 03-01 20:00=8 | 03-02 00:00=0", ["01: 8", "02: 0"]),
        (INVERTER, "03-01 20:00=8 | 03-03 20:00=9", ["01: 8", "02: -", "03: 9"]),
        (INVERTER, "03-29 20:00=8 | 10-25 20:00=9", ["29: 8", *["-"] * 209, "25: 9"]),
        # Intervals
        (
            QUARTERS,
            (
                "03-01 23:30 to 03-01 23:45=1 | 03-01 23:45 to 03-02 00:00=2"
                " | 03-02 00:00 to 03-02 00:15=4 | 03-04 00:00 to 03-04 00:15=8"
            ),
            ["01: 3", "02: 4", "03: -", "04: 8"],
        ),
    ],
)
def test_use_by_day(meter: Meter, told: str, days: list[str]) -> None:
    """What is proven of each day from the first use to the last."""
    found = list(use_by_period(meter, _told(meter, told), BERLIN, By.DAY))
    assert len(found) == len(days)
    for one, expected in zip(found, days, strict=True):
        amount = "-" if one.amount is None else format_quantity(one.amount)
        assert f"{one.period.label[-2:]}: {amount}".endswith(expected)


def test_since_when_a_use_counts() -> None:
    """Where the reading before lies days back, the period says from when its use counts."""
    told = _told(METER, "03-01 12:00=5 | 03-04 08:00=8 | 03-04 20:00=9")
    (day,) = use_by_period(METER, told, BERLIN, By.DAY)
    assert (day.since, day.until) == (told[0].at, told[-1].at)
    assert local_text(day.period.start, BERLIN) == "2026-03-04 00:00:00 CET"


def test_a_correction() -> None:
    """Only the truths are summed: a correction changes two uses, and no sum."""
    told = _told(METER, "03-01 00:00=0 | 03-02 00:00=9 | 03-03 00:00=10")
    corrected = [told[0], told[1]._replace(value=4 * MILLIONTHS, revision=2), told[2]]
    for readings, uses in ((told, [9, 1]), (corrected, [4, 6])):
        found = use_by_period(METER, readings, BERLIN, By.DAY)
        assert [(one.amount or 0) // MILLIONTHS for one in found] == uses


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(1, 400 * HOUR), st.integers(0, 10**9)), min_size=1, max_size=25
    ),
    by=st.sampled_from([By.DAY, By.WEEK, By.MONTH, By.YEAR, By.HOUR]),
    zone=st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
)
def test_any_register_that_grows(steps: list[tuple[int, int]], by: By, zone: str) -> None:
    """Whatever the periods, their uses sum up to the last value less the first."""
    readings = [reading("5", "2026-01-01 00:00")]
    for later, more in steps:
        last = readings[-1]
        at = last.at + later
        readings.append(last._replace(at=at, starts_at=at, value=last.amount + more))
    found = list(use_by_period(METER, readings, zone_named(zone), by))
    assert sum(one.amount or 0 for one in found) == readings[-1].amount - readings[0].amount
    assert all(one.period.end == following.period.start for one, following in pairwise(found))
    told = [one for one in found if one.until is not None]
    assert all(one.period.start < (one.until or 0) <= one.period.end for one in told)
