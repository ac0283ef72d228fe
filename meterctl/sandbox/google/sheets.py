"""The methods of `spreadsheets`, of its sheets and of its developer metadata."""

from __future__ import annotations

import re
from typing import Any

from meterctl.sandbox.google import batch, metadata
from meterctl.sandbox.google.areas import Box
from meterctl.sandbox.google.book import Book, Tab
from meterctl.sandbox.google.call import Call, filtered
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import bad_field, invalid, not_found
from meterctl.sandbox.google.masks import ALL, wants
from meterctl.sandbox.google.reading import Reader
from meterctl.sandbox.google.render import (
    metadata_json,
    properties_json,
    spreadsheet_json,
)
from meterctl.sandbox.google.requests_sheets import copy_into, place
from meterctl.sandbox.google.targets import target

Json = dict[str, Any]


def shown_spreadsheet(
    call: Call, book: Book, ranges: list[tuple[Tab, Box]] | None, *, data: bool
) -> Json:
    """A spreadsheet as far as it was asked for."""
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
    return shown_spreadsheet(call, book, ranges, data=call.flag("includeGridData"))


def get_by_filter(call: Call) -> Json:
    """`spreadsheets.getByDataFilter`."""
    book = call.book()
    places = filtered(call, book, call.body.get("dataFilters", []))
    ranges = [(one.tab, one.box) for one, _ in places]
    data = call.body.get("includeGridData", False)
    return shown_spreadsheet(call, book, ranges or None, data=data)


def batch_update(call: Call) -> Json:
    """`spreadsheets.batchUpdate`."""

    def do(edit: Edit) -> Json:
        replies = batch.apply(edit, call.body.get("requests", []))
        shown: Json = {"spreadsheetId": edit.book.id, "replies": replies}
        if call.body.get("includeSpreadsheetInResponse"):
            places = [target(edit.book, text) for text in call.body.get("responseRanges", [])]
            below = wants(call.mask, "updatedSpreadsheet")
            shown["updatedSpreadsheet"] = shown_spreadsheet(
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
