"""What is read from a PostgreSQL ledger while it is written to, and what a write has to be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Timer
from typing import Any

import psycopg
import pytest

from meterctl.errors import Busy, LedgerError, LedgerNewer, MeterctlError
from meterctl.ledger.address import parse_database
from meterctl.ledger.postgres import open_for_reading
from meterctl.ledger.store import SqlLedger
from tests.faults.postgres_writers import append, opened
from tests.postgres import Server

ROWS = 5_000  # some chunks of a cursor
NAMES = "SELECT name FROM seen ORDER BY name"


@pytest.fixture
def ledger(postgres_url: str) -> Iterator[SqlLedger]:
    """One that holds so many rows of something."""
    with closing(opened(postgres_url)) as made:
        with made.writing():
            same: dict[str, object] = {"destination": "x", "kind": "y", "value": b""}
            names = [f"{number:05}" for number in range(ROWS)]
            made._db.insert_columns("seen", same, {"name": names})
        yield made


def session_of(ledger: SqlLedger) -> psycopg.Connection[Any]:
    """The session that it has just now."""
    session = ledger._db._session  # type: ignore[attr-defined] # PostgreSQL's
    assert isinstance(session, psycopg.Connection)
    return session


def cursors(ledger: SqlLedger) -> int:
    """How many streams the server still holds for it."""
    row = ledger._db.one("SELECT count(*) FROM pg_cursors WHERE name LIKE 'stream%'")
    assert row is not None
    return int(row[0])


def test_streams_side_by_side(ledger: SqlLedger) -> None:
    """Each gives its own rows, as they were when it began; then the server holds nothing."""
    one, two = ledger._db.stream(NAMES), ledger._db.stream(f"{NAMES} DESC")
    assert (next(one), next(two)) == (("00000",), (f"{ROWS - 1:05}",))
    with ledger.writing():
        ledger._db.run("DELETE FROM seen WHERE name > '01000'")
        assert next(one) == ("00001",)
    assert len([*two]) == ROWS - 1
    assert len([*one]) == ROWS - 2
    assert cursors(ledger) == 0
    assert session_of(ledger).info.transaction_status is psycopg.pq.TransactionStatus.IDLE


def test_a_stream_that_is_given_up(ledger: SqlLedger) -> None:
    """It costs nothing any more, and no transaction stays open."""
    rows = ledger._db.stream(NAMES)
    assert next(rows)
    assert cursors(ledger) == 1
    del rows
    assert cursors(ledger) == 0
    assert session_of(ledger).info.transaction_status is psycopg.pq.TransactionStatus.IDLE


def test_a_stream_of_a_write_that_is_kept_until_the_next(ledger: SqlLedger) -> None:
    """It ended with its write; that it is given up later harms nobody."""
    with ledger.writing():
        rows = ledger._db.stream(NAMES)
        assert next(rows)
    with ledger.writing():
        del rows
        append(ledger, "next", 1)
    assert ledger.last_entry() == 1


def test_a_stream_of_a_part_that_was_undone(ledger: SqlLedger) -> None:
    """The same: the write that it was a part of goes on."""
    with ledger.writing():
        with suppress(ZeroDivisionError), ledger.writing():
            rows = ledger._db.stream(NAMES)
            assert next(rows)
            raise ZeroDivisionError
        del rows
        append(ledger, "next", 1)
    assert ledger.last_entry() == 1


def test_a_stream_that_fails(ledger: SqlLedger) -> None:
    """Others end with it, and whoever reads next is not in its way."""
    other = ledger._db.stream(NAMES)
    assert next(other)
    failing = ledger._db.stream("SELECT 1 / (4000 - CAST(name AS INT)) FROM seen")
    with pytest.raises(psycopg.DataError):
        list(failing)
    assert ledger.last_entry() == 0
    with ledger.writing():
        append(ledger, "next", 1)
    assert ledger.last_entry() == 1


def test_a_question_that_an_administrator_cancels(ledger: SqlLedger, postgres: Server) -> None:
    """It says so, and the next one is answered; also while a stream was open."""
    rows = ledger._db.stream(NAMES)
    assert next(rows)
    cancel = "SELECT pg_cancel_backend(%s)"
    timer = Timer(0.2, postgres.execute, (cancel, [session_of(ledger).info.backend_pid]))
    timer.start()
    with pytest.raises(LedgerError, match="canceling statement"):
        ledger._db.all("SELECT CAST(pg_sleep(20) AS TEXT)")
    timer.join()
    assert ledger.last_entry() == 0


def test_standing_still(ledger: SqlLedger, postgres_url: str) -> None:
    """All that is read within is of one moment; what others wrote meanwhile is there afterwards."""
    with closing(opened(postgres_url)) as other:
        with ledger._db.standing_still():
            assert ledger.last_entry() == 0
            with other.writing():
                append(other, "other", 1)
            assert ledger.last_entry() == 0
            assert len([*ledger._db.stream(NAMES)]) == ROWS
        assert ledger.last_entry() == 1


def test_a_change_outside_any_write(ledger: SqlLedger) -> None:
    """Is refused: it could not be healed without being done twice."""
    with pytest.raises(RuntimeError, match="outside any write"):
        ledger._db.run("DELETE FROM seen")
    with pytest.raises(RuntimeError, match="outside any write"):
        ledger._db.run_many("DELETE FROM seen WHERE name = ?", [("1",)])
    with pytest.raises(RuntimeError, match="outside any write"):
        ledger._db.insert_columns("seen", {"destination": "x"}, {"name": ["1"]})
    assert len([*ledger._db.stream(NAMES)]) == ROWS


def test_a_failed_statement_that_nobody_undid(ledger: SqlLedger) -> None:
    """Such a write is never taken for one that was committed."""

    def heedless() -> None:
        with ledger.writing():
            append(ledger, "ours", 1)
            with suppress(psycopg.IntegrityError):
                ledger._db.run("INSERT INTO memo VALUES ('a', NULL, 1)")

    with pytest.raises(RuntimeError, match="nobody undid it"):
        heedless()
    assert ledger.last_entry() == 0


@pytest.mark.parametrize(("before", "after"), [(-1, -2), (1, 2**61), (5, 6)])
def test_another_answer_is_another_one(
    ledger: SqlLedger, postgres: Server, postgres_url: str, before: int, after: int
) -> None:
    """A write that is begun anew and reads something else fails, however alike the two are: here
    two numbers of which Python's own hashes are the same."""
    schema = parse_database(postgres_url).schema
    there = psycopg.connect(postgres.url(options=f"-c search_path={schema}"), autocommit=True)
    there.execute("CREATE TABLE number (n BIGINT)")
    there.execute("INSERT INTO number VALUES (%s)", [before])

    def write() -> None:
        with ledger.writing():
            append(ledger, "ours", 1)
            assert ledger._db.all("SELECT n FROM number") == [(before,)]
            pid = session_of(ledger).info.backend_pid
            postgres.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            there.execute("UPDATE number SET n = %s", [after])
            ledger.last_entry()

    with closing(there), pytest.raises(Busy, match="came in between"):
        write()
    assert ledger.last_entry() == 0


