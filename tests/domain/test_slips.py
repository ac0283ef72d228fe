"""Slips of the finger: found where a value is odd and one slip explains it, hardly elsewhere."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import meterctl
from meterctl.domain.meters import DEFAULT_METERS
from meterctl.domain.quantity import format_quantity, parse_quantity
from meterctl.domain.slips import Known, suspected
from meterctl.domain.times import DAY, HOUR, parse_time

METER, INVERTER = DEFAULT_METERS
KWH = 1_000_000
KNOWN = Known(parse_quantity("18334.4"), DAY, 9 * KWH)
SAMPLE = Path(meterctl.__file__).parent / "samples" / "home-2025.csv"


@pytest.mark.parametrize(
    ("typed", "meant", "what"),
    [
        pytest.param("18432.7", "18342.7", "4 and 3 the other way round", id="transposed"),
        pytest.param("13842.7", "18342.7", "3 and 8 the other way round", id="less than before"),
        pytest.param("183427", "18342.7", "the point one digit further left", id="no point"),
        pytest.param("1834.27", "18342.7", "the point one digit further right", id="the point"),
        pytest.param("18842.7", "18342.7", "3 for the 8", id="a digit"),
        pytest.param("118342.7", "18342.7", "one 1 less", id="doubled"),
        pytest.param("1842.7", "18342.7", "one 3 more", id="dropped"),
    ],
)
def test_a_slip(typed: str, meant: str, what: str) -> None:
    """What it was, and what the value would be without it."""
    slip = suspected(METER, KNOWN, parse_quantity(typed))
    assert slip is not None
    assert (format_quantity(slip.value), slip.what) == (meant, what)
    assert slip.use == slip.value - parse_quantity("18334.4")
    assert slip.typed_use == parse_quantity(typed) - parse_quantity("18334.4")


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        pytest.param("18342.7", KNOWN, id="an ordinary value"),
        pytest.param("18335.2", KNOWN, id="people who are away"),
        pytest.param("18360", KNOWN, id="a cold day"),
        pytest.param("18432.7", KNOWN._replace(usual=None), id="nothing is usual yet"),
        pytest.param("18432.7", KNOWN._replace(usual=0), id="it never moves"),
        pytest.param("18432.7", KNOWN._replace(before=None), id="the first value"),
        pytest.param("18432.7", KNOWN._replace(elapsed=HOUR), id="an hour later"),
        pytest.param("97531.2", KNOWN, id="odd, and no slip explains it"),
    ],
)
def test_none(typed: str, known: Known) -> None:
    """What may well be right is not asked about; nor what no slip explains."""
    assert suspected(METER, known, parse_quantity(typed)) is None


def of_the_sample() -> Iterator[tuple[Known, int]]:
    """A year of true values of a dial, each with what was known before it."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["meterValue"]]
    read = [(parse_time(row["timestamp"], UTC), parse_quantity(row["meterValue"])) for row in rows]
    for place in range(31, len(read)):
        (first_at, first), (before_at, before) = read[place - 31], read[place - 1]
        usual = (before - first) * DAY // (before_at - first_at)
        at, value = read[place]
        yield Known(before, at - before_at, usual), value


def slips_of(value: int) -> Iterator[int]:
    """What is typed instead: each pair of digits but the last two swapped, and no point."""
    text = format_quantity(value, 1)
    digits, place = text.replace(".", ""), text.index(".")
    for at in range(len(digits) - 3):
        if digits[at] != digits[at + 1]:
            swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
            yield parse_quantity(f"{swapped[:place]}.{swapped[place:]}")
    yield value * 10


def test_a_true_year() -> None:
    """None of its values is asked about; of those mistyped, nine in ten are."""
    asked = [known for known, value in of_the_sample() if suspected(METER, known, value)]
    assert asked == []
    typed = [(known, slip) for known, value in of_the_sample() for slip in slips_of(value)]
    found = sum(suspected(METER, known, slip) is not None for known, slip in typed)
    assert len(typed) > 1_000
    assert found > 0.9 * len(typed)


def test_a_counter_of_the_day() -> None:
    """It begins at nothing each midnight; the sun of a day is what it is."""
    known = Known(0, 19 * HOUR, 4 * KWH)
    slip = suspected(INVERTER, known, parse_quantity("54.2"))
    assert slip is not None
    assert format_quantity(slip.value) == "5.42"
    for value in ("0.3", "5.42", "12.5", "20"):
        assert suspected(INVERTER, known, parse_quantity(value)) is None


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**14), st.integers(1, 10**9))
def test_any_value(typed: int, before: int, usual: int) -> None:
    """What is offered instead is another value, and an ordinary one."""
    slip = suspected(METER, Known(before, DAY, usual), typed)
    if slip is not None:
        assert slip.value != typed
        assert usual <= slip.use * 4
        assert slip.use <= usual * 3
