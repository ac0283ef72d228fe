"""What the lines above a table say of it: a meter's number, a unit, a direction.

They are key and value side by side, `key: value` in one cell, a row of keys above a row of values,
or a title. Names and addresses of people are passed over, as are ids of contracts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.generic.shapes import TIMES, Shape, shape_of
from meterctl.imports.series import Commodity
from meterctl.imports.units import is_power, unit_of
from meterctl.imports.words import (
    commodity_of,
    direction_of,
    is_cost,
    is_just,
    kind_of,
    says,
    unit_in,
)

OBIS = re.compile(
    r"(?:\d{1,2}-\d{1,3}:)?(\d{1,2})\.(\d{1,2})\.\d{1,2}(?:[*.]\d{1,3})?(?!\d)", re.ASCII
)
_ID = re.compile(r"(?<![\w.])(?=[\w-]*\d{4})[0-9A-Za-z][0-9A-Za-z-]{4,39}(?![\w.])", re.ASCII)
_EXPORT = re.compile(r"\b(?:ex|im)port\w*", re.IGNORECASE)
_LONG_ID = 16  # characters: an id of a metering point may stand alone
_TITLE = 60  # characters; anything longer is a sentence to people


class Said(NamedTuple):
    """What is known of a whole table before its first row."""

    serial: str | None = None
    unit: str | None = None
    power: str | None = None  # the unit of power that its values are in
    obis: str | None = None
    direction: Direction | None = None
    commodity: Commodity | None = None
    kind: Kind | None = None
    name: str | None = None  # of the meter, as the file calls it

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells one table from another with the same header."""
        return (self.serial, self.obis, self.direction, self.commodity, self.name)


def said_above(rows: Sequence[Sequence[str]]) -> Said:
    """What these rows say; of two answers the later one counts, for it is nearer to the table."""
    facts: dict[str, object] = {}
    for key, value in _pairs(rows):
        _take_pair(facts, key, value)
    return Said(**facts)  # type: ignore[arg-type]


def serial_in(text: str) -> str | None:
    """A meter's number or a metering point's id among the words of a text."""
    if shape_of(text) in TIMES:
        return None
    for found in _ID.finditer(text):
        # Not one that was blanked out, nor one of the days that a file goes over.
        if found[0].strip("0xX*-") and shape_of(found[0]) not in TIMES:
            return found[0]
    return None


def _pairs(rows: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Keys with their values; a title has the key ""."""
    filled = [[cell.strip() for cell in row] for row in rows]
    skip = False
    for index, row in enumerate(filled):
        if skip:
            skip = False
            continue
        below = filled[index + 1] if index + 1 < len(filled) else []
        if _are_keys(row, below):
            yield from ((key, value) for key, value in zip(row, below, strict=False) if value)
            skip = True
            continue
        cells = [cell for cell in row if cell]
        if len(cells) == 1:
            key, mark, value = cells[0].partition(":")
            if mark and value.strip() and not OBIS.search(cells[0]):
                yield key.strip(), value.strip()
            else:
                yield "", cells[0]
        for key, value in pairwise(cells):
            yield key.rstrip(": "), value


def _are_keys(row: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a row of keys stands above one of values."""
    keys = [cell for cell in row if cell]
    if len(keys) < 3 or any(shape_of(key) is not Shape.TEXT for key in keys):
        return False
    values = [cell for cell in below if cell]
    return len(values) > 1 and any(shape_of(v) in TIMES or serial_in(v) for v in values)


def _take_pair(facts: dict[str, object], key: str, value: str) -> None:
    if says("PRIVATE", key) and not says("SERIAL", key):
        return
    if says("SERIAL", key):
        if (serial := serial_in(value)) is not None:
            facts["serial"] = serial
    elif says("UNIT", key) or (key and unit_of(value)):
        _take_unit(facts, value)
    elif says("OBIS", key) or (not key and OBIS.search(value)):
        if found := OBIS.search(value):
            facts["obis"] = found[0]
            facts["direction"] = direction_of_obis(found[0])
    elif is_just("METER_NAME", key):
        facts["name"] = value
        _take(facts, "serial", serial_in(value))
        _take(facts, "commodity", commodity_of(value))
    elif says("DIRECTION", key):
        _take(facts, "direction", direction_of(value))
        if "kind" not in facts:
            _take(facts, "kind", kind_of(value))
    elif says("COMMODITY", key):
        _take(facts, "commodity", commodity_of(value))
        _take(facts, "kind", kind_of(value))
        _take(facts, "direction", direction_of(value))
    elif not key and len(value) <= _TITLE and not is_cost(value):
        _take_title(facts, value)


def _take_title(facts: dict[str, object], title: str) -> None:
    commodity = commodity_of(title)
    _take(facts, "commodity", commodity)
    # A file that calls itself an export says nothing of the energy's way.
    _take(facts, "direction", direction_of(_EXPORT.sub(" ", title)))
    _take(facts, "kind", kind_of(title))
    if unit := unit_in(title):
        facts["unit"] = unit
    serial = serial_in(title)
    is_id = serial == title and len(title) >= _LONG_ID
    if commodity or is_id or says("SERIAL", title) or says("METER_NAME", title):
        _take(facts, "serial", serial)


def _take_unit(facts: dict[str, object], text: str) -> None:
    if unit := unit_of(text):
        facts["unit"] = unit
    elif is_power(text):
        facts["power"] = text.strip()


def _take(facts: dict[str, object], name: str, value: object) -> None:
    if value is not None:
        facts[name] = value


def direction_of_obis(code: str) -> Direction | None:
    """Which way the energy flows that an OBIS code counts."""
    found = OBIS.search(code)
    if found is None:
        return None
    return {"1": Direction.FROM_GRID, "2": Direction.TO_GRID}.get(found[1])


def kind_of_obis(code: str) -> Kind | None:
    """Whether an OBIS code is of a dial (1.8.0) or of amounts (1.9.0, 1.29.0)."""
    found = OBIS.search(code)
    if found is None:
        return None
    return {"8": Kind.REGISTER, "9": Kind.INTERVAL, "29": Kind.INTERVAL}.get(found[2])
