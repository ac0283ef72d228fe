"""The few verbs that the ledger's SQL needs of a database; no business logic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

Row = tuple[Any, ...]


class Connection(Protocol):
    """One connection; `?` stands for a parameter. Errors arrive as meterctl's own."""

    @property
    def tables_of_its_own(self) -> tuple[str, ...]:
        """What a copy in the same kind of store has beside a ledger's tables."""

    def joined(self, expression: str) -> str:
        """The SQL that joins an expression's texts of all rows of a group, by commas."""

    def run(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement; return how many rows it changed."""

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of parameters."""

    def insert_columns(
        self, table: str, same: Mapping[str, object], columns: Mapping[str, Iterable[object]]
    ) -> None:
        """Insert many rows, as fast as the store can.

        Args:
            table: Its name, of our own.
            same: The columns in which all rows agree.
            columns: The others; the shortest one tells how many rows there are.
        """

    def one(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """The first row, or None."""

    def all(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Every row, in memory at once."""

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        """The rows one by one, in bounded memory."""

    def transaction(self) -> AbstractContextManager[None]:
        """A write transaction: durable when left well, rolled back when left by any exception.

        Within another one it is a part of it: undone alone, durable with the whole.
        """

    def trusting(self) -> AbstractContextManager[None]:
        """Leave out what constraints say of single rows and their parents; not keys.

        For rows that were checked already; outside any transaction.
        """

    def holding(self, job: str, wait: float) -> AbstractContextManager[None]:
        """One run of a job at a time, whichever process; outside any transaction."""

    def give_way(self) -> None:
        """Let other writers go first who wait, for a moment; outside any transaction."""

    def standing_still(self) -> AbstractContextManager[None]:
        """All that is read or copied within is of one moment, whatever others write meanwhile."""

    def damage(self) -> list[str]:
        """What a full integrity check finds wrong; empty when the ledger is sound."""

    def copy_to(self, path: Path) -> None:
        """A consistent copy of the whole ledger, as a file of SQLite's, also while others write."""

    def close(self) -> None:
        """Let go of it and its locks; harmless when done twice."""
