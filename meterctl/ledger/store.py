"""The ledger in SQL, over any connection that speaks it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from meterctl.domain.meters import DEFAULT_METERS
from meterctl.errors import LedgerDamaged, LedgerMoved
from meterctl.ledger._access import Clients
from meterctl.ledger.connection import Connection
from meterctl.ledger.port import Counts

# Memos that close a ledger: where to it was moved; whose copy is on its way here.
MOVED, COPYING = "ledger.moved", "ledger.copying"
_MARKS = f"SELECT name, value FROM memo WHERE name IN ('{MOVED}', '{COPYING}') ORDER BY name"  # noqa: S608 (constants)

if TYPE_CHECKING:
    from types import TracebackType

    from meterctl.ledger.care import Deed, LogLine, StoreFacts


class _Part:
    """A part of a write. No generator: a server begins some thousands a second."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger

    def __enter__(self) -> None:
        self._part, self._told = self._ledger.part()
        self._part.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        is_kept = False
        try:
            self._part.__exit__(kind, error, trace)
            is_kept = error is None
        finally:
            if not is_kept:
                self._ledger.unsay(self._told)


class SqlLedger(Clients):
    """The port `meterctl.ledger.port.Ledger`, put together from one part for each noun."""

    def __init__(self, connection: Connection, place: str) -> None:
        self._db = connection
        self._told = []
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

    def renew_id(self, id_: str) -> None:
        """Give the ledger another id."""
        self._db.run("UPDATE ledger SET id = ?", (id_,))
        self.__dict__.pop("id", None)  # it is read anew

    def writing(self) -> AbstractContextManager[None]:
        """One durable write; within another one, a part of it."""
        return _Part(self) if self._is_writing else self._whole(anyway=False)

    def writing_anyway(self) -> AbstractContextManager[None]:
        """As `writing`, for who moves the ledger: also where it was moved, or is just being."""
        return _Part(self) if self._is_writing else self._whole(anyway=True)

    @contextmanager
    def _whole(self, *, anyway: bool) -> Iterator[None]:
        told = len(self._told)
        try:
            with self._db.transaction():
                self._forget_meters()  # another process may have added some meanwhile
                self.__dict__.pop("id", None)  # or have moved another ledger here
                self._is_writing, self._newest = True, None
                if not anyway:
                    self._refuse_moved()
                yield
        except BaseException:
            self.unsay(told)
            raise
        finally:
            self._is_writing = False
        if self._told:
            self._tell_all()

    def part(self) -> tuple[AbstractContextManager[None], int]:
        """A part of the write under way, and how much there was to tell by then."""
        return self._db.transaction(), len(self._told)

    def unsay(self, told: int) -> None:
        """Forget what was undone, and all that was to be told of it."""
        self._forget_meters()  # what was added within is gone again
        self._newest = None
        del self._told[told:]
        self.__dict__.pop("id", None)  # and so is a new id

    def _refuse_moved(self) -> None:
        """Two ledgers of one id must never both be written to.

        Raises:
            LedgerMoved: this one was moved, or what was moved here has not come to its end.
        """
        rows = self._db.all(_MARKS)
        if not rows:
            return
        marks: dict[str, str] = dict(rows)
        if MOVED in marks:
            raise LedgerMoved(
                f"the ledger at {self.place} was moved to {marks[MOVED]}; it is kept as it was",
                "set METERCTL_LEDGER to where it is now",
            )
        raise LedgerMoved(
            f"the copy at {self.place} was stopped on its way, and is no ledger yet",
            "run the same again: meterctl ledger copy FROM TO",
        )

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
        revisions = self._db.one(
            "SELECT CAST(coalesce(sum(readings), 0) AS BIGINT) FROM entry_span"
        ) or (0,)
        return Counts(entries[0], revisions[0], sum(1 for _ in self.flagged()), entries[1])

    def damage(self) -> list[str]:
        """What a full integrity check finds wrong."""
        return self._db.damage()

    # What follows is for a few commands only, and is loaded by these.

    def backup_to(self, path: Path) -> Counts:
        """A verified copy; it appears at `path` only when it is whole, and stays there."""
        from meterctl.ledger.copies import backup

        return backup(self._db, self.place, path)

    def facts(self) -> StoreFacts:
        """What its store says of itself."""
        from meterctl.ledger.store_facts import facts_of

        return facts_of(self._db)

    def is_copy(self, path: Path) -> bool:
        """Whether a file is a backup of this very ledger."""
        from meterctl.ledger.copies import label_of

        label = label_of(path)
        return label is not None and label.ledger_id == self.id

    def log(self) -> Iterator[LogLine]:
        """Every entry, in order."""
        from meterctl.ledger.copies import log_of

        return log_of(self._db)

    def deeds(self) -> Iterator[Deed]:
        """What was done that is no entry."""
        from meterctl.ledger.copies import deeds_of

        return deeds_of(self._db)

    def close(self) -> None:
        """Let go of it."""
        self._db.close()
