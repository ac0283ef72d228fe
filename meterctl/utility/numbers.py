"""A value in a utility's own unit, with the decimals that it takes; exact, never through a float.

Amounts are counted in millionths of a unit, here and everywhere.
"""

from __future__ import annotations

from fractions import Fraction

from meterctl.domain.quantity import MILLIONTHS
from meterctl.domain.units import SIZES, ratio
from meterctl.errors import MeterError

UNITS = tuple(SIZES)
# What becomes of decimals beyond those that a utility takes. A dial is read by truncation.
ROUNDINGS = ("refuse", "truncate", "round")


_SPELLINGS = {unit.lower(): unit for unit in UNITS} | {"m3": "m³"}


def spelled(text: str) -> str:
    """A unit that a person names, as it is spelled here.

    Raises:
        ValueError: it is none of ours.
    """
    unit = _SPELLINGS.get(text.lower())
    if unit is None:
        raise ValueError(f"{text} is not one of {', '.join(UNITS)}")
    return unit


def converted(value: int, unit: str, to: str) -> Fraction:
    """A value in another unit.

    Args:
        value: In millionths of `unit`.
        unit: One of `UNITS`.
        to: One of `UNITS`, of the same dimension.

    Returns:
        Millionths of `to`; they need not be whole.

    Raises:
        ValueError: the two do not measure the same thing, or one of them is no unit of ours.
    """
    for one in (unit, to):
        if one not in UNITS:
            raise ValueError(f"there is no unit {one} here: one of {', '.join(UNITS)}")
    try:
        return value * Fraction(*ratio(unit, to))
    except MeterError as error:
        raise ValueError(error.message) from None


def fitted(amount: Fraction, decimals: int, rounding: str) -> int | None:
    """An amount with no more decimals than a utility takes.

    Args:
        amount: In millionths, not negative.
        decimals: How many, 0 to 6.
        rounding: One of `ROUNDINGS`; `round` takes a half up.

    Returns:
        Millionths; None where it has more decimals and `refuse` is how that is met.
    """
    step = int(MILLIONTHS / Fraction(10) ** decimals)
    steps = amount / step
    if steps.denominator == 1 or rounding == "truncate":
        return int(steps) * step
    return None if rounding == "refuse" else int(steps + Fraction(1, 2)) * step
