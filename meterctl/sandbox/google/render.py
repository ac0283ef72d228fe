"""A spreadsheet as Google's JSON: in its order of keys, and without what is empty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from meterctl.sandbox.google.areas import Box
from meterctl.sandbox.google.book import Book, Metadata, Named, Protected, Tab
from meterctl.sandbox.google.cells import Cell, Content, Format, Value, has_data, tidy
from meterctl.sandbox.google.functions import Failure
from meterctl.sandbox.google.looks import DEFAULT_FORMAT, THEME, effective
from meterctl.sandbox.google.masks import Mask, wants
from meterctl.sandbox.google.reading import Reader

Json = dict[str, Any]
URL = "https://docs.google.com/spreadsheets/d/"


class Viewer:
    """Who looks: decides what is shown of protected ranges and of other projects' metadata."""

    def __init__(self, email: str, project: str, *, owner: bool, editor: bool) -> None:
        self.email = email
        self.project = project
        self.owner = owner
        self.editor = editor

    def sees(self, one: Metadata) -> bool:
        """Whether a piece of metadata is visible to this project."""
        return one.visibility == "DOCUMENT" or one.project == self.project

    def may_edit(self, one: Protected) -> bool:
        """Whether what is protected may be edited."""
        if self.owner or (one.warning_only and self.editor):
            return True
        editors = one.editors
        return self.editor and (
            bool(editors.get("domainUsersCanEdit")) or self.email in editors.get("users", [])
        )


def spreadsheet_json(
    reader: Reader, viewer: Viewer, mask: Mask, ranges: list[tuple[Tab, Box]] | None
) -> Json:
    """The whole spreadsheet, or what the mask and the ranges leave of it."""
    book = reader.book
    shown: Json = {"spreadsheetId": book.id}
    if wants(mask, "properties") is not None:
        shown["properties"] = book.properties | {
            "defaultFormat": DEFAULT_FORMAT,
            "spreadsheetTheme": THEME,
        }
    below = wants(mask, "sheets")
    if below is not None:
        shown["sheets"] = [
            sheet_json(reader, viewer, tab, below, boxes) for tab, boxes in _chosen(book, ranges)
        ]
    if book.named:
        shown["namedRanges"] = [named_json(one) for one in book.named]
    shown["spreadsheetUrl"] = f"{URL}{book.id}/edit"
    general = [one for one in book.metadata if one.kind == "SPREADSHEET" and viewer.sees(one)]
    if general:
        shown["developerMetadata"] = [metadata_json(one) for one in general]
    return shown


def _chosen(book: Book, ranges: list[tuple[Tab, Box]] | None) -> Iterable[tuple[Tab, list[Box]]]:
    for tab in book.tabs:
        if ranges is None:
            yield tab, [tab.box]
        else:
            boxes = [box for other, box in ranges if other is tab]
            if boxes:
                yield tab, boxes


def sheet_json(reader: Reader, viewer: Viewer, tab: Tab, mask: Mask, boxes: list[Box]) -> Json:
    """One sheet."""
    shown: Json = {"properties": properties_json(reader.book, tab)}
    below = wants(mask, "data")
    if below is not None:
        shown["data"] = [grid_json(reader, viewer, tab, box, below) for box in boxes]
    parts: dict[str, Any] = {
        "merges": [one.as_json() for one in tab.merges],
        "conditionalFormats": tab.others.get("conditionalFormats"),
        "filterViews": tab.others.get("filterViews"),
        "protectedRanges": [protected_json(one, viewer) for one in tab.protected],
        "basicFilter": tab.basic_filter,
        "charts": tab.others.get("charts"),
        "bandedRanges": tab.others.get("bandedRanges"),
        "developerMetadata": [
            metadata_json(one)
            for one in reader.book.metadata
            if one.kind == "SHEET" and one.sheet == tab.id and viewer.sees(one)
        ],
        "rowGroups": tab.groups.get("ROWS"),
        "columnGroups": tab.groups.get("COLUMNS"),
        "slicers": tab.others.get("slicers"),
        "tables": tab.others.get("tables"),
    }
    return shown | {name: part for name, part in parts.items() if part}


def properties_json(book: Book, tab: Tab) -> Json:
    """A sheet's properties."""
    grid = {"rowCount": tab.row_count, "columnCount": tab.column_count} | tab.grid_properties
    return {
        "sheetId": tab.id,
        "title": tab.title,
        "index": next(at for at, other in enumerate(book.tabs) if other.id == tab.id),
        "sheetType": "GRID",
        "gridProperties": grid,
    } | tab.properties


def grid_json(reader: Reader, viewer: Viewer, tab: Tab, box: Box, mask: Mask) -> Json:
    """The cells of a range, with its rows' and columns' properties."""
    shown: Json = {}
    if box.top:
        shown["startRow"] = box.top
    if box.left:
        shown["startColumn"] = box.left
    below = wants(mask, "rowData")
    if below is not None:
        of_cell = wants(below, "values")
        rows = []
        for at, row in enumerate(tab.rows.between(box.top, box.bottom), box.top):
            contents = row[box.left : box.right]
            cells = [
                cell_json(reader, tab, (at, column), content, of_cell)
                for column, content in enumerate(contents, box.left)
            ]
            while cells and not cells[-1]:  # what the mask leaves nothing of is not there
                cells.pop()
            rows.append({"values": cells} if cells else {})
        while rows and not rows[-1]:
            rows.pop()
        if rows:
            shown["rowData"] = rows
    if wants(mask, "rowMetadata") is not None:
        shown["rowMetadata"] = _lines(reader, viewer, tab, "ROW", range(box.top, box.bottom))
    if wants(mask, "columnMetadata") is not None:
        shown["columnMetadata"] = _lines(reader, viewer, tab, "COLUMN", range(box.left, box.right))
    return shown


