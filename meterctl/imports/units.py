"""Units as files write them."""

from __future__ import annotations

import re

from meterctl.domain.units import SIZES

VOLUMES = frozenset(unit for unit, one in SIZES.items() if one.dimension == "volume")
ENERGIES = frozenset(unit for unit, one in SIZES.items() if one.dimension == "energy") | {"therm"}
MONEY = "$€£¥₹₺₴₽₩₫฿"  # signs of what is no unit of a meter

_SPELLINGS = {unit.lower(): unit for unit in SIZES} | {
    "kw-h": "kWh",
    "kwhr": "kWh",
    "kwhrs": "kWh",
    "kilowatt-hours": "kWh",
    "kilowatt hours": "kWh",
    "kilowattstunden": "kWh",
    "kilowatthours": "kWh",
    "watt-hours": "Wh",
    "watt hours": "Wh",
    "watthours": "Wh",
    "m3": "m³",
    "m^3": "m³",
    "cbm": "m³",
    "mc": "m³",  # metri cubi
    "smc": "m³",
    "kl": "m³",  # water in India, Australia, South Africa
    "kilolitres": "m³",
    "kubikmeter": "m³",
    "liter": "l",
    "litre": "l",
    "liters": "l",
    "litres": "l",
    "therms": "therm",
    "thm": "therm",
    "cf": "ft³",
    "ft3": "ft³",
    "cubic feet": "ft³",
    "ccf": "CCF",
    "gallons": "gal",
    "gals": "gal",
    "\u0432\u0442\u0447": "Wh",  # in Cyrillic letters, as the next four
    "\u043a\u0432\u0442\u0447": "kWh",
    "\u043c\u0432\u0442\u0447": "MWh",
    "\u043c3": "m³",
    "\u043c³": "m³",
}
_POWER = {"w", "kw", "mw", "va", "kva", "kvar", "var", "watt", "watts", "kilowatt", "kilowatts"}
_POWER |= {"\u0432\u0442", "\u043a\u0432\u0442", "\u043c\u0432\u0442"}
# Watts and hours in Cyrillic, Russian or Ukrainian: a dot, a star, a hyphen or nothing between.
_HOURS = re.compile(
    r"(?<=\u0432\u0442)\s?[-\u2010\u2011\u00b7\u22c5\u2022\u2219\u00d7*.x]?\s?"
    r"(?:\u0447(?:\u0430\u0441)?|\u0433(?:\u043e\u0434)?)\b",
    re.IGNORECASE,
)


def unit_of(text: str) -> str | None:
    """The unit that a file's text names (`kwh`, `m3`, `[Wh]`), as we write it; None: not one."""
    return _SPELLINGS.get(_bare(text))


def is_power(text: str) -> bool:
    """Whether a text is a unit of power, which no reading is in."""
    return _bare(text) in _POWER


def joined_hours(text: str) -> str:
    """A text in which watt hours in Cyrillic letters are one word."""
    return _HOURS.sub("\u0447", text)


def _bare(text: str) -> str:
    return joined_hours(text.strip().strip("[]()").strip().lower()).rstrip(".")
