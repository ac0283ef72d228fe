"""What was put into a table, and what came out of it: nothing wrong, and nothing in silence."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from meterctl.domain.readings import Reading
from tests.imports.fuzzing.invented import Invented
from tests.imports.fuzzing.room import Read

Found = dict[tuple[int, int, int], Decimal]  # amounts by column, start and end

_MILLION = Decimal(1_000_000)


def readings_of(table: Invented, found: Read) -> Found:
    """The readings of a file that was read, each at its column."""
    column_of = {meter.id: heading for heading, meter in found.meters.items()}
    readings: Found = {}
    for row in found.rows:
        for reading in row.readings:
            readings[_key(table, reading, column_of[reading.meter])] = reading.amount / _MILLION
    return readings


def check(table: Invented, found: Read) -> None:
    """Each reading is true; each amount is a reading, or stands in a row that is rejected.

    Columns that are left out are named with their reason.
    """
    assert found.prepared is not None
    readings = readings_of(table, found)
    put_in = {_slot(table, cell.at, cell.column): cell for cell in table.cells}
    for slot, amount in readings.items():
        assert slot in put_in, f"a reading that nobody wrote: {slot}"
        assert put_in[slot].amount == amount, f"{put_in[slot]} was read as {amount}"
    named = {*found.meters, *found.prepared.assigned.left_out}
    notes = " ".join(found.prepared.notes)
    untold = [name for name in table.headings if name not in named and name not in notes]
    assert untold == [], "columns of which nothing is said"
    kept = {table.headings.index(name) for name in found.meters if name in table.headings}
    lost = Counter(
        cell.at
        for slot, cell in put_in.items()
        if not cell.is_blank and slot not in readings and cell.column in kept
    )
    rejected = sum(row.problem is not None for row in found.rows)
    assert len(lost) <= rejected, f"rows of which nothing is said: {sorted(lost)[:5]}"


def _key(table: Invented, reading: Reading, heading: str) -> tuple[int, int, int]:
    return table.headings.index(heading), reading.starts_at, reading.at


def _slot(table: Invented, at: int, column: int) -> tuple[int, int, int]:
    if table.is_register:
        return column, at, at
    return column, at, table.ends[at]
