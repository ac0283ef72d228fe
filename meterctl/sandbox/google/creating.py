"""`spreadsheets.create`: a new spreadsheet with all that the request says of it."""

from __future__ import annotations

from typing import Any

from meterctl.sandbox.google import batch
from meterctl.sandbox.google.areas import area
from meterctl.sandbox.google.book import Book, Tab, new_book
from meterctl.sandbox.google.call import Call
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.render import Viewer
from meterctl.sandbox.google.requests_sheets import check_properties, new_tab, place
from meterctl.sandbox.google.sheets import shown_spreadsheet

Json = dict[str, Any]
_KEPT = ("locale", "timeZone", "autoRecalc", "iterativeCalculationSettings")
# Parts of a sheet that a request of their own adds, with that request's name for the part.
_ADDED = {
    "protectedRanges": ("addProtectedRange", "protectedRange"),
    "conditionalFormats": ("addConditionalFormatRule", "rule"),
    "filterViews": ("addFilterView", "filter"),
    "bandedRanges": ("addBanding", "bandedRange"),
    "developerMetadata": ("createDeveloperMetadata", "developerMetadata"),
}


def create(call: Call) -> Json:
    """The new spreadsheet, without its cells."""
    given = call.body.get("properties", {})
    made = new_book(call.files.new_id(), given.get("title") or "Untitled spreadsheet")
    made.properties |= {name: given[name] for name in _KEPT if given.get(name)}
    check_properties(made.properties)
    viewer = Viewer(call.caller.email, call.caller.project, owner=True, editor=True)
    edit = Edit(made, viewer, call.files.clock())
    sheets = call.body.get("sheets", [])
    if sheets:
        made.tabs = []
    filled = [(_tab(made, sheet), sheet) for sheet in sheets]
    for tab, sheet in filled:
        _fill(edit, tab, sheet)
    for named in call.body.get("namedRanges", []):
        batch.HANDLERS["addNamedRange"](edit, {"namedRange": named})
    for one in call.body.get("developerMetadata", []):
        batch.HANDLERS["createDeveloperMetadata"](edit, {"developerMetadata": one})
    call.files.add(made, call.caller)
    return shown_spreadsheet(call, made, None, data=False)


def _tab(book: Book, sheet: Json) -> Tab:
    properties = sheet.get("properties", {})
    tab = new_tab(book, properties)
    place(book, tab, None)
    return tab


def _fill(edit: Edit, tab: Tab, sheet: Json) -> None:
    for block in sheet.get("data", []):
        top, left = block.get("startRow", 0), block.get("startColumn", 0)
        rows = block.get("rowData", [])
        if rows:
            start = {"sheetId": tab.id, "rowIndex": top, "columnIndex": left}
            request = {"start": start, "rows": rows, "fields": "*"}
            batch.HANDLERS["updateCells"](edit, request)
        for known, first, lines in (
            (tab.row_properties, top, block.get("rowMetadata", [])),
            (tab.column_properties, left, block.get("columnMetadata", [])),
        ):
            known |= {at: dict(one) for at, one in enumerate(lines, first) if one}
    for part, (request_name, name) in _ADDED.items():
        for one in sheet.get(part, []):
            batch.HANDLERS[request_name](edit, {name: one})
    tab.merges += [area(one) for one in sheet.get("merges", [])]
    if sheet.get("basicFilter"):
        batch.HANDLERS["setBasicFilter"](edit, {"filter": sheet["basicFilter"]})
