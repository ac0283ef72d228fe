"""gspread's worksheets, method by method: each believes what the sandbox answers."""

from __future__ import annotations

import re
from typing import Any

import gspread
import pytest
from gspread.utils import (
    Dimension,
    GridRangeType,
    InsertDataOption,
    MergeType,
    PasteOrientation,
    PasteType,
    TableDirection,
    ValidationConditionType,
    ValueInputOption,
    ValueRenderOption,
)

TYPED = ValueInputOption.user_entered
ROWS = [["A1", "B1", "", "D1"], ["", "b2", "", ""], ["", "", "", ""], ["A4", "B4", "", "D4"]]


def again(sheet: gspread.Worksheet) -> gspread.Worksheet:
    """The same worksheet, as the service tells of it now."""
    return sheet.spreadsheet.get_worksheet_by_id(sheet.id)


@pytest.fixture
def filled(sheet: gspread.Worksheet) -> gspread.Worksheet:
    """A worksheet with some texts in it."""
    cells = sheet.range("A1:D4")
    for cell, value in zip(cells, (one for row in ROWS for one in row), strict=True):
        cell.value = value
    sheet.update_cells(cells)
    return sheet


class TestReading:
    """Values in all shapes."""

    def test_blocks(self, filled: gspread.Worksheet) -> None:
        """Padded or as they came; by rows or by columns; several at once."""
        assert filled.get_all_values() == ROWS
        found = filled.get("A1:D4")
        assert isinstance(found, gspread.worksheet.ValueRange)
        assert found == [["A1", "B1", "", "D1"], ["", "b2"], [], ["A4", "B4", "", "D4"]]
        assert (found.range, found.major_dimension) == ("Sheet1!A1:D4", "ROWS")
        assert filled.get("A1:A4", major_dimension=Dimension.cols) == [["A1", "", "", "A4"]]
        assert filled.get("Y9:Z9") == [[]]
        assert filled.batch_get(["A1:B1", "D4"]) == [[["A1", "B1"]], [["D4"]]]
        assert filled.row_values(4) == ROWS[3]
        assert filled.col_values(4) == ["D1", "", "", "D4"]
        assert len(filled.range("B2:C3")) == 4
        assert filled.expand("A1", TableDirection.right) == [["A1", "B1"]]

    def test_searching(self, filled: gspread.Worksheet) -> None:
        """By text and by pattern."""
        found = filled.find("D4")
        assert found is not None
        assert found.address == "D4"
        matching = filled.findall(re.compile("b", re.IGNORECASE))
        assert [one.address for one in matching] == ["B1", "B2", "B4"]
        assert filled.find("nothing") is None

    def test_one_cell(self, sheet: gspread.Worksheet) -> None:
        """As shown, as it is, as it was entered."""
        sheet.update_acell("A1", "=4/2")
        shown = [sheet.acell("A1", value_render_option=one).value for one in ValueRenderOption]
        assert shown == ["2", 2, "=4/2"]
        for typed, value in (("0042", "42"), ("42\n43", "42\n43"), ("Артур 😇", "Артур 😇")):
            sheet.update_cell(1, 2, typed)
            assert sheet.cell(1, 2).value == value
        sheet.update_cell(1, 2, "")
        assert sheet.cell(1, 2).value is None
        sheet.update_acell("C1", "= 1 / 1024")
        assert sheet.acell("C1").numeric_value == 1 / 1024
        sheet.update_acell("D1", "2,000,000.01")
        assert sheet.acell("D1").numeric_value == 2000000.01

    def test_records(self, sheet: gspread.Worksheet) -> None:
        """A heading makes names of columns."""
        sheet.update([["time", "kWh"], ["2026-01-01", "1.5"], ["", "=1+1"]], raw=False)
        assert sheet.get_all_records() == [
            {"time": "2026-01-01", "kWh": 1.5},
            {"time": "", "kWh": 2},
        ]

    def test_merged_cells(self, sheet: gspread.Worksheet) -> None:
        """Their one value is theirs all."""
        sheet.update([["x", "", ""], ["", "", ""], ["", "", "z"]])
        sheet.merge_cells("A1:B2")
        combined = sheet.get_values(combine_merged_cells=True)
        assert combined == [["x", "x", ""], ["x", "x", ""], ["", "", "z"]]
        sheet.batch_merge([{"range": "A5:B6", "mergeType": MergeType.merge_rows}])
        sheet.unmerge_cells("A1:B6")
        assert sheet.get_values(combine_merged_cells=True)[1] == ["", "", ""]


