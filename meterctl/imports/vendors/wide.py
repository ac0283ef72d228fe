"""What most exports are: a header, then rows with a time and a column for each thing counted.

A vendor's module finds the header, says what each column is, and hands over a `Wide`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from meterctl.domain.readings import Quality
from meterctl.errors import shown
from meterctl.imports.generic.shapes import cell_of
from meterctl.imports.layout import Claim, Claimed, Facts
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record, place_of_cell
from meterctl.imports.text.document import Document
from meterctl.imports.units import is_power, unit_of
from meterctl.imports.words import LONGEST, fold

_DIGIT = re.compile(r"\d")
_IN_BRACKETS = re.compile(r"^(.*?)[\s,_]*[\[(]([^\[\]()]*)[\])]\s*$", re.DOTALL)
_BEHIND = re.compile(r"^(.*?)(?:\s*[,/]\s*|[\s_])([^\s,/_]+)$", re.DOTALL)
_TOTALS = re.compile(
    r"\b(total|totals|totaal|totale|totali|gesamt|summe|sum|suma|somme|toplam|celkem|samtals)\b"
)


class Header(NamedTuple):
    """A header row: its headings as they stand there, and folded for comparing."""

    record: Record
    names: tuple[str, ...]
    folded: tuple[str, ...]

    def place(self, *folded: str) -> int | None:
        """The first column with one of these folded headings."""
        return next((i for i, name in enumerate(self.folded) if name in folded), None)


def header_of(record: Record) -> Header:
    """A row taken as a header; the empty cells at its end are none of its headings."""
    names = [cell.replace("\ufeff", "").strip() for cell in record.cells]
    while names and not names[-1]:
        names.pop()
    return Header(record, tuple(names), tuple(fold(name) for name in names))


def find_row(document: Document, fits: Callable[[Sequence[str]], bool]) -> Header | None:
    """The first of the file's first rows whose folded cells fit."""
    for record in document.head:
        header = header_of(record)
        if header.names and fits(header.folded):
            return header
    return None


class Heading(NamedTuple):
    """A heading taken apart: `PV (kWh)` is `pv` in `kWh`."""

    name: str  # folded, without its unit
    unit: str | None  # of energy or volume, as we write it
    is_power: bool  # its unit is one of power


def take_apart(heading: str) -> Heading:
    """A heading and its unit, which stands in brackets, behind a comma or a slash, or last."""
    for form in (_IN_BRACKETS, _BEHIND) if len(heading) <= LONGEST else ():
        if match := form.match(heading.strip()):
            name, unit = match[1], match[2]
            if (known := unit_of(unit)) is not None:
                return Heading(fold(name), known, False)
            if is_power(unit):
                return Heading(fold(name), None, True)
    return Heading(fold(heading), None, False)


def refuse_power(header: Header, column: int, hint: str) -> Stop:
    """The refusal of a file that holds power; the hint says where the energy is."""
    line, place = place_of_cell(header.record, column)
    message = "this file holds power (kW), not energy: a reading is energy"
    return Stop(Problem(line, place, message, hint, header.record.text))


def cell(cells: Sequence[str], column: int | None) -> str:
    """A cell's text without the spaces around it; empty where there is none."""
    return cell_of(cells, column).strip()


def uncounted(record: Record, column: int | None) -> str:
    """A cell without odd spaces and the apostrophe that keeps a spreadsheet from counting."""
    return cell(record.cells, column).replace("\u00a0", " ").lstrip("'")


def power_notes(names: Iterable[str]) -> tuple[str, ...]:
    """That columns of power are left out."""
    return tuple(f"left out: `{name}`: power, not energy" for name in names)


def has_digit(text: str) -> bool:
    """Whether a cell says any number."""
    return _DIGIT.search(text) is not None


def is_total(text: str) -> bool:
    """Whether a row that begins so sums up others."""
    return _TOTALS.search(fold(text)) is not None


def bad_shape(record: Record, index: int, message: str, hint: str) -> Claimed:
    """A row that should be data, and what is wrong at one of its cells."""
    line, column = place_of_cell(record, index)
    return Claimed(record, (), Problem(line, column, message, hint, record.text))


