"""Developer metadata: small named values tied to a spreadsheet, a sheet, a row or a column."""

from __future__ import annotations

from typing import Any

from meterctl.sandbox.google.areas import Area, area
from meterctl.sandbox.google.book import Book, Metadata
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import ApiError, invalid
from meterctl.sandbox.google.masks import wants
from meterctl.sandbox.google.render import Viewer, metadata_json
from meterctl.sandbox.google.requests_cells import fields
from meterctl.sandbox.google.targets import target

Json = dict[str, Any]
MAX_CHARACTERS = 30_000  # on the spreadsheet itself, and on each sheet with its rows and columns


def _size(one: Metadata) -> int:
    return len(one.key) + len(one.value or "")


def _place(book: Book, location: Json) -> tuple[str, int | None, int | None]:
    """What kind of thing a location means, the sheet, and the row or column."""
    named = [name for name in ("spreadsheet", "sheetId", "dimensionRange") if name in location]
    if len(named) != 1:
        raise invalid("Exactly one location must be specified for developer metadata.")
    if named == ["spreadsheet"]:
        if not location["spreadsheet"]:
            raise invalid("location.spreadsheet must be true where it is set.")
        return "SPREADSHEET", None, None
    if named == ["sheetId"]:
        return "SHEET", book.tab(location["sheetId"], "sheet").id, None
    given = location["dimensionRange"]
    tab = book.tab(given.get("sheetId", 0))
    start, end = given.get("startIndex"), given.get("endIndex")
    rows = given.get("dimension") == "ROWS"
    if given.get("dimension") not in ("ROWS", "COLUMNS"):
        raise invalid("No dimension specified.")
    if start is None or end is None:
        raise invalid("DimensionRange must specify both a startIndex and an endIndex")
    if end != start + 1:
        raise invalid("DimensionRange must represent a single row or column")
    if not 0 <= start < (tab.row_count if rows else tab.column_count):
        raise invalid(f"Cannot associate developer metadata with index {start}: outside the grid.")
    return "ROW" if rows else "COLUMN", tab.id, start


def create(edit: Edit, asked: Json) -> Json:
    """A new piece, under an id that the caller may choose."""
    given = asked.get("developerMetadata", {})
    if not given.get("metadataKey"):
        raise invalid("Developer metadata must have a key specified.")
    visibility = given.get("visibility", "DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED")
    if visibility not in ("DOCUMENT", "PROJECT"):
        raise invalid("Developer metadata must have a visibility specified.")
    chosen = given.get("metadataId")
    if chosen is not None and chosen <= 0:
        raise invalid(f"Developer metadata ID must be positive: {chosen}")
    if any(one.id == chosen for one in edit.book.metadata) and not edit.duplicate_ids:
        raise invalid(
            f"Cannot add developer metadata with ID [{chosen}] because developer metadata with "
            "that ID already exists."
        )
    kind, sheet, line = _place(edit.book, given.get("location", {}))
    made = Metadata(
        edit.book.new_id() if chosen is None else chosen,
        given["metadataKey"],
        given.get("metadataValue"),
        visibility,
        edit.viewer.project,
        kind,
        sheet,
        line,
    )
    edit.book.metadata.append(made)
    _check_size(edit.book, made)
    return {"developerMetadata": metadata_json(made)}


def _check_size(book: Book, added: Metadata) -> None:
    beside = [one for one in book.metadata if one.sheet == added.sheet]
    if sum(_size(one) for one in beside) > MAX_CHARACTERS:
        raise invalid(
            "Cannot add developer metadata because it would exceed the limit of "
            f"{MAX_CHARACTERS} characters."
        )


def update(edit: Edit, asked: Json) -> Json:
    """All pieces that the filters select, changed alike."""
    mask = fields(asked, "DeveloperMetadata")
    given = asked.get("developerMetadata", {})
    chosen = matching(edit.book, edit.viewer, asked.get("dataFilters", []))
    changed = []
    for at, one in enumerate(edit.book.metadata):
        if one not in chosen:
            continue
        new = one
        if wants(mask, "metadataKey") is not None:
            new = new._replace(key=given.get("metadataKey", ""))
        if wants(mask, "metadataValue") is not None:
            new = new._replace(value=given.get("metadataValue"))
        if wants(mask, "visibility") is not None:
            new = new._replace(visibility=given.get("visibility", ""))
        if wants(mask, "location") is not None:
            kind, sheet, line = _place(edit.book, given.get("location", {}))
            new = new._replace(kind=kind, sheet=sheet, line=line)
        if not new.key or new.visibility not in ("DOCUMENT", "PROJECT"):
            raise invalid("Developer metadata must have a key and a visibility specified.")
        edit.book.metadata[at] = new
        _check_size(edit.book, new)
        changed.append(metadata_json(new))
    return {"developerMetadata": changed} if changed else {}


