"""The methods of `spreadsheets`, of its sheets and of its developer metadata."""

from __future__ import annotations

import re
from typing import Any

from meterctl.sandbox.google import batch, metadata
from meterctl.sandbox.google.areas import Box
from meterctl.sandbox.google.book import Book, Tab, new_book
from meterctl.sandbox.google.call import Call, filtered
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import bad_field, invalid, not_found
from meterctl.sandbox.google.masks import ALL, wants
from meterctl.sandbox.google.reading import Reader
from meterctl.sandbox.google.render import (
    Viewer,
    metadata_json,
    properties_json,
    spreadsheet_json,
)
from meterctl.sandbox.google.requests_sheets import check_properties, copy_into, new_tab, place
from meterctl.sandbox.google.targets import target

Json = dict[str, Any]


def create(call: Call) -> Json:
    """`spreadsheets.create`."""
    given = call.body.get("properties", {})
    made = new_book(call.files.new_id(), given.get("title") or "Untitled spreadsheet")
    for name in ("locale", "timeZone", "autoRecalc", "iterativeCalculationSettings"):
        if given.get(name):
            made.properties[name] = given[name]
    check_properties(made.properties)
    sheets = call.body.get("sheets", [])
    if sheets:
        made.tabs = []
    viewer = Viewer(call.caller.email, call.caller.project, owner=True, editor=True)
    edit = Edit(made, viewer, call.files.clock())
    for at, sheet in enumerate(sheets):
        tab = new_tab(made, {"sheetId": 0 if at == 0 else None} | sheet.get("properties", {}))
        place(made, tab, None)
        for block in sheet.get("data", []):
            start = {"sheetId": tab.id, "rowIndex": block.get("startRow", 0)}
            start["columnIndex"] = block.get("startColumn", 0)
            rows = block.get("rowData", [])
            request = {"start": start, "rows": rows, "fields": "*"}
            batch.HANDLERS["updateCells"](edit, request)
    for named in call.body.get("namedRanges", []):
        batch.HANDLERS["addNamedRange"](edit, {"namedRange": named})
    for one in call.body.get("developerMetadata", []):
        batch.HANDLERS["createDeveloperMetadata"](edit, {"developerMetadata": one})
    call.files.add(made, call.caller)
    return _spreadsheet(call, made, None, data=False)


def _spreadsheet(
    call: Call, book: Book, ranges: list[tuple[Tab, Box]] | None, *, data: bool
) -> Json:
    found = call.files.readable(book.id, call.caller)
    reader = Reader(book, call.files.clock())
    mask = call.mask
    if not mask and not data:
        mask = {"*": {}, "sheets": {name: {} for name in _SHEET if name != "data"}}
    return spreadsheet_json(reader, found.viewer(call.caller), mask, ranges)


_SHEET = (
    *("properties", "data", "merges", "conditionalFormats", "filterViews", "protectedRanges"),
    *("basicFilter", "charts", "bandedRanges", "developerMetadata", "rowGroups", "columnGroups"),
    *("slicers", "tables"),
)


def get(call: Call) -> Json:
    """`spreadsheets.get`; with a mask, the mask alone says whether there is grid data."""
    book = call.book()
    places = [target(book, text) for text in call.ranges()]
    ranges = [(one.tab, one.box) for one in places] if places else None
    return _spreadsheet(call, book, ranges, data=call.flag("includeGridData"))


def get_by_filter(call: Call) -> Json:
    """`spreadsheets.getByDataFilter`."""
    book = call.book()
    places = filtered(call, book, call.body.get("dataFilters", []))
    ranges = [(one.tab, one.box) for one, _ in places]
    data = call.body.get("includeGridData", False)
    return _spreadsheet(call, book, ranges or None, data=data)


def batch_update(call: Call) -> Json:
    """`spreadsheets.batchUpdate`."""

    def do(edit: Edit) -> Json:
        replies = batch.apply(edit, call.body.get("requests", []))
        shown: Json = {"spreadsheetId": edit.book.id, "replies": replies}
        if call.body.get("includeSpreadsheetInResponse"):
            places = [target(edit.book, text) for text in call.body.get("responseRanges", [])]
            below = wants(call.mask, "updatedSpreadsheet")
            shown["updatedSpreadsheet"] = _spreadsheet(
                call._replace(mask=below or ALL),
                edit.book,
                [(one.tab, one.box) for one in places] if places else None,
                data=call.body.get("responseIncludeGridData", False),
            )
        return shown

    return call.change(do)


def copy_to(call: Call) -> Json:
    """`spreadsheets.sheets.copyTo`."""
    book = call.book()
    try:
        source = book.tab(int(call.names[1]), "sheet")
    except ValueError:
        raise not_found() from None

    def do(edit: Edit) -> Json:
        title = f"Copy of {source.title}"
        number = 1
        while edit.book.titled(title):
            number += 1
            title = f"Copy of {source.title} {number}"
        tab = copy_into(edit.book, source, {"title": title})
        place(edit.book, tab, None)
        return properties_json(edit.book, tab)

    return call.files.change(call.body.get("destinationSpreadsheetId", ""), call.caller, do)


def metadata_get(call: Call) -> Json:
    """`spreadsheets.developerMetadata.get`."""
    found = call.files.readable(call.names[0], call.caller)
    viewer = found.viewer(call.caller)
    if not re.fullmatch(r"-?[0-9]+", call.names[1], re.ASCII):
        text = f"Invalid value at 'metadata_id' (TYPE_INT32), \"{call.names[1]}\""
        raise bad_field([("metadata_id", text)])
    for one in found.book.metadata:
        if one.id == int(call.names[1]) and viewer.sees(one):
            return metadata_json(one)
    raise not_found()


def metadata_search(call: Call) -> Json:
    """`spreadsheets.developerMetadata.search`."""
    found = call.files.readable(call.names[0], call.caller)
    filters = call.body.get("dataFilters", [])
    if not filters:
        raise invalid("At least one data filter must be specified.")
    return metadata.search(found.book, found.viewer(call.caller), filters)
