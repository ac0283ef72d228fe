"""Blocks of plain values: read, written, appended, cleared."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.sandbox.google.client import Api, fine, refused
from tests.sandbox.talk import ask


def test_an_empty_range(api: Api) -> None:
    """It has no values, and names the cells that there are."""
    found = fine(api.sheets("GET", "/values/A2:2"))
    assert found == {"range": "Sheet1!A2:Z2", "majorDimension": "ROWS"}
    assert fine(api.sheets("GET", "/values/Sheet1"))["range"] == "Sheet1!A1:Z1000"


def test_what_was_written_is_read(api: Api) -> None:
    """Rows and cells that are empty at the end are left out, those before are not."""
    rows = [["A1", "B1", "", "D1"], ["", "b2", "", ""], ["", "", "", ""], ["A4", "B4", "", "D4"]]
    assert api.write("A1", rows) == {
        "spreadsheetId": api.id,
        "updatedRange": "Sheet1!A1:D4",
        "updatedRows": 4,
        "updatedColumns": 4,
        "updatedCells": 16,
    }
    assert api.read("A1:D9") == [["A1", "B1", "", "D1"], ["", "b2"], [], ["A4", "B4", "", "D4"]]
    assert api.read("A:D", majorDimension="COLUMNS") == [
        ["A1", "", "", "A4"],
        ["B1", "b2", "", "B4"],
        [],
        ["D1", "", "", "D4"],
    ]


def test_raw_and_typed(api: Api) -> None:
    """RAW keeps text as it is; USER_ENTERED takes it as a person's typing."""
    texts = ["0042", "=1+1", "2020-01-01", "12%", "TRUE"]
    api.write("A1", [texts])
    api.typed("A2", texts)
    assert api.plain("A1:E2") == [texts, [42, 2, 43831, 0.12, True]]
    assert api.read("A2:E2") == [["42", "2", "2020-01-01", "12%", "TRUE"]]
    assert api.formulas("A2:E2") == [[42, "=1+1", 43831, 0.12, True]]
    dates = api.read(
        "A2:C2", valueRenderOption="UNFORMATTED_VALUE", dateTimeRenderOption="FORMATTED_STRING"
    )
    assert dates == [[42, 2, "2020-01-01"]]


def test_null_and_the_empty_text(api: Api) -> None:
    """The one leaves a cell as it is, the other clears it."""
    api.write("A1", [["a", "b", "c"]])
    assert api.write("A1", [[None, "", "C"]])["updatedCells"] == 2
    assert api.read("A1:C1") == [["a", "", "C"]]


def test_numbers_stay_what_they_are(api: Api) -> None:
    """Whole numbers have no point, the others all of their digits."""
    api.write("A1", [[142.3, 142.0, -0.1, 123456789012345, True]])
    assert api.plain("A1:E1") == [[142.3, 142, -0.1, 123456789012345, True]]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("Nope!A1", "Unable to parse range: Nope!A1"),
        ("A1:", "Unable to parse range: A1:"),
        ("Sheet1!", "Unable to parse range: Sheet1!"),
        (
            "Sheet1!A1001",
            "Range (Sheet1!A1001) exceeds grid limits. Max rows: 1000, max columns: 26",
        ),
        ("AA1:AB", "Range (Sheet1!AA1:AB) exceeds grid limits. Max rows: 1000, max columns: 26"),
    ],
)
def test_a_range_that_there_is_not(api: Api, cells: str, message: str) -> None:
    """The answer says which, and how big the grid is."""
    path = f"/values/{quote(cells, safe='')}"
    assert refused(api.sheets("GET", path)) == message
    body = {"values": [[1]]}
    assert refused(api.sheets("PUT", path, body, valueInputOption="RAW")) == message


def test_a_range_that_ends_outside(api: Api) -> None:
    """Reading stops where the grid does."""
    assert fine(api.sheets("GET", "/values/A999:B2000"))["range"] == "Sheet1!A999:B1000"


def test_more_values_than_the_range_holds(api: Api) -> None:
    """They are refused; a single cell is only where to start."""
    for rows, place in ([[1, 2, 3]], "column [C]"), ([[1], [2]], "row [2]"):
        answer = api.sheets("PUT", "/values/A1:B1", {"values": rows}, valueInputOption="RAW")
        assert refused(answer) == (
            f"Requested writing within range ['Sheet1'!A1:B1], but tried writing to {place}"
        )
    assert api.write("A1", [[1, 2, 3], [4]])["updatedRange"] == "Sheet1!A1:C2"


def test_how_values_are_meant_has_to_be_said(api: Api) -> None:
    """Writing without valueInputOption is refused."""
    answer = api.sheets("PUT", "/values/A1", {"values": [[1]]})
    assert refused(answer) == "'valueInputOption' is required but not specified"
    answer = api.sheets("PUT", "/values/A1", {"values": [[1]]}, valueInputOption="AS_IS")
    assert "RAW" not in refused(answer)