def delete(edit: Edit, asked: Json) -> Json:
    """All pieces that the filter selects."""
    chosen = matching(edit.book, edit.viewer, [asked.get("dataFilter", {})])
    edit.book.metadata = [one for one in edit.book.metadata if one not in chosen]
    if not chosen:
        return {}
    return {"deletedDeveloperMetadata": [metadata_json(one) for one in chosen]}


def search(book: Book, viewer: Viewer, filters: list[Json]) -> Json:
    """What each filter selects, each piece once, with the filters that selected it."""
    _check_filters(filters)
    found = []
    for one in book.metadata:
        matched = [one_filter for one_filter in filters if _matches(book, viewer, one, one_filter)]
        if matched:
            found.append({"developerMetadata": metadata_json(one), "dataFilters": matched})
    return {"matchedDeveloperMetadata": found} if found else {}


def matching(book: Book, viewer: Viewer, filters: list[Json]) -> list[Metadata]:
    """The pieces that any of the filters selects."""
    if not filters or not all(filters):
        raise invalid("At least one data filter must be specified.")
    _check_filters(filters)
    return [
        one for one in book.metadata if any(_matches(book, viewer, one, each) for each in filters)
    ]


def _check_filters(filters: list[Json]) -> None:
    for one in filters:
        lookup = one.get("developerMetadataLookup", {})
        whole = lookup.get("metadataLocation", {}).get("spreadsheet")
        if whole and lookup.get("locationMatchingStrategy") == "INTERSECTING_LOCATION":
            raise invalid(
                "DeveloperMetadataLookup.spreadsheet is true, but locationMatchingStrategy was "
                "specified as INTERSECTING"
            )


def _matches(book: Book, viewer: Viewer, one: Metadata, data_filter: Json) -> bool:
    if not viewer.sees(one):
        return False
    if "a1Range" in data_filter:
        place = target(book, data_filter["a1Range"])
        return _meets(book, one, place.area)
    if "gridRange" in data_filter:
        return _meets(book, one, area(data_filter["gridRange"]))
    lookup = data_filter.get("developerMetadataLookup", {})
    for name, own in (
        ("metadataId", one.id),
        ("metadataKey", one.key),
        ("metadataValue", one.value),
        ("visibility", one.visibility),
        ("locationType", one.kind),
    ):
        asked = lookup.get(name)
        if asked is not None and not str(asked).endswith("_UNSPECIFIED") and asked != own:
            return False
    location = lookup.get("metadataLocation")
    return location is None or _located(book, one, location, lookup)


def _located(book: Book, one: Metadata, location: Json, lookup: Json) -> bool:
    """Whether the piece lies at a location, or (unless told otherwise) only touches it."""
    try:
        kind, sheet, line = _place(book, location)
    except ApiError:
        return False
    strategy = lookup.get("locationMatchingStrategy", "INTERSECTING_LOCATION")
    if (one.kind, one.sheet, one.line) == (kind, sheet, line):
        return True
    if strategy == "EXACT_LOCATION" or "SPREADSHEET" in (kind, one.kind) or one.sheet != sheet:
        return False  # what belongs to the spreadsheet crosses nothing
    # A row crosses every column of its sheet, and lies in the sheet.
    return "SHEET" in (kind, one.kind) or one.kind != kind


def _meets(book: Book, one: Metadata, asked: Area) -> bool:
    if one.sheet != asked.sheet or one.line is None:
        return False
    box = book.tab(asked.sheet).within(asked)
    if one.kind == "ROW":
        return box.top <= one.line < box.bottom
    return box.left <= one.line < box.right


HANDLERS = {
    "createDeveloperMetadata": create,
    "updateDeveloperMetadata": update,
    "deleteDeveloperMetadata": delete,
}
