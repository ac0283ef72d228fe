"""The series of a table: one for each column that counts, and each meter that its rows name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from meterctl.domain.meters import Direction, Kind
from meterctl.errors import shown
from meterctl.imports.generic.columns import Columns
from meterctl.imports.generic.counted import Column
from meterctl.imports.generic.kinds import Kinds
from meterctl.imports.generic.names import About, Names, mapped_names
from meterctl.imports.generic.preamble import OBIS, direction_of_obis, serial_in
from meterctl.imports.generic.roles import KEYS, MAYBE_KEYS, Role
from meterctl.imports.generic.sections import Section
from meterctl.imports.generic.shapes import cell_of
from meterctl.imports.generic.usual import flows_by, usual_unit
from meterctl.imports.problems import Choice, Problem, Unknown
from meterctl.imports.series import Commodity, Series
from meterctl.imports.text.cells import place_of_cell
from meterctl.imports.units import ENERGIES, VOLUMES, unit_of
from meterctl.imports.words import (
    commodity_of,
    direction_of,
    fold,
    tariff_of,
    unit_in,
)

_HEATING_WATER = "the water that brought the heat; --map keeps it"
_UNITS = ("kWh", "Wh", "MWh", "m³")
_SUFFIX = re.compile(r"(?:^|#)([EB])\d$")
_SERIAL_IN_HEADING = 14  # characters: as long as metering points' ids are


class Counting:
    """Which series a value of a table belongs to. Series are made as their first row comes."""

    def __init__(
        self,
        section: Section,
        columns: Columns,
        about: About,
        names: Names,
    ) -> None:
        self._section = section
        self._options = about.options
        self._file = about.file
        decimal = section.decimal(about.options, about.delimiter)
        self._kinds = Kinds(section, columns.values, decimal, about.options.kind)
        self._is_only = len(columns.values) == 1
        self._keys = tuple(
            c
            for c, role in columns.roles.items()
            if (role in KEYS or (role in MAYBE_KEYS and c in section.split))
            and c not in {column.units for column in columns.values}
        )
        self._roles = columns.roles
        self._values = columns.values
        self._made: dict[tuple[int, tuple[str, ...]], Series] = {}
        self._names = names
        self._own: set[str] = set()
        self.notes: dict[str, None] = {}  # in the order they came up
        self.undirected: list[str] = []  # series whose direction nobody says

    def series(self, column: Column, cells: Sequence[str]) -> Series:
        """The series of a value.

        Raises:
            Unknown: its unit or its kind must be asked first.
        """
        key = tuple(cell_of(cells, c) for c in self._keys)
        made = self._made.get((column.place, key))
        if made is None:
            made = self._made[column.place, key] = self._make(column, key)
        return made

    def _make(self, column: Column, key: tuple[str, ...]) -> Series:
        said = self._section.said
        by_role = {self._roles[c]: text for c, text in zip(self._keys, key, strict=True) if text}
        labels = [
            text
            for c, text in zip(self._keys, key, strict=True)
            if text and self._roles[c] in {Role.NAME, Role.TARIFF, Role.LABEL, Role.COMMODITY}
        ]
        obis = self._obis(column, by_role) or said.obis
        unit = self._unit(column, key, by_role, labels)
        name = self._called(column, key)[0]
        commodity = self._commodity(column, labels, unit, name)
        why = column.only_if_mapped or self._twin(key, unit)
        if commodity is Commodity.HEAT and unit in VOLUMES:
            why = why or _HEATING_WATER
        direction = self._direction(column, by_role, labels, obis)
        made = Series(
            name,
            self._kind(column, key, obis, name, is_kept=why is None),
            direction or Direction.CONSUMPTION,
            unit,
            commodity,
            self._serial(column, by_role),
            obis,
            column.part or next(filter(None, map(tariff_of, labels)), ""),
            why,
        )
        way = None if made.direction is Direction.CONSUMPTION else made.direction.value
        own = (by_role.get(Role.UNIT), said.name, made.obis, way, made.serial)
        more = [f"{name} {text}" for text in own if text]
        names = [*self._called(column, key), *more]
        kept = self._names.keep(made, self._own, names, self._section.days)
        is_told = kept.commodity is not Commodity.ELECTRICITY  # gas and water flow one way
        if direction is None and why is None and not is_told:
            self.undirected.append(kept.name)
        return kept

    def _kind(
        self, column: Column, key: tuple[str, ...], obis: str | None, name: str, *, is_kept: bool
    ) -> Kind:
        try:
            return self._kinds.of(column, dict(zip(self._keys, key, strict=True)), obis, name)
        except Unknown:
            if is_kept or fold(name) in mapped_names(self._options):
                raise
            return Kind.INTERVAL  # it is left out: nothing needs to be asked

    def _called(self, column: Column, key: tuple[str, ...]) -> list[str]:
        """Names for a series: its heading, with as few of its row's labels as tell it apart."""
        telling: list[str] = []
        ranked = sorted(
            zip(self._keys, key, strict=True), key=lambda one: _rank(self._roles[one[0]])
        )
        for place, text in ranked:
            varies = len(self._section.profiles[place].texts) > 1
            if text and varies and text not in telling and self._roles[place] is not Role.UNIT:
                telling.append(text)
        counts = range(1, len(telling) + 1)
        return [" ".join([*telling[:count], column.name]) for count in counts] or [column.name]

    def _unit(
        self, column: Column, key: tuple[str, ...], by_role: dict[Role, str], labels: list[str]
    ) -> str:
        told = by_role.get(Role.UNIT)
        if column.units is not None:  # its own among several; the first that is filled
            told = next(iter(self._section.profiles[column.units].texts), None)
        unit = (unit_of(told) if told else None) or column.unit
        unit = unit or next(filter(None, map(unit_in, labels)), None) or self._section.said.unit
        if unit is None or (self._is_only and told is None):
            answer = self._options.unit
            commodity = column.commodity or next(filter(None, map(commodity_of, labels)), None)
            unit = answer if answer and self._may_be(answer, commodity) else unit
            unit = unit or self._usual_unit(column, key, labels)
        if unit is not None:
            return unit
        names = (column.name, *self._called(column, key))
        if self._options.meter is not None or mapped_names(self._options) & {*map(fold, names)}:
            return ""  # the meter's own
        raise self._unknown_unit(column, names[-1])

    def _usual_unit(self, column: Column, key: tuple[str, ...], labels: list[str]) -> str | None:
        """What such a thing is counted in, which is noted; None: that differs."""
        flows = flows_by(column.commodity, column.direction, labels, self._section.said.commodity)
        values = self._section.profiles[column.place].texts
        unit = usual_unit(flows, self._section.head.names, values)
        if unit is not None:
            name = self._called(column, key)[-1]
            why = f"taken as {unit}, as {flows} is counted; --unit says it"
            self.notes[f"the unit of `{name}` is not said: {why}"] = None
        return unit

    def _may_be(self, unit: str, commodity: Commodity | None) -> bool:
        """Whether the one answer can be meant for this series too: no water is in kWh.

        Gas may be in kWh, but beside electricity the answer was hardly for both.
        """
        flows = {
            commodity_of(text)
            for place, role in self._roles.items()
            if role in {Role.COMMODITY, Role.NAME}
            for text in self._section.profiles[place].texts
        }
        flows |= {column.commodity for column in self._values}
        if any(column.direction is Direction.TO_GRID or column.part for column in self._values):
            flows.add(Commodity.ELECTRICITY)
        if commodity is Commodity.WATER or (
            commodity is Commodity.GAS and Commodity.ELECTRICITY in flows
        ):
            return unit in VOLUMES or unit == "therm"
        return commodity is not Commodity.ELECTRICITY or unit not in VOLUMES

    def _unknown_unit(self, column: Column, name: str) -> Unknown:
        record = self._section.head.record or self._section.opening
        line, place = (1, 1) if record is None else place_of_cell(record, column.place)
        text = "" if record is None else record.text
        return Unknown(
            Problem(
                line,
                place,
                f"the unit of {shown(name)} is not said",
                "say it: --unit kWh (or Wh, MWh, m³ ...); or name its meter: --map or --meter",
                text,
            ),
            "unit",
            tuple(Choice(unit, "") for unit in _UNITS),
        )

    def _direction(
        self,
        column: Column,
        by_role: dict[Role, str],
        labels: list[str],
        obis: str | None,
    ) -> Direction | None:
        options, said = self._options.direction, self._section.said.direction
        told = by_role.get(Role.DIRECTION)
        found = (
            (direction_of(told) if told else None)
            or (direction_of_obis(obis) if obis else None)
            or next(filter(None, map(_market_way, labels)), None)
            or next(filter(None, map(direction_of, labels)), None)
        )
        own = column.direction
        # `Solar Electric` above a table says nothing of its column `Verbrauch`.
        is_way = said in {Direction.FROM_GRID, Direction.TO_GRID} and self._is_only
        if said is not None and (own is None or (own is Direction.CONSUMPTION and is_way)):
            own = said
        found = found or own
        if options is not None and (found is None or self._is_only):
            return options
        return found

    def _commodity(self, column: Column, labels: list[str], unit: str, name: str) -> Commodity:
        known = (
            column.commodity
            or next(filter(None, map(commodity_of, labels)), None)
            or self._section.said.commodity
        )
        if known is None and (unit in VOLUMES or unit == "therm"):
            usual = Commodity.WATER if unit in {"dl", "l", "gal"} else None
            known = commodity_of(self._file.replace(".", " ")) or usual
            if known is None and unit != "therm":
                self.notes[f"whether `{name}` is gas or water is not said: taken as gas"] = None
            known = known or Commodity.GAS
        if known is Commodity.ELECTRICITY and unit in VOLUMES:
            known = Commodity.GAS
        if known is Commodity.WATER and unit in ENERGIES:
            known = Commodity.HEAT  # hot water, by what it took to heat it
        return known or Commodity.ELECTRICITY

    def _serial(self, column: Column, by_role: dict[Role, str]) -> str | None:
        own = by_role.get(Role.SERIAL)
        if own and any(c.isdigit() for c in own):
            return own
        for text in (by_role.get(Role.NAME, ""), column.name):
            found = serial_in(text)
            is_whole = found == text or len(found or "") >= _SERIAL_IN_HEADING
            if found is not None and (is_whole or text is not column.name):
                return found
        return self._section.said.serial

    def _obis(self, column: Column, by_role: dict[Role, str]) -> str | None:
        for text in (by_role.get(Role.OBIS, ""), column.name):
            if found := OBIS.search(text):
                return found[0]
        return None

    def _twin(self, key: tuple[str, ...], unit: str) -> str | None:
        """Rows in kWh beside rows in m³ of the same meter are the same gas again."""
        places = [i for i, c in enumerate(self._keys) if self._roles[c] is Role.UNIT]
        if unit not in ENERGIES or len(places) != 1:
            return None
        sure = [c for c in self._keys if self._roles[c] in KEYS]
        if tuple(sure) != self._keys:
            return None
        place = places[0]
        rest = (*key[:place], *key[place + 1 :])
        has_volume = any(
            len(other) == len(key)
            and (*other[:place], *other[place + 1 :]) == rest
            and unit_of(other[place]) in VOLUMES
            for other in self._section.keys
        )
        return f"the same gas, in {unit}" if has_volume else None


def _rank(role: Role) -> int:
    """Which labels name a series best."""
    order = (Role.SERIAL, Role.NAME, Role.OBIS, Role.DIRECTION, Role.COMMODITY, Role.TARIFF)
    return order.index(role) if role in order else len(order)


def _market_way(label: str) -> Direction | None:
    """The way that a register's suffix says in Australia: E1 came from the grid, B1 went to it."""
    found = _SUFFIX.search(label.strip())
    return None if found is None else {"E": Direction.FROM_GRID, "B": Direction.TO_GRID}[found[1]]