class TestWriting:
    """Values that come and go."""

    def test_answers(self, sheet: gspread.Worksheet) -> None:
        """They tell what was written where, and repeat it if asked."""
        answer = sheet.update([["=1+1"]], "A1", raw=False, include_values_in_response=True)
        assert answer["updatedData"]["values"] == [["2"]]
        answer = sheet.batch_update(
            [{"range": "A1:B1", "values": [[1, 2]]}, {"range": "A3", "values": [["x"]]}]
        )
        assert answer["totalUpdatedCells"] == 3
        assert sheet.batch_clear(["A1:B1", "C1:E6"])["clearedRanges"] == [
            "Sheet1!A1:B1",
            "Sheet1!C1:E6",
        ]

    def test_appending(self, sheet: gspread.Worksheet) -> None:
        """Below a table; the grid grows."""
        sheet.resize(3, 4)
        for at in range(5):
            sheet.append_row([at, at + 1], table_range="A1")
        assert again(sheet).row_count == 5
        answer = sheet.append_rows(
            [["=1+1"]],
            value_input_option=TYPED,
            insert_data_option=InsertDataOption.insert_rows,
            include_values_in_response=True,
        )
        assert answer["tableRange"] == "Sheet1!A1:B5"
        assert answer["updates"]["updatedData"]["values"] == [["2"]]

    def test_inserting_and_deleting(self, sheet: gspread.Worksheet) -> None:
        """Rows and columns, at any place."""
        sheet.update([["A1", "B1"], ["A2", "B2"]])
        sheet.insert_rows([["n", "m"], ["o", "p"]], 2, inherit_from_before=True)
        sheet.insert_cols([["c1", "c2"], ["d1", "d2"]], 2)
        assert sheet.get("A1:D3") == [
            ["A1", "c1", "d1", "B1"],
            ["n", "c2", "d2", "m"],
            ["o", "", "", "p"],
        ]
        sheet.delete_columns(2, 3)
        sheet.delete_rows(2, 3)
        assert sheet.get("A1:B2") == [["A1", "B1"], ["A2", "B2"]]
        assert (again(sheet).row_count, again(sheet).col_count) == (1000, 26)

    def test_moving_about(self, sheet: gspread.Worksheet) -> None:
        """Copied, cut, sorted."""
        sheet.update([[3, "c"], [1, "a"], [2, "b"]])
        sheet.sort((1, "asc"))
        assert sheet.col_values(2) == ["a", "b", "c"]
        sheet.copy_range("A1:B1", "D1", PasteType.values, PasteOrientation.transpose)
        sheet.cut_range("D1:D2", "E4")
        assert sheet.get("D1:E5") == [[], [], [], ["", "1"], ["", "a"]]

    def test_a_strict_rule(self, sheet: gspread.Worksheet) -> None:
        """What breaks it is refused."""
        kind = ValidationConditionType.number_greater
        sheet.add_validation("A1", kind, ["10"], strict=True, inputMessage="more than 10")
        with pytest.raises(gspread.exceptions.APIError) as caught:
            sheet.update([["5"]], "A1", raw=False)
        assert caught.value.code == 400
        sheet.update([["11"]], "A1", raw=False)


