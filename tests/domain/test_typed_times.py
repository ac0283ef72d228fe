"""Times as people type them: the last such moment, or a refusal with the ways to write it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from meterctl.domain.times import (
    DAY,
    MINUTE,
    aware,
    clock_of,
    local_candidates,
    local_text,
    parse_time,
    zone_named,
)
from meterctl.domain.typed_times import is_in_full, parse_bound, parse_day, parse_typed
from meterctl.errors import TimeError

BERLIN = zone_named("Europe/Berlin")
NOW = parse_time("2026-11-27 20:15:30.250", BERLIN)  # a Friday
LATE = parse_time("2200-01-01T00:00:00Z", BERLIN)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("07:30", "2026-11-27 07:30:00 CET"),
        ("7:30", "2026-11-27 07:30:00 CET"),
        ("7:30pm", "2026-11-27 19:30:00 CET"),
        ("7 pm", "2026-11-27 19:00:00 CET"),
        ("12am", "2026-11-27 00:00:00 CET"),
        ("12:05 pm", "2026-11-27 12:05:00 CET"),
        ("noon", "2026-11-27 12:00:00 CET"),
        ("07:30:15", "2026-11-27 07:30:15 CET"),
        ("now", "2026-11-27 20:15:30 CET"),
        ("today 7:30", "2026-11-27 07:30:00 CET"),
        ("yesterday 18:00", "2026-11-26 18:00:00 CET"),
        ("Yesterday  at 18:00", "2026-11-26 18:00:00 CET"),
        ("yesterday noon", "2026-11-26 12:00:00 CET"),
        ("friday 18:00", "2026-11-27 18:00:00 CET"),
        ("friday 21:00", "2026-11-20 21:00:00 CET"),
        ("sat 21:00", "2026-11-21 21:00:00 CET"),
        ("tues 9:00", "2026-11-24 09:00:00 CET"),
        ("Mon 6:15pm", "2026-11-23 18:15:00 CET"),
        ("24 Nov 18:00", "2026-11-24 18:00:00 CET"),
        ("Nov 24 18:00", "2026-11-24 18:00:00 CET"),
        ("24 november 2025, 18:00", "2025-11-24 18:00:00 CET"),
        ("18:00 yesterday", "2026-11-26 18:00:00 CET"),
        ("6:15 p.m. mon", "2026-11-23 18:15:00 CET"),
        ("noon yesterday", "2026-11-26 12:00:00 CET"),
        ("today at noon", "2026-11-27 12:00:00 CET"),
        ("midnight", "2026-11-27 00:00:00 CET"),
        ("today midnight", "2026-11-27 00:00:00 CET"),
        ("last friday 18:00", "2026-11-20 18:00:00 CET"),
        ("24th nov 18:00", "2026-11-24 18:00:00 CET"),
        ("3 sept 18:00", "2026-09-03 18:00:00 CEST"),
        ("2026/3/1 7:30", "2026-03-01 07:30:00 CET"),
        ("an hour ago", "2026-11-27 19:15:30 CET"),
        ("a day ago 18:00", "2026-11-26 18:00:00 CET"),
        ("1 month ago 18:00", "2026-10-27 18:00:00 CET"),
        ("24 november 2025 18:00", "2025-11-24 18:00:00 CET"),
        ("28 Nov 18:00", "2025-11-28 18:00:00 CET"),
        ("24.11. 18:00", "2026-11-24 18:00:00 CET"),
        ("24.11.2025 18:00", "2025-11-24 18:00:00 CET"),
        ("29 feb 12:00", "2024-02-29 12:00:00 CET"),
        ("2 hours ago", "2026-11-27 18:15:30 CET"),
        ("90 min ago", "2026-11-27 18:45:30 CET"),
        ("3 days ago 18:00", "2026-11-24 18:00:00 CET"),
        ("1 week ago 7:00", "2026-11-20 07:00:00 CET"),
        ("2026-03-01 7:30", "2026-03-01 07:30:00 CET"),
        ("2026-03-01 7pm", "2026-03-01 19:00:00 CET"),
        ("2026-03-01T07:00:00+03:00", "2026-03-01 05:00:00 CET"),
    ],
)
def test_a_moment(typed: str, meant: str) -> None:
    """By the clock and the calendar of the zone; the last such one."""
    assert local_text(parse_typed(typed, BERLIN, NOW), BERLIN) == meant


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        ("21:00", "is still to come: 2026-11-27 21:00:00 CET", "write yesterday 21:00 if that"),
        ("today 21:00", "is still to come", "write yesterday 21:00 if that is meant"),
        ("tomorrow 7:00", "is still to come", ""),
        ("28 nov 2026 9:00", "is still to come", "check the day"),
        ("yesterday", "is a day, not a time of day", "add the time: yesterday 18:00"),
        ("3 days ago", "is a day, not a time of day", "add the time"),
        (
            "yesterday midnight",
            "may be the day's beginning or its end",
            "write 2026-11-26 00:00 or 2026-11-27 00:00",
        ),
        ("28 nov 2026 midnight", "is still to come", ""),
        ("last monday 9:00", "can be read two ways", "write 2026-11-16 or 2026-11-23"),
        ("3/4 18:00", "some put the day first and some the month", "write 3 Apr or 4 Mar"),
        ("11/24 18:00", "some put the day first and some the month", "write 24 Nov"),
        ("3-4-2026 18:00", "some put the day first and some the month", "3 Apr or 4 Mar"),
        ("3 m ago", "is not a time", ""),
        ("a year ago", "is a day, not a time of day", "add the time: a year ago 18:00"),
        ("99999 years ago 18:00", "is before all calendars", ""),
        ("25:00", "is not a time of day", "07:30"),
        ("yesterday 24:00", "has an hour 24", "write 00:00 of the day that begins"),
        ("13pm", "is not a time of day", ""),
        ("0am", "is not a time of day", ""),
        ("31 feb 12:00", "there is no such day", ""),
        ("6:15 pm on mon", "is not a time", "mon 18:00"),
        ("soon", "is not a time", "yesterday 18:00"),
        ("last summer 12:00", "is not a time", ""),
        ("", "is not a time", ""),
        ("999999 hours ago", "is before 1970", ""),
        ("999999 weeks ago 12:00", "is before all calendars", ""),
        ("2026-02-30 7:30", "there is no day 2026-02-30", ""),
        ("2026-03-01", "is a day, not a time of day", "2026-03-01 07:00 for"),
        ("25 oct 02:30", "happened twice", "write 2026-10-25T02:30:00+02:00 or"),
        ("29 mar 02:30", "did not exist", ""),
    ],
)
def test_what_is_refused(typed: str, message: str, hint: str) -> None:
    """What is to come, can be read two ways, or is none: with what to write."""
    with pytest.raises(TimeError) as refused:
        parse_typed(typed, BERLIN, NOW)
    assert message in refused.value.message
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("yesterday", "2026-11-26 00:00:00", "2026-11-26 23:59:59"),
        ("monday", "2026-11-23 00:00:00", "2026-11-23 23:59:59"),
        ("friday", "2026-11-27 00:00:00", "2026-11-27 23:59:59"),
        ("3 days ago", "2026-11-24 00:00:00", "2026-11-24 23:59:59"),
        ("24 nov", "2026-11-24 00:00:00", "2026-11-24 23:59:59"),
        ("2026-03-01", "2026-03-01 00:00:00", "2026-03-01 23:59:59"),
        ("2026-03", "2026-03-01 00:00:00", "2026-03-31 23:59:59"),
        ("2026-12", "2026-12-01 00:00:00", "2026-12-31 23:59:59"),
        ("november", "2026-11-01 00:00:00", "2026-11-30 23:59:59"),
        ("dec", "2025-12-01 00:00:00", "2025-12-31 23:59:59"),
        ("mar 2024", "2024-03-01 00:00:00", "2024-03-31 23:59:59"),
        ("3 months ago", "2026-08-27 00:00:00", "2026-08-27 23:59:59"),
        ("a year ago", "2025-11-27 00:00:00", "2025-11-27 23:59:59"),
        ("2024", "2024-01-01 00:00:00", "2024-12-31 23:59:59"),
        ("yesterday 18:00", "2026-11-26 18:00:00", "2026-11-26 18:00:00"),
        ("2 hours ago", "2026-11-27 18:15:30", "2026-11-27 18:15:30"),
    ],
)
def test_a_bound(typed: str, since: str, until: str) -> None:
    """A day, a month, a year: from its first instant, to its last."""
    first = parse_bound(typed, BERLIN, NOW, end=False)
    last = parse_bound(typed, BERLIN, NOW, end=True)
    assert f"{aware(first, BERLIN):%Y-%m-%d %H:%M:%S}" == since
    assert f"{aware(last, BERLIN):%Y-%m-%d %H:%M:%S}" == until


@pytest.mark.parametrize("typed", ["2026-13", "1969", "9999-01-01", "tomorrow", "1/2"])
def test_no_bound(typed: str) -> None:
    """No such month, no year in which anything was read, no day."""
    with pytest.raises(TimeError):
        parse_bound(typed, BERLIN, NOW, end=True)


def test_a_bound_that_is_none() -> None:
    """Days, months and times are all shown as what may be written."""
    with pytest.raises(TimeError) as refused:
        parse_bound("last summer", BERLIN, NOW, end=False)
    assert "is neither a day nor a time" in refused.value.message
    for example in ("yesterday", "2026-03", "18:00"):
        assert example in refused.value.hint


def test_months_ago() -> None:
    """A shorter month has its last day for those that it lacks."""
    on_the_last = parse_time("2026-05-31 12:00", BERLIN)
    assert parse_day("3 months ago", BERLIN, on_the_last) == date(2026, 2, 28)


def test_midnight_itself() -> None:
    """At midnight a day has just begun, and that before it has just ended."""
    midnight = parse_time("2026-11-27 00:00", BERLIN)
    assert parse_typed("midnight", BERLIN, midnight) == midnight


@pytest.mark.parametrize("typed", ["2026-03-01 7pm", "2026-03-01 7:30", "yesterday", "2026-03"])
def test_what_is_echoed(typed: str) -> None:
    """All that is not as programs write it."""
    assert not is_in_full(typed)


def test_a_day() -> None:
    """In the zone's calendar, which may be a day ahead."""
    auckland = zone_named("Pacific/Auckland")
    assert parse_day("today", BERLIN, NOW) == date(2026, 11, 27)
    assert parse_day("today", auckland, NOW) == date(2026, 11, 28)
    with pytest.raises(TimeError):
        parse_day("18:00", BERLIN, NOW)


ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "UTC")
WORDS = st.sampled_from(
    [
        *("now", "noon", "yesterday 18:00", "mon 7:30", "sunday 11pm", "24 nov 18:00"),
        *("midnight", "11pm yesterday", "last sun 2:30", "31 mar midnight", "a month ago 02:30"),
        *("5 min ago", "3 hours ago", "2 days ago 02:30", "29 feb 12:00", "1.1. 00:00", "7:05"),
    ]
)


