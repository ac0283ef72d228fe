"""`batchUpdate`: many requests at once, all of them or none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.client import BOB, Api, appended, fine, refused, row, token_created

Json = dict[str, Any]
FIRST = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1}


def properties(api: Api, at: int = 0) -> Json:
    """A sheet's properties."""
    found: Json = api.get()["sheets"][at]["properties"]
    return found


def dimension(start: int, end: int, kind: str = "ROWS") -> Json:
    """A range of rows or columns of the first sheet."""
    return {"sheetId": 0, "dimension": kind, "startIndex": start, "endIndex": end}


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
        assert "the sandbox does not do this" in refused(api.change({"addChart": {}}), 501)

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


class TestSheets:
    """Sheets as a whole."""

    def test_a_new_sheet(self, api: Api) -> None:
        """It gets an id, and is as big as asked for."""
        grid = {"rowCount": 5, "columnCount": 3, "frozenRowCount": 1}
        (reply,) = api.batch({"addSheet": {"properties": {"title": "B", "gridProperties": grid}}})
        made = reply["addSheet"]["properties"]
        assert made.pop("sheetId") > 0
        assert made == {"title": "B", "index": 1, "sheetType": "GRID", "gridProperties": grid}

    def test_a_title_that_is_taken(self, api: Api) -> None:
        """It is refused in Google's words."""
        answer = api.change({"addSheet": {"properties": {"title": "Sheet1"}}})
        assert refused(answer) == (
            'Invalid requests[0].addSheet: A sheet with the name "Sheet1" already exists. '
            "Please enter another name."
        )

    def test_the_last_sheet(self, api: Api) -> None:
        """It can neither be deleted nor hidden."""
        assert refused(api.change({"deleteSheet": {"sheetId": 0}})) == (
            "Invalid requests[0].deleteSheet: You can't remove all the sheets in a document."
        )
        hidden = {"properties": {"hidden": True}, "fields": "hidden"}
        assert refused(api.change({"updateSheetProperties": hidden})) == (
            "Invalid requests[0].updateSheetProperties: You can't hide all the sheets in a "
            "document."
        )

    def test_freezing_and_resizing(self, api: Api) -> None:
        """What is zero is not shown; what is cut off is gone."""
        api.write("A1", [[1], [2], [3]])

        def update(**grid: int) -> None:
            fields = ",".join(f"gridProperties/{name}" for name in grid)
            asked = {"properties": {"gridProperties": grid}, "fields": fields}
            api.batch({"updateSheetProperties": asked})

        update(frozenRowCount=1)
        assert properties(api)["gridProperties"]["frozenRowCount"] == 1
        update(frozenRowCount=0, rowCount=2)
        assert properties(api)["gridProperties"] == {"rowCount": 2, "columnCount": 26}
        update(rowCount=9)
        assert api.plain("A1:A9") == [[1], [2]]

    def test_moving(self, api: Api) -> None:
        """Places are counted before the sheet is taken out of its own."""
        api.batch(
            *(
                {"addSheet": {"properties": {"title": t, "sheetId": i}}}
                for i, t in enumerate("abc", 1)
            )
        )
        for sheet, index, order in ((0, 2, "a0bc"), (3, 0, "ca0b"), (3, 1, "ca0b")):
            asked = {"properties": {"sheetId": sheet, "index": index}, "fields": "index"}
            api.batch({"updateSheetProperties": asked})
            found = [one["properties"]["title"] for one in api.get()["sheets"]]
            assert "".join(found).replace("Sheet1", "0") == order

    def test_a_copy(self, api: Api) -> None:
        """It has the values and the merges, and a life of its own."""
        api.write("A1", [[1]])
        (reply,) = api.batch({"duplicateSheet": {"sourceSheetId": 0, "newSheetName": "C"}})
        assert reply["duplicateSheet"]["properties"]["index"] == 1
        api.write("C!A1", [[2]])
        assert api.plain("Sheet1!A1") == [[1]]

    def test_the_spreadsheet_s_own_properties(self, api: Api) -> None:
        """Title, locale and time zone are kept; an unknown zone is refused."""
        given = {"title": "New", "locale": "de_DE", "timeZone": "Europe/Berlin"}
        asked = {"properties": given, "fields": "title,locale,timeZone"}
        api.batch({"updateSpreadsheetProperties": asked})
        found = api.get()["properties"]
        assert {name: found[name] for name in given} == given
        assert fine(api.ask("GET", f"/drive/v3/files/{api.id}"))["name"] == "New"
        asked = {"properties": {"timeZone": "Mars/Base"}, "fields": "timeZone"}
        assert "time zone" in refused(api.change({"updateSpreadsheetProperties": asked}))


