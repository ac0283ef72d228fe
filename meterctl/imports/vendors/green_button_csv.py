"""Green Button "Download My Data" as CSV: PG&E, ComEd, PECO, BGE, PSE, SDG&E and others in the US.

A preamble, a header, rows of quarter hours, hours, days or bills; gas and electricity may stand in
one file, each with a preamble and a header of its own. An end is the last minute of its interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meterctl.domain.meters import Kind
from meterctl.domain.readings import Quality
from meterctl.domain.times import MINUTE
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts, Layout, Order
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.series import Series
from meterctl.imports.signs import NETTED, by_sign
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.units import is_power, unit_of
from meterctl.imports.vendors import wide
from meterctl.imports.vendors.green_button_sections import (
    POWER_HINT,
    Section,
    bills_meet,
    cell_of,
    commodity_of,
    direction_of,
    is_about,
    is_header,
    section_of,
)
from meterctl.imports.vendors.headings import NET
from meterctl.imports.words import fold

_COSTS = {"type", "date", "cost"}
_FACTS = Facts(decimal=".", order=Order.MDY)
_BEGINS = 1000  # a type or a meter begins each row; what else may is not remembered for ever
_MINUTES = {"minute(s)": 1, "minutes": 1, "hour(s)": 60, "hours": 60}


class GreenButtonCsv:
    """Usage downloads of US utilities."""

    name = "green-button-csv"

    def layout(self, document: Document, options: Options) -> Layout | None:
        """A header of such a download, within the first rows."""
        header = wide.find_row(document, is_header)
        if header is None:
            self._refuse_costs(document)
            return None
        powers = (name for name in header.names if wide.take_apart(name).is_power)
        notes = [*wide.power_notes(powers)]
        usages = [index for index, way in section_of(header).values if way == "usage"]
        if any(cell_of(one, i).startswith("-") for one in document.head for i in usages):
            notes.append(NETTED)
        return _GreenButton(
            self.name,
            ends_are_next=bills_meet(document),
            unit=options.unit,
            notes=tuple(notes),
        )

    @staticmethod
    def _refuse_costs(document: Document) -> None:
        header = wide.find_row(document, lambda names: names[0] == "type" and set(names) == _COSTS)
        if header is not None:
            line, message = header.record.line, "this file holds costs, and no usage"
            raise Stop(Problem(line, 1, message, POWER_HINT, header.record.text))


@dataclass
class _GreenButton:
    """A file's preambles, headers and rows, in the order of the file."""

    format: str
    ends_are_next: bool  # of bills
    unit: str | None  # --unit
    title: str = "Green Button CSV"
    facts: Facts = _FACTS
    notes: tuple[str, ...] = ()

    def read(self, document: Document) -> Iterator[Claimed]:
        """The data rows."""
        reader: _Reader | None = None
        about: dict[str, str] = {}
        names: dict[str, str] = {}  # of series, and whose each is
        for record in document.records():
            if reader is not None and reader.knows(record):
                yield reader.row(record)
                continue
            header = wide.header_of(record)
            if is_header(header.folded):
                reader = _Reader(section_of(header), about, names, self)
            elif is_about(header, inside=reader is not None):
                if reader is not None:  # another download begins
                    reader, about = None, {}
                about[header.folded[0]] = header.names[1] if len(header.names) > 1 else ""
            elif reader is not None:
                claimed = reader.other(record)
                if claimed is not None:
                    yield claimed


