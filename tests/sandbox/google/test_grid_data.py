"""The cells of `spreadsheets.get`: as many rows and cells as there is something to tell of."""

from __future__ import annotations

from typing import Any

from tests.sandbox.google.client import Api

Json = dict[str, Any]
NOTES = "sheets.data.rowData.values.note"


def block(api: Api, **query: str) -> Json:
    """The first block of cells of the first sheet."""
    found: Json = api.get(**query)["sheets"][0]["data"][0]
    return found


def noted(api: Api, row: int, column: int, text: str) -> None:
    """Put a note on a cell, or take it away."""
    start = {"sheetId": 0, "rowIndex": row, "columnIndex": column}
    rows = [{"values": [{"note": text}]}]
    api.batch({"updateCells": {"start": start, "rows": rows, "fields": "note"}})


def test_notes_alone(api: Api) -> None:
    """Rows end at the last note, and so do the rows as a whole; those between are empty."""
    api.write("A1", [["a", "b", "c"], ["d"], ["e"], ["f"]])
    noted(api, 0, 1, "here")
    noted(api, 2, 0, "there")
    assert block(api, fields=NOTES) == {
        "rowData": [{"values": [{}, {"note": "here"}]}, {}, {"values": [{"note": "there"}]}]
    }
    noted(api, 2, 0, "")
    assert block(api, fields=NOTES) == {"rowData": [{"values": [{}, {"note": "here"}]}]}
    noted(api, 0, 1, "")
    assert block(api, fields=NOTES) == {}


def test_a_block_in_the_middle(api: Api) -> None:
    """It says where it starts; a start at the edge goes without saying."""
    api.write("B3", [["x"]])
    found = block(api, ranges="B2:C4", includeGridData="true")
    assert list(found) == ["startRow", "startColumn", "rowData", "rowMetadata", "columnMetadata"]
    assert (found["startRow"], found["startColumn"]) == (1, 1)
    assert [len(row.get("values", [])) for row in found["rowData"]] == [0, 1]
    assert found["rowMetadata"] == [{"pixelSize": 21}] * 3
    assert found["columnMetadata"] == [{"pixelSize": 100}] * 2
    assert list(block(api, ranges="A1", includeGridData="true")) == [
        "rowMetadata",
        "columnMetadata",
    ]


def test_hidden_rows(api: Api) -> None:
    """They are told apart until they are shown again."""
    rows = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    for hidden, told in (True, {"hiddenByUser": True, "pixelSize": 21}), (False, {"pixelSize": 21}):
        asked = {"range": rows, "properties": {"hiddenByUser": hidden}, "fields": "hiddenByUser"}
        api.batch({"updateDimensionProperties": asked})
        found = block(api, ranges="A1:A3", fields="sheets.data.rowMetadata")
        assert found["rowMetadata"] == [{"pixelSize": 21}, told, {"pixelSize": 21}]


def test_what_is_unspecified(api: Api) -> None:
    """It is as good as not said, also in a format."""
    look = {"wrapStrategy": "WRAP_STRATEGY_UNSPECIFIED", "textFormat": {"bold": True}}
    cell = {"userEnteredFormat": look}
    where = {"sheetId": 0, "endRowIndex": 1, "endColumnIndex": 1}
    api.batch({"repeatCell": {"range": where, "cell": cell, "fields": "userEnteredFormat, note"}})
    found = block(api, fields="sheets.data.rowData.values.userEnteredFormat")
    assert found["rowData"][0]["values"] == [
        {"userEnteredFormat": {"textFormat": {"bold": True}}},
    ]


def test_requests_in_lists_of_their_own(api: Api) -> None:
    """Lists in lists are taken as one."""
    one, other = ({"addSheet": {"properties": {"title": title}}} for title in "BC")
    body = {"requests": [[one], other]}
    assert len(api.sheets("POST", ":batchUpdate", body).json["replies"]) == 2
