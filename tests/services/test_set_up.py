"""The Sheet made ready by `init`, over real sockets: once, whatever goes wrong on the way."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from meterctl.errors import AnswerLost, SheetUnfit, Unreachable
from meterctl.ledger.store import SqlLedger
from meterctl.services.set_up import Ready, make_ready, row_of
from meterctl.services.sheet_notes import note_name
from tests.helpers import INVERTER, NOW, reading
from tests.ledger.contract import record
from tests.sheet.stand import TAB, Stand, standing
from tests.stores import Store

WRITE = "path = '*:batchUpdate'"


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A Google that stands, with one empty spreadsheet."""
    with standing(tmp_path) as made:
        yield made


def ready(stand: Stand, ledger: SqlLedger) -> Ready:
    """Make it ready, over a connection of its own."""
    with stand.sheet() as sheet:
        return make_ready(ledger, sheet, TAB, lambda: NOW)


def header(stand: Stand) -> tuple[str, ...]:
    """The first row of our tab."""
    with stand.sheet() as sheet:
        tab = sheet.look().tab
    return () if tab is None else tab.header


def noted(stand: Stand, ledger: SqlLedger, what: str) -> str | None:
    """What the ledger has noted of the Sheet."""
    memo = ledger.memo(note_name(what, f"{stand.sheet_id}/{TAB}"))
    return None if memo is None else memo.value


def test_empty_spreadsheet(stand: Stand, ledger: SqlLedger) -> None:
    """Tab and header are made, and nothing of the proof is left behind."""
    assert ready(stand, ledger) == Ready("Home", "Etc/GMT", made=True, refuses_doubles=True)
    assert header(stand)[:3] == ("timestamp", "meterValue", "inverterKWh")
    assert noted(stand, ledger, "refuses") == "yes"
    with stand.sheet() as sheet:
        view = sheet.look()
    assert view.foreign == frozenset()
    assert [(token.ledger, token.batch) for token in view.tokens] == [(ledger.id, 0)]


def test_second_time(stand: Stand, ledger: SqlLedger) -> None:
    """Nothing is made."""
    ready(stand, ledger)
    before = header(stand)
    assert ready(stand, ledger).made is False
    assert header(stand) == before
    with stand.sheet() as sheet:
        assert len(sheet.look().tokens) == 1


def test_first_delivery_afterwards(stand: Stand, ledger: SqlLedger) -> None:
    """It costs a look and a write: what is there need not be read, for it is known."""
    ready(stand, ledger)
    record(ledger, reading("142.3", "2026-02-01 07:00"))
    before = len(stand.requests())
    assert stand.deliver(ledger).rows == 1
    assert len(stand.requests()) - before == 2


def test_double_ids_are_accepted(tmp_path: Path, ledger: SqlLedger) -> None:
    """It is found out and noted, and the proof is taken away again."""
    with standing(tmp_path, duplicate_ids=True) as stand:
        assert ready(stand, ledger).refuses_doubles is False
        assert noted(stand, ledger, "refuses") == "no"
        with stand.sheet() as sheet:
            assert sheet.look().foreign == frozenset()


@pytest.mark.parametrize(
    "do",
    [
        pytest.param("do = 'reset-after'", id="made, and the answer lost"),
        pytest.param("do = 'reset-before'", id="never arrived"),
        pytest.param("do = 'status'; status = 503", id="the server fails"),
    ],
)
def test_answer_to_the_header_is_lost(stand: Stand, ledger: SqlLedger, do: str) -> None:
    """Another look tells; there is one header, and the ledger knows that it is its own."""
    stand.faults(f"{WRITE}; skip = 1; {do}")
    assert ready(stand, ledger).made is True
    assert header(stand).count("timestamp") == 1
    assert (noted(stand, ledger, "columns") or "").splitlines()[0] == "timestamp\tA"


def test_answer_to_the_proof_is_lost(stand: Stand, ledger: SqlLedger) -> None:
    """Nothing is taken for proven."""
    stand.faults(f"{WRITE}; do = 'reset-after'")
    with pytest.raises(AnswerLost):
        ready(stand, ledger)
    assert noted(stand, ledger, "refuses") is None
    assert header(stand) == ()
    assert ready(stand, ledger).refuses_doubles is True


def test_table_of_somebody_else(stand: Stand, ledger: SqlLedger) -> None:
    """It is looked at, and left alone: not even the proof is tried."""
    cell = {"userEnteredValue": {"stringValue": "mine"}}
    table = {
        "start": {"sheetId": 7, "rowIndex": 0, "columnIndex": 0},
        "rows": [{"values": [cell]}],
        "fields": "userEnteredValue",
    }
    tab = {"addSheet": {"properties": {"sheetId": 7, "title": TAB}}}
    with stand.sheet() as sheet:
        sheet._batch(json.dumps({"requests": [tab, {"updateCells": table}]}).encode())
    before = len(stand.requests())
    with pytest.raises(SheetUnfit, match="holds something else"):
        ready(stand, ledger)
    assert [one.split(" ")[0] for one in stand.requests()[before:]] == ["GET"]
    assert header(stand) == ("mine",)


def test_out_of_reach(stand: Stand, ledger: SqlLedger) -> None:
    """It says so."""
    stand.faults("service = 'sheets'; do = 'status'; status = 503; times = 0")
    with pytest.raises(Unreachable):
        ready(stand, ledger)


def test_two_ledgers_at_once(stand: Stand, store: Store) -> None:
    """There is one header, and exactly one of them has made it."""
    found: list[Ready] = []
    together = threading.Barrier(2)

    def begin(name: str) -> None:
        with closing(store.open(name)) as ledger:
            together.wait()
            found.append(ready(stand, ledger))

    threads = [threading.Thread(target=begin, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.made for one in found) == [False, True]
    assert header(stand).count("timestamp") == 1
    with stand.sheet() as sheet:
        assert len(sheet.look().tokens) == 1


def test_somebody_else_writes_all_the_time(stand: Stand, ledger: SqlLedger) -> None:
    """It gives up after a few tries, and says why."""
    said = "Cannot add developer metadata with ID [1] because developer metadata already exists."
    stand.faults(
        f"{WRITE}; skip = 1; times = 0; do = 'status'; status = 400;"
        f' body = \'{{"error": {{"code": 400, "message": "{said}"}}}}\''
    )
    with pytest.raises(SheetUnfit, match="by others all the time"):
        ready(stand, ledger)


class TestRowOf:
    """Where the first reading is."""

    def test_written(self, stand: Stand, ledger: SqlLedger) -> None:
        """The row's number as the browser shows it, though others came before."""
        ready(stand, ledger)
        record(ledger, reading("1", "2026-02-01 07:00"))
        record(
            ledger,
            reading("2", "2026-02-02 07:00"),
            reading("5", "2026-02-02 07:00", INVERTER),
        )
        stand.deliver(ledger)
        with stand.sheet() as sheet:
            assert [row_of(ledger, sheet, entry) for entry in (1, 2)] == [2, 3]

    def test_not_there(self, stand: Stand, ledger: SqlLedger) -> None:
        """None: no such row, or not even a tab."""
        with stand.sheet() as sheet:
            assert row_of(ledger, sheet, 1) is None
        ready(stand, ledger)
        with stand.sheet() as sheet:
            assert row_of(ledger, sheet, 1) is None
