"""A ledger brought to another place, whichever store is there: the same id, the same numbers.

The log is copied first, some rows at a time, while others may go on recording: what is in it never
changes. Each such write is durable, together with how far the copy is, so that one that is stopped
goes on there. Then nobody may write to the old place for a moment: what came meanwhile is copied,
all else anew, and both are compared. `copying_marks` says why never both take readings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from meterctl.errors import LedgerDamaged, LedgerError
from meterctl.ledger import copying_checks as checks
from meterctl.ledger.address import Address, FileAddress
from meterctl.ledger.connection import Connection
from meterctl.ledger.copying_file import copy_into_file
from meterctl.ledger.copying_marks import (
    MOVED_AS,
    OF_THE_COPY,
    PROGRESS,
    Marks,
    Progress,
    last_entry,
    marks_of,
    step_of,
)
from meterctl.ledger.copying_port import Amount, MeterSum, Moved, Plan, Step
from meterctl.ledger.copying_tables import LOG, READING, REST, Table, insert
from meterctl.ledger.opened import open_for_reading, open_for_writing, version_at
from meterctl.ledger.store import COPYING, MOVED
from meterctl.stopping import whole

if TYPE_CHECKING:
    from meterctl.ledger.store import SqlLedger

__all__ = ["Move", "Tell", "copy_into_file", "moving", "plan"]

_JOBS = ("restore", "sync", "push-utility")  # in this order, which no other run takes in another
_DECLARED = REST[1:3]  # meters and their devices
_FEW = 10_000  # values that are left to the moment in which nobody else may write
_LOG_OR_NOT = slice(18, 20)  # of SQLite's header: 1 and 1; 2 and 2 with a log
_ROUNDS = 5  # of copying what came meanwhile

Tell = Callable[[int], None]


def plan(source: Address, target: Address, timeout: float) -> Plan:
    """What moving a ledger from one place to another would do; nothing is written.

    Raises:
        LedgerMoved, LedgerError: see `step_of`; or the old place is a backup's.
    """
    _refuse_backup(source)
    here, there = _marks_at(source, timeout), _marks_at(target, timeout)
    return _planned(here, there, (str(source), str(target)))


def _refuse_backup(source: Address) -> None:
    """A backup has its ledger's id: moved as it is, both would take readings under one id.

    SQLite's header tells: whatever was ever opened for writing keeps its log ahead; no backup does.
    """
    if not isinstance(source, FileAddress) or not source.path.is_file():
        return
    from meterctl.ledger.faults import os_errors

    with os_errors(source.path), source.path.open("rb") as file:
        header = file.read(_LOG_OR_NOT.stop)
    if header[_LOG_OR_NOT] == b"\1\1":
        raise LedgerError(
            f"{source} is a backup, and its ledger may go on where it is",
            f"first: meterctl --ledger sqlite:///NEW restore '{source}'; then copy NEW",
        )


def _marks_at(address: Address, timeout: float) -> Marks | None:
    if not version_at(address, timeout):
        return None
    with closing(open_for_reading(address, timeout)) as ledger:
        return marks_of(_db_of(ledger), str(address))


def _db_of(ledger: SqlLedger) -> Connection:
    return ledger._db  # noqa: SLF001 (it is of this package)


def _planned(source: Marks | None, target: Marks | None, places: tuple[str, str]) -> Plan:
    step = step_of(source, target, places)
    if source is None:
        raise LedgerError(
            f"there is no ledger at {places[0]}", "meterctl ledger show names the one in use"
        )
    there = target.amount if target is not None and step is not Step.NEW else Amount(0, 0, 0)
    return Plan(*places, source.ledger_id, step, source.amount, there)


@contextmanager
def moving(
    source: Address, target: Address, now: Callable[[], int], timeout: float
) -> Iterator[Move]:
    """A move, with both places open; the new one is made if it is not there.

    Raises:
        LedgerMoved, LedgerError: see `step_of`.
        Busy: another run moves a ledger to there, or writes on and on.
    """
    planned = plan(source, target, timeout)
    with ExitStack() as stack:
        here = stack.enter_context(closing(open_for_writing(source, now(), timeout)))
        there = stack.enter_context(closing(open_for_writing(target, now(), timeout)))
        stack.enter_context(there.holding(_JOBS[0], timeout))
        yield Move(planned, _db_of(here), _db_of(there), now, timeout)
        if isinstance(target, FileAddress):
            _remember(target, planned.ledger_id, timeout)


def _remember(target: FileAddress, ledger_id: str, timeout: float) -> None:
    """Note in the lock's file whose ledger this is now."""
    from meterctl.ledger.connect import real
    from meterctl.ledger.faults import os_errors
    from meterctl.ledger.lock import WriterLock

    path = real(target.path)
    with os_errors(path), closing(WriterLock(path, timeout)) as lock, lock.held():
        lock.remember(ledger_id)


