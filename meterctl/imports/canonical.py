"""Our own CSV: `timestamp,inverterKWh,meterValue`, any meter's column, and what `export` adds.

Every other column has a fixed meaning: `starts_at` (of an interval), `quality`, `quality_code`
(the vendor's own), `device` (a serial, where a swap makes it needed) and `note`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import tzinfo
from typing import NamedTuple, TypeVar

from meterctl.domain.meters import Meter, meter_named
from meterctl.domain.quantity import parse_quantity
from meterctl.domain.readings import Quality, Reading, Source, check_note, new_reading
from meterctl.domain.times import parse_time, refuse_future
from meterctl.errors import DataError, MeterctlError, UnknownMeter, shown
from meterctl.imports.cells import Record, place_of_cell
from meterctl.imports.formats import Context, Row
from meterctl.imports.problems import BadCell, Problem, Stop

TIMESTAMP, STARTS_AT, QUALITY, QUALITY_CODE, DEVICE, NOTE = FIXED = (
    "timestamp",
    "starts_at",
    "quality",
    "quality_code",
    "device",
    "note",
)
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}

# What a spreadsheet would take for a formula. `export` puts an apostrophe before it, and before
# an apostrophe of the text's own; reading takes exactly one away again.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")


def guard(text: str) -> str:
    """Text that a spreadsheet shows instead of running."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def unguard(text: str) -> str:
    """The text that was guarded."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text


_T = TypeVar("_T")


class Columns(NamedTuple):
    """Where in a row everything stands; None where the file has no such column."""

    timestamp: int
    starts_at: int | None
    quality: int | None
    quality_code: int | None
    device: int | None
    note: int | None
    values: tuple[tuple[int, Meter], ...]
    cells: int


class _Extra(NamedTuple):
    """What a row says of all its values."""

    quality: Quality
    code: str | None
    note: str | None


class Canonical:
    """The format that `export` writes."""

    name = "canonical"

    def recognises(self, first: Record) -> bool:
        """A first row that begins with the timestamp column's name."""
        return bool(first.cells) and first.cells[0].strip().lower() == TIMESTAMP

    def rows(self, first: Record, records: Iterator[Record], context: Context) -> Iterator[Row]:
        """The data rows; the header is checked before the first of them."""
        columns = read_header(first, context)
        reader = _RowReader(columns, context)
        for record in records:
            if record.problem is not None:
                yield Row(record.line, record.text, [], record.problem)
                continue
            if not any(record.cells):
                continue  # a spreadsheet's empty row
            try:
                yield Row(record.line, record.text, reader.readings(record), None)
            except BadCell as bad:
                line, column = place_of_cell(record, bad.index)
                problem = Problem(line, column, bad.error.message, bad.error.hint, record.text)
                yield Row(record.line, record.text, [], problem)


def read_header(header: Record, context: Context) -> Columns:
    """What each column is.

    Raises:
        Stop: with the column that has no meaning, or two.
    """
    if header.problem is not None:
        raise Stop(header.problem)
    names = [cell.strip() for cell in header.cells]

    def stop(index: int, message: str, hint: str) -> Stop:
        return Stop(Problem(*place_of_cell(header, index), message, hint, header.text))

    _refuse_other_delimiters(header)
    options = context.options
    mapped = {column.lower(): meter for column, meter in options.columns}
    places: dict[str, int] = {}
    values: list[tuple[int, Meter]] = []
    unknown: list[tuple[int, str, str]] = []
    for index, name in enumerate(names):
        lowered = name.lower()
        if not name:
            raise stop(index, "a column without a name", "name it, or remove it")
        if lowered in places or lowered in (n.lower() for n in names[:index]):
            raise stop(index, f"column {shown(name)} is there twice", "keep one of the two")
        if lowered in FIXED and lowered not in mapped:
            places[lowered] = index
            continue
        try:
            meter = meter_named(context.meters, mapped.pop(lowered, name))
        except UnknownMeter as error:
            unknown.append((index, error.message, error.hint))
            continue
        if any(meter.id == other.id for _, other in values):
            raise stop(index, f"a second column for meter {meter.id}", "keep one of the two")
        values.append((index, meter))
    if TIMESTAMP not in places:
        raise stop(0, "no column is named timestamp", _header_hint(context))
    if options.meter is not None and len(unknown) == 1:
        values.append((unknown.pop()[0], meter_named(context.meters, options.meter)))
    if unknown:
        index, message, hint = unknown[0]
        raise stop(index, message, f"{hint}; or --map {shown(names[index])}=METER")
    if mapped:
        column = next(iter(mapped))
        raise stop(
            0, f"--map names a column {shown(column)} that is not there", "check its spelling"
        )
    if not values:
        raise stop(0, "no column holds a meter's values", _header_hint(context))
    return Columns(
        places[TIMESTAMP],
        places.get(STARTS_AT),
        places.get(QUALITY),
        places.get(QUALITY_CODE),
        places.get(DEVICE),
        places.get(NOTE),
        tuple(values),
        len(names),
    )


