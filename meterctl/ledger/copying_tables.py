"""What a ledger consists of, table by table: the columns, and the key by which both stores sort."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from meterctl.ledger.connection import Connection, Row

BLOCK = 20_000  # rows that are read, and written durably, at once


class Table(NamedTuple):
    """A table of a ledger; its key's columns come first."""

    name: str
    key: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them, in the order in which rows are copied."""
        return self.key + self.others


def _table(name: str, key: str, others: str = "") -> Table:
    return Table(name, tuple(key.split()), tuple(others.split()))


# What grows with the log alone: a row is never changed, and belongs to an entry.
ENTRY = _table("entry", "entry", "kind source written_at origin")
ENTRY_SPAN = _table("entry_span", "entry meter device", "first_at last_at readings")
READING = _table(
    "reading",
    "meter device read_at span revision",
    "value quality quality_code note reason entry",
)
LOG = (ENTRY, ENTRY_SPAN, READING)

# What may change, or go; parents before their children.
REST = (
    _table("ledger", "id", "created_at"),
    _table(
        "meter",
        "meter",
        "id column unit kind direction digits decimals max_per_hour zone obis submitted",
    ),
    _table("device", "meter device", "serial since"),
    _table("finding", "meter device read_at span rule", "detail"),
    _table("unjudged", "meter device", "first_at last_at"),
    _table("acceptance", "meter device read_at span revision", "reason entry"),
    _table(
        "batch",
        "batch",
        "destination first_entry last_entry token state sent_at settled_at detail",
    ),
    _table(
        "submission",
        "submission",
        "account meter device read_at span revision value key state receipt detail changed_at",
    ),
    _table("attempt", "submission attempt", "channel started_at finished_at outcome answer"),
    _table("memo", "name", "value written_at"),
    _table("seen", "destination kind name", "value"),
    _table("rival", "meter device read_at span told_by", "revision value"),
    _table("client", "id", "name scopes meters created_at revoked_at tokens_since"),
    _table("client_secret", "client hash", "created_at valid_until"),
    _table("refused_token", "token", "refused_at"),
    _table("audit", "audit", "at event client address request detail entry"),
    _table("answer", "client key", "fingerprint status body at"),
)


def blocks(
    db: Connection,
    table: Table,
    only: str = "",
    given: Sequence[object] = (),
    *,
    after: Sequence[object] = (),
    fixed: int = 0,
) -> Iterator[list[Row]]:
    """A table's rows by its key, some at a time; each time asked for anew, so that none is held.

    Args:
        db: Where they are.
        table: Which.
        only: A condition that they meet; its parameters are `given`.
        given: See there.
        after: The key after which they begin; all if none.
        fixed: In how many of its first columns all keys are as that one.
    """
    columns, key = _quoted(table.columns), _quoted(table.key)
    same = " AND ".join(f'"{name}" = ?' for name in table.key[:fixed])
    later = table.key[fixed:]
    while True:
        seek = f"({_quoted(later)}) > ({', '.join('?' * len(later))})" if after else ""
        where = " AND ".join(filter(None, (same, seek, only)))
        rows = db.all(
            f"SELECT {columns} FROM {table.name} {f'WHERE {where}' if where else ''}"  # noqa: S608 (names of our own)
            f" ORDER BY {key} LIMIT {BLOCK}",
            (*after, *given),
        )
        if rows:
            yield rows
        if len(rows) < BLOCK:
            return
        after = rows[-1][: len(table.key)]


def insert(db: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write rows as `blocks` gives them."""
    if rows:
        db.insert_columns(
            table.name, {}, dict(zip(table.columns, zip(*rows, strict=True), strict=True))
        )


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