def _lines(reader: Reader, viewer: Viewer, tab: Tab, kind: str, lines: range) -> list[Json]:
    default: Json = {"pixelSize": 21 if kind == "ROW" else 100}
    known = tab.row_properties if kind == "ROW" else tab.column_properties
    tagged: dict[int, list[Json]] = {}
    for one in reader.book.metadata:
        if one.kind == kind and one.sheet == tab.id and viewer.sees(one) and one.line is not None:
            tagged.setdefault(one.line, []).append(metadata_json(one))
    shown = []
    for line in lines:
        properties = default | known[line] if line in known else default
        if line in tagged:
            properties = properties | {"developerMetadata": tagged[line]}
        shown.append(properties)
    return shown


def cell_json(
    reader: Reader, tab: Tab, place: tuple[int, int], content: Content, mask: Mask | None
) -> Json:
    """One cell."""
    if content is None or mask is None:
        return {}
    cell = content if isinstance(content, Cell) else Cell(content)
    shown: Json = {}
    result = reader.result(tab, *place, content) if has_data(content) else None
    entered = cell.formula if cell.formula is not None else cell.value
    if entered is not None and wants(mask, "userEnteredValue") is not None:
        shown["userEnteredValue"] = {"formulaValue": entered} if cell.formula else extended(entered)
    if result not in (None, "") and wants(mask, "effectiveValue") is not None:
        shown["effectiveValue"] = extended(result)
    if result not in (None, "") and wants(mask, "formattedValue") is not None:
        shown["formattedValue"] = reader.text(tab, *place, content)
    if cell.format and wants(mask, "userEnteredFormat") is not None:
        shown["userEnteredFormat"] = cell.format
    if wants(mask, "effectiveFormat") is not None:
        shown["effectiveFormat"] = _effective(reader, tab, cell, result)
    link = _link(reader, tab, cell)
    if link is not None and wants(mask, "hyperlink") is not None:
        shown["hyperlink"] = link
    if cell.note and wants(mask, "note") is not None:
        shown["note"] = cell.note
    more = cell.more or {}
    return shown | {name: one for name, one in more.items() if wants(mask, name) is not None}


def _effective(reader: Reader, tab: Tab, cell: Cell, result: Value | Failure | None) -> Format:
    natural: Format = {}
    number_format = reader.number_format(tab, cell)
    if number_format:
        natural["numberFormat"] = number_format
    if result is not None:
        natural |= {"hyperlinkDisplayType": "PLAIN_TEXT", "horizontalAlignment": _side(result)}
    return effective(cell.format or {}, natural, _link(reader, tab, cell))


def _side(value: Value | Failure) -> str:
    """Where a value stands in its cell unless told otherwise."""
    if isinstance(value, bool | Failure):
        return "CENTER"
    return "LEFT" if isinstance(value, str) else "RIGHT"


def _link(reader: Reader, tab: Tab, cell: Cell) -> str | None:
    """Where a cell leads as a whole: by its formula, or by its format."""
    if cell.formula is not None and cell.formula.upper().startswith("=HYPERLINK("):
        return reader.link(tab, cell.formula)
    uri: str | None = (cell.format or {}).get("textFormat", {}).get("link", {}).get("uri")
    return uri


def extended(value: Value | Failure) -> Json:
    """Google's ExtendedValue."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, Failure):
        message = {"message": value.message} if value.message else {}
        return {"errorValue": {"type": value.type} | message}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": tidy(value)}


def named_json(one: Named) -> Json:
    """A named range."""
    return {"namedRangeId": one.id, "name": one.name, "range": one.area.as_json()}


def protected_json(one: Protected, viewer: Viewer) -> Json:
    """A protected range; its editors are told to editors only."""
    shown: Json = {"protectedRangeId": one.id, "range": one.area.as_json()}
    if one.named:
        shown["namedRangeId"] = one.named
    if one.description:
        shown["description"] = one.description
    if one.warning_only:
        shown["warningOnly"] = True
    if viewer.may_edit(one):
        shown["requestingUserCanEdit"] = True
    if one.unprotected:
        shown["unprotectedRanges"] = [area.as_json() for area in one.unprotected]
    if one.editors and viewer.may_edit(one):
        shown["editors"] = one.editors
    return shown


def metadata_json(one: Metadata) -> Json:
    """A piece of developer metadata."""
    location: Json = {"locationType": one.kind}
    if one.kind == "SPREADSHEET":
        location["spreadsheet"] = True
    elif one.kind == "SHEET":
        location["sheetId"] = one.sheet
    elif one.line is not None:
        dimension = {"sheetId": one.sheet} if one.sheet else {}
        location["dimensionRange"] = dimension | {
            "dimension": f"{one.kind}S",
            "startIndex": one.line,
            "endIndex": one.line + 1,
        }
    shown: Json = {"metadataId": one.id, "metadataKey": one.key}
    if one.value is not None:
        shown["metadataValue"] = one.value
    return shown | {"location": location, "visibility": one.visibility}
