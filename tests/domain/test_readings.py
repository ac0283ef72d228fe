"""Readings: what fits its meter, what settles a slot, and ids that name one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterctl.domain.meters import DEFAULT_METERS, Device, Direction, Kind, Meter, Zones
from meterctl.domain.quantity import MILLIONTHS
from meterctl.domain.readings import (
    NOTE_LIMIT,
    Quality,
    Reading,
    Slot,
    Source,
    Verdict,
    check_note,
    duration_text,
    new_reading,
    parse_reading_id,
    reading_id,
    settle,
)
from meterctl.domain.times import DAY, HOUR, MINUTE
from meterctl.errors import DataError, UnknownReading
from tests.helpers import BERLIN, INVERTER, METER, instant, reading

NOON = instant("2026-03-01 12:00")
SWAP = instant("2025-06-01 10:00")
SWAPPED = METER._replace(id="old", column="old", devices=(Device(1, None, 0), Device(2, "B", SWAP)))
QUARTERS = Meter("quarters", "quarters", "kWh", Kind.INTERVAL, Direction.FROM_GRID)
METERS = (*DEFAULT_METERS, SWAPPED, QUARTERS)
ZONES = Zones(BERLIN)


# -- what fits its meter ---------------------------------------------------------


def test_a_first_reading() -> None:
    """It is revision 1 of its slot, of the device that stood then, and not written yet."""
    assert new_reading(METER, NOON, 5, Source.CLI, note=" seen \n") == Reading(
        "meter", 1, NOON, NOON, 1, 5, Quality.ACTUAL, None, Source.CLI, "seen", None, 0
    )
    assert new_reading(SWAPPED, SWAP, 5, Source.CLI).device == 2
    assert new_reading(SWAPPED, SWAP, 5, Source.CLI, device=1).device == 1
    assert new_reading(QUARTERS, NOON, 5, Source.CLI, starts_at=NOON - 1).starts_at == NOON - 1
    assert new_reading(METER._replace(digits=3), NOON, 999_999_999, Source.CLI).value == 999_999_999


@pytest.mark.parametrize(
    ("meter", "at", "value", "more", "says"),
    [
        # Intervals
        (QUARTERS, NOON, 1, {}, "needs when the interval starts"),
        (QUARTERS, NOON, 1, {"starts_at": NOON}, "starts at or after its end"),
        (QUARTERS, NOON, 1, {"starts_at": NOON + 1}, "starts at or after its end"),
        (METER, NOON, 1, {"starts_at": NOON - 1}, "register, which has no starts_at"),
        (INVERTER, NOON, 1, {"starts_at": NOON - 1}, "daily, which has no starts_at"),
        # Digits
        (METER._replace(digits=3), NOON, 1000 * MILLIONTHS, {}, "the 3 digits"),
        # Devices
        (SWAPPED, -1, 1, {}, "had no device then"),
        (SWAPPED, SWAP - 1, 1, {"device": 2}, "device 2 of meter old did not stand"),
        (SWAPPED, SWAP + 1, 1, {"device": 1}, "device 1 of meter old did not stand"),
        (SWAPPED, SWAP, 1, {"device": 3}, "has no device 3"),
        # Notes
        (METER, NOON, 1, {"note": "\x1b[2J"}, "control characters"),
    ],
)
def test_a_reading_that_cannot_be(
    meter: Meter, at: int, value: int, more: dict[str, Any], says: str
) -> None:
    """What is wrong with the reading alone is refused, with a hint."""
    with pytest.raises(DataError, match=re.escape(says)) as refused:
        new_reading(meter, at, value, Source.CLI, **more)
    assert refused.value.hint


# -- notes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("note", "kept"),
    [
        (None, None),
        ("", None),
        (" \n ", None),
        (" misread the 7 ", "misread the 7"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("Zähler 5 m³ 😀 \xa0ok", "Zähler 5 m³ 😀 \xa0ok"),
        ("=1+1", "=1+1"),
        ("x" * NOTE_LIMIT, "x" * NOTE_LIMIT),
    ],
)
def test_a_note(note: str | None, kept: str | None) -> None:
    """It is kept as written, without the space around it; an empty one is none."""
    assert check_note(note) == kept


@pytest.mark.parametrize(
    "note",
    ["x" * (NOTE_LIMIT + 1), "a\0b", "a\x1b[2Jb", "a\x7fb", "a\x9b2Jb", "a\rb", "a\ud800b"],
    ids=["too long", "nul", "escape", "delete", "C1 escape", "return", "half a character"],
)
def test_a_note_that_cannot_be(note: str) -> None:
    """Nothing that acts on a terminal, or is not text, or is a whole book."""
    with pytest.raises(DataError) as refused:
        check_note(note)
    assert refused.value.hint


# -- what settles a slot -----------------------------------------------------------


@pytest.mark.parametrize(
    ("revisions", "value", "verdict"),
    [
        # Nothing there
        ([], 5, Verdict.NEW),
        # One truth
        ([5], 5, Verdict.DUPLICATE),
        ([5], 6, Verdict.CONFLICT),
        # Corrected
        ([5, 6], 6, Verdict.DUPLICATE),
        ([5, 6], 5, Verdict.SUPERSEDED),
        ([5, 6], 7, Verdict.CONFLICT),
        ([5, 6, 5], 5, Verdict.DUPLICATE),
        ([5, 6, 5], 6, Verdict.SUPERSEDED),
        # Void
        ([5, None], 5, Verdict.SUPERSEDED),
        ([5, 6, None], 5, Verdict.SUPERSEDED),
        ([5, None], 6, Verdict.NEW),
        ([5, None, 6], 6, Verdict.DUPLICATE),
        ([5, None, 6], 5, Verdict.SUPERSEDED),
        ([5, None, 6], 7, Verdict.CONFLICT),
    ],
)
def test_a_value_for_a_slot(revisions: list[int | None], value: int, verdict: Verdict) -> None:
    """A file read twice adds nothing, and what a person settled stays settled."""
    first = reading("1", "2026-03-01 12:00")
    held = [first._replace(revision=n + 1, value=held) for n, held in enumerate(revisions)]
    assert settle(held, value) is verdict


def test_the_amount_of_a_void_reading() -> None:
    """There is none: asking is a bug, not a zero."""
    with pytest.raises(ValueError, match="is void"):
        _ = reading("1", "2026-03-01 12:00")._replace(value=None).amount


# -- ids -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slot", "meter", "id_"),
    [
        (Slot("meter", 1, NOON, NOON), METER, "meter@2026-03-01T11:00:00Z"),
        (Slot("meter", 1, NOON + 7, NOON + 7), METER, "meter@2026-03-01T11:00:00.007Z"),
        (
            Slot("quarters", 1, NOON, NOON - 15 * MINUTE),
            QUARTERS,
            "quarters@2026-03-01T11:00:00Z/PT15M",
        ),
        (Slot("old", 1, SWAP, SWAP), SWAPPED, "old@2025-06-01T08:00:00Z~1"),
        (Slot("old", 2, SWAP, SWAP), SWAPPED, "old@2025-06-01T08:00:00Z"),
        (Slot("old", 1, SWAP - 1, SWAP - 1), SWAPPED, "old@2025-06-01T07:59:59.999Z"),
    ],
)
def test_an_id(slot: Slot, meter: Meter, id_: str) -> None:
    """It says what it names: the meter, the time, an interval's length, an older device."""
    assert reading_id(slot, meter) == id_
    assert parse_reading_id(id_, METERS, ZONES) == slot