def test_what_is_no_value(api: Api) -> None:
    """Objects and lists are none, and neither is a text that no cell holds."""
    for value, said in ({}, "struct_value"), ([], "list_value"), ("x" * 50_001, "50000"):
        answer = api.sheets("PUT", "/values/A1", {"values": [[value]]}, valueInputOption="RAW")
        assert said in refused(answer)
    assert api.read("A1") == []


def test_appending_to_an_empty_sheet(api: Api) -> None:
    """There is no table yet, and the answer names none."""
    answer = _append(api, "Sheet1", [["x", "", "y"]])
    assert answer == {
        "spreadsheetId": api.id,
        "updates": {
            "spreadsheetId": api.id,
            "updatedRange": "Sheet1!A1:C1",
            "updatedRows": 1,
            "updatedColumns": 3,
            "updatedCells": 3,
        },
    }


def _append(api: Api, cells: str, rows: list[list[object]], **query: str) -> dict[str, object]:
    options = {"valueInputOption": "RAW"} | query
    return fine(api.sheets("POST", f"/values/{quote(cells)}:append", {"values": rows}, **options))


def test_appending_to_the_wrong_table(api: Api) -> None:
    """A gap makes two tables of a row: the last one is taken, unless the range says otherwise."""
    _append(api, "Sheet1", [["x", "", "y"]])
    answer = _append(api, "Sheet1", [["x", "", "y"]])
    assert answer["tableRange"] == "Sheet1!C1"
    assert api.read("A2:E2") == [["", "", "x", "", "y"]]
    assert _append(api, "A1", [["z"]])["tableRange"] == "Sheet1!A1"
    assert api.read("A2") == [["z"]]


def test_appending_as_google_s_guide_has_it(api: Api) -> None:
    """Two tables, A1:C2 and B4:D6: which one a range means, and where the values go."""
    for cells, to in (
        ("Sheet1", "Sheet1!B7"),
        ("C5:D5", "Sheet1!B7"),
        ("B2:D4", "Sheet1!B7"),
        ("A3:G10", "Sheet1!B7"),
        ("A1", "Sheet1!A3"),
        ("E4", "Sheet1!E4"),
        ("A4", "Sheet1!A4"),
    ):
        api.new()
        api.write("A1:C2", [["x", "y", "z"], ["x", "y", "z"]])
        api.write("B4:D6", [["x", "y"], ["y", "z"], ["x", "y", "z"]])
        updates = _append(api, cells, [["new"]])["updates"]
        assert isinstance(updates, dict)
        assert updates["updatedRange"] == to, cells


