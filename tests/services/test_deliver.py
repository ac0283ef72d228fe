"""Delivery to a Sheet that people work in too: its columns, its rows, its settings, its clock."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.domain.meters import Direction, Kind, Meter
from meterctl.errors import MeterctlError, Nonsense, SheetUnfit
from meterctl.ledger.store import SqlLedger
from meterctl.services.deliver import Means, deliver
from meterctl.services.meters import add
from meterctl.services.session import Session
from meterctl.sheet import requests as bodies
from tests.helpers import NOW, reading
from tests.ledger.contract import record
from tests.sheet.stand import TAB, Stand, standing
from tests.stores import Store


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A Google that stands, with one empty spreadsheet."""
    with standing(tmp_path) as made:
        yield made


@pytest.fixture
def another(store: Store) -> SqlLedger:
    """A ledger of another machine."""
    return store.open("another")


def fill(ledger: SqlLedger, *values: str) -> None:
    """Record values of the main meter, a day apart, one entry each."""
    for value in values:
        record(ledger, reading(value, f"2026-02-{int(value):02} 07:00"))


def delivered(stand: Stand, ledger: SqlLedger) -> None:
    """All of it is in the Sheet after a run without fault."""
    assert stand.deliver(ledger).error is None


def edit(stand: Stand, kind: str, **fields: object) -> None:
    """What a person does to the tab: one request of a batchUpdate; GID stands for the tab."""
    with stand.sheet() as sheet:
        tab = sheet.look().tab
        assert tab is not None
        text = json.dumps({kind: fields}).replace('"GID"', str(tab.gid))
        sheet._batch(bodies.batch([text]))


def write_cells(stand: Stand, row: int, column: int, *cells: dict[str, object]) -> None:
    """Type into neighbouring cells; counted from 0."""
    edit(
        stand,
        "updateCells",
        start={"sheetId": "GID", "rowIndex": row, "columnIndex": column},
        rows=[{"values": [{"userEnteredValue": cell} for cell in cells]}],
        fields="userEnteredValue",
    )


def column_range(first: int, end: int) -> dict[str, object]:
    """Some columns of the tab, counted from 0."""
    return {"sheetId": "GID", "dimension": "COLUMNS", "startIndex": first, "endIndex": end}


def error_of(stand: Stand, ledger: SqlLedger) -> MeterctlError:
    """Why a run ended before everything was in the Sheet; nothing was sent."""
    before = sum(one.startswith("POST") for one in stand.requests())
    error = stand.deliver(ledger).error
    assert error is not None
    assert sum(one.startswith("POST") for one in stand.requests()) == before
    return error


class TestColumns:
    """A person may arrange them."""

    @pytest.mark.fault(29)
    def test_moved(self, stand: Stand, ledger: SqlLedger) -> None:
        """Rows follow the headings."""
        fill(ledger, "1")
        delivered(stand, ledger)
        edit(stand, "moveDimension", source=column_range(0, 1), destinationIndex=5)
        edit(stand, "insertDimension", range=column_range(1, 2), inheritFromBefore=False)
        write_cells(stand, 0, 1, {"stringValue": "my own"})
        fill(ledger, "2")
        delivered(stand, ledger)
        first, second = stand.rows()
        assert (first["meterValue"], second["meterValue"]) == ("1", "2")
        assert second["timestamp"] == "2026-02-02 06:00:00"
        assert second["my own"] == ""
        assert second["key"] == f"{ledger.id[:12]}-2-0"

    def test_a_new_meter(self, stand: Stand, session: Session, ledger: SqlLedger) -> None:
        """It gets a column of its own behind the others; no row changes its meaning."""
        fill(ledger, "1")
        delivered(stand, ledger)
        gas = add(session, Meter("gas", "gas", "m³", Kind.REGISTER, Direction.CONSUMPTION))
        record(ledger, reading("7", "2026-02-02 07:00", gas, note="warm"))
        delivered(stand, ledger)
        first, second = stand.rows()
        assert list(first)[:4] == ["timestamp", "meterValue", "inverterKWh", "gas"]
        assert (first["meterValue"], first["gas"], first["source"]) == ("1", "", "cli")
        assert (second["meterValue"], second["gas"], second["note"]) == ("", "7", "warm")

    def test_a_heading_that_is_gone(self, stand: Stand, ledger: SqlLedger) -> None:
        """Nothing is written until it is back."""
        fill(ledger, "1")
        delivered(stand, ledger)
        write_cells(stand, 0, 1, {"stringValue": "Zähler"})
        fill(ledger, "2")
        error = error_of(stand, ledger)
        assert isinstance(error, SheetUnfit)
        assert "the heading meterValue is missing" in error.message
        write_cells(stand, 0, 1, {"stringValue": "meterValue"})
        delivered(stand, ledger)
        assert stand.values() == Counter("12")