@pytest.mark.parametrize(
    "id_",
    [
        "meter@2026-03-01T12:00:00+01:00",
        "meter@2026-03-01 12:00",
        " METERVALUE@2026-03-01T11:00Z ",
        "meter@2026-03-01T11:00:00Z~1",
    ],
)
def test_an_id_as_people_write_it(id_: str) -> None:
    """Its meter by any of its names, its time in any way that a time is written."""
    assert parse_reading_id(id_, METERS, ZONES) == Slot("meter", 1, NOON, NOON)


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "meter",
        "@2026-03-01T11:00Z",
        "meter@",
        "meter@noon",
        "nobody@2026-03-01T11:00Z",
        "meter@2026-03-01T11:00Z~9",
        "meter@2026-03-01T11:00Z~",
        "meter@2026-03-01T11:00Z/15",
        "quarters@2026-03-01T11:00Z/PT15X",
        "quarters@2026-03-01T11:00Z/PT5M1H",
    ],
)
def test_no_id(id_: str) -> None:
    """It is refused with a hint, whichever part of it names nothing."""
    with pytest.raises(DataError) as refused:
        parse_reading_id(id_, METERS, ZONES)
    assert refused.value.hint


def test_what_an_id_looks_like() -> None:
    """The hint shows an id, and the command that lists them."""
    with pytest.raises(UnknownReading) as refused:
        parse_reading_id("17", METERS, ZONES)
    assert "meter@2026-03-01T06:00:00Z" in refused.value.hint


@settings(max_examples=200, deadline=None)
@given(
    meter=st.sampled_from(METERS),
    at=st.integers(0, 4_102_444_800_000),
    span=st.integers(1, 400 * DAY) | st.sampled_from([15 * MINUTE, HOUR, DAY]),
    device=st.integers(1, 2),
)
def test_every_id(meter: Meter, at: int, span: int, device: int) -> None:
    """An id reads back as the slot it was made of."""
    starts_at = at - span if meter.kind is Kind.INTERVAL else at
    slot = Slot(meter.id, min(device, len(meter.devices)), at, starts_at)
    assert parse_reading_id(reading_id(slot, meter), METERS, ZONES) == slot


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "PT0S"),
        (15 * MINUTE, "PT15M"),
        (DAY + 90_500, "PT24H1M30.500S"),
        (7, "PT0.007S"),
    ],
)
def test_a_duration(milliseconds: int, text: str) -> None:
    """Hours, minutes and seconds; a day is 24 hours, since it may have 23."""
    assert duration_text(milliseconds) == text
