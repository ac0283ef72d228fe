"""What Home Assistant's history page downloads: a row for each change of an entity's state.

It says no units, and has whatever entities were on the page: those that count are chosen by their
names, and the unit is asked unless the name ends in one. What people make from the database has a
column of units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from meterctl.domain.meters import Kind
from meterctl.errors import shown
from meterctl.imports import words
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts
from meterctl.imports.problems import Problem, Stop, Unknown
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.units import unit_of
from meterctl.imports.vendors.home_assistant_names import series_of
from meterctl.imports.vendors.home_assistant_survey import KINDS, number_in
from meterctl.imports.vendors.wide import bad_shape

_HEADINGS = ("entity_id", "state", "last_changed")
_UNITS = ("unit_of_measurement", "unit")


class Columns(NamedTuple):
    """Where a row holds what."""

    entity: int
    state: int
    time: int
    unit: int | None = None


def columns_of(header: Record) -> Columns | None:
    """The columns of a header of a history; None: it is none."""
    names = [words.fold(cell) for cell in header.cells]
    if not all(name in names for name in _HEADINGS):
        return None
    unit = next((names.index(name) for name in _UNITS if name in names), None)
    entity, state, time = (names.index(name) for name in _HEADINGS)
    return Columns(entity, state, time, unit)


@dataclass
class _Entity:
    """What was seen of one entity's states."""

    unit: str = ""  # as the file writes it
    last: Decimal | None = None
    rises: int = 0
    falls: int = 0

    def see(self, state: Decimal) -> None:
        """Compare with the state before."""
        if self.last is not None:
            self.rises += state > self.last
            self.falls += state < self.last
        self.last = state


def layout_of(
    document: Document, header: Record, columns: Columns, options: Options
) -> HistoryLayout:
    """Find out which entities count.

    Raises:
        Stop: none of them does.
        Unknown: the unit of one, or what its states are, is not said.
    """
    seen: dict[str, _Entity] = {}
    for record in document.records(header.line):
        cells = record.cells
        if record.problem is None and len(cells) > max(columns.entity, columns.state, columns.time):
            entity = cells[columns.entity].strip()
            state = number_in(cells[columns.state].strip())
            one = seen.setdefault(entity, _Entity())
            if columns.unit is not None and columns.unit < len(cells):
                one.unit = one.unit or cells[columns.unit].strip()
            if state is not None:
                one.see(state)
    series: dict[str, Series] = {}
    left_out = []
    for entity, one in seen.items():
        is_other = bool(one.unit) and unit_of(one.unit) is None
        if one.last is None or is_other or not (one.unit or _may_count(entity)):
            left_out.append(entity)
        else:
            series[entity] = _series(entity, one, header, options)
    if not series:
        message = "no entity of this file counts energy or volume, as far as its names say"
        hint = "download the history of your energy sensors (kWh or m³) alone"
        raise Stop(Problem(header.line, 1, message, hint, header.text))
    notes = [f"left out: {entity}: no energy, by its name or states" for entity in left_out]
    return HistoryLayout(header, columns, series, tuple(notes))


def _may_count(entity: str) -> bool:
    """Whether nothing in its name says that an entity is no counter."""
    is_other = words.is_power(entity) or words.is_temperature(entity) or words.is_cost(entity)
    return not is_other and not words.is_percentage(entity)


def _series(entity: str, one: _Entity, header: Record, options: Options) -> Series:
    named = unit_of(one.unit) or options.unit or words.unit_in(entity)
    is_mapped = options.meter is not None or any(
        words.fold(column) == words.fold(entity) for column, _ in options.columns
    )
    if named is None and not is_mapped:
        message = f"the unit of {shown(entity)} is not said"
        raise Unknown(_problem(header, message, "say it: --unit kWh"), "unit")
    kind = options.kind or Kind.REGISTER
    if options.kind is None and one.rises and one.falls:
        message = f"{shown(entity)} rises and falls: it is no dial that only grows"
        hint = "export its long-term statistics; or say --kind interval, if each row is an amount"
        raise Unknown(_problem(header, message, hint), "kind", KINDS)
    made = series_of(entity, named or "kWh", kind)
    return made if named else made._replace(unit="")


def _problem(header: Record, message: str, hint: str) -> Problem:
    return Problem(header.line, 1, message, hint, header.text)


class HistoryLayout:
    """How a history is read."""

    format = "home-assistant"
    title = "Home Assistant, download of the history"
    facts = Facts(decimal=".")

    def __init__(
        self,
        header: Record,
        columns: Columns,
        series: Mapping[str, Series],
        notes: tuple[str, ...],
    ) -> None:
        self._header = header
        self._columns = columns
        self._series = series
        self.notes = notes

    def read(self, document: Document) -> Iterator[Claimed]:
        """A state after the other, each at the time that it changed."""
        entity, state, time, _ = self._columns
        for record in document.records(self._header.line):
            cells = record.cells
            if record.problem is not None:
                yield Claimed(record, (), record.problem)
                continue
            series = self._series.get(cells[entity].strip() if len(cells) > entity else "")
            if series is None:
                continue
            if len(cells) <= max(state, time):
                yield bad_shape(record, len(cells), "this row is cut off", "download it again")
                continue
            start = cells[time].strip()
            yield Claimed(record, (Claim(series, cells[state], state, start, start_cell=time),))
