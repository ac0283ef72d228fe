"""Columns that say again what others beside them say: sums, differences, other units and steps."""

from __future__ import annotations

import re

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.generic.counted import Column
from meterctl.imports.generic.roles import Role
from meterctl.imports.generic.sections import Section
from meterctl.imports.generic.shapes import length_of
from meterctl.imports.series import Commodity
from meterctl.imports.units import ENERGIES, VOLUMES
from meterctl.imports.words import commodity_of, is_sum, kind_of, says, words

BATTERY = "a battery's charge is no direction of meterctl's; --map keeps it"
_CHARGE = re.compile(
    r"(total |daily )?(charge|charging|charged)( energy| capacity)?( kwh)?( today)?"
)
_ENEDIS = re.compile(r"EA[SI] (T|D[1-4])")


def once(columns: list[Column], section: Section) -> list[Column]:
    """The columns of a table, those that say something again only if they are mapped."""
    columns = _without_batteries(_without_longer(columns, section))
    columns = _of_heat(columns) if _has_heat(columns, section) else _without_twins(columns, section)
    return _without_net(_without_totals(_beside_fed_in(columns), section))


def _beside_fed_in(columns: list[Column]) -> list[Column]:
    """`Stand dal` beside `Teruglevering dal`: the other dial of one tariff is of the other way."""
    fed_in = {(c.unit, c.part) for c in columns if c.direction is Direction.TO_GRID and c.part}
    return [
        c._replace(direction=Direction.FROM_GRID)
        if c.direction is None and (c.unit, c.part) in fed_in
        else c
        for c in columns
    ]


def again(name: str) -> str | None:
    """Enedis writes each index three times: by the supplier's tariff, by the grid's, and in all."""
    found = _ENEDIS.fullmatch(name.strip())
    if found is None:
        return None
    return "the same energy, in all" if found[1] == "T" else "the same energy, by the grid's tariff"


def _without_batteries(columns: list[Column]) -> list[Column]:
    """Beside a discharge, a charge is a battery's too."""
    if not any(says("BATTERY", c.name) for c in columns):
        return columns
    return [
        c._replace(only_if_mapped=BATTERY) if _CHARGE.fullmatch(words(c.name)) else c
        for c in columns
    ]


def _has_heat(columns: list[Column], section: Section) -> bool:
    """Whether a table is of heat meters, or has some among others."""
    labels = (Role.COMMODITY, Role.NAME, Role.LABEL)
    places = [c for c, role in section.roles().items() if role in labels]
    texts = [text for place in places for text in section.profiles[place].texts]
    return (
        section.said.commodity is Commodity.HEAT
        or any(c.unit == "GJ" or c.commodity is Commodity.HEAT for c in columns)
        or any(commodity_of(text) is Commodity.HEAT for text in texts)
    )


def _of_heat(columns: list[Column]) -> list[Column]:
    """Heat and the water that brought it: nothing of it is gas, unless it says so."""
    if not any(c.unit == "GJ" or c.commodity is Commodity.HEAT for c in columns):
        return columns  # the rows say which of them are of heat
    return [
        c._replace(commodity=Commodity.HEAT)
        if c.commodity is None and (c.unit == "GJ" or c.unit in VOLUMES)
        else c
        for c in columns
    ]


def _without_longer(columns: list[Column], section: Section) -> list[Column]:
    """Hours beside quarters of one thing say it twice: the shorter ones are kept."""
    lengths = {c.place: _length(c, section) for c in columns}
    shortest: dict[str, int] = {}
    for column in columns:
        if (length := lengths[column.place]) is not None:
            name = section.head.name(column.place)
            shortest[name] = min(length, shortest.get(name, length))
    return [
        c._replace(only_if_mapped="the same energy, in longer steps")
        if (length := lengths[c.place]) and length > shortest[section.head.name(c.place)]
        else c
        for c in columns
    ]


def _length(column: Column, section: Section) -> int | None:
    """The one length of a column's intervals."""
    if column.length is None:
        return None
    lengths = {length_of(text) for text in section.profiles[column.length].texts}
    return lengths.pop() if len(lengths) == 1 else None


def _without_twins(columns: list[Column], section: Section) -> list[Column]:
    """The same gas in m³ and in kWh is one thing: what the meter measures is kept."""
    volumes = [c for c in columns if c.unit in VOLUMES and c.commodity in {None, Commodity.GAS}]
    plain = {None, Direction.CONSUMPTION}
    if len(volumes) != 1 or section.said.commodity is Commodity.WATER:
        return columns
    volume = volumes[0]
    is_gas = section.said.commodity is Commodity.GAS
    twins = [
        c
        for c in columns
        if c.unit in ENERGIES
        and c.direction in plain
        and not c.part
        and (kind_of(c.name) in {None, kind_of(volume.name)} or _is_read(volume, c))
        and (is_gas or c.commodity is Commodity.GAS or c.commodity is volume.commodity is None)
    ]
    if len(twins) != 1:
        return columns
    why = f"the same gas, in {twins[0].unit}"
    return [
        c._replace(only_if_mapped=why, commodity=Commodity.GAS)
        if c is twins[0]
        else c._replace(commodity=Commodity.GAS)
        if c is volume
        else c
        for c in columns
    ]


def _is_read(volume: Column, energy: Column) -> bool:
    """Whether a dial stands beside the energy of what went through it."""
    return (kind_of(volume.name), kind_of(energy.name)) == (Kind.REGISTER, Kind.INTERVAL)


def _without_totals(columns: list[Column], section: Section) -> list[Column]:
    """A column that sums up others beside it counts nothing of its own.

    Not every `Gesamt` is a sum: where the rows show that it is none, it stays.
    """
    checked = []
    for column in columns:
        others = [
            c
            for c in columns
            if c is not column
            and c.unit == column.unit
            and not is_sum(c.name)
            and (column.direction is None or c.direction in {None, column.direction})
        ]
        sums = is_sum(column.name) and not column.part and len(others) > 1
        places = [c.place for c in others]
        sums = sums and not section.differences.is_no_sum(column.place, places)
        names = " and ".join(f"`{c.name}`" for c in others[:3])
        why = f"the sum of {names}" if sums and not column.only_if_mapped else None
        checked.append(column._replace(only_if_mapped=why) if why else column)
    return checked


def _without_net(columns: list[Column]) -> list[Column]:
    """A net column is the difference of two; what makes it are then the ways through the grid."""
    net = [c for c in columns if says("NET", c.name)]
    others = [c for c in columns if c not in net]
    if not net or len(others) < 2:
        return columns
    grid = {Direction.CONSUMPTION: Direction.FROM_GRID, Direction.GENERATION: Direction.TO_GRID}
    ways = {c.direction for c in others}
    return [
        c._replace(only_if_mapped="the difference of two others")
        if c in net
        else c._replace(direction=grid.get(c.direction, c.direction))
        if c.direction is not None and set(grid) <= ways
        else c
        for c in columns
    ]
