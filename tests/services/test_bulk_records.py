"""Many records at once leave the ledger as an import of the same rows does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterctl.domain.meters import Zones
from meterctl.domain.quantity import parse_quantity
from meterctl.domain.readings import Source as ReadingSource
from meterctl.domain.times import HOUR, iso_utc
from meterctl.errors import Conflict, DataError, LedgerError, MeterctlError
from meterctl.imports.formats import Context, Options
from meterctl.imports.text.source import Source
from meterctl.ledger.port import EntryKind, Ledger
from meterctl.ledger.store import SqlLedger
from meterctl.services import amend, bulk_import
from meterctl.services.bulk_import import Plan, Watch
from meterctl.services.bulk_records import Bulk, Fault, store_all
from meterctl.services.record import Record, prepare, store
from meterctl.services.session import Session
from tests.helpers import BERLIN, NOW, instant
from tests.stores import Store

FIRST = instant("2026-01-01 00:00")
ALWAYS = (-(1 << 62), 1 << 62)
ZONES = Zones(BERLIN)


class Row(NamedTuple):
    """What was read in some hour; text that may be no value, or nothing."""

    hour: int
    meter: str | None
    inverter: str | None

    @property
    def at(self) -> str:
        """When that was."""
        return iso_utc(FIRST + self.hour * HOUR)


def record_of(session: Session, row: Row) -> Record:
    """A row as a record."""
    found = {"meter": row.meter, "inverter": row.inverter}
    values = {name: text for name, text in found.items() if text is not None}
    meters = session.ledger.meters()
    return prepare(meters, session.zones, values, session.now, session.source, at=row.at)


def checked(session: Session, rows: Sequence[Row]) -> Iterator[Record | Fault]:
    """Rows as records, or what is wrong with them."""
    for place, row in enumerate(rows):
        try:
            yield record_of(session, row)
        except MeterctlError as error:
            yield Fault(place, error)


def posted(session: Session, *rows: Row, partial: bool = False) -> Bulk:
    """Store rows as records."""
    return store_all(session, list(checked(session, rows)), partial=partial)


def counts(done: Bulk) -> tuple[int, int, int, int, int]:
    """Rows, recorded, duplicates, conflicts, rejected."""
    return done.rows, done.recorded, done.duplicates, done.conflicts, done.rejected


def values(ledger: Ledger, meter: str = "meter") -> list[int]:
    """What the ledger holds of a meter."""
    return [one.amount // 1_000_000 for one in ledger.current(meter)]


def test_records_are_one_entry(session: Session) -> None:
    """Which says who wrote it and when; its number is told."""
    done = posted(session, Row(0, "1", "5"), Row(1, "2", None))
    assert counts(done) == (2, 3, 0, 0, 0)
    assert done.entry is not None
    entry = session.ledger.entry(done.entry)
    assert entry is not None
    assert (entry.kind, entry.source, entry.written_at) == (
        EntryKind.IMPORT,
        session.source,
        NOW,
    )
    assert len(list(session.ledger.entry_readings(done.entry))) == 3


def test_records_that_are_known(session: Session) -> None:
    """They are no faults, and no entry."""
    store(session, record_of(session, Row(0, "1", None)))
    done = posted(session, Row(0, "1", None), Row(0, "1", None))
    assert counts(done) == (2, 0, 2, 0, 0)
    assert (done.entry, done.refused, done.faults) == (None, False, ())
    assert session.ledger.last_entry() == 1


def test_record_in_conflict(session: Session) -> None:
    """None of all is stored, and the fault says where, with the command that settles it."""
    store(session, record_of(session, Row(1, "1", None)))
    done = posted(session, Row(0, "0", None), Row(1, "2", "5"), Row(2, "3", None))
    assert counts(done) == (3, 0, 0, 1, 0)
    assert done.refused
    ((place, error),) = done.faults
    assert (place, type(error), error.about) == (1, Conflict, "meter")
    assert "meterctl correct meter@" in error.hint
    assert values(session.ledger) == [1]


def test_bad_record(session: Session) -> None:
    """None of all is stored; in part, all but this one, of which nothing is."""
    rows = Row(0, "0", None), Row(1, "x", "5"), Row(2, "3", None)
    done = posted(session, *rows)
    assert counts(done) == (3, 0, 0, 0, 1)
    assert done.refused
    assert values(session.ledger) == []
    done = posted(session, *rows, partial=True)
    assert counts(done) == (3, 2, 0, 0, 1)
    assert [fault.place for fault in done.faults] == [1]
    assert values(session.ledger) == [0, 3]
    assert values(session.ledger, "inverter") == []


def test_faults_are_told_in_order(session: Session) -> None:
    """Whatever is wrong with them, by their places."""
    store(session, record_of(session, Row(0, "1", None)))
    rows = Row(5, "x", None), Row(0, "2", None), Row(6, "x", None), Row(0, "3", None)
    done = posted(session, *rows, partial=True)
    assert [fault.place for fault in done.faults] == [0, 1, 2, 3]


def test_value_that_a_person_corrected(session: Session) -> None:
    """Sent again it is known, and undoes nothing."""
    store(session, record_of(session, Row(0, "1", None)))
    (reading,) = session.ledger.current("meter")
    amend.correct(session, reading.slot, parse_quantity("2"), "misread")
    assert counts(posted(session, Row(0, "1", None))) == (1, 0, 1, 0, 0)
    assert values(session.ledger) == [2]


def test_ledger_that_fails_within(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is stored."""

    def fail(*_: object) -> None:
        raise LedgerError("the disk")

    monkeypatch.setattr(SqlLedger, "set_findings", fail)
    with pytest.raises(LedgerError):
        posted(session, Row(0, "5", None), Row(1, "4", None))
    monkeypatch.undo()
    assert values(session.ledger) == []
    assert session.ledger.last_entry() == 0


