"""What is true of every instant in every zone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterctl.domain.periods import By, period_at
from meterctl.domain.times import (
    DAY,
    HOUR,
    clock_of,
    iso_utc,
    parse_time,
    with_offset,
    zone_named,
)
from meterctl.errors import TimeError
from tests.helpers import BERLIN

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",  # half an hour off, and set at one minute past midnight until 2011
    "Australia/Lord_Howe",  # set by half an hour
    "America/Sao_Paulo",  # set at midnight until 2019
    "Asia/Beirut",
    "America/Havana",  # midnight twice
    "Pacific/Apia",  # a day that was not
    "America/Caracas",  # once set by half an hour, at half past
    "Africa/Monrovia",  # seconds, until 1972
    "Antarctica/Casey",  # once set back by three hours over midnight
    "Asia/Kathmandu",
]
zones = st.sampled_from(ZONES).map(zone_named)
instants = st.integers(0, 4_102_444_800_000)  # until 2100


@st.composite
def near_a_change(draw: st.DrawFn) -> tuple[int, str]:
    """An instant within hours of a moment at which a zone's clocks were set, if any is near."""
    name = draw(st.sampled_from(ZONES))
    zone = zone_named(name)
    low = draw(instants)
    high = low + 200 * DAY
    if clock_of(low, zone) - low == clock_of(high, zone) - high:
        return low, name
    while high - low > 1:
        middle = (low + high) // 2
        if clock_of(middle, zone) - middle == clock_of(low, zone) - low:
            low = middle
        else:
            high = middle
    return high + draw(st.integers(-3 * HOUR, 3 * HOUR) | st.integers(-2, 2)), name


somewhere = near_a_change() | st.tuples(instants, st.sampled_from(ZONES))


@settings(max_examples=200, deadline=None)
@given(here=somewhere)
def test_an_instant_as_text(here: tuple[int, str]) -> None:
    """However an instant is shown to machines, it reads back as the same one."""
    at, name = here
    zone = zone_named(name)
    at = max(at, 0)
    assert parse_time(iso_utc(at), BERLIN) == at
    assert parse_time(with_offset(at, zone), BERLIN) == at


@settings(max_examples=300, deadline=None)
@given(here=somewhere)
def test_a_clock_as_text(here: tuple[int, str]) -> None:
    """A local time is read as the one instant that shows it, or refused as missing or doubled."""
    at, name = here
    zone = zone_named(name)
    at = max(at, 5 * DAY)
    offsets = {clock_of(at + around, zone) - at - around for around in (-2 * DAY, 2 * DAY)}
    clock = clock_of(at - DAY, zone) + DAY
    shows = [clock - one for one in offsets if clock_of(clock - one, zone) == clock]
    text = iso_utc(clock).removesuffix("Z")
    if len(shows) == 1:
        assert parse_time(text, zone) == shows[0]
        return
    with pytest.raises(TimeError) as refused:
        parse_time(text, zone)
    assert ("twice" if shows else "did not exist") in refused.value.message


@pytest.mark.parametrize("by", By)
@settings(max_examples=80, deadline=None)
@given(here=somewhere)
def test_the_period_of_an_instant(by: By, here: tuple[int, str]) -> None:
    """An instant lies in exactly one period, and the next begins where that one ends."""
    at, name = here
    zone = zone_named(name)
    period = period_at(at, by, zone)
    assert period.start <= at < period.end
    assert period_at(period.start, by, zone) == period
    assert period_at(period.end - 1, by, zone) == period
    following = period_at(period.end, by, zone)
    assert following.start == period.end
    assert following.label != period.label
