"""Units as files write them."""

from __future__ import annotations

from meterctl.domain.units import SIZES

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
}
_POWER = {"w", "kw", "mw", "va", "kva", "kvar", "var", "watt", "watts", "kilowatt", "kilowatts"}


def unit_of(text: str) -> str | None:
    """The unit that a file's text names (`kwh`, `m3`, `[Wh]`), as we write it; None: not one."""
    return _SPELLINGS.get(_bare(text))


def is_power(text: str) -> bool:
    """Whether a text is a unit of power, which no reading is in."""
    return _bare(text) in _POWER


def _bare(text: str) -> str:
    return text.strip().strip("[]()").strip().lower().rstrip(".")
