"""What the numbers in a Green Button `ReadingType` stand for."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from meterctl.domain.meters import Direction
from meterctl.domain.readings import Quality
from meterctl.imports.series import Commodity
from meterctl.imports.words import fold

# Units of measure, as meterctl has them, and how many powers of ten of it one is.
_UNITS: dict[str, tuple[str, int]] = {
    "72": ("Wh", 0),
    "31": ("MJ", -6),  # joules
    "73": ("kvarh", -3),
    "169": ("therm", 0),
    "42": ("m³", 0),
    "166": ("m³", 0),
    "167": ("m³", 0),
    "119": ("ft³", 0),
    "120": ("ft³", 0),
    "128": ("gal", 0),
    "134": ("l", 0),
    "156": ("l", 0),
    "157": ("l", 0),
}
_LARGER = {("Wh", 3): "kWh", ("Wh", 6): "MWh", ("MJ", 3): "GJ", ("ft³", 2): "CCF"}
POWER = {"38": "W", "61": "VA", "63": "var", "29": "V", "5": "A", "133": "Btu/h", "65": "cos φ"}
OTHERS = {"71": "VAh", "132": "Btu", "130": "imperial gallons", "80": "money", "106": "Ah"}
_COMMODITIES = {
    "1": Commodity.ELECTRICITY,
    "2": Commodity.ELECTRICITY,
    "26": Commodity.ELECTRICITY,
    "7": Commodity.GAS,
    "8": Commodity.GAS,
    "9": Commodity.WATER,
    "14": Commodity.WATER,
    "10": Commodity.HEAT,
    "12": Commodity.HEAT,
}
_SERVICES = {
    "0": Commodity.ELECTRICITY,
    "1": Commodity.GAS,
    "2": Commodity.WATER,
    "4": Commodity.HEAT,
}
_DIRECTIONS = {"1": Direction.FROM_GRID, "19": Direction.TO_GRID}
_OWN_UNITS = {
    "Wh": Commodity.ELECTRICITY,
    "kWh": Commodity.ELECTRICITY,
    "MWh": Commodity.ELECTRICITY,
    "kvarh": Commodity.ELECTRICITY,
    "therm": Commodity.GAS,
    "CCF": Commodity.GAS,
    "gal": Commodity.WATER,
    "l": Commodity.WATER,
}
REGISTERS = {"1", "2", "3"}  # bulk quantity, continuous cumulative, cumulative
INTERVALS = {"", "0", "4", "14"}  # none said, delta data, bounded quantity
SUMMATION = "9"  # a dial by the standard, a sum of an interval in some exports
_EXTREMES = {"8", "9", "16", "17", "23", "24", "25"}  # the highest or lowest of a time
_QUALITIES = {
    "0": Quality.ACTUAL,
    "7": Quality.EDITED,
    "8": Quality.ESTIMATED,
    "9": Quality.ESTIMATED,
    "10": Quality.QUESTIONABLE,
    "11": Quality.ACTUAL,  # derived from others, by the utility
    "12": Quality.ESTIMATED,  # a forecast
    "13": Quality.ESTIMATED,  # of several qualities
    "14": Quality.ACTUAL,  # raw
    "15": Quality.EDITED,  # made independent of the weather
    "16": Quality.QUESTIONABLE,
    "17": Quality.ACTUAL,
    "18": Quality.ACTUAL,
    "19": Quality.ACTUAL,
    "valid": Quality.ACTUAL,
    "actual": Quality.ACTUAL,
    "estimated": Quality.ESTIMATED,
    "edited": Quality.EDITED,
}
_WORST_FIRST = (Quality.QUESTIONABLE, Quality.ESTIMATED, Quality.EDITED, Quality.ACTUAL)
_USED = re.compile(r"\b(consumption|consumed|usage|delivered)\b")
_NOT_USED = re.compile(r"\b(net|generation|generated|received|export|exported|return|solar)\b")
_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})", re.ASCII)


class Unit(NamedTuple):
    """A unit of meterctl's, and by which power of ten a value must be multiplied for it."""

    name: str
    power: int


def unit_of(uom: str, multiplier: str) -> Unit | None:
    """The unit of `uom` and `powerOfTenMultiplier`; None if meterctl has none such."""
    if uom not in _UNITS:
        return None
    name, power = _UNITS[uom]
    try:
        power += int(multiplier or "0")
    except ValueError:
        return None
    if abs(power) > 18:
        return None
    larger = _LARGER.get((name, power))
    return Unit(name, power) if larger is None else Unit(larger, 0)


def commodity_of(
    fields: dict[str, str], service: str | None, unit: str, title: str
) -> Commodity | None:
    """What flows: as the reading type says, its usage point, its title, or its unit."""
    told = _COMMODITIES.get(fields.get("commodity", "")) or _SERVICES.get(service or "")
    words = fold(title).split()
    named = next((one for one in Commodity if one in words), None)
    return told or named or _OWN_UNITS.get(unit)


def direction_of(
    fields: dict[str, str], commodity: Commodity | None, title: str
) -> Direction | None:
    """Which way it flows, as its reading type or its title says; None: neither does."""
    flow = fields.get("flowDirection", "")
    if commodity not in {Commodity.ELECTRICITY, None}:
        return Direction.TO_GRID if flow == "19" else Direction.CONSUMPTION
    if flow in _DIRECTIONS:
        return _DIRECTIONS[flow]
    words = fold(title)
    is_told = flow in {"", "0"} and _USED.search(words) and not _NOT_USED.search(words)
    return Direction.FROM_GRID if is_told else None


def is_extreme(fields: dict[str, str]) -> bool:
    """Whether these are the highest or lowest values of a time, no sums."""
    return fields.get("dataQualifier", "") in _EXTREMES


def quality_of(codes: tuple[str, ...]) -> Quality:
    """The quality of a value with these codes: the most doubtful one counts."""
    found = {_QUALITIES.get(code.lower(), Quality.QUESTIONABLE) for code in codes}
    return next((quality for quality in _WORST_FIRST if quality in found), Quality.ACTUAL)


def shifted(text: str, power: int) -> str:
    """A number times a power of ten, exactly; a text that is no number stays as it is."""
    if power == 0 or not _NUMBER.fullmatch(text):
        return text
    sign, digits, exponent = Decimal(text).as_tuple()
    if not isinstance(exponent, int):
        return text
    return format(Decimal((sign, digits, exponent + power)), "f")
