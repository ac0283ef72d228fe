"""gspread and google-auth, which know nothing of the sandbox, over a real connection."""

from __future__ import annotations

import gspread
import pytest
from gspread.utils import ExportFormat, ValueInputOption, ValueRenderOption

from meterctl.sandbox.google import Google


def test_opening(client: gspread.Client, google: Google) -> None:
    """By name, by id, all; what there is not is told apart from what is another's."""
    made = client.create("A home")
    assert client.open("A home").id == made.id
    assert client.open_by_key(made.id).timezone == "Etc/GMT"
    assert [one.id for one in client.openall()] == [made.id]
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open("Another home")
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open_by_key("nothing")
    other = google.new_spreadsheet("bob@flats.iam.gserviceaccount.com", "Bob's")
    with pytest.raises(PermissionError):
        client.open_by_key(other)


def test_values(sheet: gspread.Worksheet) -> None:
    """Updated, appended, inserted, deleted, found, cleared."""
    sheet.update(
        [["time", "kWh"], ["2026-01-01", "142.3"]],
        "A1",
        value_input_option=ValueInputOption.user_entered,
    )
    assert sheet.get_all_records() == [{"time": "2026-01-01", "kWh": 142.3}]
    sheet.append_row(["=1+1"], value_input_option=ValueInputOption.user_entered)
    assert sheet.acell("A3").value == "2"
    assert sheet.acell("A3", value_render_option=ValueRenderOption.formula).value == "=1+1"
    sheet.insert_row(["x"], 2)
    sheet.delete_rows(3)
    assert sheet.get_all_values() == [["time", "kWh"], ["x", ""], ["2", ""]]
    found = sheet.find("x")
    assert found is not None
    assert found.address == "A2"
    sheet.batch_clear(["A2:B3"])
    assert sheet.get("A1:B9") == [["time", "kWh"]]


def test_looks(sheet: gspread.Worksheet) -> None:
    """Formats, notes, frozen rows, merges, filters, protection, sheets beside."""
    sheet.format("A1:B1", {"textFormat": {"bold": True}})
    sheet.freeze(1)
    sheet.insert_note("A1", "id: meter")
    assert sheet.get_note("A1") == "id: meter"
    sheet.merge_cells("C1:D1")
    sheet.set_basic_filter("A1:B2")
    sheet.add_protected_range("A1:B1", warning_only=True)
    sheet.add_validation("E1", gspread.utils.ValidationConditionType.boolean, [])
    beside = sheet.spreadsheet.add_worksheet("B", 10, 5)
    assert [one.title for one in sheet.spreadsheet.worksheets()] == ["Sheet1", "B"]
    beside.update_index(0)
    beside.hide()
    sheet.spreadsheet.del_worksheet(beside)
    metadata = sheet.spreadsheet.fetch_sheet_metadata()["sheets"][0]
    assert list(metadata) == ["properties", "merges", "protectedRanges", "basicFilter"]


def test_a_refused_request(sheet: gspread.Worksheet) -> None:
    """gspread understands the error."""
    with pytest.raises(gspread.exceptions.APIError) as caught:
        sheet.hide()
    assert caught.value.code == 400
    assert "hide all the sheets" in caught.value.error["message"]


def test_files(client: gspread.Client, sheet: gspread.Worksheet) -> None:
    """Copied, shared, exported, filled from CSV, deleted."""
    made = sheet.spreadsheet
    made.share("bob@example.com", perm_type="user", role="writer")
    copied = client.copy(made.id, copy_permissions=True)
    assert copied.title == "Copy of A home"
    client.import_csv(made.id, "a,1\nb,2")
    assert made.sheet1.get_all_values() == [["a", "1"], ["b", "2"]]
    assert client.export(made.id, ExportFormat.CSV) == b"a,1\r\nb,2"
    assert made.creationTime <= made.get_lastUpdateTime()
    client.del_spreadsheet(made.id)
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open_by_key(made.id)
