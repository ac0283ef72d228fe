"""The verbs that the ledger's SQL needs, on a schema of a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from itertools import chain, count
from pathlib import Path

import psycopg
from psycopg.pq import TransactionStatus

from meterctl.errors import LedgerUnreachable
from meterctl.ledger import postgres_leases
from meterctl.ledger.connection import Row
from meterctl.ledger.postgres_checks import damage_of
from meterctl.ledger.postgres_migrate import migrate, version_of
from meterctl.ledger.postgres_session import Session, numbered
from meterctl.ledger.postgres_steps import plainly
from meterctl.ledger.postgres_transactions import Transactions

_FEW = 64  # rows that a stream asks for at once, before it asks for a cursor; then twice as many
_CHUNK = 4_096  # rows of a cursor at a time, at most
_names = count(1)  # of cursors


class PostgresConnection(Transactions):
    """`meterctl.ledger.connection.Connection` on one schema; errors arrive as ours."""

    tables_of_its_own = ()

    def joined(self, expression: str) -> str:
        """The SQL that joins an expression's texts of all rows of a group, by commas."""
        return f"string_agg({expression}, ',')"

    def version(self) -> int:
        """The schema's version; 0 where there is no ledger yet."""
        return version_of(self._session, self.address)

    def migrate(self, fill: Callable[[], None]) -> None:
        """Bring the ledger to the newest version; `fill` writes the first rows of a new one."""
        self._is_still = True  # one transaction, which nothing repeats
        try:
            migrate(self._session, self.address, fill)
        finally:
            self._is_still = False

    # -- the verbs

    def run(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement; return how many rows it changed."""
        statement, given = numbered(sql), _storable(parameters)
        return self._change(lambda session: session.execute(statement, given).rowcount)

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of parameters."""
        statement, given = numbered(sql), [_storable(row) for row in rows]

        def do(session: Session) -> int:
            with session.cursor() as cursor:
                cursor.executemany(statement, given)
                return cursor.rowcount

        if given:
            self._change(do)

    def insert_columns(
        self, table: str, same: Mapping[str, object], columns: Mapping[str, Iterable[object]]
    ) -> None:
        """Insert many rows by COPY."""
        names = ", ".join(f'"{name}"' for name in (*same, *columns))
        sql = f"COPY {table} ({names}) FROM STDIN"
        rows: Sequence[Sequence[object]] = list(zip(*columns.values(), strict=False))
        kinds = set(map(type, chain(same.values(), chain.from_iterable(rows))))
        if not rows:
            return
        if kinds == {int}:  # as an import's: all in one text takes half of the time
            line = "\t".join([*map(str, same.values()), *["%d"] * len(columns)]) + "\n"
            text = "".join(map(line.__mod__, rows))
            self._change(_copying(sql, lambda copy: copy.write(text)))
        else:
            whole = [_storable((*same.values(), *row)) for row in rows]
            self._change(_copying(sql, lambda copy: _write_rows(copy, whole)))

    def one(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """The first row, or None."""
        statement, given = numbered(sql), _storable(parameters)
        return self._do(lambda session: session.execute(statement, given).fetchone())

    def all(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Every row, in memory at once."""
        statement, given = numbered(sql), _storable(parameters)
        return self._do(lambda session: session.execute(statement, given).fetchall())

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        """The rows one by one, in bounded memory."""
        some = self.all(f"{sql} LIMIT {_FEW + 1}", parameters)
        if len(some) <= _FEW:
            yield from some
        elif self._depth and "ORDER BY" in sql:  # nobody else writes now, and most stop soon
            yield from some
            yield from self._by_cursor(sql, parameters, len(some))
        else:
            yield from self._by_cursor(sql, parameters)

    def _by_cursor(self, sql: str, parameters: Sequence[object], after: int = 0) -> Iterator[Row]:
        name = f"stream_{next(_names)}"
        is_alone = not (self._depth or self._is_still)
        # What is held outlives its transaction: a write may begin before the stream has ended.
        declare = f"DECLARE {name} NO SCROLL CURSOR {'WITH HOLD ' * is_alone}FOR {numbered(sql)}"
        given = _storable(parameters)
        session = self._session
        if is_alone:
            self._streams += 1
        try:
            if is_alone and self._status() is TransactionStatus.IDLE and not session.is_pooled:
                self._do(lambda session: session.execute("BEGIN READ ONLY").rowcount)
            self._do(lambda session: session.execute(declare, given).rowcount)
            session = self._session
            if after:
                self._do(plainly(f"MOVE {after} FROM {name}"))
            chunk = _FEW
            while rows := self._do(_fetching(name, chunk := min(2 * chunk, _CHUNK))):
                yield from rows
                if is_alone and self._session is not session:
                    raise LedgerUnreachable(
                        f"{self.address}: the server was lost while the ledger was being read",
                        "run the same again",
                    )
        finally:
            if is_alone:
                self._streams -= 1
            self._forget(session, name, is_alone=is_alone)

    def _forget(self, session: Session, name: str, *, is_alone: bool) -> None:
        """Close a stream's cursor; after the last one, the transaction that it was read in."""
        if not is_alone:
            return  # it ends with the transaction that it was made in
        usable = (TransactionStatus.IDLE, TransactionStatus.INTRANS)
        if self._session is not session or session.closed or self._status() not in usable:
            return
        with suppress(psycopg.Error):  # nobody reads from it any more
            session.execute(f"CLOSE {name}")
            if not (self._streams or self._depth or self._is_still):
                self._leave_reading()

    def trusting(self) -> AbstractContextManager[None]:
        """Nothing is left out here: what is checked of single rows costs next to nothing."""
        if self._depth:
            raise RuntimeError("within a write it is too late")
        return nullcontext()

    @contextmanager
    def holding(self, job: str, wait: float) -> Iterator[None]:
        """One run of a job at a time, on whichever machine, by a lease."""
        if not self._writes:
            raise RuntimeError("this ledger was opened for reading")
        with postgres_leases.held(self.address, job, wait) as lease:
            self._leases.append(lease)
            try:
                yield
            finally:
                self._leases.remove(lease)

    def give_way(self) -> None:
        """Nothing to do: those who wait for the lock get it in the order they came."""

    def damage(self) -> list[str]:
        """What a look at every row finds wrong."""
        return damage_of(self)

    def copy_to(self, path: Path) -> None:
        """A consistent copy, as a file of SQLite's."""
        from meterctl.ledger.copying import copy_into_file

        copy_into_file(self, path)

    def close(self) -> None:
        """Let go of the session."""
        self._session.close()


def _fetching(name: str, count: int) -> Callable[[Session], list[Row]]:
    return lambda session: session.execute(f"FETCH {count} FROM {name}", prepare=False).fetchall()


def _copying(sql: str, write: Callable[[psycopg.Copy], None]) -> Callable[[Session], int]:
    def do(session: Session) -> int:
        with session.cursor() as cursor:
            with cursor.copy(sql) as copy:
                write(copy)
            return cursor.rowcount

    return do


def _write_rows(copy: psycopg.Copy, rows: Iterable[Sequence[object]]) -> None:
    for row in rows:
        copy.write_row(row)


def _storable(parameters: Sequence[object]) -> Sequence[object]:
    """Texts without the one character that PostgreSQL's do not hold; a utility may answer it."""
    for one in parameters:
        if isinstance(one, str) and "\0" in one:
            return [two.replace("\0", "␀") if isinstance(two, str) else two for two in parameters]
    return parameters
