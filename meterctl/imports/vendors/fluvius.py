"""Fluvius, who keeps Flanders' meters: a row for each interval and register, in three languages.

`="541..."` is the connection's EAN, which stays when a meter is changed. Gas has two rows for one
interval, in m³ and in kWh: the cubic metres are what the meter counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.domain.times import zone_named
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts, Layout, Order
from meterctl.imports.series import Commodity, Series
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.units import is_power, unit_of
from meterctl.imports.vendors.wide import Header, bad_shape, cell, find_row, has_digit, refuse_power
from meterctl.imports.words import fold

_COLUMNS = {
    "from_date": r"(from|van|de|du|von)\b.*dat.*",
    "from_time": r"(from|van|de|du|von)\b.*(time|tijd|heure|zeit).*",
    "until_date": r"(until|to|tot|a|au|jusqu.*|bis)\b.*dat.*",
    "until_time": r"(until|to|tot|a|au|jusqu.*|bis)\b.*(time|tijd|heure|zeit).*",
    "ean": r"(code )?ean.*",
    "meter": r"meter|compteur|zahler",
    "register": r"regist(er|re)",
    "volume": r"volume|volumen|menge",
    "unit": r"unit|eenheid|unite|einheit",
    "status": r".*valid.*",
}
_CALORIC = re.compile(r"calori|brennwert|pouvoir|bovenwaarde")  # a column that gas alone has
_TO_GRID = re.compile(r"injec|einspei|terug")
_GENERATION = re.compile(r"produ|erzeug|opwek")
_PARTS = (
    (re.compile(r"\b(dag|day|jour|tag|heures? pleines?|hoch)\b"), "day"),
    (re.compile(r"\b(nacht|night|nuit|heures? creuses?|nieder)\b"), "night"),
    (re.compile(r"capac"), "capacitive"),
    (re.compile(r"induct"), "inductive"),
    (re.compile(r"exclusi"), "exclusive-night"),
)
_QUALITIES = (
    (re.compile(r"geschat|estim|geschatzt|bereken|calcul|berechnet"), Quality.ESTIMATED),
    (re.compile(r"niet gevalid|not valid|non valid|nicht valid"), Quality.QUESTIONABLE),
    (re.compile(r"aangepast|gecorrig|gewijzigd|edited|corrig|adjust|modif"), Quality.EDITED),
)
_AGAIN = "export the file again"
_SAME_GAS = "the same gas, in kWh"
_HINT = "export the quarter-hour, day or month totals instead: mijn.fluvius.be, Verbruik, download"


_Register = tuple[str, str]  # of a connection


class Fluvius:
    """The consumption history that Mijn Fluvius exports."""

    name = "fluvius"

    def layout(self, document: Document, options: Options) -> Layout | None:  # noqa: ARG002
        """A register, a volume, its unit and its status, from a time on."""
        header = find_row(document, _fits)
        if header is None:
            return None
        columns = _columns(header)
        rows = [one for one in document.head if one.line > header.record.line]
        units = [cell(row.cells, columns.unit) for row in rows if len(row.cells) > columns.unit]
        power = sum(is_power(unit) for unit in units)
        if power and power == len(units):
            raise refuse_power(header, columns.unit, _HINT)
        is_gas = any(_CALORIC.search(name) for name in header.folded)
        is_gas = is_gas or any(unit_of(unit) == "m³" for unit in units)
        gas = _in_cubic_metres(document, header, columns) if is_gas else set()
        return _Registers(header, columns, gas, has_peaks=power > 0)


class _Columns(NamedTuple):
    from_date: int
    from_time: int | None
    until_date: int | None
    until_time: int | None
    ean: int | None
    meter: int | None
    register: int
    volume: int
    unit: int
    status: int | None


class _Registers:
    """Rows of registers, a series for each connection, register and unit."""

    format = "fluvius"
    title = "Fluvius consumption history"

    def __init__(
        self, header: Header, columns: _Columns, gas: set[_Register], *, has_peaks: bool
    ) -> None:
        zone = zone_named("Europe/Brussels")
        self.facts = Facts(decimal=",", order=Order.DMY, zone=zone)
        peaks = "left out: rows in kW, the peaks of months: power, not energy"
        kept = "gas is kept in m³, as its meter counts"
        self.notes = ((peaks,) if has_peaks else ()) + ((kept,) if gas else ())
        self._header = header
        self._columns = columns
        self._gas = gas
        self._has_peaks = has_peaks
        self._known: dict[tuple[str, str, str], Series] = {}

    def read(self, document: Document) -> Iterator[Claimed]:
        """The data rows; peaks in kW and repeated headers are left out."""
        for record in document.records(self._header.record.line):
            claimed = self._row(record)
            if claimed is not None:
                yield claimed

    def _row(self, record: Record) -> Claimed | None:
        columns = self._columns
        if record.problem is not None:
            return Claimed(record, (), record.problem)
        if not has_digit(cell(record.cells, columns.from_date)):
            if not has_digit(cell(record.cells, columns.volume)):
                return None
            return bad_shape(record, columns.from_date, "a volume without a date", _AGAIN)
        if len(record.cells) <= max(columns.unit, columns.volume, columns.register):
            message = f"{len(record.cells)} cells in this row, too few for its volume"
            return bad_shape(record, len(record.cells), message, _AGAIN)
        unit_text = cell(record.cells, columns.unit)
        if is_power(unit_text) and self._has_peaks:
            return None
        unit = unit_of(unit_text)
        if unit is None:
            message = f"a unit that no meter counts: {unit_text!r}"
            return bad_shape(record, columns.unit, message, "meterctl keeps energy and volumes")
        code = cell(record.cells, columns.status) or None
        claim = Claim(
            self._series(record, unit),
            cell(record.cells, columns.volume),
            columns.volume,
            _time(record, columns.from_date, columns.from_time),
            _time(record, columns.until_date, columns.until_time),
            columns.from_date,
            columns.until_date or 0,
            quality=_quality(code),
            code=code,
        )
        return Claimed(record, (claim,))

    def _series(self, record: Record, unit: str) -> Series:
        serial = _serial(record, self._columns)
        register = cell(record.cells, self._columns.register)
        key = (serial, register, unit)
        if key not in self._known:
            self._known[key] = self._new_series(serial, register, unit)
        return self._known[key]

    def _new_series(self, serial: str, register: str, unit: str) -> Series:
        name, folded = " ".join(filter(None, (serial, register))), fold(register)
        if (serial, register) in self._gas:
            return Series(
                f"{name} {unit}",
                Kind.INTERVAL,
                Direction.TO_GRID if _TO_GRID.search(folded) else Direction.CONSUMPTION,
                unit,
                Commodity.GAS,
                serial or None,
                part="" if unit == "m³" else unit,
                only_if_mapped=None if unit == "m³" else _SAME_GAS,
            )
        direction = Direction.FROM_GRID
        for words, other in ((_TO_GRID, Direction.TO_GRID), (_GENERATION, Direction.GENERATION)):
            direction = other if words.search(folded) else direction
        part = "-".join(part for words, part in _PARTS if words.search(folded))
        return Series(name, Kind.INTERVAL, direction, unit, serial=serial or None, part=part)


def _fits(folded: Sequence[str]) -> bool:
    found = {key for key in _COLUMNS if _place(folded, key) is not None}
    if not {"from_date", "register", "volume", "unit"} <= found:
        return False
    return "status" in found or "ean" in found


def _place(folded: Sequence[str], key: str) -> int | None:
    return next((i for i, name in enumerate(folded) if re.fullmatch(_COLUMNS[key], name)), None)


def _columns(header: Header) -> _Columns:
    places = {key: _place(header.folded, key) for key in _COLUMNS}
    return _Columns(
        places["from_date"] or 0,
        places["from_time"],
        places["until_date"],
        places["until_time"],
        places["ean"],
        places["meter"],
        places["register"] or 0,
        places["volume"] or 0,
        places["unit"] or 0,
        places["status"],
    )


def _in_cubic_metres(document: Document, header: Header, columns: _Columns) -> set[_Register]:
    """The registers that have rows in m³: their other rows are the same gas again."""
    return {
        (_serial(record, columns), cell(record.cells, columns.register))
        for record in document.records(header.record.line)
        if unit_of(cell(record.cells, columns.unit)) == "m³"
    }


def _serial(record: Record, columns: _Columns) -> str:
    """The connection, or where it is hidden its meter; empty if both are."""
    bare = cell(record.cells, columns.ean).lstrip("=").strip('"')
    return bare or cell(record.cells, columns.meter)


def _quality(code: str | None) -> Quality:
    folded = fold(code or "")
    return next((one for words, one in _QUALITIES if words.search(folded)), Quality.ACTUAL)


def _time(record: Record, date: int | None, time: int | None) -> str | None:
    if date is None:
        return None
    # A bare date is where an interval ends or begins here, and no day of its own.
    return f"{cell(record.cells, date)} {cell(record.cells, time) or '00:00'}"
