"""What the columns of a solar portal's table count, by the words in their headings.

A portal's module lists its words as `Role`s; each heading gets the first role whose words are in
it. A column of power is named in the notes, a table of power alone is refused, and a column in a
unit of energy that no role knows is kept for --map: nothing is left out silently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.formats import Options
from meterctl.imports.problems import Choice, Problem, Unknown
from meterctl.imports.series import Series
from meterctl.imports.text.cells import place_of_cell
from meterctl.imports.vendors.wide import Header, Heading, power_notes, refuse_power, take_apart

BATTERY = "a battery's charge is no direction of meterctl's; --map keeps it"
NET = "the net of both ways, which no meter counts; --map keeps it"
_NO_AMOUNT = re.compile(
    r"%|€|\$|£|/|[\[(][^)\]]+[\])]|cost|price|income|revenue|saving|ratio|rate|efficiency|hours",
    re.IGNORECASE,
)
NOT_KNOWN = "it is not known what it counts; --map keeps it"


class Role(NamedTuple):
    """What a column with these words in its heading counts."""

    words: re.Pattern[str]  # looked for in the folded heading without its unit
    direction: Direction
    part: str = ""
    only_if_mapped: str | None = None
    kind: Kind = Kind.INTERVAL


def role(
    words: str,
    direction: Direction,
    part: str = "",
    only_if_mapped: str | None = None,
    kind: Kind = Kind.INTERVAL,
) -> Role:
    """A role, its words written as a pattern."""
    return Role(re.compile(words), direction, part, only_if_mapped, kind)


class Columns(NamedTuple):
    """The columns that count something, and what a person should know of the others."""

    values: Mapping[int, Series]
    notes: tuple[str, ...]


def columns_of(
    header: Header, roles: Sequence[Role], options: Options, power_hint: str, but: Sequence[int]
) -> Columns:
    """What each column counts, but for those of the time.

    Raises:
        Stop: they hold power, and no energy.
        Unknown: a known column does not say its unit.
    """
    values: dict[int, Series] = {}
    power: list[int] = []
    for index, name in enumerate(header.names):
        if not name or index in but:
            continue
        heading = take_apart(name)
        if heading.is_power:
            power.append(index)
            continue
        known = next((one for one in roles if one.words.search(heading.name)), None)
        series = _series(header, index, heading, known, options)
        if series is not None:
            values[index] = series
    if power and all(one.only_if_mapped for one in values.values()):
        raise refuse_power(header, power[0], power_hint)
    return Columns(values, power_notes(header.names[index] for index in power))


def _series(
    header: Header, index: int, heading: Heading, known: Role | None, options: Options
) -> Series | None:
    name = header.names[index]
    if name in header.names[:index]:
        name = f"{name} (column {index + 1})"  # a series is named once
    if known is None:
        if heading.unit is None:
            return None  # a temperature, a price, a share
        return Series(
            name, Kind.INTERVAL, Direction.CONSUMPTION, heading.unit, only_if_mapped=NOT_KNOWN
        )
    unit = heading.unit or options.unit
    if unit is None:
        if _is_no_amount(header.names[index]):
            return None
        raise unit_unknown(header, index)
    return Series(
        name,
        known.kind,
        known.direction,
        unit,
        part=known.part,
        only_if_mapped=known.only_if_mapped,
    )


def _is_no_amount(name: str) -> bool:
    """Whether a heading says that it is none of energy: a share, a price, hours, a capacity."""
    return _NO_AMOUNT.search(name) is not None


def unit_unknown(header: Header, column: int) -> Unknown:
    """The question which unit a column is in."""
    line, place = place_of_cell(header.record, column)
    message = f"the column {header.names[column]!r} does not say its unit"
    hint = "say it with --unit, such as --unit kWh"
    choices = (Choice("kWh", "kilowatt-hours"), Choice("Wh", "watt-hours"))
    return Unknown(Problem(line, place, message, hint, header.record.text), "unit", choices)