class _Reader:
    """The rows of one section."""

    def __init__(
        self, section: Section, about: dict[str, str], names: dict[str, str], file: _GreenButton
    ) -> None:
        self._section = section
        self._about = about
        self._names = names
        self._file = file
        self._series: dict[tuple[int, str, str, str], Series] = {}
        minutes = _MINUTES.get(fold(about.get("interval uom", "minute(s)")))
        self._minutes = minutes  # in one of its durations' units; None: days
        self._told = about.get("uom") or file.unit or ""  # the unit, where no row says it
        self._units: dict[tuple[int, str], str | None] = {}
        self._begins: set[str] = set()  # what its rows begin with
        self._last = max(index for index, _ in section.values)

    def knows(self, record: Record) -> bool:
        """Whether a row begins as one of data before, so that it is neither header nor preamble."""
        return (
            record.problem is None
            and record.cells[0] in self._begins
            and wide.has_digit(cell_of(record, self._section.date))
        )

    def other(self, record: Record) -> Claimed | None:
        """A row that begins in a new way; None for a heading, a total or a text."""
        section = self._section
        kind, date = cell_of(record, section.kind), cell_of(record, section.date)
        if record.problem is not None:
            return Claimed(record, (), record.problem)
        if wide.has_digit(date):
            if len(self._begins) < _BEGINS:
                self._begins.add(record.cells[0])
            return self.row(record)
        is_empty = not any(wide.has_digit(cell_of(record, i)) for i, _ in section.values)
        if is_empty or wide.is_total(kind) or wide.is_total(date):
            return None
        return wide.bad_shape(record, section.date, "a value without a date", "give it its date")

    def row(self, record: Record) -> Claimed:
        """A row's claims."""
        section = self._section
        kind, date = cell_of(record, section.kind), cell_of(record, section.date)
        width = len(section.header.names)
        if len(record.cells) <= self._last or any(cell.strip() for cell in record.cells[width:]):
            hint = "a value with a comma needs quotes; download the file again"
            return wide.bad_width(record, width, hint)
        return self._claimed(record, kind, date)

    def _claimed(self, record: Record, kind: str, date: str) -> Claimed:
        section = self._section
        start, end, span = self._times(record, date)
        note = cell_of(record, section.note)
        is_estimated = bool(note) and "estimat" in note.lower()
        quality = Quality.ESTIMATED if is_estimated else Quality.ACTUAL
        claims: list[Claim] = []
        for index, way in section.values:
            unit = self._unit(record, index)
            if unit is None:
                return self._bad_unit(record)
            claim = Claim(
                self._named(index, way, kind, unit, cell_of(record, section.meter)),
                record.cells[index],
                index,
                start,
                end,
                section.date,
                next(i for i in (section.end_date, section.end, section.date) if i is not None),
                span,
                quality,
                note=note or None,
            )
            claims += by_sign(claim) if way == "usage" else (claim,)
        return Claimed(record, tuple(claims))

    def _times(self, record: Record, date: str) -> tuple[str, str | None, int | None]:
        section = self._section
        start, end = cell_of(record, section.start), cell_of(record, section.end)
        if section.end_date is not None:
            last = cell_of(record, section.end_date)
            if not last:
                return date, None, None
            end = end or ("00:00" if self._file.ends_are_next else "23:59")
            return f"{date} {start or '00:00'}", f"{last} {end}", None
        if not start or (section.duration is not None and self._minutes is None):
            return date, None, None  # a day
        length = cell_of(record, section.duration)
        span = int(length) * MINUTE * (self._minutes or 1) if length.isdecimal() else None
        return f"{date} {start}", f"{date} {end}" if end else None, span

    def _unit(self, record: Record, index: int) -> str | None:
        told = cell_of(record, self._section.unit) or self._told
        key = index, told
        if key not in self._units:
            unit = wide.take_apart(self._section.header.folded[index]).unit
            self._units[key] = unit or (unit_of(told) if told else None)
        return self._units[key]

    def _bad_unit(self, record: Record) -> Claimed:
        index = self._section.unit
        text = cell_of(record, index)
        if text and is_power(text):
            raise wide.refuse_power(wide.header_of(record), index or 0, POWER_HINT)
        message = f"{text!r} is no unit of energy or volume" if text else "the unit is not said"
        hint = "say it with --unit, such as --unit kWh"
        return wide.bad_shape(record, index or 0, message, hint)

    def _named(self, index: int, way: str, kind: str, unit: str, meter: str) -> Series:
        key = index, kind, unit, meter
        if key not in self._series:
            self._series[key] = self._new(index, way, kind, unit, meter)
        return self._series[key]

    def _new(self, index: int, way: str, kind: str, unit: str, meter: str) -> Series:
        about, words = self._about, fold(f"{kind} {self._about.get('resource', '')}")
        whose = meter or about.get("service point") or about.get("service", "")
        name = " ".join(part for part in (kind, self._section.header.names[index]) if part)
        if self._names.setdefault(name, whose) != whose:  # a second meter of the same kind
            name = f"{name} {whose}".strip()
            self._names[name] = whose
        commodity = commodity_of(words, unit)
        return Series(
            name,
            Kind.INTERVAL,
            direction_of(way, words, commodity),
            unit,
            commodity,
            serial=whose if sum(c.isdigit() for c in whose) >= 5 else None,
            part="net" if way == "net" else "bills" if "billing" in words else "",
            only_if_mapped=NET if way == "net" else None,
        )
