"""A row of a meter diary, by the columns of its header: its texts, none of them judged."""

from __future__ import annotations

import re
from typing import NamedTuple

from meterctl.domain.readings import Quality
from meterctl.errors import shown
from meterctl.imports.layout import Claimed
from meterctl.imports.text.cells import Record
from meterctl.imports.vendors.diary_columns import Column, Named
from meterctl.imports.vendors.diary_meters import is_label
from meterctl.imports.vendors.wide import Header, bad_shape, bad_width, cell, has_digit
from meterctl.imports.words import is_total, quality_of

# A day, maybe with its weekday before and a time behind it: `Mo 06.05.24`, `May 6, 2024 8:15 AM`.
_DATE = re.compile(
    r"(?:[^\W\d]{2,3}[.,]*\s+|[^\W\d]+(?:tag|woch|day|dag)[.,]*\s+)?"
    r"(?:\d{1,4} ?[./-] ?\d{1,2} ?[./-] ?\d{1,4}|\d{8,14}|"
    r"\d{1,2}\.? [^\W\d]{3,9}\.? \d{2,4}|[^\W\d]{3,9}\.? \d{1,2},? \d{4})"
    r"(?:[T ,][\d:T.,+ \-APMapmUhrZz]{0,24})?"
)


class Entry(NamedTuple):
    """What one row says."""

    start: str
    values: tuple[tuple[int, str], ...]  # with their columns
    meter: str
    kind: str
    unit: str
    quality: Quality
    code: str | None
    note: str | None


class Rows(NamedTuple):
    """A table: its header, and what its columns are."""

    header: Header
    columns: Named

    @property
    def date(self) -> int:
        """The column of the dates."""
        return self.columns.columns.index(Column.DATE)

    def entry(self, record: Record) -> Entry | Claimed | None:
        """What a row says; a row that is told, as it has the wrong shape; None: it is no data."""
        date = cell(record.cells, self.date)
        places = self.columns.places(Column.READING)
        values = tuple((index, cell(record.cells, index)) for index in places)
        if not _DATE.fullmatch(date):
            if not any(has_digit(value) for _, value in values) or is_total(date) or is_label(date):
                return None
            if date:
                return bad_shape(record, self.date, f"{shown(date)} is no date", "write it out")
            return bad_shape(record, self.date, "a reading without a date", "add it")
        width = len(self.header.names)
        if len(record.cells) <= max(places) or any(cell.strip() for cell in record.cells[width:]):
            hint = "a value with a decimal comma needs quotes where commas separate columns"
            return bad_width(record, width, hint)
        kind, code, quality = self._kind(record)
        meters = (cell(record.cells, index) for index in self.columns.places(Column.METER))
        return Entry(
            f"{date} {self._cell(record, Column.TIME)}".strip(),
            values,
            " ".join(dict.fromkeys(filter(None, meters))),
            kind,
            self._cell(record, Column.UNIT),
            quality,
            code,
            self._cell(record, Column.NOTE) or None,
        )

    def _kind(self, record: Record) -> tuple[str, str | None, Quality]:
        """What a row's labels say: what flows, and how the value came to be, with its code."""
        kinds: list[str] = []
        code, quality = None, None
        for place in self.columns.places(Column.KIND) + self.columns.places(Column.QUALITY):
            text = cell(record.cells, place)
            found = quality_of(text, self.header.names[place]) if text else None
            is_quality = self.columns.columns[place] is Column.QUALITY
            if quality is None and (found is not None or is_quality):
                code, quality = text or None, found
            elif text and not is_quality:
                kinds.append(text)
        return " ".join(kinds), code, quality or Quality.ACTUAL

    def _cell(self, record: Record, column: Column) -> str:
        return cell(record.cells, self.columns.place(column))
