"""How the Sheet looks when it is made, and that what a person did to it stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from meterctl.domain.meters import Direction, Kind, Meter
from meterctl.ledger.store import SqlLedger
from meterctl.services.amend import correct
from meterctl.services.meters import add
from meterctl.services.session import Session
from meterctl.sheet.looks import DATED
from tests.helpers import NOW, reading
from tests.ledger.contract import record
from tests.sheet.person import Person, person
from tests.sheet.stand import TAB, Stand

Json = dict[str, Any]
GAS = Meter("gas", "gas", "m³", Kind.REGISTER, Direction.FROM_GRID, decimals=3)
AT = "2026-02-01 07:00"
TIMES = {"type": "DATE_TIME", "pattern": DATED}


@pytest.fixture
def hands(stand: Stand) -> Iterator[Person]:
    """A person who may look at, and change, all there is."""
    with person(stand) as made:
        yield made


def bring(stand: Stand, ledger: SqlLedger, now: int = NOW) -> None:
    """All is in the Sheet after a run."""
    assert stand.deliver(ledger, now=now).error is None


def sheet_of(hands: Person) -> Json:
    """Our tab with all that is in it and around it, as Google tells it."""
    book = hands.book.fetch_sheet_metadata(params={"includeGridData": "true"})
    (found,) = (one for one in book["sheets"] if one["properties"]["title"] == TAB)
    return dict(found)


def cells(sheet: Json) -> dict[tuple[str, int], Json]:
    """Each cell, by its column's heading and its row; those without a heading by their column."""
    rows = [row.get("values", []) for row in sheet["data"][0]["rowData"]]
    names = [cell.get("formattedValue") or f"column {at}" for at, cell in enumerate(rows[0])]
    wide = max(map(len, rows))
    names += [f"column {at}" for at in range(len(names), wide)]
    return {
        (names[at], number): cell
        for number, row in enumerate(rows, start=1)
        for at, cell in enumerate([*row, *[{}] * (wide - len(row))])
    }


def number_format(cell: Json) -> Json:
    """How a cell shows its number; empty: as it is."""
    found: Json = cell.get("userEnteredFormat", {}).get("numberFormat", {})
    return found


def letters_of(hands: Person, heading: str) -> str:
    """The column of a heading."""
    return hands.cell(heading, 1)[:-1]


