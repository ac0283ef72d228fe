"""`export`: the current readings as the canonical CSV, which `bulk-import` reads back exactly."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from io import StringIO
from typing import NamedTuple

from meterctl.domain.exact import to_json
from meterctl.domain.meters import INVERTER, Meter
from meterctl.domain.quantity import format_quantity
from meterctl.domain.readings import Quality, Reading
from meterctl.domain.times import iso_utc
from meterctl.imports.canonical.columns import (
    DEVICE,
    NOTE,
    QUALITY,
    QUALITY_CODE,
    STARTS_AT,
    TIMESTAMP,
)
from meterctl.imports.canonical.formulas import guard
from meterctl.ledger.port import Ledger
from meterctl.services.history import readings
from meterctl.services.wire import reading as wire_reading


class _RowKey(NamedTuple):
    """What readings that share a row have in common."""

    at: int
    starts_at: int | None
    quality: Quality
    quality_code: str | None
    device: str | None
    note: str | None


def as_csv(
    ledger: Ledger, meters: tuple[Meter, ...], since: int | None, until: int | None
) -> Iterator[str]:
    """Lines of CSV, each with its end; further columns only where a row needs them."""
    meters = tuple(sorted(meters, key=lambda meter: meter.id != INVERTER))
    rows = _rows(ledger, meters, since, until)
    extras = _needed(ledger, meters, _rows(ledger, meters, since, until))
    places = {meter.id: place for place, meter in enumerate(meters)}
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")

    def line(cells: list[str]) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(cells)
        return buffer.getvalue()

    yield line([TIMESTAMP, *(meter.column for meter in meters), *extras])
    for key, values in rows:
        cells = [""] * len(meters)
        for reading in values:
            cells[places[reading.meter]] = format_quantity(reading.amount)
        yield line([iso_utc(key.at), *cells, *(_EXTRAS[name](key) for name in extras)])


_EXTRAS: dict[str, Callable[[_RowKey], str]] = {
    STARTS_AT: lambda key: "" if key.starts_at is None else iso_utc(key.starts_at),
    QUALITY: lambda key: "" if key.quality is Quality.ACTUAL else key.quality,
    QUALITY_CODE: lambda key: guard(key.quality_code or ""),
    DEVICE: lambda key: key.device or "",
    NOTE: lambda key: guard(key.note or ""),
}


def _needed(
    ledger: Ledger, meters: tuple[Meter, ...], rows: Iterator[tuple[_RowKey, list[Reading]]]
) -> list[str]:
    """The further columns that some row fills.

    The ledger tells which there might be, mostly none; a void reading's note needs no column.
    """
    traits = ledger.traits()
    might = {
        STARTS_AT: traits.intervals,
        QUALITY: traits.qualities,
        QUALITY_CODE: traits.quality_codes,
        DEVICE: any(len(meter.devices) > 1 for meter in meters),
        NOTE: traits.notes,
    }
    open_ = {name for name in _EXTRAS if might[name]}
    filled: set[str] = set()
    while open_ and (row := next(rows, None)) is not None:
        now_filled = {name for name in open_ if _EXTRAS[name](row[0])}
        filled |= now_filled
        open_ -= now_filled
    return [name for name in _EXTRAS if name in filled]


def _rows(
    ledger: Ledger, meters: tuple[Meter, ...], since: int | None, until: int | None
) -> Iterator[tuple[_RowKey, list[Reading]]]:
    """Readings in rows: those of one instant that agree in all but meter and value."""
    known = {meter.id: meter for meter in meters}
    instant: int | None = None
    rows: dict[_RowKey, list[Reading]] = {}
    for reading in readings(ledger, meters, since=since, until=until):
        if reading.at != instant:
            yield from rows.items()
            rows, instant = {}, reading.at
        rows.setdefault(_key(known[reading.meter], reading), []).append(reading)
    yield from rows.items()


def _key(meter: Meter, reading: Reading) -> _RowKey:
    return _RowKey(
        reading.at,
        None if reading.starts_at == reading.at else reading.starts_at,
        reading.quality,
        reading.quality_code,
        meter.device_label(reading.device, reading.at),
        reading.note,
    )


def as_json_lines(
    ledger: Ledger, meters: tuple[Meter, ...], since: int | None, until: int | None
) -> Iterator[str]:
    """One JSON object a reading, each with its line end."""
    known = {meter.id: meter for meter in meters}
    for reading in readings(ledger, meters, since=since, until=until):
        yield to_json(wire_reading(known[reading.meter], reading)) + "\n"
