"""What one unit is in another, exactly."""

from __future__ import annotations

from typing import NamedTuple

from meterctl.errors import MeterError


class Unit(NamedTuple):
    """How many joules, nanolitres or the like one of it is: whole numbers all of them."""

    dimension: str
    size: int


# GJ is heat as a rule, and energy all the same: 3.6 MJ are 1 kWh.
SIZES = {
    "Wh": Unit("energy", 3_600),
    "kWh": Unit("energy", 3_600_000),
    "MWh": Unit("energy", 3_600_000_000),
    "MJ": Unit("energy", 1_000_000),
    "GJ": Unit("energy", 1_000_000_000),
    "dl": Unit("volume", 10**8),
    "l": Unit("volume", 10**9),
    "m³": Unit("volume", 10**12),
    "ft³": Unit("volume", 28_316_846_592),
    "CCF": Unit("volume", 2_831_684_659_200),
    "gal": Unit("volume", 3_785_411_784),  # of the United States
    "varh": Unit("reactive energy", 1),
    "kvarh": Unit("reactive energy", 1_000),
    "Mvarh": Unit("reactive energy", 1_000_000),
    "therm": Unit("therms", 1),  # two are in use: none is another unit exactly
}


def ratio(unit: str, to: str) -> tuple[int, int]:
    """What one `unit` is in `to`, as a numerator and a denominator; both of `SIZES`.

    Raises:
        MeterError: they do not measure the same thing.
    """
    if SIZES[unit].dimension != SIZES[to].dimension:
        raise MeterError(f"{unit} cannot be told in {to}", "name a meter that counts the same")
    return SIZES[unit].size, SIZES[to].size
