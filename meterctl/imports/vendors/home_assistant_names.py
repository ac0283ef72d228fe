"""What the name of a Home Assistant entity says of what it counts."""

from __future__ import annotations

import re
from typing import NamedTuple

from meterctl.domain.meters import Direction, Kind
from meterctl.imports import words
from meterctl.imports.series import Commodity, Series
from meterctl.imports.units import VOLUMES
from meterctl.imports.vendors.headings import BATTERY

_EITHER = "its name does not say whether it is gas or water"
# The integration of European smart meters names what a house takes and gives so.
_TAKEN = re.compile(r"\bconsumption tarr?iff? \d|\bdelivered \d")
_GIVEN = re.compile(r"\bproduction tarr?iff? \d|\breturned \d")


class Named(NamedTuple):
    """What a name says."""

    direction: Direction
    commodity: Commodity
    only_if_mapped: str | None = None


def named(entity: str, unit: str) -> Named:
    """What is counted; energy that goes no way by its name is a device's, which uses it."""
    commodity = words.commodity_of(entity)
    if unit in VOLUMES | {"therm"}:
        if commodity not in {Commodity.GAS, Commodity.WATER}:
            commodity = {"l": Commodity.WATER, "gal": Commodity.WATER, "therm": Commodity.GAS}.get(
                unit
            )
        known = commodity or Commodity.GAS
        return Named(Direction.CONSUMPTION, known, None if commodity else _EITHER)
    if commodity is Commodity.GAS:
        return Named(Direction.CONSUMPTION, commodity)
    text = words.words(entity)
    direction = words.direction_of(entity) or Direction.CONSUMPTION
    if _TAKEN.search(text):
        direction = Direction.FROM_GRID
    elif _GIVEN.search(text):
        direction = Direction.TO_GRID
    why = BATTERY if words.is_battery(entity) else None
    return Named(direction, Commodity.ELECTRICITY, why)


def series_of(entity: str, unit: str, kind: Kind, *, name: str = "") -> Series:
    """The series of an entity; its name there tells it from all others."""
    direction, commodity, why = named(entity, unit)
    return Series(
        name or entity, kind, direction, unit, commodity, part=slug(entity), only_if_mapped=why
    )


def slug(entity: str) -> str:
    """An entity's own name, without what kind of thing it is: `p1_meter_import` of a sensor."""
    return re.split(r"[.:]", entity, maxsplit=1)[-1].replace("_", "-")
