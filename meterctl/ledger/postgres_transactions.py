"""Writes to a PostgreSQL ledger, each in its turn, and healed where that is safe.

What happens to a session (the server begins anew, the network drops it, somebody ends it, another
program is in conflict with it) costs no write that has not come to its COMMIT: it is begun anew,
and each of its statements done again. If one of them now gives another answer, the program might
have done something else, and the write fails; if none does, it goes on as if nothing had been.

Where the answer to a COMMIT was lost, the next one who has the turn knows: each write leaves its
number in the table `writer`, in the same transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn, TypeVar
from uuid import uuid4

import psycopg
from psycopg.pq import TransactionStatus

from meterctl.errors import Busy, ConfigError, LedgerUnsure, MeterctlError
from meterctl.ledger.address import DatabaseAddress
from meterctl.ledger.postgres_faults import (
    is_bug,
    is_conflict,
    is_lost,
    is_not_yet,
    passes,
    translate,
)
from meterctl.ledger.postgres_leases import Lease, renew
from meterctl.ledger.postgres_migrate import TABLE, refuse_newer, take_turn
from meterctl.ledger.postgres_session import MARK, Session, connect
from meterctl.ledger.postgres_steps import Step, digest, plainly

_TRIES = 5  # of one write
_PAUSE = 0.1  # seconds between two tries to reach the server

T = TypeVar("T")


class Transactions:
    """A session that is replaced when it is lost, and the write that is under way in it, if any."""

    def __init__(self, address: DatabaseAddress, timeout: float, *, writes: bool) -> None:
        self.address = address
        self._timeout = timeout
        self._writes = writes
        self._id = uuid4().hex
        self._turn = 0  # how many writes were begun
        self._depth = 0
        self._steps: list[Step] = []  # of the write that is under way
        self._tries = 0
        self._doomed: BaseException | None = None  # why the write that is under way cannot go on
        self._is_still = False
        self._streams = 0  # that are open, outside any write
        self._leases: list[Lease] = []  # of the jobs that are held
        self._session = self._connect(time.monotonic() + timeout, is_not_yet)

    # -- asking and doing

    def _do(self, do: Callable[[Session], T]) -> T:
        """Do one thing: within the write that is under way, or by itself."""
        is_writing = self._depth > 0
        while True:
            if is_writing and self._doomed is not None:
                raise self._doomed
            try:
                if self._session.is_pooled and not (is_writing or self._is_still):
                    answer = self._ours(do)
                else:
                    answer = do(self._session)
            except psycopg.Error as error:
                if not self._is_still and (is_lost(error) or is_conflict(error)):
                    if is_writing:
                        self._again(error)
                    else:
                        self._reconnect_to_read(error)
                    continue
                if is_writing:
                    self._steps.append(Step(do, type(error)))
                elif not self._is_still and self._status() is TransactionStatus.INERROR:
                    self._roll_back()  # streams were read in it, which cannot go on either
                self._raise(error)
            if is_writing:
                self._steps.append(Step(do, digest(answer)))
            else:
                self._tries = 0
            return answer

    def _change(self, do: Callable[[Session], T]) -> T:
        """Change what is stored: within a write only, since elsewhere it would be repeated."""
        if not (self._depth or self._is_still):
            raise RuntimeError("outside any write")
        return self._do(do)

    def _raise(self, error: psycopg.Error) -> NoReturn:
        if is_bug(error):
            raise error
        raise translate(error, self.address) from error

    def _reconnect_to_read(self, error: psycopg.Error) -> None:
        """After a question that got no answer; a stream that was open cannot go on."""
        self._tries += 1
        if self._tries > _TRIES or self._streams:
            self._tries = 0
            raise translate(error, self.address) from error
        if self._session.closed or is_lost(error):
            self._reconnect(time.monotonic() + self._timeout)

    def _reconnect(self, until: float) -> None:
        self._session.close()
        self._session = self._connect(until, passes)

    def _connect(self, until: float, passes: Callable[[MeterctlError], bool]) -> Session:
        """A session; where there is none to be had just now, it is tried again until some time."""
        while True:
            try:
                return connect(self.address, self._timeout, writes=self._writes)
            except MeterctlError as error:
                if not passes(error) or time.monotonic() >= until:
                    raise
                time.sleep(_PAUSE)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """All that is read or copied within is of one moment."""
        self._do(plainly("SELECT 1"))  # a session that was lost is replaced
        self._is_still = True
        try:
            self._leave_reading()
            self._session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
        except psycopg.Error as error:
            self._raise(error)
        finally:
            self._is_still = False
            self._roll_back()

    def _ours(self, do: Callable[[Session], T]) -> T:
        """Where a pooler may give sessions to others: asked in a transaction, which is in ours."""
        if self._status() is TransactionStatus.IDLE:
            self._session.execute("BEGIN READ ONLY")
        try:
            row = self._session.execute(f"SELECT {MARK}").fetchone()
            self._session.refuse_another(row and row[0], self.address)
            answer = do(self._session)
        except ConfigError:
            self._roll_back()
            raise
        if not self._streams:
            self._leave_reading()
        return answer

    def _leave_reading(self) -> None:
        if self._status() is TransactionStatus.INTRANS:
            self._session.execute("COMMIT")

    # -- writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A write transaction, in its turn; durable when left well. Within another, a part."""
        if not self._writes:
            raise RuntimeError("this ledger was opened for reading")
        if self._is_still:
            yield  # a migration's, which is one transaction already
        elif self._depth:
            with self._part():
                yield
        else:
            with self._whole():
                yield

    @contextmanager
    def _whole(self) -> Iterator[None]:
        self._steps.clear()
        self._tries = 0
        self._doomed = None
        self._turn += 1
        try:
            self._begin_patiently()
            self._depth = 1
            yield
            self._commit()
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._depth = 0
            self._steps.clear()

    @contextmanager
    def _part(self) -> Iterator[None]:
        self._do(plainly("SAVEPOINT part"))
        self._depth += 1
        try:
            yield
        except BaseException as error:
            self._depth -= 1
            if self._status() is TransactionStatus.ACTIVE:  # stopped in the middle of a statement
                self._doomed = self._doomed or error
            elif self._doomed is None:
                self._do(plainly("ROLLBACK TO part; RELEASE part"))
            raise
        self._depth -= 1
        self._do(plainly("RELEASE part"))

    def _begin_patiently(self) -> None:
        """Begin a write; a session that was lost since the last one is replaced."""
        until = time.monotonic() + self._timeout
        while True:
            try:
                if self._session.closed:
                    self._reconnect(until)
                else:
                    self._leave_reading()  # streams that are open hold what they have yet to give
                self._begin()
            except psycopg.Error as error:
                self._roll_back()
                if not is_lost(error) or time.monotonic() >= until:
                    raise translate(error, self.address) from error
                self._session.close()
            else:
                return

    def _begin(self) -> None:
        """Take the turn, and leave this write's number: whether it was committed, it tells."""
        self._take_turn()
        self._mark()

    def _take_turn(self) -> None:
        """Begin a transaction of which others wait for the end."""
        look = f"(SELECT version FROM {TABLE})"  # noqa: S608 (a name of our own)
        found = take_turn(self._session, self.address, look)
        if found is not None:
            refuse_newer(int(found), self.address)  # it may have been migrated since it was opened

    def _mark(self) -> None:
        if self._turn == 1:
            self._session.execute(
                "DELETE FROM writer WHERE at < statement_timestamp() - interval '1 day'"
            )
        self._session.execute(
            "INSERT INTO writer (id, turn, at) VALUES ($1, $2, statement_timestamp())"
            " ON CONFLICT (id) DO UPDATE SET turn = excluded.turn, at = excluded.at",
            (self._id, self._turn),
        )
        self._renew_leases()

    def _renew_leases(self) -> None:
        """See to it that nobody takes the job over that writes: while it does, and right after."""
        for lease in self._leases:
            if not renew(self._session, lease):
                raise Busy(
                    f"another {lease.job} took over: this one was not heard of for too long",
                    "nothing more was done; the other one goes on",
                )

    def _again(self, error: psycopg.Error) -> None:
        """Begin the write that is under way anew, and bring it to where it stood."""
        try:
            self._begin_anew(error)
        except BaseException as doom:
            self._doomed = doom
            raise

    def _begin_anew(self, error: psycopg.Error) -> None:
        while True:
            self._tries += 1
            if self._tries > _TRIES:
                raise translate(error, self.address) from error
            self._roll_back()
            try:
                if self._session.closed:
                    self._reconnect(time.monotonic() + self._timeout)
                self._begin()
                self._repeat()
            except psycopg.Error as another:
                if not (is_lost(another) or is_conflict(another)):
                    raise translate(another, self.address) from another
                error = another
            else:
                return

    def _repeat(self) -> None:
        """Do again all that was done in this write.

        Raises:
            Busy: something has another answer now.
        """
        for step in self._steps:
            try:
                told: object = digest(step.do(self._session))
            except psycopg.Error as error:
                if is_lost(error) or is_conflict(error):
                    raise
                told = type(error)
            if told != step.told:
                raise Busy(
                    f"{self.address}: what others wrote meanwhile came in between",
                    "nothing was stored; run the same again",
                )

    def _commit(self) -> None:
        while True:
            if self._doomed is not None:
                raise self._doomed
            try:
                self._renew_leases()
                status = self._session.execute("COMMIT").statusmessage
            except psycopg.Error as error:
                if is_conflict(error):
                    self._again(error)
                elif not is_lost(error):
                    self._raise(error)
                elif self._was_committed(error):
                    return
            else:
                if status != "COMMIT":
                    raise RuntimeError("a statement of this write failed, and nobody undid it")
                return

    def _was_committed(self, lost: psycopg.Error) -> bool:
        """Whether the write was committed whose answer was lost; if not, it stands there again.

        Whoever has the turn knows: the lost session has either ended its commit or will never.
        """
        if self._last_turn() == self._turn:
            self._roll_back()
            return True
        self._tries += 1
        if self._tries > _TRIES:
            raise translate(lost, self.address) from lost
        try:
            self._mark()
            self._repeat()
        except psycopg.Error as error:
            self._again(error)
        return False

    def _last_turn(self) -> int:
        """Which of our writes was the last one committed; this session has the turn then.

        Raises:
            LedgerUnsure: the server stays away.
        """
        until = time.monotonic() + self._timeout
        while True:
            try:
                self._reconnect(until)
                self._take_turn()
                row = self._session.execute(
                    "SELECT turn FROM writer WHERE id = $1", (self._id,)
                ).fetchone()
            except (psycopg.Error, MeterctlError) as error:
                lost = isinstance(error, psycopg.Error) and is_lost(error)
                if lost and time.monotonic() < until:
                    continue
                raise LedgerUnsure(
                    f"{self.address}: the server was lost before it said whether it had stored it",
                    "look with: meterctl history; the same again, with --at, is never doubled",
                ) from error
            return 0 if row is None else int(row[0])

    def _roll_back(self) -> None:
        if self._session.closed:
            return
        if self._status() is TransactionStatus.ACTIVE:
            self._session.close()  # stopped in the middle of a statement: the server undoes it
            return
        with suppress(psycopg.Error):  # the first error is the one to tell
            if self._status() is not TransactionStatus.IDLE:
                self._session.execute("ROLLBACK")

    def _status(self) -> TransactionStatus:
        return TransactionStatus(self._session.pgconn.transaction_status)
