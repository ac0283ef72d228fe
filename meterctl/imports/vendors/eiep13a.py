"""New Zealand: what a retailer gives a consumer of its own data (EIEP13A of the Authority).

A `HDR,ICPCONS` record, then a `DET` record for each interval, or for each reading's period. Their
words are the grid's: X is energy extracted from it, I is energy injected into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.errors import shown
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts, Layout, Order
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.vendors import nem, wide

_FACTS = Facts(decimal=".", order=Order.DMY)
_ICP, _CLOCK, _METER, _FLOW, _REGISTER, _PERIOD, _START, _END, _STATUS, _KWH = (
    *(2, 4, 5, 6, 7, 8, 9, 10, 11, 12),
)
_WAYS = {"X": Direction.FROM_GRID, "I": Direction.TO_GRID}
_STANDARD = "+12:00"
_HINT = "is this line a part of the file? Ask the retailer for it again"


class Eiep13a:
    """Consumption data as the Electricity Authority has it."""

    name = "eiep13a"

    def layout(self, document: Document, _options: Options) -> Layout | None:
        """Its header record, or a record of details where that one was taken off."""
        first = document.head[0] if document.head else None
        if first is None or not (_is_header(first) or _is_detail(first)):
            return None
        return _Eiep13a(self.name)


def _is_header(record: Record) -> bool:
    return nem.kind_of(record).upper() == "HDR" and nem.cell(record, 1).upper() == "ICPCONS"


def _is_detail(record: Record) -> bool:
    return (
        nem.kind_of(record).upper() == "DET"
        and len(record.cells) > _KWH
        and nem.cell(record, _FLOW).upper() in _WAYS
        and wide.has_digit(nem.cell(record, _START))
    )


@dataclass
class _Eiep13a:
    """Records of any meters and ways."""

    format: str
    title: str = "EIEP13A, consumption data of New Zealand"
    facts: Facts = _FACTS
    notes: tuple[str, ...] = ()

    def read(self, document: Document) -> Iterator[Claimed]:
        """The records of details."""
        known: dict[tuple[str, ...], Series] = {}
        for record in document.records():
            if record.problem is not None:
                yield Claimed(record, (), record.problem)
            elif nem.kind_of(record).upper() == "DET":
                yield _detail(record, known)
            elif nem.kind_of(record).upper() != "HDR":
                message = f"no EIEP13A record begins with {shown(nem.kind_of(record))}"
                yield wide.bad_shape(record, 0, message, _HINT)


def _detail(record: Record, known: dict[tuple[str, ...], Series]) -> Claimed:
    if len(record.cells) <= _KWH:
        message = f"{len(record.cells)} cells in this record, where details have {_KWH + 1}"
        return wide.bad_shape(record, len(record.cells) - 1, message, _HINT)
    of = tuple(nem.cell(record, i) for i in (_ICP, _METER, _FLOW, _REGISTER, _PERIOD))
    if of not in known:
        direction = _WAYS.get(of[2].upper())
        if direction is None:
            return wide.bad_shape(record, _FLOW, f"{shown(of[2])} is neither X nor I", _HINT)
        known[of] = _series(of, direction)
    clock = f" {_STANDARD}" if nem.cell(record, _CLOCK).upper() == "NZST" else ""
    start, end, status = (nem.cell(record, i) for i in (_START, _END, _STATUS))
    claim = Claim(
        known[of],
        record.cells[_KWH],
        _KWH,
        f"{start}{clock}",
        f"{end}{clock}" if end else None,
        _START,
        _END,
        None,
        Quality.ESTIMATED if status.upper() == "ES" else Quality.ACTUAL,
        status or None,
    )
    return Claimed(record, (claim,))


def _series(of: tuple[str, ...], direction: Direction) -> Series:
    icp, meter, flow, register, period = of
    return Series(
        " ".join(part for part in (meter or icp, flow, f"{register}{period}") if part),
        Kind.INTERVAL,
        direction,
        "kWh",
        serial=meter or icp or None,
        part=f"{register}{period}".lower(),
    )
