"""Much at once: batches by bytes, few requests, each reading once, and memory that stays flat."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from meterctl.domain.meters import Direction, Kind, Meter
from meterctl.domain.quantity import MILLIONTHS
from meterctl.domain.readings import Reading, Source
from meterctl.imports.blocks import BLOCK_ROWS
from meterctl.ledger.port import EntryKind, NewEntry
from meterctl.ledger.sqlite import open_for_writing
from meterctl.ledger.store import SqlLedger
from meterctl.services.batches import BATCH_BYTES, compose
from meterctl.services.meters import add
from meterctl.services.session import Session
from meterctl.sheet.port import Row, Token, Write
from meterctl.sheet.requests import row_text, write_body
from meterctl.sheet.rows import REST, layout_of
from tests.conftest import Program
from tests.helpers import BERLIN, NOW, instant, reading
from tests.sheet.stand import Stand

QUARTER = 900_000
YEAR = 365 * 96
EV = Meter("ev", "ev", "kWh", Kind.INTERVAL, Direction.CONSUMPTION)
ONE = reading("1", "2025-01-01 00:15", EV, starts_at=instant("2025-01-01 00:00"))
LAYOUT = layout_of(("timestamp", "meterValue", "inverterKWh", "ev", *REST))


def quarters(first: int, end: int, **more: Any) -> Iterator[Reading]:  # noqa: ANN401 (fields)
    """Quarter-hours, one after the other."""
    for number in range(first, end):
        yield ONE._replace(
            at=ONE.at + number * QUARTER,
            starts_at=ONE.starts_at + number * QUARTER,
            value=number % 9_000 * MILLIONTHS // 1_000,
            source=Source.IMPORT,
            **more,
        )


def store(session: Session, count: int, first: int = 0, **more: Any) -> None:  # noqa: ANN401
    """In blocks, as an import writes them."""
    ledger = session.ledger
    if EV.id not in {meter.id for meter in ledger.meters()}:
        add(session, EV)
    for start in range(first, first + count, BLOCK_ROWS):
        end = min(start + BLOCK_ROWS, first + count)
        with ledger.writing():
            entry = NewEntry(EntryKind.IMPORT, Source.IMPORT, NOW)
            ledger.append(entry, list(quarters(start, end, **more)))


def batches(ledger: SqlLedger) -> list[list[Row]]:
    """What a delivery would send, without sending it."""
    made = []
    done, last = 0, ledger.last_entry()
    while done < last:
        of = compose(ledger, "", range(done + 1, last + 1), None, size)
        made.append(list(of.rows))
        done = of.last_entry
    return made


def size(row: Row) -> int:
    """Bytes of a row, with the comma."""
    return len(row_text(row, LAYOUT, BERLIN)) + 1


def test_requests_of_a_year(session: Session, ledger: SqlLedger) -> None:
    """35,040 rows are at most 12 requests, none of them larger than Google recommends."""
    store(session, YEAR, quality_code="A")
    made = batches(ledger)
    assert len(made) <= 12
    assert sum(map(len, made)) == YEAR
    for rows in (made[0], made[-1]):
        write = Write(Token(1_001, ledger.id, 1, NOW), None, LAYOUT, None, rows, "UTC", [900])
        body = len(write_body(write, 7, "Readings"))
        assert sum(map(size, rows)) < body < BATCH_BYTES + 1_000


def test_an_entry_that_will_not_fit(session: Session, ledger: SqlLedger) -> None:
    """It is left for the next batch before its rows are made, which takes longest."""
    store(session, 3 * BLOCK_ROWS)
    made: list[Row] = []

    def made_size(row: Row) -> int:
        made.append(row)
        return size(row)

    composed = compose(ledger, "", range(1, ledger.last_entry() + 1), None, made_size)
    assert made == composed.rows
    assert composed.last_entry < ledger.last_entry()


def test_one_entry_that_is_too_large(session: Session, ledger: SqlLedger) -> None:
    """It goes alone, since it is never cut in two."""
    store(session, BLOCK_ROWS, note="€" * 200)
    store(session, 1, first=BLOCK_ROWS)
    assert [len(rows) for rows in batches(ledger)] == [BLOCK_ROWS, 1]


def test_several_batches(stand: Stand, session: Session, ledger: SqlLedger) -> None:
    """The answer to the second one is lost: the next run goes on there, each row comes once."""
    count = 3 * BLOCK_ROWS
    store(session, count)
    stand.faults("path = '*:batchUpdate'; skip = 2; do = 'reset-after'")
    done = stand.deliver(ledger, seconds=60)
    assert (done.error is not None, done.batches, done.waiting) == (True, 1, 2 * BLOCK_ROWS)
    stand.faults()
    assert stand.deliver(ledger, seconds=60).error is None
    said = [row["utc"] for row in stand.rows()]
    assert len(said) == count
    assert said == sorted(set(said))


def test_beside_what_another_wrote(
    stand: Stand, session: Session, ledger: SqlLedger, tmp_path: Path
) -> None:
    """Of an import that two machines made, overlapping, each row comes once."""
    store(session, 900)
    assert stand.deliver(ledger, seconds=60).error is None
    second = open_for_writing(tmp_path / "second.db", NOW)
    try:
        store(session._replace(ledger=second), 800, first=500)
        done = stand.deliver(second, seconds=60)
        assert (done.error, done.left_out, done.readings) == (None, 400, 400)
    finally:
        second.close()
    said = [row["utc"] for row in stand.rows()]
    assert said == sorted(set(said))
    assert len(said) == 1_300


@pytest.mark.soak
def test_a_year_over_the_wire(stand: Stand, session: Session, program: Program) -> None:
    """By the program itself: 12 requests at most, and no more memory than for a month."""
    peaks = []
    for first, count in ((0, 2_880), (2_880, YEAR - 2_880)):
        store(session, count, first)
        ran = program("sync", "--quiet", **stand.environment())
        assert (ran.code, ran.err) == (0, "")
        peaks.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    writes = sum(one.endswith(":batchUpdate") for one in stand.requests()) - 1  # the proof
    assert writes <= 12
    said = [row["utc"] for row in stand.rows()]
    assert said == sorted(set(said))
    assert len(said) == YEAR
    assert peaks[1] - peaks[0] < 24_000, peaks  # kB