def bad_width(record: Record, width: int, hint: str) -> Claimed:
    """A row that is shorter or longer than its header."""
    message = f"{len(record.cells)} cells in this row, {width} in the header"
    return bad_shape(record, min(len(record.cells), width), message, hint)


def as_written(_: Series, when: str) -> str:
    """A row's time, as it stands there."""
    return when


@dataclass(kw_only=True)
class Wide:
    """One time in each row (in one column, or date and time in two), and columns of values."""

    format: str
    title: str
    facts: Facts
    header: Header
    values: Mapping[int, Series]
    time: tuple[int, ...] = (0,)  # columns, joined with a space
    end: tuple[int, ...] = ()
    span: int | None = None
    quality: int | None = None  # the column of the vendor's code
    qualities: Mapping[str, Quality] = field(default_factory=dict)  # by the folded code
    after: int | None = None  # the last line before the data, if not the header's
    passes_over: Callable[[Record], bool] | None = None  # rows that only look like data
    # How a row's time is to be understood for a series, where its text alone does not say it.
    start_of: Callable[[Series, str], str] = field(default=as_written)
    notes: tuple[str, ...] = ()

    def read(self, document: Document) -> Iterator[Claimed]:
        """The data rows; repeated headers, totals and texts are left out."""
        width = max(len(self.header.record.cells), max(self.values, default=0) + 1)
        after = self.header.record.line if self.after is None else self.after
        for record in document.records(after):
            claimed = self._row(record, width)
            if claimed is not None:
                yield claimed

    def _row(self, record: Record, width: int) -> Claimed | None:
        cells = record.cells
        if record.problem is not None:
            return Claimed(record, (), record.problem)
        if self.passes_over is not None and self.passes_over(record):
            return None
        when = _joined(cells, self.time)
        if not has_digit(when):
            return self._without_time(record, when)
        if len(cells) <= max(self.values, default=0):
            if len(cells) <= max(self.time) + 1 and not when[:1].isdigit():
                return None  # a line of text with a number somewhere
            return bad_width(record, width, "the row may be cut off; export it again")
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            return bad_width(
                record, width, "a value with a decimal comma needs quotes; export it again"
            )
        return Claimed(record, self._claims(cells, when))

    def _without_time(self, record: Record, when: str) -> Claimed | None:
        """A total or a text is left out; a value without a time is told."""
        index = next((i for i in self.values if has_digit(cell(record.cells, i))), None)
        if self._is_header(record) or index is None or is_total(when):
            return None
        message = f"{shown(when)} is no time" if when else "a value without a time"
        return bad_shape(record, self.time[0], message, "give the row its time")

    def _is_header(self, record: Record) -> bool:
        """Whether the header stands here again.

        Raises:
            Stop: another one does, so that what follows is another table.
        """
        again = header_of(record).folded
        if not again or not again[0] or again[0] != self.header.folded[0]:
            return again == self.header.folded
        if again != self.header.folded:
            message = "another header, with other columns"
            hint = "two tables were joined here: cut the file in two, and import both"
            raise Stop(Problem(record.line, 1, message, hint, record.text))
        return True

    def _claims(self, cells: list[str], when: str) -> tuple[Claim, ...]:
        end = _joined(cells, self.end) or None
        code = cell(cells, self.quality) or None
        quality = Quality.ACTUAL if code is None else self._quality(code)
        end_cell = self.end[0] if self.end else 0
        return tuple(
            Claim(
                series,
                cells[index],
                index,
                self.start_of(series, when),
                end,
                self.time[0],
                end_cell,
                self.span,
                quality,
                code,
            )
            for index, series in self.values.items()
        )

    def _quality(self, code: str) -> Quality:
        return self.qualities.get(fold(code), Quality.ACTUAL)


def _joined(cells: Sequence[str], columns: Sequence[int]) -> str:
    if len(columns) == 1:
        return cell(cells, columns[0])
    parts = (cell(cells, column) for column in columns)
    return " ".join(part for part in parts if part)
