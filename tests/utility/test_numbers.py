"""Values in a utility's unit, with its decimals."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.domain.meters import UNITS as OURS
from meterctl.domain.units import SIZES
from meterctl.utility.numbers import ROUNDINGS, UNITS, converted, fitted

MILLIONTHS = st.integers(0, 10**18)


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (142_300_000, "kWh", "Wh", 142_300_000_000),
        (1, "kWh", "Wh", 1_000),
        (1_500_000, "Wh", "kWh", 1_500),
        (1_000_000, "MWh", "kWh", 1_000_000_000),
        (1_234_000, "m³", "l", 1_234_000_000),
        (1_000_000, "l", "m³", 1_000),
        (3_600_000, "GJ", "MWh", 1_000_000),
        (7, "kvarh", "kvarh", 7),
    ],
)
def test_conversion(value: int, unit: str, to: str, expected: int) -> None:
    """Exact, in millionths on both sides."""
    assert converted(value, unit, to) == expected


def test_what_no_millionths_hold() -> None:
    """It stays exact as a fraction."""
    assert converted(1, "Wh", "kWh") == Fraction(1, 1_000)
    assert converted(1_000_000, "GJ", "kWh") == Fraction(2_500_000_000, 9)


@given(MILLIONTHS, st.sampled_from(list(product(UNITS, UNITS))))
def test_there_and_back(value: int, units: tuple[str, str]) -> None:
    """Whatever the units, nothing is lost on the way; or they do not measure the same."""
    unit, to = units
    if SIZES[unit].dimension == SIZES[to].dimension:
        assert converted(value, unit, to) * SIZES[to].size / SIZES[unit].size == value
    else:
        with pytest.raises(ValueError, match=f"{unit} cannot be told in {to}"):
            converted(value, unit, to)


def test_every_unit_of_a_meter() -> None:
    """Each has a size here; another is refused with the list."""
    assert set(UNITS) > set(OURS)
    with pytest.raises(ValueError, match="no unit BTU here: one of Wh, kWh"):
        converted(1, "kWh", "BTU")


@pytest.mark.parametrize(
    ("amount", "decimals", "rounding", "expected"),
    [
        (Fraction(142_300_000), 1, "refuse", 142_300_000),
        (Fraction(142_300_000), 0, "refuse", None),
        (Fraction(142_999_999), 0, "truncate", 142_000_000),
        (Fraction(142_500_000), 0, "round", 143_000_000),
        (Fraction(142_499_999), 0, "round", 142_000_000),
        (Fraction(1, 3), 6, "refuse", None),
        (Fraction(2, 3), 6, "truncate", 0),
        (Fraction(2, 3), 6, "round", 1),
        (Fraction(0), 0, "refuse", 0),
    ],
)
def test_decimals(amount: Fraction, decimals: int, rounding: str, expected: int | None) -> None:
    """As many as are taken; what is beyond them is met in the way that was chosen."""
    assert fitted(amount, decimals, rounding) == expected


@given(MILLIONTHS, st.integers(1, 9), st.integers(0, 6), st.sampled_from(ROUNDINGS))
def test_whatever_the_amount(value: int, parts: int, decimals: int, rounding: str) -> None:
    """The result has the decimals that are taken, and is less than one step away."""
    amount, step = Fraction(value, parts), 10 ** (6 - decimals)
    result = fitted(amount, decimals, rounding)
    if result is None:
        assert rounding == "refuse"
        assert amount % step != 0
    else:
        assert result % step == 0
        assert abs(amount - result) < step
        assert rounding != "truncate" or result <= amount
