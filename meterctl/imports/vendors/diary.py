"""Meter diaries: dial positions that people typed into a phone app, whenever they looked.

`Datum;Zeit;Zählerstand`, below a title and above a line of the app's own. A file may hold several
meters: in a column, or one below the other, each with its title and the header again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

from meterctl.domain.meters import Direction, Kind
from meterctl.errors import shown
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts, Layout, Order
from meterctl.imports.numbers import suffix_of
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.series import Commodity, Series
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.units import VOLUMES, unit_of
from meterctl.imports.vendors.diary_columns import Column, named
from meterctl.imports.vendors.diary_meters import (
    last_block,
    refuse_amounts,
    serial_in,
    usual_unit,
)
from meterctl.imports.vendors.diary_rows import Entry, Rows
from meterctl.imports.vendors.wide import Header, has_digit, header_of
from meterctl.imports.words import (
    commodity_of,
    direction_of,
    is_total,
    language_of,
    says,
    tariff_of,
)
from meterctl.imports.words import unit_in as unit_said

_COMPOUND = re.compile(r"(?<=\w)(?=(zähler|zaehler|zahler|meter|stand)\b)", re.IGNORECASE)
_DAY_FIRST = re.compile(r"datum|fecha|data|tag|zeit|heure|tijd|hora|ora")
_UNIT_OPEN = "the unit of `{}` is not said: taken as {}, as {} is counted; --unit says it"
_FOLLOWS = "left out: `{}`: it follows from the readings beside it"
_DIRECTION_OPEN = "which way `{}` counts is not said: taken as consumption; --direction says it"


class Diary:
    """What apps for meter readings export."""

    name = "diary"

    def layout(self, document: Document, options: Options) -> Layout | None:
        """A header of which every column is known: a date, and a reading."""
        for header in map(header_of, document.head):
            columns = named(header) if header.names else None
            if columns is not None:
                return _Entries(document, Rows(header, columns), options)
        return None


class _Section(NamedTuple):
    """One meter's part of a file."""

    title: str
    said: str  # all that stands above it
    rows: Rows


