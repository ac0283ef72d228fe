"""What of the log goes into the next batch for the Sheet, and what it holds already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from meterctl.domain.meters import Meter
from meterctl.domain.readings import Reading, Source
from meterctl.ledger.port import Ledger
from meterctl.sheet.port import Layout, Row, Sheet, Tab
from meterctl.sheet.rows import (
    KEY,
    Said,
    Statement,
    row_key,
    rows_of,
    statement,
    statements_of,
)

# Google recommends about 2 MB at most. A ledger's entries are blocks of an import at their largest,
# and one of these is never cut in two: there is room for two of them with rows of 500 bytes.
BATCH_BYTES = 2_000_000


class Composed(NamedTuple):
    """The rows of a range of entries."""

    last_entry: int
    rows: Sequence[Row]
    readings: int
    left_out: int  # readings that the Sheet holds already


class Place(NamedTuple):
    """Where rows are, and what their columns and times mean."""

    sheet: Sheet
    tab: Tab
    layout: Layout
    zone: str


def compose(
    ledger: Ledger,
    to: str,
    entries: range,
    said: Said | None,
    size_of: Callable[[Row], int],
    *,
    limit: int | None = BATCH_BYTES,
) -> Composed:
    """The rows of some entries: as many whole entries as the limit allows, but at least one.

    What came from that very Sheet is not sent back there.
    """
    meters = {meter.id: meter for meter in ledger.meters()}
    rows: list[Row] = []
    size, readings, left_out, done = 0, 0, 0, entries.start - 1
    for number in entries:
        written = [] if _came_from(ledger, number, to) else list(ledger.entry_readings(number))
        new = [one for one in written if not (said and said.covers(_said_of(one, meters)))]
        rows_in_full = rows_of(written, meters, row_key(ledger.id, number))
        of_entry = _without(rows_in_full, written, new, meters)
        bytes_ = sum(map(size_of, of_entry))
        if rows and limit is not None and size + bytes_ > limit:
            break
        rows += of_entry
        size += bytes_
        readings += len(new)
        left_out += len(written) - len(new)
        done = number
    return Composed(done, rows, readings, left_out)


def _came_from(ledger: Ledger, number: int, to: str) -> bool:
    entry = ledger.entry(number)
    return entry is not None and entry.source is Source.SHEET and entry.origin == to


def _said_of(reading: Reading, meters: Mapping[str, Meter]) -> Statement:
    return statement(reading, meters[reading.meter])


def _without(
    rows: list[Row], written: list[Reading], new: list[Reading], meters: Mapping[str, Meter]
) -> list[Row]:
    """The rows with the new readings alone; each keeps the id it would have had in full."""
    if len(written) == len(new):
        return rows
    wanted = {_cell_of(row, name) for row in rows_of(new, meters, str) for name in row.values}
    kept = []
    for row in rows:
        values = {
            name: value for name, value in row.values.items() if _cell_of(row, name) in wanted
        }
        if values:
            kept.append(row._replace(values=values))
    return kept


def _cell_of(row: Row, column: str) -> tuple[object, ...]:
    """Where a reading stands: its column, and all that its row says beside the row's id."""
    rest = {name: text for name, text in row.rest.items() if name != KEY}
    return column, row.at, *sorted(rest.items())


def read_what_is_said(place: Place, meters: Sequence[Meter], of: Iterable[Reading]) -> Said:
    """What the Sheet says of the time in which readings lie."""
    first, last = 2**63, -(2**63)  # until the first reading, nothing lies between
    for one in of:
        first, last = min(first, one.at), max(last, one.at)
    said = Said(lambda one: first <= one.at <= last)
    for _, cells in place.sheet.rows(place.tab):
        said.add(statements_of(cells, place.layout, meters, place.zone))
    return said
