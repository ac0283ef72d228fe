"""SMA: the loggers' tables (WebUI, Sunny Explorer, SBFspot) and Sunny Portal's.

A logger's table has a column for each counter of each inverter, whose serial, name and kind stand
in rows above it, and a row of units whose first is a date's form: `dd.MM.yyyy HH:mm:ss;kWh;kW`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.formats import Options
from meterctl.imports.layout import Facts, Layout, Order
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.units import is_power, unit_of
from meterctl.imports.vendors.headings import BATTERY, NOT_KNOWN, Role, role
from meterctl.imports.vendors.sunny_portal import sunny_portal
from meterctl.imports.vendors.wide import (
    Header,
    Wide,
    as_written,
    has_digit,
    header_of,
    refuse_power,
)
from meterctl.imports.words import fold

# `dd.MM.yyyy`, and in the letters of other languages: `TT.MM.JJJJ`, `jj/MM/aaaa`.
_DATE = re.compile(r"(?=.*(?:yy|jj|aa))(?=.*mm)(?=.*(?:d|t|j|g))[dmyhstjag:./\- ]+", re.IGNORECASE)
_SERIAL = re.compile(r"(?:SN:?\s*)?([0-9]{6,})", re.IGNORECASE)
_MOST_NAMED = 4
_VERSION = "version csv"
_KINDS = {"counter", "analog", "status", "text", ""}
_DAY = "the day's share of the total yield; --map keeps it"
_ABSOLUTE = "the grid's count in another form; --map keeps it"
_HINT = "export the yield (kWh) instead: Sunny Explorer or the inverter's pages, Export data"
_ROLES = (
    role(r"\bbat|batter|batchrg|batdsch", Direction.CONSUMPTION, "battery", BATTERY, Kind.REGISTER),
    role(r"grid.*abswhout", Direction.TO_GRID, "absolute", _ABSOLUTE, Kind.REGISTER),
    role(r"grid.*abswhin", Direction.FROM_GRID, "absolute", _ABSOLUTE, Kind.REGISTER),
    role(r"grid.*whout|einspei|feed-?in", Direction.TO_GRID, kind=Kind.REGISTER),
    role(r"grid.*whin|bezug|purchas|\bgrid supplied", Direction.FROM_GRID, kind=Kind.REGISTER),
    role(r"csmp|verbrauch|consumption|verbruik", Direction.CONSUMPTION, kind=Kind.REGISTER),
    role(
        r"dywhout|tagesertrag|da(y|ily) yield|e-day|rendement (du |par )?jour|dagopbrengst|"
        r"(rendimento|resa|produzione) giorn|rendimiento dia",
        Direction.GENERATION,
        "day",
        _DAY,
    ),
    role(
        r"totwhout|pv.*wh|gesamtertrag|total ?(energy )?yield|e-total|totaalopbrengst|"
        r"tota(le|al|l) (opbrengst|energie)|rendement total|(rendimento|resa|produzione) total|"
        r"rendimiento total",
        Direction.GENERATION,
        kind=Kind.REGISTER,
    ),
)


class Sma:
    """The exports of SMA's loggers and of Sunny Portal."""

    name = "sma"

    def layout(self, document: Document, options: Options) -> Layout | None:
        """A row of units behind the rows of the devices; or Sunny Portal's headings."""
        table = _found(document)
        if table is None:
            return sunny_portal(document, options)
        form = table.units.names[0]
        is_daily = "h" not in form.lower()
        values, notes = _counters(table, is_daily)
        return Wide(
            format=self.name,
            title=f"SMA {table.tool}",
            facts=Facts(decimal=table.decimal, order=_order_of(form)),
            header=table.units,
            values=values,
            passes_over=_Above(table.above).again,
            start_of=_at_the_end if is_daily else as_written,
            notes=notes,
        )


class _Above(NamedTuple):
    """The rows above the data, which stand there again where exports were joined."""

    rows: Sequence[Header]

    def again(self, record: Record) -> bool:
        """Whether this is one of them.

        Raises:
            Stop: it is such a row of another device, so that what follows is another table.
        """
        if record.cells[0][:1].isdigit():
            return False
        header = header_of(record)
        if header.names in {one.names for one in self.rows}:
            return True
        if record.problem is None and header.names and not header.names[0]:
            message = "the rows of another device: another table begins here"
            hint = "exports were joined here: cut the file in two, and import both"
            raise Stop(Problem(record.line, 1, message, hint, record.text))
        return bool(header.names) and header.folded[0].startswith((_VERSION, "sep="))


class _Table(NamedTuple):
    above: Sequence[Header]
    units: Header
    names: Sequence[str]  # of the columns
    serials: Sequence[str | None]
    tool: str
    decimal: str | None


