"""What a file holds of each meter, told in bounded memory."""

from __future__ import annotations

import random

import pytest

from meterctl.domain.meters import Device, Direction, Kind, Meter
from meterctl.domain.quantity import MILLIONTHS
from meterctl.domain.readings import Reading, Source, new_reading
from meterctl.domain.times import HOUR
from meterctl.services import coverage as counted
from meterctl.services.coverage import Coverage
from tests.helpers import instant

START = instant("2025-03-01T00:00Z")


def meter(name: str, serial: str | None = None) -> Meter:
    """A meter of intervals."""
    devices = (Device(1, serial, None),)
    return Meter(name, name, "kWh", Kind.INTERVAL, Direction.FROM_GRID, devices=devices)


def hour(of: Meter, number: int, value: int = 1) -> Reading:
    """What a meter counted in an hour, from the start on."""
    end = START + (number + 1) * HOUR
    return new_reading(of, end, value * MILLIONTHS, Source.IMPORT, starts_at=end - HOUR)


def gaps(coverage: Coverage, *meters: Meter) -> list[list[tuple[int, int]]]:
    """The gaps of each meter, in hours."""
    return [
        [((start - START) // HOUR, (end - START) // HOUR) for start, end in one.gaps]
        for one in coverage.held(meters)
    ]


def test_rows_in_any_order() -> None:
    """First, last, sum and gaps are the same, however the rows stand."""
    one = meter("one")
    hours = [number for number in range(48) if number not in (7, 8, 20)]
    random.Random(3).shuffle(hours)
    coverage = Coverage()
    coverage.add(hour(one, number) for number in hours)
    (held,) = coverage.held((one,))
    assert (held.readings, held.total) == (45, 45 * MILLIONTHS)
    assert (held.first.at, held.last.at) == (START + HOUR, START + 48 * HOUR)
    assert gaps(coverage, one) == [[(7, 9), (20, 21)]]


def test_tariffs_that_take_turns() -> None:
    """What one tariff of a device does not cover, the other does: that is no gap."""
    day, night = meter("day", "A-7"), meter("night", "A-7")
    coverage = Coverage()
    coverage.add(hour(night if number < 6 else day, number) for number in range(24) if number != 9)
    assert gaps(coverage, day, night) == [[(9, 10)], [(9, 10)]]


def test_two_meters_without_a_serial() -> None:
    """Each has its own gaps."""
    one, two = meter("one"), meter("two")
    coverage = Coverage()
    coverage.add(hour(one, number) for number in (0, 1, 3))
    coverage.add(hour(two, number) for number in (0, 1, 2, 3))
    assert gaps(coverage, one, two) == [[(2, 3)], []]


def test_a_file_that_is_all_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded: how many there are is not known then, which is not none."""
    monkeypatch.setattr(counted, "_MOST_PIECES", 5)
    torn, whole = meter("torn"), meter("whole")
    coverage = Coverage()
    coverage.add(hour(torn, number) for number in range(0, 40, 2))
    coverage.add(hour(whole, number) for number in range(40))
    assert [one.gap_count for one in coverage.held((torn, whole))] == [None, 0]
    assert [one.readings for one in coverage.held((torn, whole))] == [20, 40]