class TestANewTab:
    """As `init` or the first delivery makes it."""

    def test_header(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """It is bold, stays in sight, and each heading explains itself in a note."""
        record(ledger, reading("142.3", AT))
        bring(stand, ledger)
        sheet = sheet_of(hands)
        assert sheet["properties"]["gridProperties"]["frozenRowCount"] == 1
        header = [cell for (_, row), cell in cells(sheet).items() if row == 1]
        for cell in header:
            if "formattedValue" in cell:
                assert cell["userEnteredFormat"]["textFormat"]["bold"] is True
                assert cell["note"]

    def test_columns(
        self, stand: Stand, session: Session, ledger: SqlLedger, hands: Person
    ) -> None:
        """Times are shown as times, a meter with its decimals, what a person types as it is."""
        add(session, GAS)
        record(ledger, reading("142.3", AT), reading("7.25", AT, GAS))
        bring(stand, ledger)
        found = cells(sheet_of(hands))
        for row in (2, 3, 1_000):  # also where nothing stands yet
            assert number_format(found["timestamp", row]) == TIMES
            assert number_format(found["gas", row]) == {"type": "NUMBER", "pattern": "0.000###"}
            assert number_format(found["device", row])["type"] == "TEXT"
            assert number_format(found["meterValue", row]) == {}
        assert found["gas", 2]["formattedValue"] == "7.250"
        assert found["meterValue", 2]["formattedValue"] == "142.3"
        assert found["timestamp", 2]["formattedValue"] == "2026-02-01 06:00:00"
        assert "numberValue" in found["timestamp", 2]["effectiveValue"]  # so it can be sorted

    def test_widths(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Wide enough for what stands there; nothing is hidden."""
        record(ledger, reading("142.3", AT))
        bring(stand, ledger)
        columns = sheet_of(hands)["data"][0]["columnMetadata"]
        assert columns[0]["pixelSize"] == 150
        assert not any(one.get("hiddenByUser") for one in columns)

    def test_key(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """Whoever edits one is warned, also where the column is moved; nobody is kept from it."""
        record(ledger, reading("142.3", AT))
        bring(stand, ledger)
        (guard,) = sheet_of(hands)["protectedRanges"]
        assert guard["warningOnly"] is True
        place = ord(letters_of(hands, "key")) - ord("A")
        assert guard["range"]["startColumnIndex"] == place
        left = {"sheetId": hands.tab.id, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
        hands.asks({"insertDimension": {"range": left, "inheritFromBefore": False}})
        (guard,) = sheet_of(hands)["protectedRanges"]
        assert guard["range"]["startColumnIndex"] == place + 1
        record(ledger, reading("143", "2026-02-02 07:00"))
        bring(stand, ledger)
        assert len(sheet_of(hands)["protectedRanges"]) == 1

    def test_beyond_its_first_thousand_rows(
        self, stand: Stand, ledger: SqlLedger, hands: Person
    ) -> None:
        """Whether they come one by one or many at once, they look like the others."""
        record(
            ledger, *(reading(str(n), f"2026-01-01 00:00:{n % 60:02}.{n:03}") for n in range(999))
        )
        bring(stand, ledger)
        hands.tab.resize(rows=1_000)
        record(ledger, reading("1000", AT))
        bring(stand, ledger)
        found = cells(sheet_of(hands))
        assert found["timestamp", 1_001]["formattedValue"] == "2026-02-01 06:00:00"


def test_a_new_meter(stand: Stand, session: Session, ledger: SqlLedger, hands: Person) -> None:
    """Its column has its decimals, whatever stands to the left; no other column changes."""
    record(ledger, reading("142.3", AT))
    bring(stand, ledger)
    before = cells(sheet_of(hands))
    add(session, GAS)
    record(ledger, reading("7.25", AT, GAS))
    bring(stand, ledger)
    after = cells(sheet_of(hands))
    assert after["gas", 3]["formattedValue"] == "7.250"
    assert number_format(after["gas", 900]) == {"type": "NUMBER", "pattern": "0.000###"}
    others = {at: cell for at, cell in after.items() if at[0] != "gas" and at[1] != 3}
    assert others == {at: cell for at, cell in before.items() if at[1] != 3}


def test_a_new_meter_beside_the_times(
    stand: Stand, session: Session, ledger: SqlLedger, hands: Person
) -> None:
    """What is typed there is a number, not the date that its neighbour would show."""
    record(ledger, reading("142.3", AT))
    bring(stand, ledger)
    gid, tab = {"sheetId": hands.tab.id}, hands.tab
    for heading in ("meterValue", "inverterKWh"):  # the meters go to the very left
        place = tab.row_values(1).index(heading)
        source = gid | {"dimension": "COLUMNS", "startIndex": place, "endIndex": place + 1}
        hands.asks({"moveDimension": {"source": source, "destinationIndex": 0}})
    place = tab.row_values(1).index("timestamp")
    source = gid | {"dimension": "COLUMNS", "startIndex": place, "endIndex": place + 1}
    hands.asks({"moveDimension": {"source": source, "destinationIndex": 1}})
    assert tab.row_values(1)[:3] == ["inverterKWh", "timestamp", "meterValue"]
    hands.asks(
        {
            "moveDimension": {
                "source": source | {"startIndex": 2, "endIndex": 3},
                "destinationIndex": 0,
            }
        }
    )
    add(session, GAS._replace(id="heat", column="heat", decimals=0))
    record(ledger, reading("8", AT, GAS._replace(id="heat", column="heat")))
    bring(stand, ledger)
    header = tab.row_values(1)
    hands.edits("heat", 9, "142.3")
    found = cells(sheet_of(hands))["heat", 9]
    assert (found["formattedValue"], header.index("heat")) == ("142.3", 2)


class TestAPersonsOwn:
    """Columns, formulas, notes, formats: never touched."""

    def work(self, hands: Person) -> None:
        """What people do: a column between ours, one behind them, notes, colours, formats."""
        tab = hands.tab
        gid = {"sheetId": tab.id}
        between = gid | {"dimension": "COLUMNS", "startIndex": 2, "endIndex": 3}
        hands.asks({"insertDimension": {"range": between, "inheritFromBefore": False}})
        tab.update([["cost"], ["=B2*0.3"]], "C1:C2", value_input_option="USER_ENTERED")  # type: ignore[arg-type] # as its documentation has it
        tab.update([["remarks"], ["see the photo"]], "O1:O2")
        tab.update_note("O2", "taken by me")
        tab.update_note("B2", "I doubt it")
        money = {"numberFormat": {"type": "CURRENCY", "pattern": "0.00 €"}}
        column = gid | {"startColumnIndex": 2, "endColumnIndex": 3, "startRowIndex": 1}
        dates = {"numberFormat": {"type": "DATE_TIME", "pattern": "dd.mm.yyyy hh:mm"}}
        times = gid | {"startColumnIndex": 0, "endColumnIndex": 1, "startRowIndex": 1}
        blue = {"backgroundColor": {"blue": 1}, "textFormat": {"bold": True, "italic": True}}
        row = gid | {"startRowIndex": 2, "endRowIndex": 4}
        for where, look, fields in (
            (column, money, "numberFormat"),
            (times, dates, "numberFormat"),
            (row, blue, "backgroundColor,textFormat"),
        ):
            cell = {"userEnteredFormat": look}
            asked = {"range": where, "cell": cell, "fields": f"userEnteredFormat({fields})"}
            hands.asks({"repeatCell": asked})
        wide = gid | {"dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
        asked = {"range": wide, "properties": {"pixelSize": 77}, "fields": "pixelSize"}
        hands.asks({"updateDimensionProperties": asked})

    def test_they_stay(
        self, stand: Stand, session: Session, ledger: SqlLedger, hands: Person
    ) -> None:
        """Through a record, a correction and a new meter; the rows that come look as wished."""
        one = reading("142.3", AT)
        record(ledger, one)
        bring(stand, ledger)
        self.work(hands)
        sheet_before = sheet_of(hands)
        before = cells(sheet_before)
        record(ledger, reading("143", "2026-02-02 07:00"))
        bring(stand, ledger)
        correct(session, one.slot, 144_000_000, "misread")
        bring(stand, ledger)
        add(session, GAS)
        record(ledger, reading("7.25", AT, GAS))
        bring(stand, ledger)
        sheet_after = sheet_of(hands)
        after = cells(sheet_after)
        assert hands.tab.acell("C2").value == "42.69 €"
        headed = {at: cell for at, cell in before.items() if not at[0].startswith("column ")}
        for at, cell in headed.items():
            now = after[at]
            if at[1] in (3, 4, 5):  # what is written there is new, its look is not
                for name in ("userEnteredFormat", "note"):
                    assert now.get(name) == cell.get(name), at
            else:
                assert now == cell, at
        assert after["timestamp", 3]["formattedValue"] == "02.02.2026 06:00"
        assert number_format(after["cost", 3])["type"] == "CURRENCY"
        assert not after["cost", 3].get("userEnteredValue")
        around = ("merges", "conditionalFormats", "basicFilter", "bandedRanges")
        assert [sheet_after.get(name) for name in around] == [
            sheet_before.get(name) for name in around
        ]
        assert len(sheet_after["protectedRanges"]) == 1
        assert sheet_after["data"][0]["columnMetadata"][0]["pixelSize"] == 77


class TestATabOfBefore:
    """Made by an early version, which gave each row its look; or by a person."""

    def without_looks(self, hands: Person) -> None:
        """Take away what this version adds to the columns."""
        whole = {"sheetId": hands.tab.id}
        asked = {"range": whole, "cell": {}, "fields": "userEnteredFormat.numberFormat"}
        hands.asks({"repeatCell": asked})

    def test_it_goes_on(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """New rows show their time; rows that have a look, such as a person's, keep theirs."""
        record(ledger, reading("142.3", AT), reading("143", "2026-02-02 07:00"))
        bring(stand, ledger)
        self.without_looks(hands)
        mine = {"userEnteredFormat": {"numberFormat": {"type": "DATE", "pattern": "dd.mm."}}}
        rows = {"sheetId": hands.tab.id, "startRowIndex": 1, "endRowIndex": 3, "endColumnIndex": 1}
        fields = "userEnteredFormat.numberFormat"
        hands.asks({"repeatCell": {"range": rows, "cell": mine, "fields": fields}})
        before = len(stand.requests())
        record(ledger, reading("144", "2026-02-03 07:00"))
        bring(stand, ledger)
        assert len(stand.requests()) - before == 3  # it is looked once which rows have none
        record(ledger, reading("145", "2026-02-04 07:00"))
        bring(stand, ledger)
        assert len(stand.requests()) - before == 5
        found = cells(sheet_of(hands))
        shown = [found["timestamp", row]["formattedValue"] for row in range(2, 6)]
        assert shown == ["01.02.", "02.02.", "2026-02-03 06:00:00", "2026-02-04 06:00:00"]

    def test_an_empty_tab(self, stand: Stand, ledger: SqlLedger, hands: Person) -> None:
        """What stands below its empty first row keeps its look."""
        made = {"title": TAB, "sheetId": 7}
        hands.asks({"addSheet": {"properties": made}})
        hands.tab.update([["my own"], [46_000]], "A3:A4")
        record(ledger, reading("142.3", AT))
        bring(stand, ledger)
        found = cells(sheet_of(hands))
        assert (
            found["timestamp", 4]["formattedValue"],
            "userEnteredFormat" in found["timestamp", 4],
        ) == ("46000", False)
        assert found["timestamp", 5]["formattedValue"] == "2026-02-01 06:00:00"