class TestRowsAndColumns:
    """Inserted, deleted, moved, resized."""

    def test_inserting(self, api: Api) -> None:
        """What is below moves down; the grid grows."""
        api.write("A1", [[1], [2]])
        api.batch({"insertDimension": {"range": dimension(1, 3), "inheritFromBefore": True}})
        assert api.plain("A1:A4") == [[1], [], [], [2]]
        api.batch({"insertDimension": {"range": dimension(0, 1, "COLUMNS")}})
        assert api.plain("A1:B4") == [["", 1], [], [], ["", 2]]
        assert properties(api)["gridProperties"] == {"rowCount": 1002, "columnCount": 27}

    def test_deleting(self, api: Api) -> None:
        """What is below moves up; not everything can be deleted."""
        api.write("A1", [[1, 4], [2, 5], [3, 6]])
        api.batch({"deleteDimension": {"range": dimension(1, 2)}})
        api.batch({"deleteDimension": {"range": dimension(0, 1, "COLUMNS")}})
        assert api.plain("A1:B3") == [[4], [6]]
        assert refused(api.change({"deleteDimension": {"range": dimension(0, 999)}})) == (
            "Invalid requests[0].deleteDimension: You can't delete all the rows on the sheet."
        )
        assert refused(api.change({"deleteDimension": {"range": dimension(999, 1000)}})) == (
            "Invalid requests[0].deleteDimension: Cannot delete a row that doesn't exist. Tried "
            "to delete row index 999 but there are only 999 rows."
        )

    def test_moving(self, api: Api) -> None:
        """Down and up, with what is tied to them."""
        api.write("A1", [[1], [2], [3], [4]])
        created = token_created(8)["createDeveloperMetadata"]["developerMetadata"]
        tied = created | {"location": {"dimensionRange": dimension(0, 1)}}
        api.batch({"createDeveloperMetadata": {"developerMetadata": tied}})
        api.batch({"moveDimension": {"source": dimension(0, 1), "destinationIndex": 3}})
        assert api.plain("A1:A4") == [[2], [3], [1], [4]]
        found = fine(api.sheets("GET", "/developerMetadata/8"))
        assert found["location"]["dimensionRange"] == {
            "dimension": "ROWS",
            "startIndex": 2,
            "endIndex": 3,
        }
        api.batch({"moveDimension": {"source": dimension(2, 3), "destinationIndex": 0}})
        assert api.plain("A1:A4") == [[1], [2], [3], [4]]

    def test_their_properties(self, api: Api) -> None:
        """A column may be wider, or hidden; the others are as they were."""
        asked = {
            "range": dimension(1, 2, "COLUMNS"),
            "properties": {"pixelSize": 55, "hiddenByUser": True},
            "fields": "pixelSize,hiddenByUser",
        }
        api.batch({"updateDimensionProperties": asked})
        found = api.get(fields="sheets.data.columnMetadata", ranges="A1:C1")
        assert found["sheets"][0]["data"][0]["columnMetadata"] == [
            {"pixelSize": 100},
            {"pixelSize": 55, "hiddenByUser": True},
            {"pixelSize": 100},
        ]


