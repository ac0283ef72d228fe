"""What of the log goes into the next batch for the Sheet, and what it holds already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from meterctl.domain.meters import Meter
from meterctl.domain.readings import Reading, Source
from meterctl.domain.times import SECOND
from meterctl.errors import MeterctlError
from meterctl.ledger.port import Ledger
from meterctl.services.restored import ancestor_of, restored
from meterctl.sheet.port import Cell, Layout, Row, Sheet, Tab
from meterctl.sheet.rows import (
    KEY,
    TIMESTAMP,
    UTC,
    Key,
    Said,
    Statement,
    instant_of,
    key_of,
    parse_key,
    plain,
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
        if readings and limit is not None and size + size / readings * len(new) > limit:
            break  # if it is like those before; an entry's rows take long to make, to be dropped
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


class Written(NamedTuple):
    """What one row was written for."""

    at: int
    statements: Sequence[Statement]


def rows_from_before(ledger: Ledger, entries: range) -> Callable[[Key], Written | None] | None:
    """What rows of some entries were written for, under the name this ledger had before.

    A ledger that was put back from a backup has entries that may have been delivered since then.
    None where it never was.
    """
    if restored(ledger) is None:
        return None
    ancestor = ancestor_of(ledger)
    meters = {meter.id: meter for meter in ledger.meters()}
    known: dict[int, list[Written]] = {}

    def of_entry(number: int) -> list[Written]:
        written = list(ledger.entry_readings(number))
        by_cell = {
            _cell_of(row, name): _said_of(one, meters)
            for one in written
            for row in rows_of([one], meters, str)
            for name in row.values
        }
        return [
            Written(row.at, [by_cell[_cell_of(row, name)] for name in row.values])
            for row in rows_of(written, meters, str)
        ]

    def found(key: Key) -> Written | None:
        if key.entry not in entries or ancestor(key) is None:
            return None
        rows = known.get(key.entry)
        if rows is None:
            rows = known[key.entry] = of_entry(key.entry)
        return rows[key.place] if key.place < len(rows) else None

    return found


def read_what_is_said(
    place: Place,
    meters: Sequence[Meter],
    of: Iterable[Reading],
    before: Callable[[Key], Written | None] | None,
) -> Said:
    """What the Sheet says of the time in which readings lie.

    A row that this ledger wrote before it was put back stands for what it was written for, whatever
    a person has made of its values since.
    """
    first, last = 2**63, -(2**63)  # until the first reading, nothing lies between
    for one in of:
        first, last = min(first, one.at), max(last, one.at)
    said = Said(lambda one: first <= one.at <= last)
    for _, cells in place.sheet.rows(place.tab):
        said.add(statements_of(cells, place.layout, meters, place.zone))
        if before is None:
            continue
        key = parse_key(key_of(cells, place.layout))
        written = before(key) if key else None
        if written is not None and _is_at(written.at, cells, place):
            said.add(written.statements)
    return said


def _is_at(at: int, cells: Sequence[Cell], place: Place) -> bool:
    """Whether a row is where it was written: another one may have been given its key by mistake."""

    def cell(name: str) -> Cell:
        where = place.layout.places[name]
        return cells[where] if where < len(cells) else None

    try:
        there = instant_of(cell(TIMESTAMP), plain(cell(UTC)), place.zone)
    except MeterctlError:
        return False
    return abs(there - at) < SECOND
