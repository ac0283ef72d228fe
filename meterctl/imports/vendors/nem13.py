"""AEMO NEM13: dial readings of Australian meters, two in each 250 record: the last and this one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from meterctl.domain.meters import Direction, Kind
from meterctl.errors import shown
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.vendors import nem
from meterctl.imports.vendors.wide import bad_shape

_DIRECTIONS = {"E": Direction.FROM_GRID, "I": Direction.TO_GRID}
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?", re.ASCII)
_NO_DATA = {"100", "550", "900"}
# Where a 250 record holds what.
_SUFFIX, _METER, _DIRECTION, _PREVIOUS, _CURRENT, _QUANTITY, _UNIT = 4, 6, 7, 8, 13, 18, 19

Identity = tuple[str, str, str, str]


class Nem13:
    """Recognised by its 100 record, or by its first 250 record where that is missing."""

    name = "nem13"

    def layout(self, document: Document, options: Options) -> _Layout | None:
        """Find out which dials there are.

        Raises:
            Stop: none of them is of energy.
            Unknown: a dial's unit or direction is not said.
        """
        first = document.head[0] if document.head else None
        if first is None or not _is_first(first):
            return None
        series: dict[Identity, Series] = {}
        left_out: dict[str, str] = {}
        scaled: dict[str, None] = {}
        for record in document.records():
            if nem.kind_of(record) != "250" or record.problem is not None:
                continue
            identity = _identity(record)
            if identity not in series:
                made = _series(record, options)
                if made is None:
                    left_out[_name(record)] = nem.cell(record, _UNIT)
                    continue
                series[identity] = made
            if not _is_difference(record):
                scaled[series[identity].name] = None
        if not series and left_out:
            raise nem.refusal(list(left_out.values()))
        notes = [
            f"left out: {name} in {unit}: no energy that meterctl keeps"
            for name, unit in left_out.items()
        ]
        notes += [
            f"{name}: its quantity is not the difference of its readings (the dial rolled over, or"
            " the quantity has a multiplier); the readings are taken as they are"
            for name in scaled
        ]
        return _Layout(series, tuple(notes))


def _is_first(record: Record) -> bool:
    if nem.kind_of(record) == "100":
        return nem.cell(record, 1).upper().startswith("NEM13")
    is_read = nem.kind_of(record) == "250" and len(record.cells) > _UNIT
    return is_read and _TIME.fullmatch(nem.cell(record, _CURRENT + 1)) is not None


class _Layout:
    format = Nem13.name
    title = "AEMO NEM13, accumulated meter data"

    def __init__(self, series: dict[Identity, Series], notes: tuple[str, ...]) -> None:
        self.facts = Facts(decimal=".", zone=nem.zone_of(nmi for nmi, *_ in series))
        self._series = series
        self.notes = notes

    def read(self, document: Document) -> Iterator[Claimed]:
        """The last reading and this one, of each record."""
        for record in document.records():
            kind = nem.kind_of(record)
            if record.problem is not None:
                yield Claimed(record, (), record.problem)
            elif kind == "250":
                claimed = self._row(record)
                if claimed is not None:
                    yield claimed
            elif kind not in _NO_DATA:
                message = f"no NEM13 record begins with {shown(kind)}"
                yield bad_shape(record, 0, message, "is this line a part of the file?")

    def _row(self, record: Record) -> Claimed | None:
        series = self._series.get(_identity(record))
        if series is None:
            return None
        if len(record.cells) <= _UNIT:
            message = f"{len(record.cells)} cells, where a 250 record has 23"
            hint = "the record may be cut off; export it again"
            return bad_shape(record, len(record.cells), message, hint)
        claims = [
            _claim(record, series, place)
            for place in (_PREVIOUS, _CURRENT)
            if nem.cell(record, place) or nem.cell(record, place + 1)
        ]
        return Claimed(record, claims)


def _claim(record: Record, series: Series, place: int) -> Claim:
    """The reading whose value is at this place, with its time and its quality behind it."""
    code = nem.cell(record, place + 2).upper()
    start = _time(nem.cell(record, place + 1), nem.offset_of(nem.cell(record, 1)))
    quality = nem.quality_of(code)
    value = nem.cell(record, place)
    return Claim(
        series, value, place, start, start_cell=place + 1, quality=quality, code=code or None
    )


def _time(text: str, offset: str) -> str:
    """`20240407103000` as ISO 8601 writes it; any other text as it stands there."""
    match = _TIME.fullmatch(text)
    if match is None:
        return text
    year, month, day, hour, minute, second = match.groups()
    date = f"{year}-{month}-{day}"
    return date if hour is None else f"{date}T{hour}:{minute}:{second or '00'}{offset}"


def _identity(record: Record) -> Identity:
    """Whose dial it is: NMI, suffix, meter, and the direction that the record says."""
    suffix = nem.cell(record, _SUFFIX) or nem.cell(record, 3)
    direction = nem.cell(record, _DIRECTION).upper()[:1]
    return nem.cell(record, 1), suffix, nem.cell(record, _METER), direction


def _name(record: Record) -> str:
    nmi, suffix, meter, _ = _identity(record)
    return " ".join(part for part in (nmi, suffix, meter) if part)


def _series(record: Record, options: Options) -> Series | None:
    """The series of a dial; None if it counts no energy."""
    nmi, suffix, meter, way = _identity(record)
    is_energy = not nem.is_no_energy(nem.cell(record, _UNIT))
    unit = nem.unit_in(record, _UNIT, options) if is_energy else None
    if unit is None:
        return None
    direction = _DIRECTIONS.get(way) or nem.direction_told(record, _DIRECTION, options)
    serial = meter or nmi or None  # a dial is its meter's: another one begins anew
    name = _name(record)
    return Series(name, Kind.REGISTER, direction, unit, serial=serial, part=suffix.lower())


def _is_difference(record: Record) -> bool:
    """Whether the record's quantity is what its two readings lie apart, or cannot be compared."""
    try:
        previous, current, quantity = (
            Decimal(nem.cell(record, place)) for place in (_PREVIOUS, _CURRENT, _QUANTITY)
        )
        # Quantities may be rounded to the whole.
        return abs(current - previous - quantity) < 1
    except ArithmeticError:
        return True
