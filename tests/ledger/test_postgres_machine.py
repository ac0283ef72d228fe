"""Any order of writes, their parts, failures, and sessions that are thrown out: as a model says.

The model is what a write is: all of it or nothing, a part alone or not, done once however often its
session was lost on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from meterctl.ledger.address import parse_database
from meterctl.ledger.postgres import open_for_writing
from meterctl.ledger.store import SqlLedger
from tests.faults.table import tally
from tests.helpers import NOW
from tests.postgres import Server
from tests.stores import Pool

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.integers(0, 9).map(str)
MANY = 700  # more than a stream asks for without a cursor
Content = dict[str, str]


class _Failed(Exception):
    """A program's own error."""


class PostgresMachine(RuleBasedStateMachine):
    """A ledger's memos, written by one session, and looked at by another one."""

    pool: Pool
    server: Server

    @initialize()
    def begin(self) -> None:
        """A ledger without anything."""
        self.schema = self.pool.take()
        self.address = parse_database(self.server.url(self.schema))
        self.ledger = open_for_writing(self.address, NOW)
        self.other = open_for_writing(self.address, NOW)
        self.committed: Content = {}
        self.levels: list[Content] = []  # of the write that is open, and its parts
        self.contexts: list[Any] = []
        self.many = 0
        self.lost = 0
        self.stream: Iterator[Any] | None = None

    # -- writes and their parts

    @precondition(lambda self: len(self.levels) < 4)
    @rule()
    def enter(self) -> None:
        """Begin a write, or a part of it."""
        context = self.ledger.writing()
        context.__enter__()
        self.contexts.append(context)
        self.levels.append(dict(self.levels[-1] if self.levels else self.committed))

    @precondition(lambda self: self.levels)
    @rule()
    def leave(self) -> None:
        """End it well."""
        self.contexts.pop().__exit__(None, None, None)
        done = self.levels.pop()
        if self.levels:
            self.levels[-1] = done
        else:
            self.committed = done

    @precondition(lambda self: self.levels)
    @rule()
    def fail(self) -> None:
        """End it by an error of the program's own."""
        error = _Failed()
        with suppress(_Failed):
            self.contexts.pop().__exit__(_Failed, error, None)
        self.levels.pop()

    # -- what is done within

    @precondition(lambda self: self.levels)
    @rule(name=NAMES, value=VALUES)
    def write(self, name: str, value: str) -> None:
        """A row, new or changed."""
        self.ledger.set_memo(name, value, NOW)
        self.levels[-1][name] = value

    @precondition(lambda self: self.levels)
    @rule()
    def write_many(self) -> None:
        """Rows by COPY."""
        self.many += 1
        names = [f"{self.many}-{number}" for number in range(MANY)]
        self.ledger._db.insert_columns(
            "memo", {"written_at": NOW, "value": "many"}, {"name": names}
        )
        self.levels[-1] |= dict.fromkeys(names, "many")

    @precondition(lambda self: self.levels)
    @rule(name=NAMES)
    def err(self, name: str) -> None:
        """A statement that the server refuses, in a part of its own."""
        with pytest.raises(psycopg.IntegrityError), self.ledger.writing():
            self.ledger._db.run("INSERT INTO memo VALUES (?, NULL, 1)", (name,))

    # -- reading

    @rule()
    def read(self) -> None:
        """What was written so far, seen from within."""
        assert self._content(self.ledger) == (self.levels[-1] if self.levels else self.committed)

    @precondition(lambda self: len(self.levels[-1] if self.levels else self.committed) >= MANY)
    @rule()
    def begin_stream(self) -> None:
        """Some rows of a stream; it stays open, and is closed at any time."""
        self.stream = self.ledger._db.stream("SELECT name FROM memo")
        assert next(self.stream)

    @precondition(lambda self: self.stream)
    @rule()
    def drop_stream(self) -> None:
        """Whatever goes on by then."""
        self.stream = None

    # -- what happens

    @rule(count=st.integers(1, 2))
    def lose(self, count: int) -> None:
        """The session is thrown out, as often as it comes back in the meantime."""
        for _ in range(count):
            self.server.execute(
                "SELECT pg_terminate_backend(%s, 5000)",
                [self.ledger._db._session.info.backend_pid],  # type: ignore[attr-defined] # PostgreSQL's
            )
        self.lost += 1
        if not self.levels:
            self.stream = None  # it cannot go on

    @precondition(lambda self: not self.levels)
    @rule(name=NAMES, value=VALUES)
    def other_writes(self, name: str, value: str) -> None:
        """Another process does, between two writes."""
        with self.other.writing():
            self.other.set_memo(name, value, NOW)
        self.committed[name] = value

    # -- what holds

    @invariant()
    def others_see_what_is_committed(self) -> None:
        """No more and no less."""
        assert self._content(self.other) == self.committed

    def _content(self, ledger: SqlLedger) -> Content:
        return dict(ledger._db.all("SELECT name, value FROM memo"))

    def teardown(self) -> None:
        """The end of an example."""
        if not hasattr(self, "ledger"):
            return
        with closing(self.ledger), closing(self.other):
            while self.levels:
                self.leave()
            self.stream = None
            assert self._content(self.other) == self._content(self.ledger) == self.committed
        self.pool.give_back(self.schema)
        tally("PostgreSQL: any order of writes and lost sessions", len(self.committed))


def _run(server: Server, pool: Pool, examples: int, steps: int) -> None:
    machine = type("Machine", (PostgresMachine,), {"pool": pool, "server": server})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[*HealthCheck],
        ),
    )


@pytest.mark.fault(16)
def test_any_order(postgres: Server, pool: Pool) -> None:
    """Each write is there as a whole or not at all, whatever became of its sessions."""
    _run(postgres, pool, 12, 30)


@pytest.mark.soak
def test_any_order_for_long(postgres: Server, pool: Pool) -> None:
    """The same, with many more examples."""
    _run(postgres, pool, 300, 50)
