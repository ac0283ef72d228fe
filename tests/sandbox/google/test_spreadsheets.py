"""`spreadsheets.get` and `create`: what is shown, and what is left out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.client import Api, fine, refused, row

Json = dict[str, Any]


def test_a_new_spreadsheet(api: Api) -> None:
    """Everything is there, in Google's order, and nothing that is empty."""
    found = api.get(includeGridData="false")
    assert list(found) == ["spreadsheetId", "properties", "sheets", "spreadsheetUrl"]
    properties = found["properties"]
    assert list(properties) == [
        "title",
        "locale",
        "autoRecalc",
        "timeZone",
        "defaultFormat",
        "spreadsheetTheme",
    ]
    assert (properties["locale"], properties["timeZone"]) == ("en_US", "Etc/GMT")
    assert found["sheets"] == [
        {
            "properties": {
                "sheetId": 0,
                "title": "Sheet1",
                "index": 0,
                "sheetType": "GRID",
                "gridProperties": {"rowCount": 1000, "columnCount": 26},
            }
        }
    ]
    assert found["spreadsheetUrl"] == f"https://docs.google.com/spreadsheets/d/{api.id}/edit"


def test_cells(api: Api) -> None:
    """What was entered, what it amounts to, what it looks like."""
    api.typed("B2", ["2026-01-01", "=1/0", "x", True])
    data = api.get(includeGridData="true", ranges="A2:E3")["sheets"][0]["data"]
    assert len(data) == 1
    assert data[0]["startRow"] == 1
    assert "startColumn" not in data[0]
    (line,) = data[0]["rowData"]
    empty, day, error, text, yes = line["values"]
    assert empty == {}
    number_format = {"type": "DATE", "pattern": "yyyy-mm-dd"}
    assert day["userEnteredValue"] == day["effectiveValue"] == {"numberValue": 46023}
    assert day["formattedValue"] == "2026-01-01"
    assert day["userEnteredFormat"] == {"numberFormat": number_format}
    assert day["effectiveFormat"]["numberFormat"] == number_format
    assert error["userEnteredValue"] == {"formulaValue": "=1/0"}
    assert error["effectiveValue"]["errorValue"]["type"] == "DIVIDE_BY_ZERO"
    assert error["formattedValue"] == "#DIV/0!"
    assert list(text) == [
        "userEnteredValue",
        "effectiveValue",
        "formattedValue",
        "effectiveFormat",
    ]
    assert yes["effectiveValue"] == {"boolValue": True}
    assert data[0]["rowMetadata"] == [{"pixelSize": 21}] * 2
    assert data[0]["columnMetadata"] == [{"pixelSize": 100}] * 5


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ("sheets.properties.title", {"sheets": [{"properties": {"title": "Sheet1"}}]}),
        (
            "sheets(properties(sheetId,index))",
            {"sheets": [{"properties": {"sheetId": 0, "index": 0}}]},
        ),
        ("sheets/data/rowData/values/note", {"sheets": [{"data": [{}]}]}),
        ("sheets.data.rowData.values.userEnteredValue", {"sheets": [{"data": [{}]}]}),
        ("namedRanges", {}),
        ("developerMetadata", {}),
        ("sheets.merges", {"sheets": [{}]}),
        (
            "properties(title,locale),sheets.properties.sheetId",
            {
                "properties": {"title": "Home", "locale": "en_US"},
                "sheets": [{"properties": {"sheetId": 0}}],
            },
        ),
    ],
)
def test_only_what_is_asked_for(api: Api, fields: str, found: Json) -> None:
    """A mask names what is wanted."""
    assert api.get(fields=fields) == found


def test_a_mask_decides_about_cells(api: Api) -> None:
    """With one, includeGridData does not matter: cells come if the mask names them."""
    api.write("A1", [["x"]])
    fields = "sheets.data.rowData.values.formattedValue"
    cells = {"sheets": [{"data": [{"rowData": [{"values": [{"formattedValue": "x"}]}]}]}]}
    assert api.get(fields=fields, includeGridData="false") == cells
    found = api.get(fields="sheets.properties.title", includeGridData="true")
    assert found == {"sheets": [{"properties": {"title": "Sheet1"}}]}