def test_appending_over_rows_or_between_them(api: Api) -> None:
    """OVERWRITE writes over what is below a table, INSERT_ROWS moves it down."""
    api.write("A1", [["a"], [""], ["c"]])
    _append(api, "A1", [["b"]], insertDataOption="INSERT_ROWS")
    assert api.read("A1:A9") == [["a"], ["b"], [], ["c"]]
    assert api.get()["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 1001
    _append(api, "A1", [["B"], ["C"]])
    assert api.read("A1:A9") == [["a"], ["b"], ["B"], ["C"]]


def test_appending_past_the_last_row(api: Api) -> None:
    """The grid grows by what is needed."""
    api.write("A1000", [["last"]])
    _append(api, "Sheet1", [["one"], ["more"]])
    assert api.get()["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 1002


def test_several_ranges_at_once(api: Api) -> None:
    """They are written all or none, counted together, read in the order asked for."""
    data = [
        {"range": "'Sheet1'!A1:D1", "values": [["A1", "B1", "", "D1"]]},
        {"range": "Sheet1!A4:A6", "majorDimension": "COLUMNS", "values": [[1, 2, 3]]},
    ]
    body = {"valueInputOption": "RAW", "data": data}
    found = fine(api.sheets("POST", "/values:batchUpdate", body))
    assert {name: found[name] for name in found if name.startswith("total")} == {
        "totalUpdatedRows": 4,
        "totalUpdatedColumns": 4,
        "totalUpdatedCells": 7,
        "totalUpdatedSheets": 1,
    }
    assert [one["updatedRange"] for one in found["responses"]] == ["Sheet1!A1:D1", "Sheet1!A4:A6"]
    read = fine(api.sheets("GET", "/values:batchGet", ranges=["A4:B", "A1:B1"]))
    assert read == {
        "spreadsheetId": api.id,
        "valueRanges": [
            {
                "range": "Sheet1!A4:B1000",
                "majorDimension": "ROWS",
                "values": [["1"], ["2"], ["3"]],
            },
            {"range": "Sheet1!A1:B1", "majorDimension": "ROWS", "values": [["A1", "B1"]]},
        ],
    }
    data[1] = {"range": "ZZ1", "values": [["x"]]}
    answer = api.sheets("POST", "/values:batchUpdate", {**body, "data": data[::-1]})
    assert refused(answer).startswith("Invalid data[0]: Range (Sheet1!ZZ1) exceeds grid limits.")


def test_clearing(api: Api) -> None:
    """Values go, the look and the notes of cells stay."""
    api.typed("A1", ["2020-01-01", "x", "y"])
    assert fine(api.sheets("POST", "/values/A1:B1:clear"))["clearedRange"] == "Sheet1!A1:B1"
    assert api.read("A1:C1") == [["", "", "y"]]
    answer = fine(api.sheets("POST", "/values:batchClear", {"ranges": ["C1", "D:D"]}))
    assert answer["clearedRanges"] == ["Sheet1!C1", "Sheet1!D1:D1000"]
    api.write("A1", [[43831]])
    assert api.read("A1") == [["2020-01-01"]]


def test_values_in_the_answer(api: Api) -> None:
    """They are repeated if that is asked for, as it is asked for."""
    query = {"includeValuesInResponse": "True", "valueInputOption": "USER_ENTERED"}
    body = {"values": [["=1+1"]]}
    found = fine(
        api.sheets("PUT", "/values/A1", body, responseValueRenderOption="FORMULA", **query)
    )
    assert found["updatedData"]["values"] == [["=1+1"]]


def test_a_name_in_place_of_cells(api: Api) -> None:
    """A named range is a range."""
    rows, column = {"startRowIndex": 0, "endRowIndex": 2}, {"startColumnIndex": 1}
    named = {"name": "Meter", "range": rows | column | {"endColumnIndex": 2}}
    api.batch({"addNamedRange": {"namedRange": named}})
    api.write("Meter", [[1], [2]])
    assert fine(api.sheets("GET", "/values/Meter"))["range"] == "Sheet1!B1:B2"
    assert api.read("'Sheet1'!meter") == [["1"], ["2"]]


def test_by_data_filter(api: Api) -> None:
    """Ranges may be chosen by what they are, not by where."""
    api.write("A1", [[1, 2], [3, 4]])
    filters = [{"a1Range": "A1:A2"}, {"gridRange": {"startRowIndex": 1, "endRowIndex": 2}}]
    found = fine(api.sheets("POST", "/values:batchGetByDataFilter", {"dataFilters": filters}))
    values = [one["valueRange"]["values"] for one in found["valueRanges"]]
    assert values == [[["1"], ["3"]], [["3", "4"]]]


def test_formulas_follow_their_cells(api: Api) -> None:
    """They see new values at once, and what they refer to wherever it moves."""
    api.typed("A1", [1, 2, "=A1+B1", "=SUM(A1:A)"])
    assert api.plain("C1:D1") == [[3, 1]]
    api.write("A1", [[10]])
    assert api.plain("C1:D1") == [[12, 10]]
    rows = {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 2}
    api.batch({"insertDimension": {"range": rows}})
    assert api.formulas("C3:D3") == [["=A3+B3", "=SUM(A3:A)"]]
    api.typed("A4", ["=A4", "=1/0", "=Sheet1!A3", "=nope(1)"])
    assert api.read("A4:D4") == [["#REF!", "#DIV/0!", "10", "#NAME?"]]


def test_a_form_in_place_of_a_long_address(api: Api) -> None:
    """A read whose ranges do not fit an address comes as a POST that says it is a GET."""
    api.write("A1", [[1]])
    headers = api.headers | {"X-HTTP-Method-Override": "GET"}
    path = f"/v4/spreadsheets/{api.id}/values:batchGet"
    answer = ask(api.server, "POST", path, "ranges=A1&ranges=B1", headers)
    assert len(answer.json["valueRanges"]) == 2


def test_an_extra_slash(api: Api) -> None:
    """Some clients write one before the method's name or at the end."""
    assert api.sheets("GET", "/").status == 200
    body = {"requests": [{"addSheet": {"properties": {"title": "B"}}}]}
    assert api.sheets("POST", "/:batchUpdate", body).status == 200


def test_cells_without_a_sheet(api: Api) -> None:
    """They are those of the first sheet that can be seen."""
    hidden = {"properties": {"sheetId": 0, "hidden": True}, "fields": "hidden"}
    api.batch({"addSheet": {"properties": {"title": "B"}}}, {"updateSheetProperties": hidden})
    assert api.write("A1", [[1]])["updatedRange"] == "B!A1"


def test_a_zone_of_a_fixed_difference(api: Api) -> None:
    """It is one, and today's time is told in it."""
    zones = []
    for zone in ("GMT+05:30", "GMT-07:00", "Etc/GMT"):
        asked = {"properties": {"timeZone": zone}, "fields": "timeZone"}
        api.batch({"updateSpreadsheetProperties": asked})
        api.typed("A1", ["=NOW()"])
        zones.append(api.plain("A1")[0][0] * 24)
    east, west, utc = zones
    assert (round(east - utc, 1), round(west - utc, 1)) == (5.5, -7.0)
