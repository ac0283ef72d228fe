"""Times: instants to the millisecond, read from ISO 8601 or a zone's own clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from meterctl.domain.times import (
    DAY,
    HOUR,
    MINUTE,
    age_text,
    iso_utc,
    local_text,
    parse_time,
    refuse_future,
    with_offset,
    zone_named,
)
from meterctl.errors import TimeError
from tests.helpers import BERLIN

A_TIME_IN_A_HINT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d")


def utc(text: str) -> int:
    """The instant of an ISO text, by the standard library."""
    since = datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(milliseconds=1)


SIX = utc("2026-03-01T06:00:00")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        # With its offset: one instant, whatever the zone
        ("2026-03-01T06:00:00Z", SIX),
        ("2026-03-01t06:00:00z", SIX),
        ("2026-03-01T07:00:00+01:00", SIX),
        ("2026-03-01T07:00+0100", SIX),
        ("2026-03-01 07:00 +01", SIX),
        ("2026-03-01T02:30:00-03:30", SIX),
        ("2026-03-01T05:15:30-00:44:30", SIX),
        ("2026-03-01T06:00:00-00:00", SIX),
        # The zone's own clock
        ("2026-03-01 07:00", SIX),
        ("2026-03-01T07:00:00", SIX),
        (" 2026-03-01 07:00 ", SIX),
        ("2026-07-01 08:00", utc("2026-07-01T06:00:00")),
        # Fractions: to the millisecond, the rest cut off
        ("2026-03-01 07:00:00.5", SIX + 500),
        ("2026-03-01 07:00:00.123", SIX + 123),
        ("2026-03-01T06:00:00.123999999Z", SIX + 123),
        # The edges
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T19:00:00-05:00", 0),
        ("9998-12-31T23:59:59Z", utc("9998-12-31T23:59:59")),
        ("2024-02-29 01:00", utc("2024-02-29T00:00:00")),
    ],
)
def test_what_is_a_time(text: str, instant: int) -> None:
    """ISO 8601 with its offset, or the clock of the meter's zone (Berlin's here)."""
    assert parse_time(text, BERLIN) == instant


@pytest.mark.parametrize(
    ("text", "says"),
    [
        # Not a time of day
        ("2026-03-01", "is a day, not a time of day"),
        ("2026-03-01 24:00", "has an hour 24"),
        ("2026-03-01 23:59:60", "is a leap second"),
        ("2016-12-31T23:59:60Z", "is a leap second"),
        ("2026-03-01 25:00", "is not a time of day"),
        ("2026-03-01 12:60", "is not a time of day"),
        ("2026-03-01 12:00:61", "is not a time of day"),
        # No such day
        ("2026-02-29 12:00", "there is no day"),
        ("2026-13-01 12:00", "there is no day"),
        ("0000-01-01 12:00", "there is no day"),
        # No such offset
        ("2026-03-01T06:00:00+16:00", "an offset that no zone has"),
        ("2026-03-01T06:00:00+01:60", "an offset that no zone has"),
        # Beyond what a reading can be of, in any zone
        ("1969-12-31 12:00", "before 1970"),
        ("1970-01-01 00:30", "before 1970"),
        ("1970-01-01T00:30:00+01:00", "before 1970"),
        ("0001-01-01T00:00:00Z", "before 1970"),
        ("9999-01-01 00:00", "after the year 9998"),
        ("9999-12-31T23:59:59-12:00", "after the year 9998"),
        # Not the way we read times
        ("", "is not a time"),
        ("now", "is not a time"),
        ("1772344800", "is not a time"),
        ("01.03.2026 07:00", "is not a time"),
        ("3/1/2026 7:00", "is not a time"),
        ("2026-03-01T07", "is not a time"),
        ("2026-3-1 7:00", "is not a time"),
        ("20260301T070000Z", "is not a time"),
        ("2026-03-01 07:00 CET", "is not a time"),
        ("2026-03-01 07:00 PM", "is not a time"),
        ("2026-03-01 07:00:00,5", "is not a time"),
        ("2026-03-01 07:00\n", "is not a time"),
        ("٢٠٢٦-03-01 07:00", "is not a time"),
        ("2026−03−01 07:00", "is not a time"),
    ],
)
def test_what_is_not(text: str, says: str) -> None:
    """Each is refused in one line that says what it is, with a hint."""
    with pytest.raises(TimeError, match=re.escape(says)) as refused:
        parse_time(text, BERLIN)
    assert refused.value.hint
    assert (refused.value.message + refused.value.hint).isprintable()


@pytest.mark.parametrize(
    ("zone", "text", "instead"),
    [
        # An hour, in spring
        ("Europe/Berlin", "2026-03-29 02:00", "2026-03-29T03:00:00+02:00"),
        ("Europe/Berlin", "2026-03-29 02:59:59.999", "2026-03-29T03:59:59.999+02:00"),
        ("America/St_Johns", "2026-03-08 02:30", "2026-03-08T03:30:00-02:30"),
        # One minute past midnight, as Newfoundland did it until 2011
        ("America/St_Johns", "2010-03-14 00:30", "2010-03-14T01:30:00-02:30"),
        # Half an hour
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-04T02:45:00+11:00"),
        # Midnight itself
        ("America/Sao_Paulo", "2018-11-04 00:00", "2018-11-04T01:00:00-02:00"),
        ("Asia/Beirut", "2026-03-29 00:00", "2026-03-29T01:00:00+03:00"),
        # A whole day
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-31T12:00:00+14:00"),
    ],
)
def test_a_local_time_that_the_clocks_skipped(zone: str, text: str, instead: str) -> None:
    """It is refused; the hint names what the clock that had been set showed, ready to be typed."""
    clocks = zone_named(zone)
    with pytest.raises(TimeError, match=f"did not exist in {zone}") as refused:
        parse_time(text, clocks)
    assert A_TIME_IN_A_HINT.findall(refused.value.hint) == [instead]
    assert with_offset(parse_time(instead, clocks), clocks) == instead


@pytest.mark.parametrize(
    ("zone", "text", "first", "second"),
    [
        (
            "Europe/Berlin",
            "2026-10-25 02:30",
            "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:30:00+01:00",
        ),
        (
            "America/St_Johns",
            "2010-11-06 23:30",
            "2010-11-06T23:30:00-02:30",
            "2010-11-06T23:30:00-03:30",
        ),
        (
            "Australia/Lord_Howe",
            "2026-04-05 01:45",
            "2026-04-05T01:45:00+11:00",
            "2026-04-05T01:45:00+10:30",
        ),
        (
            "America/Havana",
            "2025-11-02 00:00",
            "2025-11-02T00:00:00-04:00",
            "2025-11-02T00:00:00-05:00",
        ),
    ],
)
def test_a_local_time_that_the_clocks_showed_twice(
    zone: str, text: str, first: str, second: str
) -> None:
    """It is refused; the hint names both instants in order, each ready to be typed."""
    clocks = zone_named(zone)
    with pytest.raises(TimeError, match=f"happened twice in {zone}") as refused:
        parse_time(text, clocks)
    assert A_TIME_IN_A_HINT.findall(refused.value.hint) == [first, second]
    instants = [parse_time(hinted, clocks) for hinted in (first, second)]
    assert [with_offset(instant, clocks) for instant in instants] == [first, second]
    assert instants[0] < instants[1]


@pytest.mark.parametrize("ahead", [-DAY, 0, MINUTE])
def test_now_or_a_clock_a_little_ahead(ahead: int) -> None:
    """A phone's clock may be a minute ahead of this machine's."""
    refuse_future(SIX + ahead, SIX, BERLIN)


@pytest.mark.parametrize("ahead", [MINUTE + 1, HOUR, 365 * DAY])
def test_the_future(ahead: int) -> None:
    """What is yet to come cannot have been read."""
    with pytest.raises(TimeError, match=r"is in the future: now is 2026-03-01 07:00:00 CET"):
        refuse_future(SIX + ahead, SIX, BERLIN)


def test_showing_an_instant() -> None:
    """For machines in UTC, with its offset, or for people; milliseconds only where there are."""
    assert (iso_utc(SIX), iso_utc(SIX + 5)) == ("2026-03-01T06:00:00Z", "2026-03-01T06:00:00.005Z")
    assert with_offset(SIX, BERLIN) == "2026-03-01T07:00:00+01:00"
    assert with_offset(SIX + 5, BERLIN) == "2026-03-01T07:00:00.005+01:00"
    assert local_text(SIX + 5, BERLIN) == "2026-03-01 07:00:00 CET"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (-5, "0 s"),
        (59_999, "59 s"),
        (MINUTE, "1 min"),
        (HOUR - 1, "59 min"),
        (2 * DAY - 1, "47 h"),
        (2 * DAY, "2 days"),
    ],
)
def test_an_age(milliseconds: int, text: str) -> None:
    """It is told in one unit, rounded down."""
    assert age_text(milliseconds) == text


@pytest.mark.parametrize("name", ["UTC", "Z", "Etc/UTC", "+01:00", "-03:30", "Europe/Berlin"])
def test_a_zone(name: str) -> None:
    """A zone is named as IANA names it, or by a fixed offset."""
    assert isinstance(zone_named(name), tzinfo)


@pytest.mark.parametrize(
    "name", ["", "Berlin", "CEST", "Europe", "../../etc/passwd", "/etc/passwd", "+25:00", "a\0b"]
)
def test_no_zone(name: str) -> None:
    """Any other name is refused, and no file is read for it."""
    with pytest.raises(TimeError):
        zone_named(name)
