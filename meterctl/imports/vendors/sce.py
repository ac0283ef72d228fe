"""Southern California Edison: its Green Button download as CSV.

A block for each day and each way, with a header of its own and each interval written as
`A to B`; or one table with the interval's start and end, and a column for each way. Odd spaces
(no-break ones, two in a row, at the ends of cells) are everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.domain.times import zone_named
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts, Layout, Order
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.series import Series
from meterctl.imports.signs import NETTED, by_sign
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.vendors import wide
from meterctl.imports.vendors.headings import NET, columns_of, role
from meterctl.imports.words import fold

_TITLE = "Southern California Edison, usage"
_FACTS = Facts(decimal=".", order=Order.MDY, zone=zone_named("America/Los_Angeles"))
_RANGE = re.compile(r"(\S.*\d\S*)\s+to\s+(\S.*)", re.IGNORECASE)
_QUALITIES = {
    **dict.fromkeys(("estimated", "estimate", "e"), Quality.ESTIMATED),
    **dict.fromkeys(("missing", "m"), Quality.QUESTIONABLE),
}
_WAYS = (
    (re.compile(r"\b(received|generated|generation)\b"), Direction.TO_GRID),
    (re.compile(r"\bdelivered\b"), Direction.FROM_GRID),
)
_ROLES = (
    role(r"^received\b", Direction.TO_GRID),
    role(r"^delivered\b", Direction.FROM_GRID),
    role(r"^net\b", Direction.FROM_GRID, "net", NET),
)
_STARTS, _ENDS = "energy consumption time period start", "energy consumption time period end"
_HINT = "download the usage (kWh) instead: sce.com, Data Sharing and Download"


class Sce:
    """The usage download of Southern California Edison."""

    name = "sce"

    def layout(self, document: Document, options: Options) -> Layout | None:
        """A table with starts and ends, or blocks."""
        table = wide.find_row(document, lambda names: _STARTS in names and _ENDS in names)
        if table is not None:
            return self._table(table, options)
        if wide.find_row(document, _begins_block) is None:
            return None
        is_netted = any(
            _begins_with_digit(record) and "".join(record.cells[1:2]).strip().startswith("-")
            for record in document.head
        )
        told = options.direction or Direction.FROM_GRID
        return _Blocks(self.name, told, notes=(NETTED,) if is_netted else ())

    def _table(self, header: wide.Header, options: Options) -> Layout | None:
        # Its columns say no unit; the whole file is in kWh.
        told = options if options.unit else options._replace(unit="kWh")
        start, end = header.place(_STARTS) or 0, header.place(_ENDS) or 0
        date = header.place("date")
        but = (start, end) if date is None else (start, end, date)
        columns = columns_of(header, _ROLES, told, _HINT, but)
        if not columns.values:
            return None
        return wide.Wide(
            format=self.name,
            title=_TITLE,
            facts=_FACTS,
            header=header,
            values=columns.values,
            time=(start,),
            end=(end,),
            quality=header.place("reading quality"),
            qualities=_QUALITIES,
            notes=columns.notes,
        )


def _begins_block(names: Sequence[str]) -> bool:
    return (
        len(names) > 1
        and names[0].startswith("energy")
        and "time period" in names[0]
        and names[1].startswith("usage")
    )


@dataclass
class _Blocks:
    """Days of intervals; each block's header says which way its energy went."""

    format: str
    direction: Direction  # of blocks whose heading says none
    title: str = _TITLE
    facts: Facts = _FACTS
    notes: tuple[str, ...] = ()

    def read(self, document: Document) -> Iterator[Claimed]:
        """The intervals; what stands between the blocks is left out.

        Raises:
            Stop: which way a block's energy went cannot be told.
        """
        known: dict[str, Series] = {}
        begins: dict[str, str] = {}  # each way's last block, by its first interval
        series: Series | None = None
        is_first = False
        for record in document.records():
            if not _begins_with_digit(record):
                names = wide.header_of(record).folded
                if _begins_block(names):
                    series = known.setdefault(names[0], self._series(record, names[0]))
                    is_first = True
                elif record.problem is not None:
                    yield Claimed(record, (), record.problem)
            elif series is not None:
                if is_first and begins.get(series.name) == record.cells[0]:
                    raise _told_twice(record, series)
                if is_first:
                    begins[series.name], is_first = record.cells[0], False
                yield _row(record, series)

    def _series(self, record: Record, name: str) -> Series:
        way = next((way for words, way in _WAYS if words.search(name)), self.direction)
        unit = "Wh" if re.search(r"\bin watt", fold(record.cells[1])) else "kWh"
        return Series(_plain(record.cells[0]), Kind.INTERVAL, way, unit)


def _told_twice(record: Record, series: Series) -> Stop:
    """The refusal of two blocks of one day under one heading: one may be drawn, one fed in."""
    message = f"a second block of the same day under {series.name!r}: which way it went is not said"
    hint = "cut the file in two, one for each way, and import each with its --direction"
    return Stop(Problem(record.line, 1, message, hint, record.text))


def _begins_with_digit(record: Record) -> bool:
    """Whether a row is an interval, and not a header, a disclaimer or `Data for period ...`."""
    return record.cells[0].lstrip("\u00a0\"' ")[:1].isdigit() if record.cells else False


def _row(record: Record, series: Series) -> Claimed:
    if record.problem is not None:
        return Claimed(record, (), record.problem)
    cells = [_plain(cell) for cell in record.cells]
    interval = _RANGE.fullmatch(cells[0])
    if interval is None:
        message = f"{cells[0]!r} is no interval such as 2022-08-01 00:00:00 to ..."
        return wide.bad_shape(record, 0, message, "the row may be cut off; download it again")
    if len(cells) < 2:
        hint = "the row may be cut off; download it again"
        return wide.bad_shape(record, 0, "an interval without a value", hint)
    code = cells[2] if len(cells) > 2 else ""
    quality = _QUALITIES.get(fold(code), Quality.ACTUAL)
    claim = Claim(series, cells[1], 1, interval[1], interval[2], quality=quality, code=code or None)
    return Claimed(record, by_sign(claim))


def _plain(text: str) -> str:
    """A cell's text with plain and single spaces."""
    return " ".join(text.split()).strip("\"' ")
