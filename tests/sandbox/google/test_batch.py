"""`batchUpdate`: many requests at once, all of them or none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.client import Api, appended, fine, properties, refused, row, token_created

Json = dict[str, Any]
FIRST = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1}


class TestAllOrNothing:
    """What a failing request leaves behind."""

    def test_the_last_of_many_fails(self, api: Api) -> None:
        """Nothing is applied: no cell, no sheet, no metadata, and the file is as it was."""
        before, version = api.get(), api.version()
        answer = api.change(
            appended(row(1, "x")),
            {"addSheet": {"properties": {"title": "B"}}},
            token_created(7),
            {"updateSheetProperties": {"properties": {"title": "Z"}, "fields": "title"}},
            {"deleteSheet": {"sheetId": 99}},
        )
        assert refused(answer) == "Invalid requests[4].deleteSheet: No sheet with id: 99"
        assert api.get() == before
        assert api.read("Sheet1") == []
        assert api.version() == version

    def test_a_request_later_sees_those_before(self, api: Api) -> None:
        """They are applied in their order; each has its reply."""
        replies = api.batch(
            {"addSheet": {"properties": {"title": "B", "sheetId": 5}}},
            {"appendCells": {"sheetId": 5, "rows": [row(1)], "fields": "*"}},
            {
                "updateSheetProperties": {
                    "properties": {"sheetId": 5, "title": "C"},
                    "fields": "title",
                }
            },
        )
        assert [list(one) for one in replies] == [["addSheet"], [], []]
        assert api.read("C!A1") == [["1"]]

    def test_the_version_in_drive(self, api: Api) -> None:
        """It grows with every change, and with nothing else."""
        versions = [int(api.version())]
        changes: list[Json] = [appended(row(1)), token_created(3), {"addSheet": {}}]
        for change in changes:
            api.batch(change)
            versions.append(int(api.version()))
        api.get()
        assert versions == sorted(set(versions))
        assert int(api.version()) == versions[-1]

    @pytest.mark.parametrize(
        ("request_body", "message"),
        [
            ({"fly": {}}, "Unknown name \"fly\" at 'requests[0]': Cannot find field."),
            ({"addSheet": {"title": "x"}}, "Unknown name \"title\" at 'requests[0].add_sheet'"),
            (
                {"addSheet": {"properties": {"sheetId": "x"}}},
                "Invalid value at 'requests[0].add_sheet.properties.sheet_id' (TYPE_INT32), \"x\"",
            ),
            ({}, "Invalid requests[0]: No request set."),
            ({"updateCells": {"rows": [], "range": FIRST}}, "At least one field must be listed"),
            ({"updateCells": {"rows": [], "fields": "nope"}}, "Invalid field: nope"),
            ({"appendCells": {"sheetId": 3, "fields": "*"}}, "No grid with id: 3"),
        ],
    )
    def test_a_request_of_the_wrong_form(self, api: Api, request_body: Json, message: str) -> None:
        """The answer names the place, and what is wrong there."""
        assert message in refused(api.change(request_body))

    def test_what_the_sandbox_does_not_do(self, api: Api) -> None:
        """It says so, and does nothing by halves."""
        assert "the sandbox does not do this" in refused(api.change({"refreshDataSource": {}}), 501)

    def test_the_spreadsheet_in_the_answer(self, api: Api) -> None:
        """It is repeated if that is asked for, as far as it is asked for."""
        body = {
            "requests": [appended(row(1))],
            "includeSpreadsheetInResponse": True,
            "responseRanges": ["A1:B2"],
            "responseIncludeGridData": True,
        }
        found = fine(api.sheets("POST", ":batchUpdate", body))["updatedSpreadsheet"]
        assert found["sheets"][0]["data"][0]["rowData"][0]["values"][0]["formattedValue"] == "1"


class TestAppending:
    """`appendCells`."""

    def test_below_the_last_row_with_data(self, api: Api) -> None:
        """Every column counts, a formula too; a format and a note do not."""
        api.write("A1", [["head"]])
        api.typed("Z5", ["=1"])
        look = {"note": "n", "userEnteredFormat": {"textFormat": {"bold": True}}}
        place = {"sheetId": 0, "startRowIndex": 8, "endRowIndex": 9}
        api.batch({"repeatCell": {"range": place, "cell": look, "fields": "*"}})
        api.batch(appended(row("a", 1), row("b", None, 2)))
        assert api.plain("A6:C7") == [["a", 1], ["b", "", 2]]
        api.sheets("POST", "/values/A5:Z7:clear")
        api.batch(appended(row("c")))
        assert api.plain("A2") == [["c"]]

    def test_the_grid_gets_longer_not_wider(self, api: Api) -> None:
        """Rows are added as needed; a column too many is refused."""
        size = {"rowCount": 2, "columnCount": 2}
        resized = {"properties": {"gridProperties": size}, "fields": "gridProperties"}
        api.batch({"updateSheetProperties": resized})
        api.batch(appended(row(1), row(2), row(3)))
        assert properties(api)["gridProperties"] == {"rowCount": 3, "columnCount": 2}
        assert refused(api.change(appended(row(1, 2, 3)))) == (
            "Invalid requests[0].appendCells: Attempting to write column: 2, beyond the last "
            "requested column of: 1"
        )

    def test_typed_values(self, api: Api) -> None:
        """Nothing is parsed: text stays text, whatever it looks like."""
        api.batch(appended(row("=1+1", "0042", 142.3, True, 46023)))
        api.batch(appended({"values": [{"userEnteredValue": {"formulaValue": "=C1*2"}}]}))
        assert api.plain("A1:E2") == [["=1+1", "0042", 142.3, True, 46023], [284.6]]
        assert api.formulas("A2") == [["=C1*2"]]

    def test_new_rows_look_like_those_above(self, api: Api) -> None:
        """A column's number format goes on where the grid grows."""
        look = {"numberFormat": {"type": "DATE", "pattern": "yyyy-mm-dd"}}
        column = {"sheetId": 0, "startRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
        cell = {"userEnteredFormat": look}
        api.batch({"repeatCell": {"range": column, "cell": cell, "fields": "userEnteredFormat"}})
        api.write("A1000", [[46022]])
        api.batch(appended(row(46023)))
        assert api.read("A1000:A1001") == [["2025-12-31"], ["2026-01-01"]]

    def test_ten_million_cells(self, api: Api) -> None:
        """Empty ones count, of all sheets together."""
        grid = {"rowCount": 1_000_000, "columnCount": 9}
        api.batch({"addSheet": {"properties": {"title": "Big", "gridProperties": grid}}})
        too_many = "This action would increase the number of cells in the workbook above the limit"
        grid = {"rowCount": 100_000, "columnCount": 10}
        answer = api.change({"addSheet": {"properties": {"gridProperties": grid}}})
        assert refused(answer) == f"Invalid requests[0].addSheet: {too_many} of 10000000 cells."
        longer = {"sheetId": 0, "dimension": "ROWS", "length": 40_000}
        assert too_many in refused(api.change({"appendDimension": longer}))

    def test_a_text_that_no_cell_holds(self, api: Api) -> None:
        """50,000 characters are the most."""
        api.batch(appended(row("x" * 50_000)))
        assert "maximum of 50000 characters" in refused(api.change(appended(row("x" * 50_001))))


class TestCells:
    """`updateCells`, `repeatCell`, merges, and rearranging."""

    def test_what_a_mask_does_not_name_stays(self, api: Api) -> None:
        """A note is set without touching the value, and the other way round."""
        api.write("A1", [["head"]])
        note = {"rows": [{"values": [{"note": "id: meter"}]}], "fields": "note"}
        api.batch({"updateCells": note | {"start": {"sheetId": 0}}})
        assert api.read("A1") == [["head"]]
        value = {"rows": [row("new")], "fields": "userEnteredValue", "range": FIRST}
        api.batch({"updateCells": value})
        fields = "sheets.data.rowData.values(note,formattedValue)"
        found = api.get(ranges="A1", fields=fields)
        assert found == {
            "sheets": [
                {
                    "data": [
                        {"rowData": [{"values": [{"formattedValue": "new", "note": "id: meter"}]}]}
                    ]
                }
            ]
        }

    def test_a_range_that_is_not_filled(self, api: Api) -> None:
        """What the rows do not cover is cleared."""
        api.write("A1", [[1, 2, 3], [4, 5, 6]])
        square = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 2, "endColumnIndex": 2}
        api.batch(
            {"updateCells": {"range": square, "rows": [row(9)], "fields": "userEnteredValue"}}
        )
        assert api.plain("A1:C2") == [[9, "", 3], ["", "", 6]]

    def test_a_cell_outside(self, api: Api) -> None:
        """It is refused as Google refuses it."""
        start = {"sheetId": 0, "rowIndex": 999, "columnIndex": 0}
        asked = {"start": start, "rows": [row(1), row(2)], "fields": "*"}
        assert "Attempting to write row: 1000" in refused(api.change({"updateCells": asked}))
        outside = {"sheetId": 0, "startRowIndex": 1000, "startColumnIndex": 0, "endColumnIndex": 2}
        asked = {"range": outside, "cell": {}, "fields": "userEnteredFormat.textFormat"}
        assert refused(api.change({"repeatCell": asked})) == (
            "Invalid requests[0].repeatCell: Range (Sheet1!A1001:B) exceeds grid limits. "
            "Max rows: 1000, max columns: 26"
        )
        asked["range"] = outside | {"startRowIndex": 999, "endRowIndex": 1003}
        api.batch({"repeatCell": asked})

    def test_a_format(self, api: Api) -> None:
        """Colours are said both ways, and in 255 steps."""
        look = {
            "backgroundColor": {"green": 1, "blue": 0.5},
            "textFormat": {"bold": True, "foregroundColor": {"red": 1}},
        }
        fields = "userEnteredFormat(backgroundColor,textFormat)"
        api.batch(
            {"repeatCell": {"range": FIRST, "cell": {"userEnteredFormat": look}, "fields": fields}}
        )
        found = api.get(ranges="B1", fields="sheets.data.rowData.values.userEnteredFormat")
        cell = found["sheets"][0]["data"][0]["rowData"][0]["values"][0]
        assert cell["userEnteredFormat"] == {
            "backgroundColor": {"green": 1, "blue": 0.49803922},
            "textFormat": {
                "bold": True,
                "foregroundColor": {"red": 1},
                "foregroundColorStyle": {"rgbColor": {"red": 1}},
            },
            "backgroundColorStyle": {"rgbColor": {"green": 1, "blue": 0.49803922}},
        }

    def test_a_repeated_formula(self, api: Api) -> None:
        """It moves along from cell to cell."""
        api.write("A1", [[1], [2], [3]])
        cell = {"userEnteredValue": {"formulaValue": "=A1*$A$1"}}
        place = {"sheetId": 0, "endRowIndex": 3, "startColumnIndex": 1, "endColumnIndex": 2}
        api.batch({"repeatCell": {"range": place, "cell": cell, "fields": "userEnteredValue"}})
        assert api.formulas("B1:B3") == [["=A1*$A$1"], ["=A2*$A$1"], ["=A3*$A$1"]]

    def test_merging(self, api: Api) -> None:
        """One value stays; a merge cannot be cut in two."""
        api.write("A1", [[1, 2], [3, 4]])
        square = {"sheetId": 0, "endRowIndex": 2, "endColumnIndex": 2}
        api.batch({"mergeCells": {"range": square, "mergeType": "MERGE_ROWS"}})
        assert len(api.get()["sheets"][0]["merges"]) == 2
        assert api.plain("A1:B2") == [[1], [3]]
        api.batch({"mergeCells": {"range": square, "mergeType": "MERGE_ALL"}})
        assert api.get()["sheets"][0]["merges"] == [
            {"startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}
        ]
        half = square | {"endRowIndex": 1}
        assert "merge or unmerge" in refused(api.change({"unmergeCells": {"range": half}}))

    def test_sorting(self, api: Api) -> None:
        """Numbers before text before booleans, the empty ones last."""
        api.write("A1", [["b", 1], ["", 2], [10, 3], ["A", 4], [9, 5], [True, 6]])
        place = {"sheetId": 0, "endColumnIndex": 2}
        for order, expected in (
            ("ASCENDING", [5, 3, 4, 1, 6, 2]),
            ("DESCENDING", [6, 1, 4, 3, 5, 2]),
        ):
            specs = [{"dimensionIndex": 0, "sortOrder": order}]
            api.batch({"sortRange": {"range": place, "sortSpecs": specs}})
            assert [line[1] for line in api.plain("A1:B6")] == expected

    def test_find_and_replace(self, api: Api) -> None:
        """It counts what it did."""
        api.typed("A1", ["kWh", "kwh kWh"], ["=1+1", "x"])
        asked = {"find": "kwh", "replacement": "MWh", "allSheets": True}
        assert api.batch({"findReplace": asked}) == [
            {
                "findReplace": {
                    "valuesChanged": 2,
                    "rowsChanged": 1,
                    "sheetsChanged": 1,
                    "occurrencesChanged": 3,
                }
            }
        ]
        assert api.read("A1:B1") == [["MWh", "MWh MWh"]]

    def test_copying_and_cutting(self, api: Api) -> None:
        """A copied formula moves along, a cut one does not; the copy is repeated."""
        api.typed("A1", [1, "=A1"])
        source = {"sheetId": 0, "endRowIndex": 1, "endColumnIndex": 2}
        onto = {
            "sheetId": 0,
            "startRowIndex": 1,
            "endRowIndex": 3,
            "startColumnIndex": 0,
            "endColumnIndex": 2,
        }
        api.batch({"copyPaste": {"source": source, "destination": onto}})
        assert api.formulas("A1:B3") == [[1, "=A1"], [1, "=A2"], [1, "=A3"]]
        api.batch({"cutPaste": {"source": source, "destination": {"rowIndex": 5}}})
        assert api.formulas("A1:B6")[5] == [1, "=A1"]

    @pytest.mark.parametrize(
        "request_body",
        [
            {"findReplace": {"find": "x", "allSheets": False}},
            {"copyPaste": {"source": {"endColumnIndex": 0, "endRowIndex": 7}}},
            {"cutPaste": {"destination": {"columnIndex": -1}}},
            {"pasteData": {"coordinate": {"rowIndex": 1000}, "data": "x"}},
            {"updateCells": {"start": {"rowIndex": -1}, "rows": [row(1)], "fields": "*"}},
        ],
    )
    def test_a_place_that_is_none(self, api: Api, request_body: Json) -> None:
        """It is refused, not stumbled over."""
        assert refused(api.change(request_body)).startswith("Invalid requests[0].")