class Move:
    """A ledger on its way from one place to another."""

    def __init__(
        self,
        planned: Plan,
        source: Connection,
        target: Connection,
        now: Callable[[], int],
        timeout: float,
    ) -> None:
        self.planned = planned
        self._places = (planned.source, planned.target)
        self._from = source
        self._to = target
        self._now = now
        self._timeout = timeout
        self._copied = 0

    def finish(self, tell: Tell) -> Moved:
        """Bring it to its end; `tell` is told how many values are there.

        Raises:
            LedgerDamaged: what arrived is not what left; the old place is as it was.
            Busy: a job runs at the old place, or others write there on and on.
        """
        planned = self._plan_again()
        sums: checks.Sums = {}
        if planned.step is Step.NEW:
            self._begin()
        if planned.step in (Step.NEW, Step.HALF):
            self._copied, before = 0, planned.there.values
            with self._to.trusting():
                progress = self._copy_log(lambda: tell(before + self._copied))
                sums = self._verified(0, progress.done)
                planned = planned._replace(whole=self._hand_over(progress, sums))
        elif planned.step is Step.CLOSED:
            self._open()
        return Moved(planned, self._copied, self._by_meter(sums), len({table for table, _ in sums}))

    def _plan_again(self) -> Plan:
        """The plan, now that nobody else can be at it."""
        here = marks_of(self._from, self.planned.source)
        there = marks_of(self._to, self.planned.target)
        return _planned(here, there, self._places)

    # -- at the new place

    def _begin(self) -> None:
        """Mark the new place, and give it the ledger's own id and meters."""
        with self._to.transaction():
            if self._plan_again().step is not Step.NEW:
                raise LedgerError(
                    f"another run has begun to copy to {self._places[1]}", "run it again"
                )
            for table in reversed(_DECLARED):
                self._to.run(f"DELETE FROM {table.name}")  # noqa: S608 (names of our own)
            for table in _DECLARED:  # who records there meanwhile is to be told of the copy alone
                for rows in checks.of_rest(self._from, table):
                    insert(self._to, table, rows)
            created = self._from.one("SELECT id, created_at FROM ledger")
            self._to.run("UPDATE ledger SET id = ?, created_at = ?", created or ())
            self._note(self._to, COPYING, self.planned.ledger_id)
            self._note(self._to, PROGRESS, Progress(uuid4().hex, 0, 0).text())

    def _progress(self) -> Progress:
        progress = marks_of(self._to, self.planned.target).progress
        if progress is None:
            raise LedgerError(
                f"somebody has taken the mark of the copy from {self._places[1]}",
                "remove what is there, and run it again",
            )
        return progress

    def _copy_log(self, tell: Callable[[], None]) -> Progress:
        """Copy the log while others go on writing to it; how far that has come."""
        progress = self._progress()
        if progress.until > progress.done:
            progress = self._copy_up_to(progress, tell)
        for _ in range(_ROUNDS):
            last = last_entry(self._from)
            if last == progress.done or (progress.done and self._left(progress.done) < _FEW):
                break
            progress = self._copy_up_to(progress._replace(until=last), tell)
        return progress

    def _left(self, done: int) -> int:
        """How many values came after an entry."""
        row = self._from.one(
            "SELECT CAST(coalesce(sum(readings), 0) AS BIGINT) FROM entry_span WHERE entry > ?",
            (done,),
        )
        return int(row[0]) if row else 0

    def _copy_up_to(self, progress: Progress, tell: Callable[[], None]) -> Progress:
        """Copy the log up to `progress.until`, from where it stands."""
        done, until = progress.done, progress.until
        after = progress.after
        for number, table in enumerate(LOG[progress.table :], progress.table):
            for rows in checks.of_log(self._from, table, done, until, after):
                key = tuple(rows[-1][: len(table.key)])
                self._write(table, rows, progress._replace(table=number, after=key))
                tell()
            after = ()
        progress = Progress(progress.copy, until, until)
        with self._to.transaction():
            self._note(self._to, PROGRESS, progress.text())
        return progress

    def _write(self, table: Table, rows: list[tuple[object, ...]], progress: Progress) -> None:
        with self._to.transaction():
            insert(self._to, table, rows)
            self._note(self._to, PROGRESS, progress.text())
        if table is READING:
            self._copied += len(rows)

    def _copy_rest(self) -> None:
        """Copy anew what may have changed; but for the ledger's own row, which never does."""
        tables = REST[1:]
        with self._to.transaction():
            for table in reversed(tables):
                if table.name == "memo":
                    marks = ", ".join("?" * len(OF_THE_COPY))
                    self._to.run(f"DELETE FROM memo WHERE name NOT IN ({marks})", OF_THE_COPY)  # noqa: S608 (as above)
                else:
                    self._to.run(f"DELETE FROM {table.name}")  # noqa: S608 (names of our own)
        for table in tables:
            for rows in checks.of_rest(self._from, table):
                with self._to.transaction():
                    insert(self._to, table, rows)

    def _open(self) -> None:
        """Take the mark from the new place: from here on readings are recorded there."""
        with self._to.transaction():
            self._to.run("DELETE FROM memo WHERE name IN (?, ?)", OF_THE_COPY)

    # -- at both

    def _hand_over(self, progress: Progress, sums: checks.Sums) -> Amount:
        """Copy the rest, compare, close the old place, open the new one; how much it is by then."""
        with ExitStack() as stack:
            for job in _JOBS:
                stack.enter_context(self._from.holding(job, self._timeout))
            with self._from.transaction():  # nobody else can write there meanwhile
                here = marks_of(self._from, self.planned.source)
                there = marks_of(self._to, self.planned.target)
                if step_of(here, there, self._places) is not Step.HALF:
                    raise LedgerError(f"{self._places[1]} was changed meanwhile", "run it again")
                last = here.last_entry
                self._copy_up_to(progress._replace(until=last), lambda: None)
                self._copy_rest()
                for of, one in self._verified(progress.done, last).items():
                    before = sums.get(of, checks.Sum(0, 0, ""))
                    sums[of] = one._replace(
                        rows=before.rows + one.rows, total=before.total + one.total
                    )
                sums |= self._verified_rest()
                self._count_all(sums)
                stack.enter_context(whole())
                self._note(self._from, MOVED, self._places[1])
                self._note(self._from, MOVED_AS, progress.copy)
            self._open()
            return here.amount

    def _verified(self, done: int, until: int) -> checks.Sums:
        here = checks.sums_of_log(self._from, done, until)
        checks.compare(here, checks.sums_of_log(self._to, done, until), self._places[1])
        return here

    def _verified_rest(self) -> checks.Sums:
        here = checks.sums_of_rest(self._from)
        checks.compare(here, checks.sums_of_rest(self._to), self._places[1])
        return here

    def _count_all(self, sums: checks.Sums) -> None:
        """No row may be at either place that was not compared: one that no entry tells of."""
        for table in LOG:
            compared = sum(one.rows for (name, _), one in sums.items() if name == table.name)
            for db, place in ((self._from, self._places[0]), (self._to, self._places[1])):
                row = db.one(f"SELECT count(*) FROM {table.name}")  # noqa: S608 (names of our own)
                if row is None or row[0] != compared:
                    raise LedgerDamaged(
                        f"{place} holds rows of the table {table.name} that no entry tells of",
                        "see: meterctl health; nothing was moved",
                    )

    def _by_meter(self, sums: checks.Sums) -> tuple[MeterSum, ...]:
        names: dict[int, str] = dict(self._from.all("SELECT meter, id FROM meter"))
        return tuple(
            MeterSum(names[meter], one.rows, one.total)
            for (table, meter), one in sorted(sums.items())
            if table == READING.name
        )

    def _note(self, db: Connection, name: str, value: str) -> None:
        db.run(
            "INSERT INTO memo (name, value, written_at) VALUES (?, ?, ?) ON CONFLICT (name)"
            " DO UPDATE SET value = excluded.value, written_at = excluded.written_at",
            (name, value.encode("utf-8", "backslashreplace").decode(), self._now()),
        )
