"""The columns of a table that count something, and what a person should know of the others."""

from __future__ import annotations

from typing import NamedTuple

from meterctl.domain.meters import Kind
from meterctl.imports.formats import Options
from meterctl.imports.generic.counted import Column
from meterctl.imports.generic.names import mapped_names
from meterctl.imports.generic.roles import Role
from meterctl.imports.generic.sections import Section
from meterctl.imports.generic.twice import BATTERY, again, once
from meterctl.imports.series import MOST_SERIES, too_many
from meterctl.imports.units import is_power as is_power_unit
from meterctl.imports.units import unit_of
from meterctl.imports.words import (
    commodity_of,
    direction_of,
    fold,
    is_battery,
    is_just,
    is_power,
    is_sum,
    kind_of,
    says,
    tariff_of,
)

_OFTEN = 8  # times that a value was a difference, which is no chance any more
_FEW = 10  # rows, in which a value may be the same by chance


class Columns(NamedTuple):
    """What the columns of a table are."""

    values: tuple[Column, ...]
    roles: dict[int, Role]
    power: tuple[int, ...]
    notes: tuple[str, ...]


def columns_of(section: Section, options: Options) -> Columns:
    """What the columns of a table are, by their headings and by all that stands in them."""
    roles = section.roles()
    power = tuple(c for c, role in roles.items() if role is Role.POWER)
    places = [c for c, role in roles.items() if role is Role.VALUE and section.profiles[c].filled]
    left = _unsure(section, places, options, beside_power=bool(power))
    kept = [c for c in places if c not in left]
    if len(kept) > MOST_SERIES:  # to compare each with each would take long
        raise too_many(section.first)
    codes, lengths = (_near(roles, role, kept) for role in (Role.QUALITY, Role.LENGTH))
    has_several = list(roles.values()).count(Role.UNIT) > 1
    units = _near(roles, Role.UNIT, kept) if has_several else {}
    columns = [
        _column(section, c)._replace(
            quality=codes.get(c), units=units.get(c), length=lengths.get(c)
        )
        for c in kept
    ]
    notes = [f"left out: `{section.head.name(c)}`: power, not energy" for c in power if kept]
    notes += [note for c in roles if kept and (note := _factor(section, c))]
    notes += [
        f"left out: `{section.head.name(c)}`: what it counts is not said; --map keeps it"
        for c in left
    ]
    others = [f"`{section.head.name(c)}`" for c in roles if _is_no_amount(section, c, roles[c])]
    if others and kept:
        notes.append(f"left out: {', '.join(others)}: no energy, gas or water")
    # Their rows have no rhythm of their own, as a diary's have none: not even looked at unasked.
    asked = mapped_names(options)
    derived = {
        c: why for c in columns if (why := _derived(c, section)) and fold(c.name) not in asked
    }
    notes += [f"left out: `{c.name}`: {why}; --map keeps it" for c, why in derived.items()]
    columns = [c for c in columns if c not in derived]
    return Columns(tuple(once(columns, section)), roles, power, tuple(notes))


def _is_no_amount(section: Section, column: int, role: Role) -> bool:
    """Whether a column holds numbers of something else: money, weather, shares, volts."""
    name = section.heading(column).name
    is_plain = says("PRIVATE", name) or says("PRODUCT_ID", name) or says("DURATION", name)
    return (
        role is Role.OTHER and section.profiles[column].is_numbers and bool(name) and not is_plain
    )


def _factor(section: Section, column: int) -> str | None:
    """What a person should know of a column by which the values would have to be multiplied."""
    name, texts = section.head.name(column), section.profiles[column].texts
    if not is_just("FACTOR", name) or all(text.strip("0.,+") == "1" for text in texts):
        return None
    shown = ", ".join(sorted(texts)[:3])
    return f"`{name}` ({shown}) is not applied: --unit says what the values are as they stand"


