"""Whether values fit where they are to be written, and what is repeated of them."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.sandbox.google.client import Api, fine, properties, refused
from tests.sandbox.talk import Answer


def put(api: Api, cells: str, rows: object, **more: object) -> Answer:
    """Try to write."""
    body = {"values": rows, **more}
    path = f"/values/{quote(cells, safe='')}"
    return api.sheets("PUT", path, body, valueInputOption="RAW", includeValuesInResponse="true")


@pytest.mark.parametrize(
    ("cells", "rows", "said"),
    [
        ("Sheet1!A1:B1", [[1, 2, 3]], "[Sheet1!A1:B1], but tried writing to column [C]"),
        ("'Sheet1'!A1:B1", [[1], [2]], "['Sheet1'!A1:B1], but tried writing to row [2]"),
        ("A1:B1", [[1], [2]], "['Sheet1'!A1:B1], but tried writing to row [2]"),
        ("'Sheet1'!A1000", [[1], [2]], "['Sheet1'!A1000], but tried writing to row [1001]"),
        ("Sheet1!Z1", [[1, 2]], "[Sheet1!Z1], but tried writing to column [AA]"),
        ("'Sheet1'", [[1] * 27], "['Sheet1'!A1:Z1000], but tried writing to column [AA]"),
        ("Sheet1!2:2", [[1] * 27], "[Sheet1!A2:Z2], but tried writing to column [AA]"),
    ],
)
def test_more_values_than_there_is_room(api: Api, cells: str, rows: object, said: str) -> None:
    """They are refused, and the grid does not grow: only appending makes it."""
    assert refused(put(api, cells, rows)) == f"Requested writing within range {said}"
    assert properties(api)["gridProperties"] == {"rowCount": 1000, "columnCount": 26}


def test_one_cell_is_where_to_start(api: Api) -> None:
    """The values go as far as they go, within the grid."""
    assert fine(put(api, "B2", [[1, 2], [3]]))["updatedRange"] == "Sheet1!B2:C3"


def test_a_body_that_names_another_range(api: Api) -> None:
    """It is refused before anything is looked at."""
    answer = put(api, "Sheet1!ZZ999", [[1]], range="Sheet1!ZZ998")
    assert refused(answer) == (
        "Request range[Sheet1!ZZ999] does not match value's range[Sheet1!ZZ998]"
    )
    assert put(api, "Sheet1!A1", [[1]], range="Sheet1!A1").status == 200


def test_a_range_that_is_not_filled(api: Api) -> None:
    """What is written is counted; all that was asked for is repeated."""
    api.write("A3", [["old"]])
    answer = fine(put(api, "A1:B3", [["new"]]))
    assert answer == {
        "spreadsheetId": api.id,
        "updatedRange": "Sheet1!A1",
        "updatedRows": 1,
        "updatedColumns": 1,
        "updatedCells": 1,
        "updatedData": {
            "range": "Sheet1!A1:B3",
            "majorDimension": "ROWS",
            "values": [["new"], [], ["old"]],
        },
    }


def test_one_of_several_does_not_fit(api: Api) -> None:
    """It is named by its place; nothing is written."""
    data = [{"range": "A1", "values": [[1]]}, {"range": "Sheet1!B1:B1", "values": [[1, 2]]}]
    answer = api.sheets("POST", "/values:batchUpdate", {"valueInputOption": "RAW", "data": data})
    assert refused(answer) == (
        "Invalid data[1]: Requested writing within range [Sheet1!B1], but tried writing to "
        "column [C]"
    )
    assert api.read("A1") == []


def test_writing_by_filter(api: Api) -> None:
    """A row that metadata is tied to is written to wherever it is."""
    location = {"dimensionRange": {"dimension": "ROWS", "startIndex": 2, "endIndex": 3}}
    tied = {"metadataKey": "row", "visibility": "DOCUMENT", "location": location}
    api.batch({"createDeveloperMetadata": {"developerMetadata": tied}})
    lookup = {"developerMetadataLookup": {"metadataKey": "row"}}
    cell = {"gridRange": {"startRowIndex": 0, "endRowIndex": 1, "endColumnIndex": 1}}
    body = {
        "valueInputOption": "USER_ENTERED",
        "data": [
            {"dataFilter": lookup, "values": [["1", "=A3+1"]]},
            {"dataFilter": cell, "majorDimension": "COLUMNS", "values": [["x"]]},
        ],
    }
    answer = fine(api.sheets("POST", "/values:batchUpdateByDataFilter", body))
    assert answer == {
        "spreadsheetId": api.id,
        "totalUpdatedRows": 2,
        "totalUpdatedColumns": 2,
        "totalUpdatedCells": 3,
        "totalUpdatedSheets": 1,
        "responses": [
            {
                "updatedRange": "Sheet1!A3:B3",
                "updatedRows": 1,
                "updatedColumns": 2,
                "updatedCells": 2,
                "dataFilter": lookup,
            },
            {
                "updatedRange": "Sheet1!A1",
                "updatedRows": 1,
                "updatedColumns": 1,
                "updatedCells": 1,
                "dataFilter": cell,
            },
        ],
    }
    assert api.read("A1:B3") == [["x"], [], ["1", "2"]]


def test_clearing_by_filter(api: Api) -> None:
    """What the filters select is emptied."""
    api.write("A1", [[1, 2], [3, 4]])
    body = {"dataFilters": [{"a1Range": "A1:A2"}]}
    answer = fine(api.sheets("POST", "/values:batchClearByDataFilter", body))
    assert answer == {"spreadsheetId": api.id, "clearedRanges": ["Sheet1!A1:A2"]}
    assert api.read("A1:B2") == [["", "2"], ["", "4"]]


def test_a_cell_of_plain_text(api: Api) -> None:
    """What is typed there stays what it is."""
    look = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    place = {"sheetId": 0, "endRowIndex": 1}
    asked = {"range": place, "cell": look, "fields": "userEnteredFormat"}
    api.batch({"repeatCell": asked})
    api.typed("A1", ["0042", "=1+1", "2026-01-01"], ["0042"])
    assert api.plain("A1:C2") == [["0042", "=1+1", "2026-01-01"], [42]]


def test_another_kind_of_value(api: Api) -> None:
    """A share in a cell of sums is shown as one; a date among dates as they are."""
    api.typed("A1", ["$5", "2026-01-01"])
    api.typed("A1", ["12%", "1/31/2026"])
    assert api.read("A1:B1") == [["12%", "2026-01-31"]]
    api.typed("A1", ["7"])
    assert api.read("A1") == [["700%"]]
