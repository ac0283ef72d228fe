"""`batchUpdate`: sheets, lines, ranges and their properties, one at a time."""

from __future__ import annotations

from typing import Any

from tests.sandbox.google.client import (
    BOB,
    Api,
    appended,
    dimension,
    fine,
    properties,
    refused,
    row,
    token_created,
)

Json = dict[str, Any]
FIRST = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1}


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