class TestProperties:
    """What a worksheet is, apart from its values."""

    def test_lines(self, sheet: gspread.Worksheet) -> None:
        """Frozen, grouped, hidden, as wide as what is in them."""
        sheet.freeze(2, 1)
        assert (again(sheet).frozen_row_count, again(sheet).frozen_col_count) == (2, 1)
        sheet.freeze(0, 0)
        assert again(sheet).frozen_row_count == 0
        sheet.add_dimension_group_rows(1, 4)
        sheet.add_dimension_group_columns(0, 2)
        assert sheet.list_dimension_group_columns() == [
            {"range": {"dimension": "COLUMNS", "startIndex": 0, "endIndex": 2}, "depth": 1}
        ]
        sheet.delete_dimension_group_columns(0, 2)
        assert sheet.list_dimension_group_columns() == []
        assert len(sheet.list_dimension_group_rows()) == 1
        sheet.hide_columns(0, 2)
        metadata: Any = sheet.spreadsheet.fetch_sheet_metadata({"includeGridData": "true"})
        columns = metadata["sheets"][0]["data"][0]["columnMetadata"]
        assert [one.get("hiddenByUser") for one in columns[:3]] == [True, True, None]
        sheet.unhide_columns(0, 2)
        sheet.hide_rows(0, 1)
        sheet.unhide_rows(0, 1)
        sheet.columns_auto_resize(0, 2)
        sheet.rows_auto_resize(0, 2)

    def test_looks(self, sheet: gspread.Worksheet) -> None:
        """Colour of the tab, lines of the grid, number formats."""
        sheet.update_tab_color("#3300CC")
        assert again(sheet).tab_color == "#3300CC"
        sheet.clear_tab_color()
        assert again(sheet).tab_color is None
        sheet.hide_gridlines()
        assert again(sheet).is_gridlines_hidden
        sheet.show_gridlines()
        assert not again(sheet).is_gridlines_hidden
        sheet.update([[3]])
        sheet.format(["A1", "B1:C1"], {"numberFormat": {"type": "NUMBER", "pattern": "0.00"}})
        assert sheet.acell("A1").value == "3.00"

    def test_notes(self, sheet: gspread.Worksheet) -> None:
        """Set, changed, listed, taken away."""
        sheet.insert_notes({"A1": "one", "B2": "two"})
        assert sheet.get_notes() == [["one"], ["", "two"]]
        assert sheet.get_notes(grid_range="A2:B2") == [["", "two"]]
        sheet.update_note("A1", "other")
        assert sheet.get_note("A1") == "other"
        sheet.clear_notes(["A1"])
        sheet.clear_note("B2")
        assert sheet.get_notes() == [[]]

    def test_ranges(self, sheet: gspread.Worksheet) -> None:
        """Named, guarded, filtered."""
        book = sheet.spreadsheet
        sheet.update([["a", "b"]])
        sheet.define_named_range("A1:B1", "both")
        assert [one.value for one in book.named_range("both")] == ["a", "b"]
        sheet.delete_named_range(book.list_named_ranges()[0]["namedRangeId"])
        assert book.list_named_ranges() == []
        sheet.add_protected_range("A1:B1", ["bob@example.com"], description="mine")
        (guard,) = book.list_protected_ranges(sheet.id)
        assert guard["description"] == "mine"
        sheet.delete_protected_range(guard["protectedRangeId"])
        assert book.list_protected_ranges(sheet.id) == []
        sheet.set_basic_filter()
        metadata: Any = book.fetch_sheet_metadata()["sheets"][0]
        assert metadata["basicFilter"]["range"] == {
            "startRowIndex": 0,
            "endRowIndex": 1000,
            "startColumnIndex": 0,
            "endColumnIndex": 26,
        }
        sheet.clear_basic_filter()


class TestSpreadsheets:
    """Worksheets among others, and the file that they are in."""

    def test_order_and_copies(self, client: gspread.Client, sheet: gspread.Worksheet) -> None:
        """They are added, moved, doubled, copied elsewhere, hidden, deleted."""
        book = sheet.spreadsheet
        book.add_worksheet("B", 10, 5)
        book.add_worksheet("C", 10, 5, index=0)
        book.reorder_worksheets(list(reversed(book.worksheets())))
        assert [one.title for one in book.worksheets()] == ["B", "Sheet1", "C"]
        double = book.worksheet("B").duplicate(0, 99, "double")
        assert (double.id, double.index, double.row_count) == (99, 0, 10)
        other = client.create("Other")
        double.copy_to(other.id)
        assert [one.title for one in other.worksheets()] == ["Sheet1", "Copy of double"]
        double.hide()
        assert len(book.worksheets(exclude_hidden=True)) == 3
        double.show()
        book.del_worksheet_by_id(99)
        with pytest.raises(gspread.WorksheetNotFound):
            book.worksheet("double")

    def test_the_file(self, client: gspread.Client, sheet: gspread.Worksheet) -> None:
        """Renamed, moved to another zone and locale, shared, handed over, copied."""
        book = sheet.spreadsheet
        book.update_title("Renamed")
        book.update_timezone("Europe/Paris")
        book.update_locale("fr_FR")
        seen = client.open_by_key(book.id)
        assert (seen.title, seen.timezone, seen.locale) == ("Renamed", "Europe/Paris", "fr_FR")
        book.share("a@example.com", perm_type="user", role="writer", notify=False)
        book.share("example.com", perm_type="domain", role="reader")
        copied = client.copy(book.id, "Copied", copy_permissions=True, copy_comments=True)
        assert {(one["type"], one["role"]) for one in copied.list_permissions()} == {
            ("user", "owner"),
            ("user", "writer"),
            ("domain", "reader"),
        }
        (name,) = book.remove_permissions("a@example.com", role="writer")
        assert name not in [one["id"] for one in book.list_permissions()]
        assert [one["name"] for one in client.list_spreadsheet_files("Copied")] == ["Copied"]

    def test_every_format(self, client: gspread.Client, sheet: gspread.Worksheet) -> None:
        """All that gspread knows are made, and an unknown one is refused before it is asked for."""
        for kind in gspread.utils.ExportFormat:
            assert client.export(sheet.spreadsheet.id, kind) or kind.startswith("text/")

    def test_lists_of_lists(self, sheet: gspread.Worksheet) -> None:
        """A worksheet is read whole, whatever its shape."""
        assert sheet.get(return_type=GridRangeType.ListOfLists) == [[]]