class TestProtection:
    """Protected ranges and sheets."""

    def guarded(self, api: Api, **more: object) -> Api:
        """Another account that may edit the spreadsheet, but not what is protected."""
        permission = {"type": "user", "role": "writer", "emailAddress": BOB}
        fine(api.ask("POST", f"/drive/v3/files/{api.id}/permissions", permission))
        api.batch({"addProtectedRange": {"protectedRange": {"range": FIRST} | more}})
        return api.beside(BOB)

    def test_who_is_no_editor(self, api: Api) -> None:
        """The whole request is refused; other cells are free, and the owner always is."""
        bob = self.guarded(api)
        message = (
            "You are trying to edit a protected cell or object. Please contact the spreadsheet "
            "owner to remove protection if you need to edit."
        )
        body = {"values": [[1]]}
        answer = bob.sheets("PUT", "/values/A1", body, valueInputOption="RAW")
        assert refused(answer) == message
        assert (
            refused(bob.change(appended(row(1)))) == f"Invalid requests[0].appendCells: {message}"
        )
        api.write("A1", [["head"]])
        bob.batch(appended(row(1)))
        assert api.plain("A2") == [[1]]
        protected = bob.get()["sheets"][0]["protectedRanges"][0]
        assert "requestingUserCanEdit" not in protected
        assert "editors" not in protected
        wanted = {"protectedRangeId": protected["protectedRangeId"]}
        assert message in refused(bob.change({"deleteProtectedRange": wanted}))
        api.batch({"deleteProtectedRange": wanted})
        bob.write("A1", [[2]])

    def test_who_is_an_editor(self, api: Api) -> None:
        """The list says so."""
        bob = self.guarded(api, editors={"users": [BOB]})
        bob.write("A1", [[1]])

    def test_a_mere_warning(self, api: Api) -> None:
        """It is no bar to a program."""
        bob = self.guarded(api, warningOnly=True, description="Careful")
        bob.write("A1", [[1]])
        protected = bob.get()["sheets"][0]["protectedRanges"][0]
        del protected["protectedRangeId"]
        assert protected == {
            "range": {"startRowIndex": 0, "endRowIndex": 1},
            "description": "Careful",
            "warningOnly": True,
            "requestingUserCanEdit": True,
        }


def test_a_filter(api: Api) -> None:
    """A sheet has one, and its range is closed."""
    api.batch({"setBasicFilter": {"filter": {"range": {"sheetId": 0}}}})
    assert api.get()["sheets"][0]["basicFilter"]["range"] == {
        "startRowIndex": 0,
        "endRowIndex": 1000,
        "startColumnIndex": 0,
        "endColumnIndex": 26,
    }
    api.batch({"clearBasicFilter": {"sheetId": 0}})
    assert "basicFilter" not in api.get()["sheets"][0]


def test_groups(api: Api) -> None:
    """Rows are grouped, and no more."""
    api.batch({"addDimensionGroup": {"range": dimension(0, 2)}})
    group = {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 2}, "depth": 1}
    assert api.get()["sheets"][0]["rowGroups"] == [group]
    api.batch({"deleteDimensionGroup": {"range": dimension(0, 2)}})
    assert "rowGroups" not in api.get()["sheets"][0]


def test_named_ranges(api: Api) -> None:
    """They have an id, follow their cells, and can be deleted."""
    place = {"sheetId": 0, "startRowIndex": 1, "endRowIndex": 3, "endColumnIndex": 1}
    (reply,) = api.batch({"addNamedRange": {"namedRange": {"name": "Meter", "range": place}}})
    named = reply["addNamedRange"]["namedRange"]
    assert list(named) == ["namedRangeId", "name", "range"]
    assert "already exists" in refused(
        api.change({"addNamedRange": {"namedRange": {"name": "METER", "range": place}}})
    )
    api.batch({"insertDimension": {"range": dimension(0, 1)}})
    assert api.get(fields="namedRanges")["namedRanges"][0]["range"]["startRowIndex"] == 2
    api.batch({"deleteNamedRange": {"namedRangeId": named["namedRangeId"]}})
    assert api.get(fields="namedRanges") == {}
