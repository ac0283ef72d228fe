"""Do two places hold the same? Counts, exact sums and hashes, made of both by the same code.

The hash is BLAKE2b over each row's text, in the order of its key: what PostgreSQL and SQLite hold
arrives in Python as the same numbers, texts and bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from meterctl.errors import LedgerDamaged
from meterctl.ledger.connection import Connection, Row
from meterctl.ledger.copying_marks import OF_THE_COPY
from meterctl.ledger.copying_tables import ENTRY, ENTRY_SPAN, LOG, READING, REST, Table, blocks

_NEVER = 1 << 62  # beyond every number of a meter or device
_VALUE = READING.columns.index("value")
_BY_METER = itemgetter(READING.columns.index("meter"))


class Sum(NamedTuple):
    """What rows add up to."""

    rows: int
    total: int  # of their values, if they are readings
    hash: str


Sums = dict[tuple[str, int], Sum]  # by table; and readings by meter, else 0


def of_log(
    db: Connection, table: Table, done: int, until: int, after: Sequence[int] = ()
) -> Iterator[list[Row]]:
    """The rows of the log's tables that belong to the entries beyond `done`, up to `until`.

    Args:
        db: Where they are.
        table: Which of the log's tables.
        done: The last entry that is not wanted.
        until: The last one that is.
        after: The key after which they begin; all if none.
    """
    if table is ENTRY:
        yield from blocks(db, table, '"entry" <= ?', (until,), after=after or (done,))
    elif table is ENTRY_SPAN:
        yield from blocks(
            db, table, '"entry" <= ?', (until,), after=after or (done, _NEVER, _NEVER)
        )
    else:
        stretches = db.all(
            "SELECT meter, device, min(first_at), max(last_at) FROM entry_span"
            " WHERE entry > ? AND entry <= ? GROUP BY meter, device ORDER BY meter, device",
            (done, until),
        )
        for meter, device, first_at, last_at in stretches:
            begin: tuple[int, ...] = (first_at, -1, 0)  # before all that was read then
            if after:
                if (meter, device) < tuple(after[:2]):
                    continue
                if (meter, device) == tuple(after[:2]):
                    begin = max(begin, tuple(after[2:]))
            yield from blocks(
                db,
                table,
                '"read_at" <= ? AND "entry" > ? AND "entry" <= ?',
                (last_at, done, until),
                after=(meter, device, *begin),
                fixed=2,
            )


def of_rest(db: Connection, table: Table) -> Iterator[list[Row]]:
    """The rows of another table, without a copy's own marks."""
    if table.name != "memo":
        return blocks(db, table)
    return blocks(db, table, f"name NOT IN ({', '.join('?' * len(OF_THE_COPY))})", OF_THE_COPY)


def sums_of_log(db: Connection, done: int, until: int) -> Sums:
    """What the log adds up to, from one entry to another."""
    found: Sums = {}
    for table in LOG:
        some = of_log(db, table, done, until)
        found |= _of_readings(some) if table is READING else {(table.name, 0): _of(some)}
    return found


def sums_of_rest(db: Connection) -> Sums:
    """What all else adds up to."""
    return {(table.name, 0): _of(of_rest(db, table)) for table in REST}


def _of(some: Iterable[list[Row]]) -> Sum:
    summing = _Summing()
    for rows in some:
        summing.add(rows)
    return summing.sum()


def _of_readings(some: Iterable[list[Row]]) -> Sums:
    found: dict[int, _Summing] = {}
    for rows in some:
        for meter, same in groupby(rows, _BY_METER):
            found.setdefault(meter, _Summing()).add(list(same), _VALUE)
    return {(READING.name, meter): one.sum() for meter, one in found.items()}


class _Summing:
    def __init__(self) -> None:
        self._rows = self._total = 0
        self._hash = blake2b(digest_size=20)

    def add(self, rows: list[Row], value: int | None = None) -> None:
        self._rows += len(rows)
        if value is not None:
            self._total += sum(row[value] or 0 for row in rows)
        text = "\n".join(map(repr, rows))
        if r"\x00" in text:  # PostgreSQL's texts do not hold it, and have the picture of it instead
            text = "\n".join(repr(tuple(map(_storable, row))) for row in rows)
        self._hash.update(f"{text}\n".encode("utf-8", "backslashreplace"))

    def sum(self) -> Sum:
        return Sum(self._rows, self._total, self._hash.hexdigest())


def _storable(cell: object) -> object:
    return cell.replace("\0", "␀") if isinstance(cell, str) else cell


def compare(here: Sums, there: Sums, place: str) -> None:
    """Nothing, where both are the same.

    Raises:
        LedgerDamaged: they are not; it says in what.
    """
    for of in sorted({*here, *there}):
        ours, theirs = here.get(of, Sum(0, 0, "")), there.get(of, Sum(0, 0, ""))
        if ours != theirs:
            raise LedgerDamaged(
                f"the copy at {place} did not verify: {_told(of)} {_difference(ours, theirs)}",
                "the ledger itself is as it was; remove what is at the new place, and run it again",
            )


def _told(of: tuple[str, int]) -> str:
    table, meter = of
    return f"of meter number {meter}" if table == READING.name else f"of the table {table}"


def _difference(ours: Sum, theirs: Sum) -> str:
    if ours.rows != theirs.rows:
        return f"{theirs.rows} rows are there, {ours.rows} here"
    if ours.total != theirs.total:
        return "the values add up to something else"
    return "some row is another one"
