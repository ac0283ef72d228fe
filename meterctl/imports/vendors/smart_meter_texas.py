"""Smart Meter Texas: the quarter hours, days and bills of a meter (an ESIID).

An interval that was measured anew stands in the file again, with a later revision date: the later
one is true, and the earlier ones are left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meterctl.domain.meters import Direction, Kind
from meterctl.domain.readings import Quality
from meterctl.domain.times import zone_named
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts, Layout, Order
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.vendors import wide
from meterctl.imports.vendors.smart_meter_texas_rows import Rows, columns_of, is_header
from meterctl.imports.words import fold

_FACTS = Facts(decimal=".", order=Order.MDY, zone=zone_named("America/Chicago"))
_QUALITIES = {"a": Quality.ACTUAL, "e": Quality.ESTIMATED}
_MIDNIGHT = {"0:00", "00:00", "00:00:00"}
_DIAL = "the dial, of which the day's usage is the difference; --map keeps it"


class SmartMeterTexas:
    """The usage downloads of smartmetertexas.com."""

    name = "smart-meter-texas"

    def layout(self, document: Document, _options: Options) -> Layout | None:
        """A header with an ESIID, a date and a usage in kWh."""
        header = wide.find_row(document, is_header)
        if header is None:
            return None
        rows = Rows(header, columns_of(header))
        latest = rows.latest(document)
        count = 0
        if latest:
            count = sum(rows.is_superseded(record, latest) for record in rows.read(document))
        left_out = f"{count} rows" if count > 1 else "1 row"
        notes = (f"{left_out} left out: a later revision of the same time is in the file",)
        return _SmartMeterTexas(self.name, rows, latest, notes=notes if count else ())


@dataclass
class _SmartMeterTexas:
    """Rows of any meters and ways."""

    format: str
    rows: Rows
    latest: dict[str, str]  # revisions of times that were measured anew
    title: str = "Smart Meter Texas, usage"
    facts: Facts = _FACTS
    notes: tuple[str, ...] = ()

    def read(self, document: Document) -> Iterator[Claimed]:
        """The rows, but for those that a later revision stands for."""
        known: dict[tuple[str, str], Series] = {}
        columns = self.rows.columns
        for record in self.rows.read(document):
            if record.problem is not None:
                yield Claimed(record, (), record.problem)
            elif len(record.cells) <= columns.usage:
                width = len(self.rows.header.names)
                yield wide.bad_width(record, width, "the row may be cut off; download it again")
            elif not self.rows.is_superseded(record, self.latest):
                meter, way = (wide.uncounted(record, i) for i in (columns.meter, columns.way))
                if (meter, way) not in known:
                    known[meter, way] = _series(meter, way)
                yield self._claimed(record, known[meter, way])

    def _claimed(self, record: Record, series: Series) -> Claimed:
        columns = self.rows.columns
        code = wide.uncounted(record, columns.quality)
        start, end = self._times(record)
        usage = Claim(
            series,
            record.cells[columns.usage],
            columns.usage,
            start,
            end,
            columns.date,
            next(i for i in (columns.last, columns.end, columns.date) if i is not None),
            None,
            _QUALITIES.get(fold(code), Quality.ACTUAL),
            code or None,
        )
        dial = self._dial(record, series)
        return Claimed(record, (usage,) if dial is None else (usage, dial))

    def _times(self, record: Record) -> tuple[str | None, str | None]:
        columns = self.rows.columns
        date, start, end, last = (
            wide.uncounted(record, place)
            for place in (columns.date, columns.start, columns.end, columns.last)
        )
        if last:  # from one reading of the meter to the next
            return f"{date} 00:00", f"{last} 00:00"
        if end and columns.start is None:
            return None, f"{date} {'24:00' if end in _MIDNIGHT else end}"
        if not start:
            return date, None  # a day
        return f"{date} {start}", f"{date} {end}" if end else None

    def _dial(self, record: Record, usage: Series) -> Claim | None:
        columns = self.rows.columns
        if columns.dial is None or columns.dial >= len(record.cells):
            return None
        series = usage._replace(
            name=f"{usage.serial or ''} {self.rows.header.names[columns.dial]}".strip(),
            kind=Kind.REGISTER,
            only_if_mapped=_DIAL,
        )
        at = f"{wide.uncounted(record, columns.date)} 24:00"
        return Claim(series, record.cells[columns.dial], columns.dial, at, start_cell=columns.date)


def _series(meter: str, way: str) -> Series:
    words = fold(way)
    is_out = "surplus" in words or "generation" in words
    return Series(
        f"{meter} {way}".strip(),
        Kind.INTERVAL,
        Direction.TO_GRID if is_out else Direction.FROM_GRID,
        "kWh",
        serial=meter or None,
    )
