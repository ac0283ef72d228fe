"""What a file counts: its series, each of which becomes a meter."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.problems import Problem, Stop

MOST_SERIES = 500  # of one file: a household's are a handful, a big building's some dozens


class Commodity(StrEnum):
    """What flows."""

    ELECTRICITY = "electricity"
    GAS = "gas"
    WATER = "water"
    HEAT = "heat"


class Series(NamedTuple):
    """One thing that a file counts: a column, or the rows of one register."""

    name: str  # as the file calls it, unique within it; what --map names
    kind: Kind  # register or interval; a day's total is an interval of a day
    direction: Direction
    unit: str  # of the file's numbers, one of domain.units.SIZES; empty: the file does not say
    commodity: Commodity = Commodity.ELECTRICITY
    serial: str | None = None  # the device's, or the metering point's id
    obis: str | None = None
    # What tells it from others of the same direction and serial, as a slug: `t1`, `low`, `home`.
    part: str = ""
    # Why no meter is made for it unless --map asks: `the same gas, in another unit`. None: it is.
    only_if_mapped: str | None = None


def too_many(line: int) -> Stop:
    """That a file counts more than any person's does."""
    hint = "give the file's parts one by one; if it is of another kind, --format names it"
    return Stop(Problem(line, 1, f"more than {MOST_SERIES} meters in a file", hint))
