"""What each column of a table is for, by its heading and by what stands in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from meterctl.imports.generic.preamble import OBIS
from meterctl.imports.generic.shapes import TIMES, Shape, length_of, shape_of
from meterctl.imports.numbers import suffix_of
from meterctl.imports.units import is_power as is_power_unit
from meterctl.imports.units import unit_of
from meterctl.imports.words import (
    direction_of,
    fold,
    is_cost,
    is_just,
    is_percentage,
    is_power,
    is_temperature,
    kind_of,
    quality_of,
    says,
    unit_in,
)

# In brackets behind a heading: hours, volts, energy for an area; no energy and no volume. And
# money whose letters may mean something else without the brackets, unlike those of `COST`.
_OTHER_UNIT = re.compile(
    r"[(\[]\s*(?:h|hrs?|hours?|min|sec|s|d|days?|v|a|ma|hz|bar|kpa|k|kg|t|g|l/h|m3/h|l/min|ppm|rpm|"
    r"元|円|원|tl|try|ron|rs\.?|k?wh/[^)\]]*)\s*[)\]]\s*$"
)
ENOUGH_NUMBERS = 3_000
_LONG_ID = 16  # digits, as many as no reading may have
MOST_TEXTS = 40  # different ones of a column that are kept to look at


class Role(StrEnum):
    """What a column is for."""

    VALUE = "value"
    UNIT = "unit"
    QUALITY = "quality"
    SERIAL = "serial"
    NAME = "name"
    OBIS = "obis"
    COMMODITY = "commodity"
    TARIFF = "tariff"
    DIRECTION = "direction"
    NOTE = "note"
    POWER = "power"
    OTHER = "other"  # of no use: money, weather, a contract
    LENGTH = "length"  # of the intervals
    LABEL = "label"  # a text nobody knows: a series each, if one time has several of them


# Columns whose texts tell apart what a row is about, whatever else the rows show.
KEYS = frozenset((Role.SERIAL, Role.NAME, Role.OBIS, Role.DIRECTION, Role.UNIT, Role.COMMODITY))
# And those that do where one time has several of them.
MAYBE_KEYS = frozenset((Role.TARIFF, Role.LABEL))


class Profile:
    """What stands in one column: its shapes, and some of its texts."""

    def __init__(self) -> None:
        self.shapes: Counter[Shape] = Counter()
        self.texts: Counter[str] = Counter()
        self.suffixes: Counter[str] = Counter()
        self._numbers = 0  # without a break

    def see(self, text: str) -> None:
        """Take in one cell; a column of nothing but numbers is looked at for a while only."""
        if self._numbers > ENOUGH_NUMBERS:
            return
        shape = shape_of(text)
        self.shapes[shape] += 1
        self._numbers = self._numbers + 1 if shape is Shape.NUMBER else 0
        if shape is Shape.NUMBER and (suffix := _suffix(text)) and len(self.suffixes) < MOST_TEXTS:
            self.suffixes[suffix] += 1
        if shape is not Shape.BLANK and (text in self.texts or len(self.texts) < MOST_TEXTS):
            self.texts[text] += 1

    @property
    def filled(self) -> int:
        """How many cells have anything in them."""
        return self.shapes.total() - self.shapes[Shape.BLANK]

    @property
    def is_numbers(self) -> bool:
        """Whether it holds numbers, or mostly so."""
        return self.shapes[Shape.NUMBER] * 2 > self.filled > 0


def _suffix(text: str) -> str | None:
    return None if text[-1:].isdigit() else suffix_of(text)


class Heading(NamedTuple):
    """A column's heading, and its cell in the row of units below."""

    name: str
    unit: str = ""

    @property
    def known_unit(self) -> str | None:
        """The unit of energy or volume that it says."""
        return unit_of(self.unit) or unit_in(self.name)

    @property
    def is_power(self) -> bool:
        """Whether it is of power."""
        return is_power_unit(self.unit) or (not unit_of(self.unit) and is_power(self.name))


