"""Usage downloads of Australian retailers and distributors that are no NEM12.

Two forms that several of them share: a row for each interval and register (AGL's `MyUsageData`),
and a row for each day with the half hours beside each other (Victoria's distributors, Powershop).
Neither says its unit, for the market knows but one: kWh.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts, Layout, Order
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.vendors import nem, wide
from meterctl.imports.words import fold

_FACTS = Facts(decimal=".", order=Order.DMY)
_REGISTERS = {"nmi", "registercode", "startdate", "enddate", "profilereadvalue"}
_DAYS = {"nmi", "con/gen", "date"}
_SPAN = re.compile(r"(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d)")
_DIAL = "what the dial showed, beside the intervals; --map keeps it"
_NOT_ZERO = re.compile(r"[1-9]")
_HINT = "the row may be cut off; download it again"


class AustralianUsage:
    """Intervals in kWh, of one NMI or of several."""

    name = "australian-usage"

    def layout(self, document: Document, _options: Options) -> Layout | None:
        """A header with an NMI, and either registers or the hours of a day."""
        header = wide.find_row(document, lambda names: set(names) >= _REGISTERS)
        if header is not None:
            return _Registers(self.name, header)
        header = wide.find_row(document, _has_hours)
        return None if header is None else _Days(self.name, header)


def _has_hours(names: Sequence[str]) -> bool:
    return set(names) >= _DAYS and sum(_SPAN.fullmatch(name) is not None for name in names) > 1


def _cell(record: Record, column: int | None) -> str:
    if column is None or column >= len(record.cells):
        return ""
    return record.cells[column].replace("\u00a0", " ").strip().lstrip("'")


def _cut_off(record: Record, width: int) -> Claimed:
    message = f"{len(record.cells)} cells in this row, {width} in the header"
    return wide.bad_shape(record, len(record.cells), message, _HINT)


@dataclass
class _Registers:
    """A row for each interval of a register, such as `12345#E1`."""

    format: str
    header: wide.Header
    title: str = "usage of an Australian retailer, by register"
    facts: Facts = _FACTS
    notes: tuple[str, ...] = ()

    def read(self, document: Document) -> Iterator[Claimed]:
        """The rows with a time."""
        place = self.header.place
        start, end, value = (place(name) for name in ("startdate", "enddate", "profilereadvalue"))
        nmi, register, dial = (place(n) for n in ("nmi", "registercode", "registerreadvalue"))
        flag, rate = place("qualityflag"), place("ratetypedescription")
        known: dict[tuple[str, str, str], Series] = {}
        for record in document.records(self.header.record.line):
            if record.problem is not None:
                yield Claimed(record, (), record.problem)
                continue
            if not wide.has_digit(_cell(record, start)):
                continue
            if value is None or len(record.cells) <= value:
                yield _cut_off(record, len(self.header.names))
                continue
            of = _cell(record, nmi), _cell(record, register), _cell(record, rate)
            series = known.get(of) or known.setdefault(of, _of_register(*of))
            code = _cell(record, flag)
            claim = Claim(
                series,
                record.cells[value],
                value,
                _cell(record, start),
                _cell(record, end) or None,
                start or 0,
                end or 0,
                quality=nem.quality_of(code),
                code=code or None,
            )
            if dial is not None and _NOT_ZERO.search(_cell(record, dial)):
                yield Claimed(record, (claim, _dial(claim, record, dial)))
            else:
                yield Claimed(record, (claim,))


def _of_register(nmi: str, register: str, rate: str) -> Series:
    suffix = register.rpartition("#")[2].upper()
    stream = nem.STREAMS.get(suffix[:1])
    if stream is None:
        is_out = re.search(r"solar|feed|export|generat", fold(rate)) is not None
        stream = nem.Stream(Direction.TO_GRID if is_out else Direction.FROM_GRID)
    return Series(
        " ".join(part for part in (nmi, suffix, rate) if part),
        Kind.INTERVAL,
        stream.direction,
        "kWh",
        serial=nmi or None,
        part=suffix.lower() or fold(rate),
        only_if_mapped=stream.only_if_mapped,
    )


def _dial(usage: Claim, record: Record, column: int) -> Claim:
    series = usage.series._replace(
        name=f"{usage.series.name}, dial", kind=Kind.REGISTER, only_if_mapped=_DIAL
    )
    at = usage.end or usage.start
    return Claim(series, record.cells[column], column, at, start_cell=usage.end_cell)


@dataclass
class _Days:
    """A row for each day and way, its half hours beside each other."""

    format: str
    header: wide.Header
    title: str = "usage of an Australian distributor, a day in each row"
    facts: Facts = _FACTS
    notes: tuple[str, ...] = ()

    def read(self, document: Document) -> Iterator[Claimed]:
        """The rows with a date."""
        place = self.header.place
        nmi, way, date = place("nmi"), place("con/gen"), place("date")
        flag = place("estimated?", "estimated")
        spans = {
            column: (found[1], found[2])
            for column, name in enumerate(self.header.folded)
            if (found := _SPAN.fullmatch(name))
        }
        known: dict[tuple[str, str], Series] = {}
        for record in document.records(self.header.record.line):
            if record.problem is not None:
                yield Claimed(record, (), record.problem)
                continue
            day = _cell(record, date)
            if not wide.has_digit(day):
                continue
            if len(record.cells) <= max(spans):
                yield _cut_off(record, len(self.header.names))
                continue
            of = _cell(record, nmi), _cell(record, way)
            series = known.get(of) or known.setdefault(of, _of_way(*of))
            code = _cell(record, flag)
            quality = Quality.ESTIMATED if fold(code)[:1] in {"y", "e"} else Quality.ACTUAL
            claims = tuple(
                Claim(
                    series,
                    record.cells[column],
                    column,
                    f"{day} {start}",
                    f"{day} {end}",
                    date or 0,
                    date or 0,
                    quality=quality,
                    code=code or None,
                )
                for column, (start, end) in spans.items()
            )
            yield Claimed(record, claims)


def _of_way(nmi: str, way: str) -> Series:
    word = fold(way)
    is_out = re.search(r"gen|solar|export|feed", word) is not None
    return Series(
        f"{nmi} {way}".strip(),
        Kind.INTERVAL,
        Direction.TO_GRID if is_out else Direction.FROM_GRID,
        "kWh",
        serial=nmi or None,
        part="" if word in {"consumption", "generation"} else word,
    )