def test_a_mask_that_names_nothing(api: Api) -> None:
    """It is refused, and the answer says which name there is not."""
    for fields, path in ("sheets.cells", "sheets.cells"), ("foo", "foo"):
        answer = api.sheets("GET", fields=fields)
        assert refused(answer) == "Request contains an invalid argument."
        violation = answer.json["error"]["details"][0]["fieldViolations"][0]
        assert violation["field"] == path
    assert api.sheets("GET", fields="a(b").status == 400


def test_a_parameter_that_there_is_not(api: Api) -> None:
    """It is refused, not passed over."""
    message = refused(api.sheets("GET", include_grid="true"))
    assert message.startswith('Invalid JSON payload received. Unknown name "include_grid"')
    assert api.sheets("GET", include_grid_data="true", prettyPrint="false").status == 200


def test_ranges(api: Api) -> None:
    """Only sheets that have one are shown, with as many blocks as ranges."""
    api.batch({"addSheet": {"properties": {"title": "B"}}})
    api.write("B!B2", [[1, 2]])
    query = {"ranges": ["B!B2", "B!A1:C1", "B!C2:C"], "includeGridData": "true"}
    (sheet,) = api.get(**query)["sheets"]
    assert sheet["properties"]["title"] == "B"
    shapes = [(one.get("startRow"), one.get("startColumn")) for one in sheet["data"]]
    assert shapes == [(1, 1), (None, None), (1, 2)]
    assert refused(api.sheets("GET", ranges="C!A1")) == "Unable to parse range: C!A1"


def test_creating(api: Api) -> None:
    """Title, locale, zone, sheets with cells: what was given, or what is usual."""
    body: Json = {
        "properties": {"title": "Made", "locale": "de_DE", "timeZone": "Europe/Berlin"},
        "sheets": [
            {"properties": {"title": "One", "gridProperties": {"rowCount": 5}}},
            {
                "properties": {"title": "Two"},
                "data": [{"startRow": 1, "startColumn": 1, "rowData": [row(1.5, "x")]}],
            },
        ],
    }
    made = fine(api.ask("POST", "/v4/spreadsheets", body))
    api.id = made["spreadsheetId"]
    assert [one["properties"]["title"] for one in made["sheets"]] == ["One", "Two"]
    assert api.read("Two!A2:C2") == [["", "1,5", "x"]]
    assert made["properties"]["timeZone"] == "Europe/Berlin"
    plain = fine(api.ask("POST", "/v4/spreadsheets"))
    assert plain["properties"]["title"] == "Untitled spreadsheet"
    assert plain["sheets"][0]["properties"]["title"] == "Sheet1"


def test_a_copy_in_another_spreadsheet(api: Api) -> None:
    """`sheets.copyTo` names it after the original."""
    api.write("A1", [["x"]])
    source, target = api.id, api.new().id
    api.id = source
    body = {"destinationSpreadsheetId": target}
    copied = fine(api.sheets("POST", "/sheets/0:copyTo", body))
    assert (copied["title"], copied["index"]) == ("Copy of Sheet1", 1)
    api.id = target
    assert api.read("'Copy of Sheet1'!A1") == [["x"]]


def test_what_is_no_json(api: Api) -> None:
    """It is refused as such."""
    from tests.sandbox.talk import ask

    for body in ("{", "[]", '{"requests": [{"a": "\\ud800"}]}'):
        path = f"/v4/spreadsheets/{api.id}:batchUpdate"
        answer = ask(api.server, "POST", path, body, api.headers)
        assert "Invalid JSON payload received." in refused(answer)


def test_no_such_method(api: Api) -> None:
    """Unknown addresses are not found."""
    assert api.sheets("POST", ":fly").status == 404
    assert api.sheets("PUT").status == 404
    assert api.ask("GET", "/v5/nothing").status == 404
