"""`export`: the current readings as the canonical CSV, which `bulk-import` reads back exactly."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import NamedTuple

from meterctl.domain.meters import INVERTER, Meter
from meterctl.domain.quantity import format_quantity
from meterctl.domain.readings import Quality, Reading, reading_id
from meterctl.domain.times import iso_utc
from meterctl.imports.canonical import (
    DEVICE,
    NOTE,
    QUALITY,
    QUALITY_CODE,
    STARTS_AT,
    TIMESTAMP,
    guard,
)
from meterctl.ledger.port import Ledger
from meterctl.services.history import readings


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
    """Lines of CSV, each with its end; further columns only where something needs them."""
    meters = tuple(sorted(meters, key=lambda meter: meter.id != INVERTER))
    traits = ledger.traits()
    extras: list[tuple[str, Callable[[_RowKey], str]]] = []
    if traits.intervals:
        extras.append((STARTS_AT, lambda k: "" if k.starts_at is None else iso_utc(k.starts_at)))
    if traits.qualities:
        extras.append((QUALITY, lambda k: "" if k.quality is Quality.ACTUAL else k.quality))
    if traits.quality_codes:
        extras.append((QUALITY_CODE, lambda k: k.quality_code or ""))
    if any(len(meter.devices) > 1 for meter in meters):
        extras.append((DEVICE, lambda k: k.device or ""))
    if traits.notes:
        extras.append((NOTE, lambda k: guard(k.note or "")))
    places = {meter.id: place for place, meter in enumerate(meters)}
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")

    def line(cells: list[str]) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(cells)
        return buffer.getvalue()

    yield line([TIMESTAMP, *(meter.column for meter in meters), *(name for name, _ in extras)])
    for key, values in _rows(ledger, meters, since, until):
        cells = [""] * len(meters)
        for reading in values:
            cells[places[reading.meter]] = format_quantity(reading.amount)
        yield line([iso_utc(key.at), *cells, *(text(key) for _, text in extras)])


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
    device = None
    if meter.device_at(reading.at).number != reading.device:
        device = meter.device_numbered(reading.device).serial or f"#{reading.device}"
    return _RowKey(
        reading.at,
        None if reading.starts_at == reading.at else reading.starts_at,
        reading.quality,
        reading.quality_code,
        device,
        reading.note,
    )


def as_json_lines(
    ledger: Ledger, meters: tuple[Meter, ...], since: int | None, until: int | None
) -> Iterator[str]:
    """One JSON object a reading, each with its line end."""
    known = {meter.id: meter for meter in meters}
    for reading in readings(ledger, meters, since=since, until=until):
        meter = known[reading.meter]
        fields = {
            "id": reading_id(reading.slot, meter),
            "meter": reading.meter,
            "timestamp": iso_utc(reading.at),
            "starts_at": None if reading.starts_at == reading.at else iso_utc(reading.starts_at),
            "unit": meter.unit,
            "quality": reading.quality,
            "quality_code": reading.quality_code,
            "source": reading.source,
            "note": reading.note,
            "revision": reading.revision,
        }
        # The value last and by hand: an exact decimal, which json would make a float of.
        text = json.dumps(fields, ensure_ascii=False)
        yield f'{text[:-1]}, "value": {format_quantity(reading.amount)}}}\n'