def role_of(heading: Heading, profile: Profile) -> Role:
    """What a column is for."""
    name, texts = heading.name, list(profile.texts)
    if texts and not profile.is_numbers:
        known = [bool(unit_of(text) or is_power_unit(text)) for text in texts]
        if all(known) or (any(known) and is_just("UNIT", name)):
            return Role.UNIT
    if texts and all(length_of(text) for text in texts):
        return Role.LENGTH
    if says("OBIS", name) or (texts and not profile.is_numbers and all(map(OBIS.search, texts))):
        return Role.OBIS if texts and any(map(OBIS.search, texts)) else Role.OTHER
    # Where the heading says kWh, a number among nonsense is a value, and the nonsense is told.
    is_counted = not profile.filled or profile.shapes[Shape.NUMBER]
    if profile.is_numbers or (is_counted and heading.known_unit):
        return _role_of_numbers(heading, profile)
    if says("NOTE", name) and not is_just("QUALITY", name):
        return Role.NOTE
    if not profile.filled or says("DURATION", name) or set(profile.shapes) & TIMES:
        return Role.QUALITY if says("QUALITY", name) else Role.OTHER
    return _role_of_texts(name, texts)


def _role_of_numbers(heading: Heading, profile: Profile) -> Role:
    name = heading.name
    if any(unit_of(suffix) for suffix in profile.suffixes):
        return Role.VALUE
    if says("BEFORE", name):
        return Role.OTHER
    if heading.known_unit and not is_cost(name.replace(heading.unit, "")):
        return Role.VALUE
    if heading.is_power or any(is_power_unit(suffix) for suffix in profile.suffixes):
        return Role.POWER
    if is_cost(name) or is_temperature(name) or is_percentage(name) or is_cost(heading.unit):
        return Role.OTHER
    if says("MEASURE", name) or _OTHER_UNIT.search(fold(name)):
        return Role.OTHER
    if says("SERIAL", name):
        return Role.SERIAL
    if is_just("METER_NAME", name) or (says("METER_NAME", name) and _are_ids(profile)):
        return Role.NAME
    if says("DURATION", name) or is_just("PRODUCT_ID", name) or says("PRIVATE", name):
        return Role.OTHER
    if is_just("TARIFF", name) or (is_just("COMMODITY", name) and len(profile.texts) < 5):
        return Role.TARIFF
    if is_just("QUALITY", name) or says("NOTE", name):
        return Role.QUALITY if is_just("QUALITY", name) else Role.NOTE
    if _are_ids(profile) and all(len(text.strip()) >= _LONG_ID for text in profile.texts):
        return Role.SERIAL  # whatever it is called: no dial has so many digits
    return Role.OTHER if _are_ids(profile) and not name else Role.VALUE


def _are_ids(profile: Profile) -> bool:
    """Whether numbers are long and few, as the ids of meters are."""
    numbers = list(profile.texts)
    return len(numbers) < min(MOST_TEXTS, 2 + profile.filled // 10) and all(
        text.strip().isdecimal() and len(text.strip()) >= 6 for text in numbers
    )


def _role_of_texts(name: str, texts: Sequence[str]) -> Role:
    if is_just("NAME", name):
        return Role.NAME
    if says("QUALITY", name) and not says("SERIAL", name):
        tells = any(unit_in(t) or kind_of(t) or direction_of(t) for t in texts)
        known = any(quality_of(t, name) is not None for t in texts)
        return Role.NAME if tells and not known else Role.QUALITY
    if all(quality_of(text) is not None for text in texts) and not says("DIRECTION", name):
        return Role.QUALITY
    if says("SERIAL", name):
        return Role.SERIAL
    if says("DIRECTION", name):
        return Role.DIRECTION
    if says("PRIVATE", name):
        return Role.OTHER
    for concept, role in (
        ("TARIFF", Role.TARIFF),
        ("COMMODITY", Role.COMMODITY),
        ("METER_NAME", Role.NAME),
    ):
        if says(concept, name):
            return role
    if all(direction_of(text) is not None for text in texts) and len(texts) < 5:
        return Role.DIRECTION
    if is_just("PRODUCT_ID", name) or says("COST", name) or len(texts) >= MOST_TEXTS:
        return Role.OTHER
    return Role.LABEL