class _Entries:
    """Rows of typed readings."""

    format = "diary"
    title = "meter diary"

    def __init__(self, document: Document, first: Rows, options: Options) -> None:
        header, columns = first
        date = header.folded[columns.columns.index(Column.DATE)]
        is_english = language_of(header.names) == "en"
        # Who writes `Datum` or `Index` puts the day first, and counts gas in m³.
        is_abroad = not is_english and bool(_DAY_FIRST.search(date) or language_of(header.names))
        self.facts = Facts(order=Order.DMY if is_abroad else None)
        self._is_metric = is_abroad
        self._first = first
        self._options = options
        self._series: dict[tuple[str, ...], Series] = {}
        self._titles: list[str] = []
        # A file or a worksheet is often called by what its meter counts.
        self._file = f"{PurePath(document.name).stem} {options.worksheet or ''}"
        several = {Column.METER, Column.KIND} & set(columns.columns)
        self._is_several = bool(several) or len(columns.places(Column.READING)) > 1
        self._usual: set[str] = set()  # the series whose unit is only the usual one
        self._read_through(document)
        if len(self._titles) > 1:  # then their titles tell the meters apart, the first one too
            self._series.clear()
            self._usual.clear()
            self._is_several = True
            self._read_through(document)
        if not columns.is_reading and options.kind is None:
            refuse_amounts(self.read(document), header.record)
        units = tuple(
            _UNIT_OPEN.format(one.name, one.unit, one.commodity)
            for one in self._series.values()
            if one.name in self._usual
        )
        left = tuple(
            _FOLLOWS.format(name)
            for name, column in zip(header.names, columns.columns, strict=True)
            if column is Column.OTHER and says("INTERVAL", name)
        )
        self.notes = (
            left
            + units
            + tuple(
                _DIRECTION_OPEN.format(one.name)
                for one in self._series.values()
                if one.direction is Direction.CONSUMPTION
                and one.commodity is Commodity.ELECTRICITY
                and one.only_if_mapped is None
                and options.direction is None
            )
        )

    def read(self, document: Document) -> Iterator[Claimed]:
        """The readings; titles, headers, sums and the app's own lines are left out.

        Raises:
            Stop: the header stands there again, and nothing says of which meter; or another.
        """
        above: list[str] = []
        section: _Section | None = None
        has_rows = False
        for record in document.records():
            if record.problem is not None:
                yield Claimed(record, (), record.problem)
                continue
            entry = None if section is None else section.rows.entry(record)
            if isinstance(entry, Entry) and section is not None:
                above, has_rows = [], True
                yield self._claimed(record, section, entry)
                continue
            header = header_of(record)
            rows = self._rows_below(header, section)
            if rows is not None:
                is_again = section is not None and header.folded == section.rows.header.folded
                if has_rows and is_again and not any(above):
                    raise _untitled(record)
                section = self._opened(above, section, rows)
                above = []
            elif isinstance(entry, Claimed):
                above = []
                yield entry
            elif not is_total(header.names[0] if header.names else ""):
                above.append(" ".join(filter(None, header.names)))

    def _rows_below(self, header: Header, section: _Section | None) -> Rows | None:
        """The table that a header begins; None: it is none.

        Raises:
            Stop: it is another table's.
        """
        first = self._first.header
        if not header.names or (section is None and header.folded != first.folded):
            return None
        if header.folded == first.folded:
            return self._first
        columns = named(header)
        if columns is not None:
            return Rows(header, columns)
        if header.folded[0] == first.folded[0] and len(header.names) > 1:
            message, hint = "another table, with other columns", "cut the file there"
            raise Stop(Problem(header.record.line, 1, message, hint, header.record.text))
        return None

    def _read_through(self, document: Document) -> None:
        """Find every title and every series."""
        for _ in self.read(document):
            pass

    def _opened(self, above: Sequence[str], before: _Section | None, rows: Rows) -> _Section:
        """The part whose header was met; what the part before it ends with is none of its own."""
        own = above if before is None else last_block(above)
        title = next(filter(None, reversed(own)), "")
        if title not in self._titles:
            self._titles.append(title)
        return _Section(title, " ; ".join(filter(None, own)), rows)

    def _claimed(self, record: Record, section: _Section, entry: Entry) -> Claimed:
        return Claimed(
            record,
            [
                Claim(
                    self._of(section, entry, place, value),
                    value,
                    place,
                    entry.start,
                    start_cell=section.rows.date,
                    quality=entry.quality,
                    code=entry.code,
                    note=entry.note,
                )
                for place, value in entry.values
            ],
        )

    def _of(self, section: _Section, entry: Entry, place: int, value: str) -> Series:
        """The series of a row's reading."""
        heading = section.rows.header.names[place]
        key = (section.title, heading, str(place), entry.meter, entry.kind, entry.unit)
        if key not in self._series:
            behind = suffix_of(value) if has_digit(value) else None
            self._series[key] = self._new(section, entry, place, entry.unit or behind or "")
        return self._series[key]

    def _new(self, section: _Section, entry: Entry, place: int, unit_text: str) -> Series:
        heading, unit_told = section.rows.header.names[place], section.rows.columns.units[place]
        said = " ; ".join(filter(None, (heading, entry.meter, entry.kind, section.said)))
        said = _COMPOUND.sub(" ", said)  # `Gaszähler` says gas
        title = section.title if len(self._titles) > 1 else ""
        unit = unit_of(unit_text) or unit_told or unit_said(section.said)
        name = " ".join(filter(None, (title, entry.meter, entry.kind, heading)))
        if name in {one.name for one in self._series.values()}:
            name = f"{name} {unit_text}"
        commodity = commodity_of(said) or commodity_of(self._file)
        why = None
        if unit is None and unit_text and self._options.unit is None:
            shown_unit = shown(unit_text)
            why = f"it is counted in {shown_unit}, no unit of energy or volume; --map keeps it"
        elif not unit:
            usual = usual_unit(commodity, is_metric=self._is_metric)
            # One answer for several meters is for those that have no usual unit.
            unit = usual if self._is_several and usual else self._options.unit or usual
            if unit != self._options.unit:
                self._usual.add(name)
        return Series(
            name,
            self._options.kind or Kind.REGISTER,
            self._options.direction or direction_of(said) or Direction.CONSUMPTION,
            unit or "",
            commodity or (Commodity.GAS if unit in VOLUMES else Commodity.ELECTRICITY),
            serial_in([entry.meter] if entry.meter else section.said.split(" ; ")),
            part=tariff_of(heading),
            only_if_mapped=why,
        )


def _untitled(record: Record) -> Stop:
    message = "the header again, and nothing says of which meter the rows below it are"
    hint = "cut the file there, and import each part with --meter"
    return Stop(Problem(record.line, 1, message, hint, record.text))
