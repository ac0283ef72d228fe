"""What ESPI is told of a zone: when its clocks change in a year."""

from __future__ import annotations

import pytest

from meterctl.domain.times import parse_time, zone_named
from meterctl.utility.to_file.local_time import LocalTime, local_time
from tests.helpers import instant


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        # the last Sunday of October at 3:00, and of March at 2:00
        ("Europe/Berlin", LocalTime("AE0E3000", 3600, "3E0E2000", 3600)),
        # the first Sunday of November, the second of March: as American utilities write it
        ("America/New_York", LocalTime("B40E2000", 3600, "360E2000", -18_000)),
        ("America/Los_Angeles", LocalTime("B40E2000", 3600, "360E2000", -28_800)),
        # summer over the turn of the year
        ("Australia/Sydney", LocalTime("440E3000", 3600, "A40E2000", 36_000)),
        ("Australia/Lord_Howe", LocalTime("440E2000", 1800, "A40E2000", 37_800)),
        ("Asia/Kolkata", LocalTime("FFFFFFFF", 0, "FFFFFFFF", 19_800)),
        ("UTC", LocalTime("FFFFFFFF", 0, "FFFFFFFF", 0)),
        ("+01:00", LocalTime("FFFFFFFF", 0, "FFFFFFFF", 3600)),
    ],
)
def test_a_zone(zone: str, told: LocalTime) -> None:
    """Its offset in winter, what summer adds, when that begins and ends; all the year round."""
    for at in ("2026-01-15 12:00", "2026-07-15 12:00", "2026-12-01 00:00"):
        assert local_time(zone_named(zone), instant(at)) == told


def test_a_rule_taken_apart() -> None:
    """Its bits are second, hour, weekday, day, which of the month, month."""
    rule = int(local_time(zone_named("America/New_York"), instant("2026-07-01 00:00"))[2], 16)
    fields = {
        "seconds": rule & 0xFFF,
        "hour": rule >> 12 & 0x1F,
        "weekday": rule >> 17 & 7,
        "day": rule >> 20 & 0x1F,
        "which": rule >> 25 & 7,
        "month": rule >> 28,
    }
    told = {"seconds": 0, "hour": 2, "weekday": 7, "day": 0, "which": 3, "month": 3}
    assert fields == told


def test_a_year_that_abolished_it() -> None:
    """One change alone is no rule: the offset of the reading itself holds."""
    # Moscow went to UTC+4 for good in March 2011, and left it in October 2014.
    zone = zone_named("Europe/Moscow")
    told = local_time(zone, parse_time("2011-06-01 12:00", zone))
    assert told == LocalTime("FFFFFFFF", 0, "FFFFFFFF", 14_400)