def test_no_records_at_all(session: Session) -> None:
    """Where each is bad, nothing is written, in part or not."""
    fault = Fault(0, DataError("bad"))
    for partial in (False, True):
        done = store_all(session, [fault], partial=partial)
        assert counts(done) == (1, 0, 0, 0, 1)
    assert session.ledger.last_entry() == 0


# -- beside an import -------------------------------------------------------------------------


@contextmanager
def new_sessions(store: Store, *sources: ReadingSource) -> Iterator[list[Session]]:
    """Ledgers of their own."""
    try:
        yield [Session(store.open(source), ZONES, NOW, source) for source in sources]
    finally:
        store.close()


def imported(session: Session, rows: Sequence[Row]) -> tuple[int, int, int, int, int]:
    """Import rows from a file, as far as they are good."""
    lines = [f"{row.at},{row.meter or ''},{row.inverter or ''}\n" for row in rows]
    data = "".join(("timestamp,meterValue,inverterKWh\n", *lines)).encode()
    context = Context(session.ledger.meters(), ZONES, NOW, Options())
    watch = Watch(lambda _: None, lambda _: None)
    source = Source("a.csv", BytesIO(data), len(data))
    done = bulk_import.bulk_import(session.ledger, source, context, Plan(skip_bad=True), watch)
    return done.rows, done.recorded, done.duplicates, done.conflicts, done.rejected


def held(ledger: Ledger) -> object:
    """All that a ledger holds, but for who brought it in which entry."""
    return [
        (one._replace(source=ReadingSource.CLI, entry=0))
        for meter in ledger.meters()
        for device in meter.devices
        for one in ledger.revisions_between(meter.id, device.number, *ALWAYS)
    ], [
        (one.reading._replace(source=ReadingSource.CLI, entry=0), one.findings)
        for one in ledger.flagged()
    ]


VALUE = st.sampled_from(["0", "1", "2", "2.0", "3.5", "40", "900000", "x", "-1"])
ROWS = st.lists(
    st.builds(Row, st.integers(0, 8), VALUE, st.none() | VALUE)
    | st.builds(Row, st.integers(0, 8), st.none() | VALUE, VALUE),
    min_size=1,
    max_size=8,
)


EACH_BEGINS_ANEW = [HealthCheck.function_scoped_fixture]


@settings(deadline=None, max_examples=25, suppress_health_check=EACH_BEGINS_ANEW)
@given(st.lists(ROWS, min_size=1, max_size=3))
def test_import_of_the_same_rows(fast_store: Store, batches: list[list[Row]]) -> None:
    """The same readings, revisions, findings and counts, batch after batch."""
    sources = (ReadingSource.HTTP, ReadingSource.IMPORT)
    with new_sessions(fast_store, *sources) as (posting, importing):
        for rows in batches:
            done = posted(posting, *rows, partial=True)
            assert counts(done) == imported(importing, rows)
            assert held(posting.ledger) == held(importing.ledger)
            assert posting.ledger.unjudged() == []


@settings(deadline=None, max_examples=25, suppress_health_check=EACH_BEGINS_ANEW)
@given(ROWS, ROWS)
def test_records_one_by_one(fast_store: Store, known: list[Row], rows: list[Row]) -> None:
    """All of them or none; if all, the ledger is as if each had been posted by itself."""
    sources = (ReadingSource.HTTP, ReadingSource.CLI)
    with new_sessions(fast_store, *sources) as (together, singly):
        for session in (together, singly):
            posted(session, *known, partial=True)
        before = held(together.ledger)
        done = posted(together, *rows)
        if done.refused:
            assert held(together.ledger) == before
            assert (done.recorded, done.duplicates) == (0, 0)
            return
        for row in rows:
            store(singly, record_of(singly, row))
        assert held(together.ledger) == held(singly.ledger)
