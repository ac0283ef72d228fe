"""Requests about whole sheets, and about the spreadsheet itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from meterctl.sandbox.google.areas import MAX_COLUMNS
from meterctl.sandbox.google.attached import rehomed
from meterctl.sandbox.google.book import Book, Tab
from meterctl.sandbox.google.cells import trimmed
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import invalid, too_many_columns
from meterctl.sandbox.google.looks import twinned, twinned_mask
from meterctl.sandbox.google.masks import ALL, Mask, merge, wants
from meterctl.sandbox.google.render import properties_json
from meterctl.sandbox.google.requests_cells import fields

Json = dict[str, Any]
_PLAIN = ("hidden", "tabColor", "rightToLeft", "tabColorStyle")
_GRID = (
    "frozenRowCount",
    "frozenColumnCount",
    "hideGridlines",
    "rowGroupControlAfter",
    "columnGroupControlAfter",
)


def new_tab(book: Book, asked: Json) -> Tab:
    """A sheet with the properties asked for, not yet in the spreadsheet.

    Raises:
        ApiError: its title or id is taken, or its size impossible.
    """
    if asked.get("sheetType", "GRID") != "GRID":
        raise invalid(f"Cannot add a sheet of type {asked['sheetType']}.")
    grid = asked.get("gridProperties", {})
    sheet = asked.get("sheetId")
    if sheet is not None:
        if sheet < 0:
            raise invalid("sheetId must be non-negative")
        if any(tab.id == sheet for tab in book.tabs):
            raise invalid(f"Sheet with id {sheet} already exists")
    title = asked.get("title") or _free_title(book)
    _check_title(book, title, None)
    tab = Tab(book.new_id() if sheet is None else sheet, title)
    tab.row_count = grid.get("rowCount") or 1000
    tab.column_count = grid.get("columnCount") or 26
    _check_size(tab)
    tab.properties = _kept(twinned({n: asked[n] for n in _PLAIN if n in asked}))
    tab.grid_properties = _kept({name: grid[name] for name in _GRID if name in grid})
    _check_frozen(tab)
    return tab


def _free_title(book: Book) -> str:
    number = len(book.tabs) + 1
    while book.titled(f"Sheet{number}"):
        number += 1
    return f"Sheet{number}"


def _kept(found: Json) -> Json:
    """Google leaves out what is false, zero or empty."""
    return {name: one for name, one in found.items() if one}


def _check_title(book: Book, title: str, own: Tab | None) -> None:
    if not title:
        raise invalid("The sheet name cannot be empty.")
    if len(title) > 100:
        raise invalid("The sheet name cannot be greater than 100 characters.")
    other = book.titled(title)
    if other is not None and other is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


def _check_size(tab: Tab) -> None:
    if tab.row_count < 1 or tab.column_count < 1:
        raise invalid("A sheet must have at least one row and one column.")
    if tab.column_count > MAX_COLUMNS:
        raise too_many_columns(MAX_COLUMNS)


def _check_frozen(tab: Tab) -> None:
    if tab.grid_properties.get("frozenRowCount", 0) >= tab.row_count:
        raise invalid("You can't freeze all visible rows on the sheet.")
    if tab.grid_properties.get("frozenColumnCount", 0) >= tab.column_count:
        raise invalid("You can't freeze all visible columns on the sheet.")


def add_sheet(edit: Edit, asked: Json) -> Json:
    """A new, empty sheet."""
    properties = asked.get("properties", {})
    tab = new_tab(edit.book, properties)
    place(edit.book, tab, properties.get("index"))
    return {"properties": properties_json(edit.book, tab)}


def place(book: Book, tab: Tab, index: int | None) -> None:
    """Put a new sheet among the others.

    Raises:
        ApiError: the spreadsheet would have too many cells, or there is no such place.
    """
    if index is not None and not 0 <= index <= len(book.tabs):
        raise invalid(f"The sheet index {index} is out of bounds.")
    book.tabs.insert(len(book.tabs) if index is None else index, tab)
    book.check_cells()


def delete_sheet(edit: Edit, asked: Json) -> None:
    """A sheet with all that is in it."""
    tab = edit.book.tab(asked.get("sheetId", 0), "sheet")
    rest = [other for other in edit.book.tabs if other is not tab]
    if not rest:
        raise invalid("You can't remove all the sheets in a document.")
    if all(other.properties.get("hidden") for other in rest):
        raise invalid("You can't remove all the visible sheets in a document.")
    edit.check_protection(tab, tab.box)
    edit.book.tabs = rest
    edit.book.named = [one for one in edit.book.named if one.area.sheet != tab.id]
    edit.book.metadata = [
        one for one in edit.book.metadata if one.kind == "SPREADSHEET" or one.sheet != tab.id
    ]


def duplicate_sheet(edit: Edit, asked: Json) -> Json:
    """A copy of a sheet beside it."""
    source = edit.book.tab(asked.get("sourceSheetId", 0), "sheet")
    index = asked.get("insertSheetIndex")
    properties = {
        "title": asked.get("newSheetName") or f"Copy of {source.title}",
        "sheetId": asked.get("newSheetId"),
    }
    tab = copy_into(edit.book, source, properties)
    place(edit.book, tab, edit.book.tabs.index(source) + 1 if index is None else index)
    for one in list(edit.book.metadata):
        if one.sheet == source.id and one.kind != "SPREADSHEET":
            copied = one._replace(id=edit.book.new_id(), sheet=tab.id)
            edit.book.metadata.append(copied)
    return {"properties": properties_json(edit.book, tab)}


def copy_into(book: Book, source: Tab, properties: Json) -> Tab:
    """A copy of a sheet, for this or another spreadsheet, not yet in it."""
    made = new_tab(book, {name: one for name, one in properties.items() if one is not None})
    copied = replace(source.copy(), id=made.id, title=made.title, protected=[])
    copied.merges = [one._replace(sheet=made.id) for one in source.merges]
    if source.basic_filter is not None:
        moved = source.basic_filter["range"] | {"sheetId": made.id}
        copied.basic_filter = source.basic_filter | {"range": moved}
    copied.others, copied.groups = rehomed(book, source, made.id)
    return copied


def update_sheet_properties(edit: Edit, asked: Json) -> None:
    """Title, place, size, frozen rows and the rest."""
    mask = fields(asked, "SheetProperties")
    given = asked.get("properties", {})
    book = edit.book
    tab = book.tab(given.get("sheetId", 0), "sheet")
    if not set(mask) <= {"sheetId", "index"}:
        edit.check_protection(tab, tab.box)
    if wants(mask, "title") is not None:
        _check_title(book, given.get("title", ""), tab)
        tab.title = given["title"]
    if wants(mask, "gridProperties") is not None:
        _resize(edit, tab, given.get("gridProperties", {}), wants(mask, "gridProperties") or ALL)
    plain = {name: mask.get(name, ALL) for name in _PLAIN if wants(mask, name) is not None}
    if plain:
        wanted = twinned({name: given[name] for name in _PLAIN if name in given})
        tab.properties = _kept(merge(tab.properties, wanted, twinned_mask(plain)))
        if all(other.properties.get("hidden") for other in book.tabs):
            raise invalid("You can't hide all the sheets in a document.")
    if wants(mask, "index") is not None:
        _move(book, tab, given.get("index", len(book.tabs)))


def _move(book: Book, tab: Tab, index: int) -> None:
    """Google counts the places as they are before the sheet is taken out of its own."""
    at = book.tabs.index(tab)
    if not 0 <= index <= len(book.tabs):
        raise invalid(f"The sheet index {index} is out of bounds.")
    if index not in (at, at + 1):
        book.tabs.remove(tab)
        book.tabs.insert(index - 1 if index > at else index, tab)


def _resize(edit: Edit, tab: Tab, grid: Json, mask: Mask) -> None:
    if wants(mask, "columnCount") is not None and "columnCount" in grid:
        count = grid["columnCount"]
        if 0 < count < tab.column_count:
            tab.rows.change(lambda row: trimmed(row[:count]))
            tab.data_end = tab.row_count
        tab.column_count = count  # before the rows: fewer columns make room for more of them
    if wants(mask, "rowCount") is not None and "rowCount" in grid:
        count = grid["rowCount"]
        if count < tab.row_count and count > 0:
            tab.rows.delete(count, max(tab.row_count, len(tab.rows)))
            tab.data_end = min(tab.data_end, count)
            tab.row_count = count
        elif count > tab.row_count:
            edit.grow(tab, count, 0)
        else:
            tab.row_count = count
    _check_size(tab)
    edit.book.check_cells()
    rest = {name: mask.get(name, ALL) for name in _GRID if wants(mask, name) is not None}
    if rest:
        tab.grid_properties = _kept(merge(tab.grid_properties, grid, rest))
    _check_frozen(tab)


def update_spreadsheet_properties(edit: Edit, asked: Json) -> None:
    """Title, locale, time zone."""
    mask = fields(asked, "SpreadsheetProperties")
    given = asked.get("properties", {})
    names = ("title", "locale", "autoRecalc", "timeZone", "iterativeCalculationSettings")
    for name in names:
        if wants(mask, name) is None:
            continue
        if name in given:
            edit.book.properties[name] = given[name]
        elif "*" not in mask and name in ("title", "locale", "timeZone"):
            raise invalid(f"properties.{name} is required")
    check_properties(edit.book.properties)


def check_properties(properties: Json) -> None:
    """Refuse what no spreadsheet can have.

    Raises:
        ApiError: an unknown time zone or locale.
    """
    try:
        if not re.fullmatch(r"GMT[-+][01][0-9]:[0-5][0-9]", properties["timeZone"]):
            ZoneInfo(properties["timeZone"])
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid(f"Invalid time zone: {properties['timeZone']}") from error
    if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", properties["locale"]):
        raise invalid(f"Unsupported locale: {properties['locale']}")


HANDLERS = {
    "addSheet": add_sheet,
    "deleteSheet": delete_sheet,
    "duplicateSheet": duplicate_sheet,
    "updateSheetProperties": update_sheet_properties,
    "updateSpreadsheetProperties": update_spreadsheet_properties,
}