def _unsure(
    section: Section, places: list[int], options: Options, *, beside_power: bool
) -> list[int]:
    """Columns of numbers of which nobody can say that they count anything."""
    sure = [c for c in places if _is_sure(section, c, options)]
    if any(section.heading(c).known_unit for c in sure):
        sure = [c for c in sure if not _numbers_rows(section, c)]
    doubtful = [c for c in places if c not in sure]
    if sure or beside_power:
        return doubtful
    # A factor, a type, a version: the same in all rows. Or a numbering of rows, without a heading.
    varied = [c for c in places if len(section.profiles[c].texts) > 1 or section.rows <= _FEW]
    named = [c for c in varied if section.heading(c).name]
    return [c for c in doubtful if c not in (named or varied or places)]


def _numbers_rows(section: Section, column: int) -> bool:
    """Whether a column without a unit counts the rows, whatever it is called: `index`, `seq`."""
    if section.heading(column).known_unit:
        return False
    growths = [one for (place, _), one in section.growths.items() if place == column]
    return bool(growths) and all(one.numbers_rows() for one in growths)


def _is_sure(section: Section, column: int, options: Options) -> bool:
    """Whether a column says by itself that it counts something."""
    heading = section.heading(column)
    return bool(
        heading.known_unit
        or any(unit_of(suffix) for suffix in section.profiles[column].suffixes)
        or fold(heading.name) in mapped_names(options)
        or says("REGISTER", heading.name)
        or says("INTERVAL", heading.name)
        or direction_of(heading.name)
        or commodity_of(heading.name)
        or (tariff_of(heading.name) and not says("COST", heading.name))
        or says("OBIS", heading.name)
        or is_sum(heading.name)
        or says("NET", heading.name)
        or says("ENERGY", heading.name)
    )


def _column(section: Section, place: int) -> Column:
    heading = section.heading(place)
    name = section.head.name(place)
    same = [c for c in range(place) if section.head.name(c) == name]
    return Column(
        place,
        f"{name} (column {place + 1})" if same else name,
        heading.known_unit or _suffix(section, place),
        direction_of(name),
        commodity_of(name),
        tariff_of(name),
        only_if_mapped=BATTERY if is_battery(name) else again(name),
    )


def _derived(column: Column, section: Section) -> str | None:
    """What a dial shows, and how much more it was than the time before, is one thing."""
    found = section.differences.of(column.place)
    if found is None or kind_of(column.name) is Kind.REGISTER:
        return None
    dial, times = found
    name = section.head.name(dial)
    is_dial = kind_of(name) is Kind.REGISTER or times >= _OFTEN
    return f"the differences of the readings in `{name}`" if is_dial else None


def _suffix(section: Section, place: int) -> str | None:
    """The unit behind the values themselves."""
    suffixes = section.profiles[place].suffixes
    known = {unit for suffix in suffixes if (unit := unit_of(suffix))}
    return known.pop() if len(known) == 1 else None


def _near(roles: dict[int, Role], role: Role, places: list[int]) -> dict[int, int]:
    """The column of a role that belongs to each column of values: the next behind, or the only."""
    found = [c for c, one in roles.items() if one is role]
    if len(found) == 1:
        return dict.fromkeys(places, found[0])
    near = {}
    for place in places:
        following = [c for c in found if c > place]
        if following and not any(place < other < following[0] for other in places):
            near[place] = following[0]
    return near


def is_power_table(section: Section, columns: Columns) -> str | None:
    """The unit or heading by which all values of a table are power; None: they are not."""
    if section.said.power and not any(c.unit for c in columns.values):
        return section.said.power
    units = [c for c, role in columns.roles.items() if role is Role.UNIT]
    texts = {text for c in units for text in section.profiles[c].texts}
    if texts and all(is_power_unit(text) for text in texts):
        return min(texts)
    names = [c for c, role in columns.roles.items() if role in {Role.NAME, Role.LABEL}]
    for place in names:
        labels = list(section.profiles[place].texts)
        if labels and not any(c.unit for c in columns.values) and all(map(is_power, labels)):
            return labels[0]
    if not columns.values and columns.power:
        return section.head.name(columns.power[0])
    return None


def wide_column(section: Section, columns: Columns) -> Column:
    """The one column that stands for all of a day's pieces."""
    first = section.wide[0]
    codes = [c for c, role in columns.roles.items() if role is Role.QUALITY]
    place = codes[0] if len(codes) == 1 else None
    return Column(first, "value", None, None, None, "", place)