class TestThePlace:
    """The spreadsheet itself."""

    def test_another_zone(self, stand: Stand, ledger: SqlLedger) -> None:
        """Its rows would mean other times: nothing is written."""
        fill(ledger, "1")
        delivered(stand, ledger)
        for zone in ("Asia/Tokyo", "Etc/GMT"):
            edit(
                stand,
                "updateSpreadsheetProperties",
                properties={"timeZone": zone},
                fields="timeZone",
            )
            if zone == "Asia/Tokyo":
                fill(ledger, "2")
                assert "time zone" in error_of(stand, ledger).message
        assert stand.values() == Counter("1")

    @pytest.mark.parametrize(
        ("title", "unfit"), [("Chart1", False), (TAB, True)], ids=["another tab", "our tab"]
    )
    def test_a_chart_that_fills_a_tab(
        self, stand: Stand, ledger: SqlLedger, title: str, unfit: bool
    ) -> None:
        """It has no grid: only where our rows are to go is that in the way."""
        fill(ledger, "1")
        answer = {
            "properties": {"title": "Home", "timeZone": "Etc/GMT"},
            "sheets": [
                {"properties": {"sheetId": 0, "title": title, "sheetType": "OBJECT"}},
                {
                    "properties": {
                        "sheetId": 5,
                        "title": "Sheet1",
                        "gridProperties": {"rowCount": 1000, "columnCount": 26},
                    }
                },
            ],
        }
        stand.faults(
            "service = 'sheets'; skip = 1; do = 'body'; status = 200;"
            f" body = '{json.dumps(answer)}'"
        )
        error = stand.deliver(ledger).error
        assert isinstance(error, SheetUnfit) is unfit
        assert stand.values() == Counter([] if unfit else ["1"])

    @pytest.mark.parametrize("data", ["[]", "7", "[{'rowData': [3]}]"])
    def test_a_look_that_makes_no_sense(self, stand: Stand, ledger: SqlLedger, data: str) -> None:
        """It is an error of the other side's, never a bug of ours."""
        fill(ledger, "1")
        answer = (
            "{'properties': {'title': 'x', 'timeZone': 'Etc/GMT'}, 'sheets': [{'properties':"
            " {'title': 'Readings', 'gridProperties': {'rowCount': 9, 'columnCount': 9}},"
            f" 'data': {data}}}]}}"
        ).replace("'", '"')
        stand.faults(f"service = 'sheets'; do = 'body'; status = 200; body = '{answer}'")
        assert isinstance(stand.deliver(ledger).error, Nonsense)
        stand.faults()
        delivered(stand, ledger)
        assert stand.values() == Counter("1")


class TestRowsOfAPerson:
    """They are read where several write to the Sheet."""

    @pytest.mark.parametrize(
        "cell",
        [{"numberValue": 20260201}, {"numberValue": 1e300}, {"stringValue": "yesterday"}, {}],
    )
    def test_a_time_that_is_none(
        self, stand: Stand, ledger: SqlLedger, another: SqlLedger, cell: dict[str, object]
    ) -> None:
        """It stands in nobody's way."""
        fill(ledger, "1")
        delivered(stand, ledger)
        write_cells(stand, 2, 0, cell, {"numberValue": 9})
        fill(another, "1", "2")
        delivered(stand, another)
        assert stand.values() == Counter("192")

    def test_a_reading_that_was_typed(
        self, stand: Stand, ledger: SqlLedger, another: SqlLedger
    ) -> None:
        """It is there already, and is not written again by a ledger that comes later."""
        fill(ledger, "1")
        delivered(stand, ledger)
        write_cells(stand, 2, 0, {"numberValue": 46055.25}, {"numberValue": 2})
        fill(another, "2", "3")
        done = stand.deliver(another)
        assert (done.left_out, done.readings) == (1, 1)
        assert stand.values() == Counter("123")


class TestTheClock:
    """Of a machine that sleeps."""

    @pytest.mark.fault(36)
    @pytest.mark.parametrize("jump", [3_600_000, -3_600_000], ids=["slept", "set back"])
    def test_between_a_look_and_its_write(
        self, stand: Stand, ledger: SqlLedger, another: SqlLedger, jump: int
    ) -> None:
        """What was seen is not acted upon: another ledger has written in between."""
        fill(ledger, "1")
        delivered(stand, ledger)
        fill(ledger, "2")
        fill(another, "2")
        calls = 0

        def now() -> int:
            nonlocal calls
            calls += 1
            if calls == 3:  # the look, the writing down, and then
                delivered(stand, another)
            return NOW + (jump if calls >= 3 else 0)

        with stand.sheet() as sheet:
            means = Means(TAB, now, lambda _: False, 180, lambda _: None)
            done = deliver(ledger, sheet, means)
        assert (done.error, done.left_out, done.waiting) == (None, 1, 0)
        assert stand.values() == Counter("12")
