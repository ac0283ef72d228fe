"""Going on in another spreadsheet, where only time tells what became of a batch to the old one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from meterctl.domain.times import SECOND
from meterctl.errors import AnswerLost, MeterctlError, SheetUnfit, Unreachable
from meterctl.ledger.store import SqlLedger
from meterctl.services.sheet_use import Used, Way, go_on
from meterctl.sheet.deadline import Deadline
from meterctl.sheet.google import GoogleSheet
from tests.helpers import NOW, reading
from tests.ledger.contract import record
from tests.sheet.person import person
from tests.sheet.stand import TAB, Stand, standing

SETTLE = 180.0
LATER = NOW + int(SETTLE) * SECOND
FULL = SheetUnfit("the spreadsheet is full")


@pytest.fixture
def doubt(tmp_path: Path, ledger: SqlLedger) -> Iterator[Stand]:
    """A spreadsheet with one reading, and a batch of a second one that never arrived there."""
    with standing(tmp_path) as stand:
        record(ledger, reading("1", "2026-02-01 07:00"))
        assert stand.deliver(ledger).error is None
        record(ledger, reading("2", "2026-02-02 07:00"))
        stand.faults("path = '*:batchUpdate'; do = 'reset-before'")
        assert isinstance(stand.deliver(ledger).error, AnswerLost)
        stand.faults()
        yield stand


def gone_on(
    stand: Stand,
    ledger: SqlLedger,
    new: str,
    now: int,
    refused: MeterctlError | None,
    *,
    from_start: bool = False,
) -> Used:
    """The step itself, over connections of its own."""
    with ExitStack() as stack:
        old = stack.enter_context(stand.sheet())
        sheet = GoogleSheet(new, TAB, stand.key, origin=stand.url, deadline=Deadline(20))
        stack.callback(sheet.close)
        way = Way(old, sheet, TAB, lambda: now, SETTLE, refused)
        return go_on(ledger, way, from_start=from_start)


def fill(stand: Stand) -> None:
    """Leave no room for a row."""
    with person(stand) as hands:
        hands.tab.resize(rows=2)
        with stand.sheet() as sheet:
            left = 10_000_000 - sheet.cells()
        size = {"rowCount": left // 10, "columnCount": 10}
        hands.asks({"addSheet": {"properties": {"title": "Photos", "gridProperties": size}}})


def another(stand: Stand) -> str:
    """The spreadsheet to go on in."""
    return stand.google.new_spreadsheet(stand.account["client_email"], "Second")


def test_full_in_the_middle_of_a_batch(doubt: Stand, ledger: SqlLedger) -> None:
    """Sent again it is refused, and the first try can land no more: the new one gets it."""
    fill(doubt)
    refused = doubt.deliver(ledger, now=LATER).error
    assert isinstance(refused, SheetUnfit)
    assert ledger.batch_in_doubt(f"{doubt.sheet_id}/{TAB}") is not None
    new = another(doubt)
    done = gone_on(doubt, ledger, new, LATER, refused)
    assert (done.waiting, done.had) == (1, False)
    assert ledger.batch_in_doubt(f"{doubt.sheet_id}/{TAB}") is None
    doubt.sheet_id = new
    assert doubt.deliver(ledger, now=LATER).error is None
    assert list(doubt.values()) == ["2"]


@pytest.mark.parametrize(
    ("now", "refused"),
    [
        pytest.param(LATER - 1, FULL, id="the first try may still land"),
        pytest.param(LATER, Unreachable("no answer"), id="the old one was out of reach"),
        pytest.param(LATER, None, id="the old one was not asked"),
    ],
)
def test_too_early(
    doubt: Stand, ledger: SqlLedger, now: int, refused: MeterctlError | None
) -> None:
    """Nothing is changed, neither here nor in the new one."""
    new = another(doubt)
    with pytest.raises(AnswerLost, match="not known yet"):
        gone_on(doubt, ledger, new, now, refused)
    assert ledger.cursor(f"{new}/{TAB}") == 0
    assert ledger.batch_in_doubt(f"{doubt.sheet_id}/{TAB}") is not None
    doubt.sheet_id = new
    assert doubt.rows() == []


def test_back_to_one_that_was_left_in_the_middle(doubt: Stand, ledger: SqlLedger) -> None:
    """It can be gone back to, from what it has itself."""
    old = doubt.sheet_id
    new = another(doubt)
    gone_on(doubt, ledger, new, NOW, None, from_start=True)
    doubt.sheet_id = new
    assert doubt.deliver(ledger).error is None
    with pytest.raises(AnswerLost, match="that spreadsheet"):
        gone_on(doubt, ledger, old, NOW, None)
    assert gone_on(doubt, ledger, old, NOW, None, from_start=True).had
    doubt.sheet_id = old
    assert doubt.deliver(ledger).error is None
    assert doubt.values().total() == 2
