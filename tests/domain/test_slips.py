"""Slips of the finger: found where a value is odd and one slip explains it, hardly elsewhere."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import meterctl
from meterctl.domain.meters import DEFAULT_METERS, Direction
from meterctl.domain.quantity import format_quantity, parse_quantity
from meterctl.domain.slips import Known, suspected
from meterctl.domain.times import DAY, HOUR, parse_time

METER, INVERTER = DEFAULT_METERS
KWH = 1_000_000
KNOWN = Known(parse_quantity("18334.4"), DAY, 9 * KWH)
KNOWN_AT_ITS_END = Known(parse_quantity("99995"), DAY, 9 * KWH)
SAMPLE = Path(meterctl.__file__).parent / "samples" / "home-2025.csv"


@pytest.mark.parametrize(
    ("typed", "meant", "undone"),
    [
        pytest.param("18432.7", "18342.7", "with 4 and 3 the other way round", id="transposed"),
        pytest.param("13842.7", "18342.7", "with 3 and 8 the other way round", id="less"),
        pytest.param("183427", "18342.7", "with a point before the last digit", id="no point"),
        pytest.param("1834.27", "18342.7", "with the point one digit further right", id="right"),
        pytest.param("183.427", "18342.7", "with the point two digits further right", id="far"),
        pytest.param("183427.3", "18342.73", "with the point one digit further left", id="left"),
        pytest.param("18842.7", "18342.7", "with 3 in place of the 8", id="a digit"),
        pytest.param("118342.7", "18342.7", "with one 1 less", id="doubled"),
        pytest.param("1842.7", "18342.7", "with one 3 more", id="dropped"),
    ],
)
def test_a_slip(typed: str, meant: str, undone: str) -> None:
    """What it was, and what the value would be without it."""
    slip = suspected(METER, KNOWN, parse_quantity(typed))
    assert slip is not None
    assert (format_quantity(slip.value), slip.undone) == (meant, undone)
    assert slip.use == slip.value - parse_quantity("18334.4")
    assert slip.typed_use == parse_quantity(typed) - parse_quantity("18334.4")


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        pytest.param("18342.7", KNOWN, id="an ordinary value"),
        pytest.param("18335.2", KNOWN, id="people who are away"),
        pytest.param("18334.4", KNOWN, id="nothing was used"),
        pytest.param("18360", KNOWN, id="a cold day"),
        pytest.param("18379.4", KNOWN._replace(most=36 * KWH), id="a car, and not the first time"),
        pytest.param("18432.7", KNOWN._replace(usual=None), id="nothing is usual yet"),
        pytest.param("18432.7", KNOWN._replace(usual=0), id="it never moves"),
        pytest.param("18432.7", KNOWN._replace(before=None), id="the first value"),
        pytest.param("18355.4", KNOWN._replace(elapsed=HOUR), id="a car, filled in an hour"),
        pytest.param("4.2", KNOWN_AT_ITS_END, id="the dial began anew"),
        pytest.param("97531.2", KNOWN, id="odd, and no slip explains it"),
    ],
)
def test_none(typed: str, known: Known) -> None:
    """What may well be right is not asked about; nor what no slip explains."""
    assert suspected(METER._replace(digits=5), known, parse_quantity(typed)) is None


def test_an_hour_later() -> None:
    """What is odd in a day is odd in an hour."""
    slip = suspected(METER, KNOWN._replace(elapsed=HOUR), parse_quantity("18432.7"))
    assert slip is not None
    assert slip.undone == "with 4 and 3 the other way round"


def rows_of_the_sample(column: str) -> list[tuple[int, int]]:
    """Instants and values."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row[column]]
    return [(parse_time(row["timestamp"], UTC), parse_quantity(row[column])) for row in rows]


def of_a_dial(read: list[tuple[int, int]]) -> Iterator[tuple[Known, int]]:
    """True values of a dial, each with what was known before it."""
    for place in range(31, len(read)):
        (first_at, first), (before_at, before) = read[place - 31], read[place - 1]
        usual = (before - first) * DAY // (before_at - first_at)
        most = max(
            (after - value) * DAY // max(after_at - value_at, DAY)
            for (value_at, value), (after_at, after) in pairwise(read[place - 31 : place])
        )
        at, value = read[place]
        yield Known(before, at - before_at, usual, most), value


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
    true = list(of_a_dial(rows_of_the_sample("meterValue")))
    assert [value for known, value in true if suspected(METER, known, value)] == []
    typed = [(known, slip) for known, value in true for slip in slips_of(value)]
    found = sum(suspected(METER, known, slip) is not None for known, slip in typed)
    assert len(typed) > 1_000
    assert found > 0.9 * len(typed)


def a_dial(of_a_day: Callable[[int], int], days: int = 400) -> list[tuple[int, int]]:
    """What a dial shows each evening, by its use of a day in tenths of a unit."""
    shown = accumulate((of_a_day(day) for day in range(days)), initial=183344)
    return [(day * DAY, tenths * KWH // 10) for day, tenths in enumerate(shown)]


@pytest.mark.parametrize(
    ("direction", "of_a_day"),
    [
        pytest.param(
            Direction.FROM_GRID,
            lambda day: 80 + day * 7 % 23 + 350 * (day % 6 == 0),
            id="an electric car",
        ),
        pytest.param(
            Direction.FROM_GRID, lambda day: (80 + day * 7 % 23) * (day % 90 < 75), id="holidays"
        ),
        pytest.param(
            Direction.TO_GRID,
            lambda day: abs(200 - day) * (1 + day * 7 % 13) // 10,
            id="sun into the grid",
        ),
    ],
)
def test_true_values_of_other_homes(direction: Direction, of_a_day: Callable[[int], int]) -> None:
    """Nobody is asked each time that the car is filled, the house empty or the sky clear."""
    meter = METER._replace(direction=direction)
    true = list(of_a_dial(a_dial(of_a_day)))
    asked = [value for known, value in true if suspected(meter, known, value)]
    assert len(true) > 300
    assert len(asked) <= 1


def test_the_sun_of_a_true_year() -> None:
    """Of a counter of the day no value is asked about, at no hour of the day."""
    of_days = rows_of_the_sample("inverterKWh")
    asked = []
    for place in range(28, len(of_days)):
        before = [value for _, value in of_days[place - 28 : place]]
        known = Known(0, DAY, sum(before) // len(before), max(before))
        value = of_days[place][1]
        hourly = (value * share // 100 for share in (0, 1, 10, 50, 100))
        asked += [shown for shown in hourly if suspected(INVERTER, known, shown)]
    assert asked == []


def test_a_counter_of_the_day() -> None:
    """It begins at nothing each midnight; the sun of a day is what it is."""
    known = Known(0, DAY, 4 * KWH)
    slip = suspected(INVERTER, known, parse_quantity("54.2"))
    assert slip is not None
    assert format_quantity(slip.value) == "5.42"
    for value in ("0", "0.1", "0.3", "5.42", "12.5", "20"):
        assert suspected(INVERTER, known, parse_quantity(value)) is None


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**14), st.integers(1, 10**9))
def test_any_value(typed: int, before: int, usual: int) -> None:
    """What is offered instead is another value, and an ordinary one."""
    slip = suspected(METER, Known(before, DAY, usual), typed)
    if slip is not None:
        assert slip.value != typed
        assert usual * 18 <= slip.use * 4 * 24
        assert slip.use <= usual * 3
