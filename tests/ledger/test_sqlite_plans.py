"""What is done every day costs the same as the ledger grows: no query walks all readings."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from meterctl.ledger.port import Stretch
from meterctl.ledger.sqlite_connection import SqliteConnection
from meterctl.ledger.store import SqlLedger
from meterctl.services.record import prepare, preview, store
from meterctl.services.session import Session
from tests.helpers import METER, reading
from tests.ledger.contract import record


def recording(session: Session) -> None:
    """What `record` does."""
    record_ = prepare(
        session.ledger.meters(),
        session.zones,
        {"meter": "7", "inverterKWh": "1"},
        session.now,
        session.source,
    )
    preview(session, record_)
    store(session, record_)


def asking_what_is_current(session: Session) -> None:
    """What `current` asks of each meter."""
    for meter in session.ledger.meters():
        session.ledger.newest(meter.id)
        list(session.ledger.current(meter.id, newest_first=True))


def importing(session: Session) -> None:
    """What a block of an import asks, known to the ledger or not."""
    session.ledger.revisions_at(METER.id, 1, [1, 2, 99])
    list(session.ledger.revisions_between(METER.id, 1, 0, 9))
    session.ledger.accepted(Stretch(METER.id, 1, 0, 9))
    list(session.ledger.entry_readings(1))


def asking_what_is_due(session: Session) -> None:
    """What `push-utility` asks each night."""
    session.ledger.stretches_read(METER.id, [(0, 9), (10, 19)])


@pytest.mark.parametrize(
    "everyday", [recording, asking_what_is_current, importing, asking_what_is_due]
)
def test_an_everyday_command(
    session: Session, ledger: SqlLedger, everyday: Callable[[Session], None]
) -> None:
    """Each of its queries finds readings by their key, and sorts none of them."""
    for number in range(20):
        record(
            ledger, reading(str(number), "2026-01-01 00:00")._replace(at=number, starts_at=number)
        )
    connection = ledger._db
    assert isinstance(connection, SqliteConnection)
    asked: list[str] = []
    connection.raw.set_trace_callback(asked.append)
    everyday(session)
    connection.raw.set_trace_callback(None)

    queries = [sql for sql in asked if re.match(r"\s*SELECT", sql) and "reading" in sql]
    assert queries
    for query in queries:
        steps = [row[3] for row in connection.all(f"EXPLAIN QUERY PLAN {query}")]
        walks = [step for step in steps if re.match(r"SCAN (r|reading|later)\b", step)]
        assert not walks, query
        assert "USE TEMP B-TREE FOR ORDER BY" not in steps, query