def _refuse_other_delimiters(header: Record) -> None:
    if len(header.cells) > 1:
        return
    for delimiter, name in _OTHER_DELIMITERS.items():
        if delimiter in header.text:
            column = header.text.index(delimiter) + 1
            raise Stop(
                Problem(
                    header.line,
                    column,
                    f"columns are separated by {name}; here they are separated by commas",
                    "save the file with commas between the columns",
                    header.text,
                )
            )


def _header_hint(context: Context) -> str:
    columns = ",".join(meter.column for meter in context.meters)
    return f"the first line names the columns, such as timestamp,{columns}"


class _RowReader:
    """Rows to readings, for one header."""

    def __init__(self, columns: Columns, context: Context) -> None:
        self._columns = columns
        self._context = context
        self._decimal = context.options.decimal
        self._times = {meter.id: _Times(_zone_of(meter, context)) for _, meter in columns.values}

    def readings(self, record: Record) -> list[Reading]:
        """The readings of one row.

        Raises:
            BadCell: the first thing in it that cannot be read.
        """
        cells, columns = record.cells, self._columns
        if len(cells) != columns.cells:
            message = f"{len(cells)} cells in a row, {columns.cells} in the header"
            error = DataError(message, "a comma is missing or too many, or a decimal comma splits")
            raise BadCell(min(len(cells), columns.cells), error)
        extra = self._extra(cells)
        found = []
        for index, meter in columns.values:
            text = cells[index]
            if text and not text.isspace():
                try:
                    found.append(self._reading(cells, index, meter, extra))
                except DataError as error:
                    raise BadCell(index, error) from None
        if not found:
            raise BadCell(columns.values[0][0], DataError("no value in this row", "remove the row"))
        return found

    def _extra(self, cells: list[str]) -> _Extra:
        columns = self._columns
        quality, code, note = Quality.ACTUAL, None, None
        if columns.quality is not None and (text := cells[columns.quality].strip()):
            quality = _checked(columns.quality, _quality, text)
        if columns.quality_code is not None:
            code = cells[columns.quality_code].strip() or None
        if columns.note is not None:
            note = _checked(columns.note, check_note, unguard(cells[columns.note]))
        return _Extra(quality, code, note)

    def _reading(self, cells: list[str], index: int, meter: Meter, extra: _Extra) -> Reading:
        columns, times = self._columns, self._times[meter.id]
        value = parse_quantity(cells[index], self._decimal)
        at = self._time(columns.timestamp, cells, times)
        start = None
        if columns.starts_at is not None and cells[columns.starts_at].strip():
            start = self._time(columns.starts_at, cells, times)
        device = None
        if columns.device is not None and (serial := cells[columns.device].strip()):
            device = _checked(columns.device, _device_of, meter, serial)
        return new_reading(
            meter,
            at,
            value,
            Source.IMPORT,
            starts_at=start,
            device=device,
            quality=extra.quality,
            quality_code=extra.code,
            note=extra.note,
        )

    def _time(self, index: int, cells: list[str], times: _Times) -> int:
        try:
            instant = times.read(cells[index])
            if instant > self._context.now:
                refuse_future(instant, self._context.now, times.zone)
        except DataError as error:
            raise BadCell(index, error) from None
        return instant


class _Times:
    """Times of a column, of which most share their day or their time of day with another.

    A time with an offset is its day's midnight plus the rest, so the two are kept apart; each was
    read strictly once. A time without an offset is read in full: its day may have 23 hours.
    """

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._days: dict[str, int] = {}
        self._rests: dict[str, int] = {}

    def read(self, text: str) -> int:
        """The instant of a cell.

        Raises:
            TimeError: it is none.
        """
        day, rest = text[:10], text[10:]
        try:
            return self._days[day] + self._rests[rest]
        except KeyError:
            pass
        instant = parse_time(text, self.zone)
        if text[0] != " " and (rest[-1] in "Zz" or rest[-6] in "+-"):
            if len(self._days) + len(self._rests) > 200_000:
                self._days.clear()
                self._rests.clear()
            midnight = parse_time(f"{day}T00:00Z", self.zone)
            self._days[day] = midnight
            self._rests[rest] = instant - midnight
        return instant


def _zone_of(meter: Meter, context: Context) -> tzinfo:
    return context.options.zone or context.zones(meter)


def _quality(text: str) -> Quality:
    try:
        return Quality(text.lower())
    except ValueError:
        raise DataError(
            f"{shown(text)} is not a quality",
            f"one of {', '.join(Quality)}; the vendor's own code goes into a column quality_code",
        ) from None


def _device_of(meter: Meter, serial: str) -> int:
    """By serial, or `#2` for a device whose serial was never told."""
    if serial.startswith("#") and serial[1:].isdecimal():
        return meter.device_numbered(int(serial[1:])).number
    return meter.device_with_serial(serial).number


def _checked(index: int, check: Callable[..., _T], *arguments: object) -> _T:
    try:
        return check(*arguments)
    except MeterctlError as error:
        raise BadCell(index, error) from None
