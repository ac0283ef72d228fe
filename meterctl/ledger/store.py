"""The ledger in SQL, over any connection that speaks it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from pathlib import Path

from meterctl.domain.meters import DEFAULT_METERS
from meterctl.errors import LedgerDamaged
from meterctl.ledger._access import Clients
from meterctl.ledger.connection import Connection
from meterctl.ledger.faults import os_errors
from meterctl.ledger.files import sync_folder
from meterctl.ledger.port import Counts


class SqlLedger(Clients):
    """The port `meterctl.ledger.port.Ledger`, put together from one part for each noun."""

    def __init__(self, connection: Connection, place: str) -> None:
        self._db = connection
        self.place = place

    @cached_property
    def id(self) -> str:
        """This ledger's own id, given at its creation."""
        row = self._db.one("SELECT id FROM ledger")
        if row is None:
            raise LedgerDamaged(f"{self.place} has lost its id", "restore the newest backup")
        return str(row[0])

    def begin(self, now: int) -> None:
        """Write a new ledger's first rows: its id, and the meters there are out of the box."""
        from uuid import uuid4

        self._db.run("INSERT INTO ledger (id, created_at) VALUES (?, ?)", (uuid4().hex, now))
        for meter in DEFAULT_METERS:
            self.add_meter(meter)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One durable write; within another one, a part of it."""
        within = self._is_writing
        try:
            with self._db.transaction():
                if not within:
                    self._forget_meters()  # another process may have added some meanwhile
                self._is_writing = True
                yield
        except BaseException:
            self._forget_meters()  # what was added within is gone again
            raise
        finally:
            self._is_writing = within

    def writing_much(self) -> AbstractContextManager[None]:
        """While many readings are written that were checked already."""
        return self._db.trusting()

    def holding(self, job: str, wait: float = 0) -> AbstractContextManager[None]:
        """One run of a job at a time for this ledger."""
        return self._db.holding(job, wait)

    def give_way(self) -> None:
        """Let other writers go first who wait."""
        self._db.give_way()

    def counts(self) -> Counts:
        """How much it holds."""
        entries = self._db.one("SELECT count(*), max(written_at) FROM entry") or (0, None)
        revisions = self._db.one("SELECT coalesce(sum(readings), 0) FROM entry_span") or (0,)
        return Counts(entries[0], revisions[0], sum(1 for _ in self.flagged()), entries[1])

    def damage(self) -> list[str]:
        """What a full integrity check finds wrong."""
        return self._db.damage()

    def backup_to(self, path: Path) -> Counts:
        """A verified copy; it appears at `path` only when it is whole, and stays there."""
        partial = path.with_name(f".{path.name}.part")
        try:
            self._db.copy_to(partial)
            counts = self._verified(partial)
            with os_errors(path):
                partial.rename(path)
                sync_folder(path.parent)
        finally:
            with suppress(OSError):  # a read-only disk: what went wrong is told already
                for leftover in (partial, partial.with_name(f"{partial.name}-journal")):
                    leftover.unlink(missing_ok=True)
        return counts

    def _verified(self, path: Path) -> Counts:
        from meterctl.ledger.sqlite import open_for_reading

        copy = open_for_reading(path)
        try:
            counts = copy.counts()
            wrong = copy.damage()
            # Others may have written since the copy was made: compare up to its last entry.
            if self.fingerprint(counts.entries) != copy.fingerprint(counts.entries):
                wrong.append("its readings are not those of the ledger")
        finally:
            copy.close()
        if wrong:
            raise LedgerDamaged(
                f"the backup of {self.place} did not verify: {wrong[0]}",
                "check the ledger with: meterctl health",
            )
        return counts

    def fingerprint(self, entries: int) -> object:
        """What two ledgers that hold the same first entries agree in."""
        return self._db.all(
            "SELECT meter, device, count(*), sum(value % 1000000007), sum(read_at % 1000000007),"
            " max(revision) FROM reading WHERE entry <= ? GROUP BY meter, device",
            (entries,),
        )

    def close(self) -> None:
        """Let go of it."""
        self._db.close()