@given(WORDS, st.sampled_from(ZONES), st.integers(NOW - 2000 * DAY, LATE))
def test_any_moment(words: str, name: str, now: int) -> None:
    """What words mean is past, and typed again in full it is the same moment, in any zone."""
    zone = zone_named(name)
    try:
        meant = parse_typed(words, zone, now)
    except TimeError:  # to come, skipped or repeated
        return
    assert meant <= now
    shown = aware(meant, zone).isoformat(timespec="milliseconds")
    assert is_in_full(shown)
    assert parse_typed(shown, zone, now) == meant


@given(
    st.sampled_from(["%d %b %Y %H:%M", "%B %d, %I:%M%p", "%H:%M %d.%m.%Y", "%A at %H:%M"]),
    st.sampled_from(ZONES),
    st.integers(NOW - 2000 * DAY, LATE),
    st.integers(1, 6 * 24 * 60),
)
def test_any_way_to_say_it(form: str, name: str, now: int, minutes_ago: int) -> None:
    """A moment of these days, said in any such way, is that moment."""
    zone = zone_named(name)
    moment = (now // MINUTE - minutes_ago) * MINUTE
    assume(len(local_candidates(clock_of(moment, zone), zone)) == 1)  # the clocks showed it once
    assert parse_typed(aware(moment, zone).strftime(form), zone, now) == moment


@given(st.text(max_size=30), st.sampled_from(ZONES))
def test_any_text(text: str, name: str) -> None:
    """A time, or a refusal that shows what to write."""
    zone = zone_named(name)
    for read in (
        lambda: parse_typed(text, zone, NOW),
        lambda: parse_bound(text, zone, NOW, end=True),
        lambda: parse_day(text, zone, NOW),
    ):
        hint = "none is needed"
        try:
            read()
        except TimeError as refused:
            hint = refused.hint
        assert hint
