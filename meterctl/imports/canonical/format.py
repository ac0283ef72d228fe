"""Our own CSV: `timestamp,inverterKWh,meterValue`, any meter's column, and what `export` adds.

Every other column has a fixed meaning: `starts_at` (of an interval), `quality`, `quality_code`
(the vendor's own), `device` (a serial, where a swap makes it needed) and `note`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import tzinfo
from typing import NamedTuple, TypeVar

from meterctl.domain.meters import Meter
from meterctl.domain.quantity import parse_quantity
from meterctl.domain.readings import (
    Quality,
    Reading,
    Source,
    check_code,
    check_note,
    new_reading,
    quality_named,
)
from meterctl.domain.times import refuse_future
from meterctl.errors import DataError, MeterctlError
from meterctl.imports.canonical.columns import FIXED, TIMESTAMP, Columns, read_header
from meterctl.imports.canonical.formulas import unguard
from meterctl.imports.canonical.times import Times
from meterctl.imports.formats import Context, Row
from meterctl.imports.problems import BadCell, Problem
from meterctl.imports.text.cells import Record, place_of_cell
from meterctl.imports.units import unit_of

_BOM = "\ufeff"

_T = TypeVar("_T")


class _Extra(NamedTuple):
    """What a row says of all its values."""

    quality: Quality
    code: str | None
    note: str | None


_NOTHING_MORE = _Extra(Quality.ACTUAL, None, None)


class Canonical:
    """The format that `export` writes."""

    name = "canonical"

    def recognises(self, first: Record, context: Context) -> bool:
        """A first row that begins with the timestamp column's name, and means meters there are.

        A table of someone else's may begin so too: its other columns are none of ours, or one
        that is not names a unit.
        """
        if first.problem is not None or first.cells[0].strip().lower() != TIMESTAMP:
            return False
        options, others = context.options, {cell.strip().lower() for cell in first.cells[1:]}
        ours = {*FIXED, *(column.lower() for column, _ in options.columns)}
        for meter in context.meters:
            ours |= {meter.id, meter.column.lower()}
        words = {word for name in others - ours for word in re.split(r"[^a-z0-9³]+", name)}
        if options.meter is not None:
            return True
        return not ours.isdisjoint(others) and not any(unit_of(word) for word in words)

    def rows(self, first: Record, records: Iterator[Record], context: Context) -> Iterator[Row]:
        """The data rows; the header is checked before the first of them."""
        reader = RowReader(read_header(first, context), context)
        for record in records:
            row = reader.row(record)
            if row is not None:
                yield row


def _joined_files(record: Record) -> Problem | None:
    """What spoils a row where one file was put behind another."""
    text = record.text.removeprefix(_BOM)
    hint = "files were joined here: take it out, or import them one by one"
    if text.lstrip(' "').lower().startswith(TIMESTAMP):
        return Problem(record.line, 1, "the header again", hint, record.text)
    if text != record.text:
        return Problem(record.line, 1, "a byte-order mark within the file", hint, record.text)
    return None


class RowReader:
    """Rows to readings, for one header."""

    def __init__(self, columns: Columns, context: Context) -> None:
        self._columns = columns
        self._now = context.now
        self._decimal = context.options.decimal or "."
        zones = [zone_of(meter, context) for _, meter in columns.values]
        self.times = times = {zone: Times(zone) for zone in zones}
        self._values = [
            (index, meter, times[zone])
            for (index, meter), zone in zip(columns.values, zones, strict=True)
        ]
        self._says_more = any(
            column is not None for column in (columns.quality, columns.quality_code, columns.note)
        )

    def row(self, record: Record) -> Row | None:
        """One row, or what is wrong with it; None where a spreadsheet left it empty."""
        try:
            row = self._row(record)
        except BadCell as bad:
            if not any(cell.strip() for cell in record.cells):
                return None
            line, column = place_of_cell(record, bad.index)
            problem = Problem(line, column, bad.error.message, bad.error.hint, record.text)
            row = Row(record, [], [], problem)
        if row.problem is not None:
            row = row._replace(problem=_joined_files(record) or row.problem)
        return row

    def _row(self, record: Record) -> Row:
        """One row.

        Raises:
            BadCell: the first thing in it that cannot be read.
        """
        if record.problem is not None:
            return Row(record, [], [], record.problem)
        cells, columns = record.cells, self._columns
        if len(cells) != columns.cells:
            message = f"{len(cells)} cells in this row, {columns.cells} in the header"
            hint = "a comma too many or too few; a value with a decimal comma needs quotes"
            raise BadCell(min(len(cells), columns.cells), DataError(message, hint))
        extra = self._extra(cells) if self._says_more else _NOTHING_MORE
        readings: list[Reading] = []
        places: list[int] = []
        for index, meter, times in self._values:
            text = cells[index]
            if not _is_blank(text):
                readings.append(self._reading(cells, index, meter, times, extra))
                places.append(index)
        if not readings:
            raise BadCell(columns.values[0][0], DataError("no value in this row", "remove the row"))
        return Row(record, readings, places)

    def _extra(self, cells: list[str]) -> _Extra:
        columns = self._columns
        quality, code, note = _NOTHING_MORE
        if columns.quality is not None and (text := cells[columns.quality].strip()):
            quality = _checked(columns.quality, quality_named, text)
        if columns.quality_code is not None:
            code = _checked(
                columns.quality_code, check_code, unguard(cells[columns.quality_code].strip())
            )
        if columns.note is not None:
            note = _checked(columns.note, check_note, unguard(cells[columns.note]))
        return _Extra(quality, code, note)

    def _reading(
        self, cells: list[str], index: int, meter: Meter, times: Times, extra: _Extra
    ) -> Reading:
        columns = self._columns
        place = columns.timestamp  # of what is being read, for the error
        start = device = None
        try:
            at = times.read(cells[place])
            if at > self._now:
                refuse_future(at, self._now, times.zone)
            if columns.starts_at is not None and not _is_blank(cells[columns.starts_at]):
                place = columns.starts_at
                start = times.read(cells[place])
            if columns.device is not None and (serial := cells[columns.device].strip()):
                place = columns.device
                device = meter.device_labelled(serial).number
            place = index
            return new_reading(
                meter,
                at,
                parse_quantity(cells[index], self._decimal),
                Source.IMPORT,
                starts_at=start,
                device=device,
                quality=extra.quality,
                quality_code=extra.code,
                note=extra.note,
            )
        except DataError as error:
            raise BadCell(place, error) from None


def zone_of(meter: Meter, context: Context) -> tzinfo:
    """Where the clocks are that a meter's times without an offset mean."""
    return context.options.zone or context.zones(meter)


def _is_blank(text: str) -> bool:
    return not text or text.isspace()


def _checked(index: int, check: Callable[..., _T], *arguments: object) -> _T:
    try:
        return check(*arguments)
    except MeterctlError as error:
        raise BadCell(index, error) from None
