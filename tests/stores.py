"""Where a test's ledgers are: in files, or in schemas of a PostgreSQL server. Both do the same."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path
from threading import get_ident
from typing import Protocol

import psycopg

from meterctl.ledger import postgres, sqlite
from meterctl.ledger.address import parse_database
from meterctl.ledger.port import Ledger
from meterctl.ledger.store import SqlLedger
from meterctl.services.restored import begin_anew
from tests.helpers import NOW
from tests.postgres import Server

LEDGER = "ledger"  # the one that most tests are content with


class Store(Protocol):
    """The ledgers of one test, by names of its own."""

    slowness: int  # how many times as long as in a file in memory it takes, roughly

    def open(self, name: str = LEDGER, now: int = NOW) -> SqlLedger:
        """A handle of its own on a ledger, as another process has it; made on first use.

        A thread that opens one closes it: no other thread may.
        """

    def back_up(self, ledger: Ledger, name: str) -> None:
        """Keep what a ledger holds now under a name that is new."""

    def copy(self, name: str, to: str) -> None:
        """Give a ledger, which need not be there yet, the content of another; none is open."""

    def close(self) -> None:
        """Close what this thread opened. The next ledgers are new ones, whatever their names."""


class Files:
    """Ledgers of SQLite's, in a folder of the test's."""

    slowness = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: list[tuple[int, SqlLedger]] = []  # by which thread
        self._rounds = count(1)
        self._round = 0

    def path(self, name: str = LEDGER) -> Path:
        """Where one is."""
        folder = self._folder / f"round-{self._round}" if self._round else self._folder
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.db"

    def open(self, name: str = LEDGER, now: int = NOW) -> SqlLedger:
        """A handle of its own on a file."""
        opened = sqlite.open_for_writing(self.path(name), now)
        self._opened.append((get_ident(), opened))
        return opened

    def back_up(self, ledger: Ledger, name: str) -> None:
        """As `meterctl backup` does."""
        ledger.backup_to(self.path(name))

    def copy(self, name: str, to: str) -> None:
        """As a person copies a file."""
        shutil.copy(self.path(name), self.path(to))

    def close(self) -> None:
        """Leave the files of before; a round of a machine takes up some kilobytes."""
        for thread, one in self._opened:
            if thread == get_ident():
                one.close()
        self._opened.clear()
        if self._round:
            shutil.rmtree(self.path().parent)
        self._round = next(self._rounds)


class Pool:
    """Ledgers of one server, emptied and used again: to make one takes twenty times as long."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._free: list[str] = []
        self._numbers = count(1)
        self._tables: list[str] = []
        self._session = psycopg.connect(server.url(), autocommit=True)
        # The triggers that keep a ledger from being emptied are silent for this session. Whatever
        # holds a lock there still is a mistake of the test's.
        self._session.execute("SET session_replication_role = replica; SET lock_timeout = 10000")

    def take(self) -> str:
        """A schema that is a ledger without any row, not even the first ones."""
        if self._free:
            return self._free.pop()
        schema = f"pool-{next(self._numbers)}"
        postgres.open_for_writing(parse_database(self.server.url(schema)), NOW).close()
        found = self._session.execute(
            "SELECT relname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace"
            " WHERE nspname = %s AND relkind = 'r' AND relname <> 'meterctl_schema'",
            [schema],
        )
        self._tables = [name for (name,) in found]
        self._empty(schema)
        return schema

    def give_back(self, schema: str) -> None:
        """It may be taken again."""
        self._empty(schema)
        self._free.append(schema)

    def _empty(self, schema: str) -> None:
        # Table by table: TRUNCATE makes new files, and takes three hundred times as long.
        self._each('DELETE FROM "{to}"."{table}"', to=schema)

    def copy(self, schema: str, to: str) -> None:
        """Give one the content of another."""
        self._empty(to)
        self._each('INSERT INTO "{to}"."{table}" SELECT * FROM "{of}"."{table}"', to=to, of=schema)

    def _each(self, statement: str, **names: str) -> None:
        """Run a statement for each table, all of them together."""
        every = (statement.format(table=table, **names) for table in self._tables)
        self._session.execute(";".join(every).encode())

    def close(self) -> None:
        """Let go of the server."""
        self._session.close()


class Schemas:
    """Ledgers of PostgreSQL's, each in a schema of a pool."""

    slowness = 6

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._schemas: dict[str, str] = {}
        self._opened: list[SqlLedger] = []

    def _schema(self, name: str) -> str:
        if name not in self._schemas:
            self._schemas[name] = self._pool.take()
        return self._schemas[name]

    def url(self, name: str = LEDGER) -> str:
        """Where one is."""
        return self._pool.server.url(self._schema(name))

    def open(self, name: str = LEDGER, now: int = NOW) -> SqlLedger:
        """A session of its own at a ledger; of one without any row, the first ones are written."""
        is_new = name not in self._schemas
        ledger = postgres.open_for_writing(parse_database(self.url(name)), now)
        self._opened.append(ledger)
        if is_new:
            with ledger.writing():
                ledger.begin(now)
        return ledger

    def back_up(self, ledger: Ledger, name: str) -> None:
        """As a server's own backup does: all that was committed."""
        (schema,) = (one for one in self._schemas.values() if ledger.place.endswith(f"={one}"))
        self._pool.copy(schema, self._schema(name))

    def copy(self, name: str, to: str) -> None:
        """Row by row."""
        self._pool.copy(self._schema(name), self._schema(to))

    def close(self) -> None:
        """Close all, and give the schemas back."""
        for one in self._opened:
            one.close()
        self._opened.clear()
        while self._schemas:
            self._pool.give_back(self._schemas.popitem()[1])


def put_back(store: Store, backup: str, to: str, backup_at: int, now: int) -> SqlLedger:
    """A backup's content under another name, as `restore` makes it."""
    store.copy(backup, to)
    ledger = store.open(to, now)
    with ledger.writing():
        begin_anew(ledger, backup_at, now)
    return ledger
