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
from meterctl.imports.vendors.wide import uncounted
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


def _rows(
    document: Document, header: wide.Header, date: int | None, last: int
) -> Iterator[Claimed]:
    """The rows with a date, without claims; those that are cut off before their last value told."""
    for record in document.records(header.record.line):
        if record.problem is not None:
            yield Claimed(record, (), record.problem)
        elif wide.has_digit(uncounted(record, date)):
            if len(record.cells) > last:
                yield Claimed(record, ())
            else:
                yield wide.bad_width(record, len(header.names), _HINT)


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
        start, end = place("startdate"), place("enddate")
        value = place("profilereadvalue") or 0
        nmi, register, dial = (place(n) for n in ("nmi", "registercode", "registerreadvalue"))
        flag, rate = place("qualityflag"), place("ratetypedescription")
        known: dict[tuple[str, str, str], Series] = {}
        for row in _rows(document, self.header, start, value):
            if row.problem is not None:
                yield row
                continue
            record = row.record
            of = uncounted(record, nmi), uncounted(record, register), uncounted(record, rate)
            series = known.get(of) or known.setdefault(of, _of_register(*of))
            code = uncounted(record, flag)
            claim = Claim(
                series,
                record.cells[value],
                value,
                uncounted(record, start),
                uncounted(record, end) or None,
                start or 0,
                end or 0,
                quality=nem.quality_of(code),
                code=code or None,
            )
            if dial is not None and _NOT_ZERO.search(uncounted(record, dial)):
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
        for row in _rows(document, self.header, date, max(spans)):
            if row.problem is not None:
                yield row
                continue
            record = row.record
            day = uncounted(record, date)
            of = uncounted(record, nmi), uncounted(record, way)
            series = known.get(of) or known.setdefault(of, _of_way(*of))
            code = uncounted(record, flag)
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