def test_a_ledger_that_was_upgraded_meanwhile(
    ledger: SqlLedger, postgres: Server, postgres_url: str
) -> None:
    """Who opened it before writes nothing to it any more."""
    schema = parse_database(postgres_url).schema
    way = postgres.url(options=f"-c search_path={schema}")
    with ledger.writing():
        append(ledger, "before", 1)
    with psycopg.connect(way) as session:
        session.execute("UPDATE meterctl_schema SET version = version + 1")
    with pytest.raises(LedgerNewer), ledger.writing():
        append(ledger, "after", 1)
    assert ledger.last_entry() == 1


def test_one_that_was_opened_for_reading(ledger: SqlLedger, postgres_url: str) -> None:
    """It cannot be written to, whoever tries, and how."""
    assert ledger.id
    with closing(open_for_reading(parse_database(postgres_url))) as reader:
        with pytest.raises(RuntimeError, match="opened for reading"), reader.writing():
            pass
        with pytest.raises(RuntimeError, match="opened for reading"), reader.holding("sync"):
            pass
        with pytest.raises((MeterctlError, psycopg.Error), match="read-only transaction"):
            reader._db.all("DELETE FROM seen RETURNING name")


def test_what_a_commit_promises(postgres: Server, postgres_url: str) -> None:
    """Whatever the role's settings are, a write waits for the disk; one that asks for more, for
    other servers as well, keeps that."""
    for told, used in (("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")):
        url = f"{postgres_url}&options=-c%20synchronous_commit%3D{told}"
        with closing(opened(url)) as ledger:
            assert ledger._db.one("SHOW synchronous_commit") == (used,)
    assert postgres.port