def _found(document: Document) -> _Table | None:
    """The rows above the data of a logger's table."""
    above: list[Header] = []
    for record in document.head:
        header = header_of(record)
        if len(header.names) > 1 and _DATE.fullmatch(header.names[0]):
            return _table(header, above) if _are_units(header.names[1:]) else None
        if header.names and has_digit(header.names[0]) and not header.folded[0].startswith("v"):
            return None
        above.append(header)
    return None


def _are_units(texts: Sequence[str]) -> bool:
    """Whether these are units, of energy or power some of them: a logger writes volts as well."""
    known = [unit_of(text) is not None or is_power(text) for text in texts]
    return any(known) and all(
        one or not text or text.startswith("[") for one, text in zip(known, texts, strict=True)
    )


def _table(units: Header, above: Sequence[Header]) -> _Table:
    width = len(units.names)
    version = next((one.record.text for one in above if _VERSION in one.record.text.lower()), "")
    rows = [one.names for one in above if len(one.names) > 1 and not one.names[0]]
    rows = [row for row in rows if not {fold(cell) for cell in row[1:]} <= _KINDS]
    serials: list[str | None] = [None] * width
    for row in rows:
        for index, cell in enumerate(row[1:width], 1):
            if match := _SERIAL.fullmatch(cell):
                serials[index] = match[1]
    names = list(rows[-1]) if rows else _usual_names(units)
    names += [""] * (width - len(names))
    tool = re.search(r"Tool ([^|]+)", version)
    decimal = re.search(r"Decimalpoint (dot|comma)", version, re.IGNORECASE)
    mark = {"dot": ".", "comma": ","}[decimal[1].lower()] if decimal else None
    title = "logger" if tool is None else {"SE": "Sunny Explorer"}.get(tool[1].strip(), tool[1])
    return _Table(above, units, names, serials, title.strip(), mark)


def _usual_names(units: Header) -> list[str]:
    """What the columns are where the rows above are missing: SBFspot writes them as SMA does."""
    is_daily = "h" not in units.names[0].lower()
    names = [units.names[0]]
    for index, unit in enumerate(units.names[1:]):
        if is_power(unit):
            names.append("Power")
        else:
            names.append("Day yield" if is_daily and index % 2 else "Total yield")
    return names


def _counters(table: _Table, is_daily: bool) -> tuple[dict[int, Series], tuple[str, ...]]:
    """The series by their columns, and what is left out.

    Raises:
        Stop: there is power, and no energy.
    """
    values: dict[int, Series] = {}
    power: list[str] = []
    notes: list[str] = []
    names = _unique(table)
    for index, unit_text in enumerate(table.units.names[1:], 1):
        unit, name = unit_of(unit_text), names[index]
        if unit is None:
            if is_power(unit_text):
                power.append(name)
            continue
        known = next((one for one in _ROLES if one.words.search(fold(table.names[index]))), None)
        if known is not None and known.part == "day" and not is_daily:
            notes.append(f"left out: `{name}`: it starts again every day")
            continue
        values[index] = _series(name, unit, known, table.serials[index])
    day = [index for index, one in values.items() if one.part == "day"]
    if len(day) == len(values):  # no total beside them: the days are all there is
        values = {index: one._replace(only_if_mapped=None) for index, one in values.items()}
    if not values:
        raise refuse_power(table.units, 1, _HINT)
    if power:
        listed = ", ".join(f"`{name}`" for name in power[:_MOST_NAMED])
        more = f" and {len(power) - _MOST_NAMED} more" if len(power) > _MOST_NAMED else ""
        notes.append(f"left out: {listed}{more}: power, not energy")
    return values, tuple(notes)


def _series(name: str, unit: str, known: Role | None, serial: str | None) -> Series:
    if known is None:
        return Series(
            name,
            Kind.REGISTER,
            Direction.GENERATION,
            unit,
            serial=serial,
            only_if_mapped=NOT_KNOWN,
        )
    return Series(
        name,
        known.kind,
        known.direction,
        unit,
        serial=serial,
        part=known.part,
        only_if_mapped=known.only_if_mapped,
    )


def _unique(table: _Table) -> list[str]:
    """The columns' names; with their inverter's serial where several have one name."""
    names = [
        f"{serial} {name}" if serial and table.names.count(name) > 1 else name
        for name, serial in zip(table.names, table.serials, strict=False)
    ]
    return [
        name or f"column {index + 1}"
        if names.count(name) == 1 and name
        else f"{name} (column {index + 1})".strip()
        for index, name in enumerate(names)
    ]


def _order_of(form: str) -> Order | None:
    lowered = form.lower()
    if lowered.startswith(("yy", "jjjj", "aa")):
        return None
    return Order.MDY if lowered.startswith("m") else Order.DMY


def _at_the_end(series: Series, when: str) -> str:
    """A total beside a bare date is what the counter showed when that day ended."""
    return f"{when} 24:00" if series.kind is Kind.REGISTER else when
