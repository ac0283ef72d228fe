"""`spreadsheets.create`: what a request says of a spreadsheet is in it from the start."""

from __future__ import annotations

from typing import Any

from tests.sandbox.google.client import Api, fine, row

Json = dict[str, Any]


def create(api: Api, body: Json) -> Json:
    """A new spreadsheet, to be worked on from now on."""
    made = fine(api.ask("POST", "/v4/spreadsheets", body))
    api.id = made["spreadsheetId"]
    return made


def test_sheets_that_are_named(api: Api) -> None:
    """They take the place of the usual one, and have ids of their own."""
    made = create(api, {"sheets": [{"properties": {"title": one}} for one in ("A", "B")]})
    shown = [one["properties"] for one in made["sheets"]]
    assert [(one["title"], one["index"]) for one in shown] == [("A", 0), ("B", 1)]
    assert 0 not in [one["sheetId"] for one in shown]
    (usual,) = create(api, {})["sheets"]
    assert usual["properties"] == {
        "sheetId": 0,
        "title": "Sheet1",
        "index": 0,
        "sheetType": "GRID",
        "gridProperties": {"rowCount": 1000, "columnCount": 26},
    }


def test_all_at_once(api: Api) -> None:
    """Cells, sizes, merges, names, guards, filters, rules, metadata."""
    square = {"sheetId": 7, "startRowIndex": 0, "endRowIndex": 2}
    square |= {"startColumnIndex": 0, "endColumnIndex": 2}
    rule = {"ranges": [square], "booleanRule": {"condition": {"type": "BLANK"}, "format": {}}}
    body = {
        "properties": {"title": "All"},
        "namedRanges": [{"name": "Meter", "range": square}],
        "developerMetadata": [
            {"metadataKey": "k", "location": {"spreadsheet": True}, "visibility": "DOCUMENT"}
        ],
        "sheets": [
            {
                "properties": {"title": "One", "sheetId": 7},
                "data": [
                    {"rowData": [row(1, 2)], "columnMetadata": [{}, {"pixelSize": 50}]},
                    {"startRow": 4, "rowMetadata": [{"hiddenByUser": True}]},
                ],
                "merges": [square | {"startRowIndex": 2, "endRowIndex": 4}],
                "protectedRanges": [{"range": square, "description": "mine"}],
                "basicFilter": {"range": square},
                "conditionalFormats": [rule],
            }
        ],
    }
    made = create(api, body)
    assert [one["name"] for one in made["namedRanges"]] == ["Meter"]
    assert [one["metadataKey"] for one in made["developerMetadata"]] == ["k"]
    (sheet,) = made["sheets"]
    assert list(sheet) == [
        *("properties", "merges", "conditionalFormats", "protectedRanges", "basicFilter"),
    ]
    assert api.plain("A1:B1") == [[1, 2]]
    (grid,) = api.get(fields="sheets.data(rowMetadata,columnMetadata)")["sheets"][0]["data"]
    assert grid["rowMetadata"][4] == {"pixelSize": 21, "hiddenByUser": True}
    assert grid["columnMetadata"][:2] == [{"pixelSize": 100}, {"pixelSize": 50}]
