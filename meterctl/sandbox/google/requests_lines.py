"""Requests about rows and columns, and about blocks of cells that shift others."""

from __future__ import annotations

from typing import Any

from meterctl.sandbox.google.areas import Box
from meterctl.sandbox.google.book import Tab
from meterctl.sandbox.google.cells import has_data, placed
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import invalid
from meterctl.sandbox.google.lines import bounds, delete_lines, insert_lines, move_lines
from meterctl.sandbox.google.masks import merge
from meterctl.sandbox.google.requests_cells import fields

Json = dict[str, Any]


def _tab(edit: Edit, dimension_range: Json) -> Tab:
    return edit.book.tab(dimension_range.get("sheetId", 0))


def _name(dimension: str) -> str:
    return "row" if dimension == "ROWS" else "column"


def insert_dimension(edit: Edit, asked: Json) -> None:
    """Empty rows or columns at a place."""
    given = asked.get("range", {})
    tab = _tab(edit, given)
    start, end = bounds(tab, given)
    size = tab.row_count if given["dimension"] == "ROWS" else tab.column_count
    before = asked.get("inheritFromBefore", False)
    if start > size or (start == size and not before):
        raise invalid(
            f"range.startIndex[{start}] must be less than the grid size ({size}) if "
            "inheritFromBefore is false."
            if start == size
            else f"range.startIndex[{start}] is beyond the grid size ({size})."
        )
    if start == 0 and before:
        raise invalid("inheritFromBefore cannot be true when inserting at the first index")
    insert_lines(edit, tab, given["dimension"], start, end - start, inherit_before=before)


def append_dimension(edit: Edit, asked: Json) -> None:
    """More rows or columns at the end."""
    tab = edit.book.tab(asked.get("sheetId", 0))
    length = asked.get("length", 0)
    if length <= 0:
        raise invalid("length must be positive")
    if asked.get("dimension") == "ROWS":
        edit.grow(tab, tab.row_count + length, 0)
    elif asked.get("dimension") == "COLUMNS":
        edit.grow(tab, 0, tab.column_count + length)
    else:
        raise invalid("No dimension specified.")


def delete_dimension(edit: Edit, asked: Json) -> None:
    """Rows or columns with all that is in them."""
    given = asked.get("range", {})
    tab = _tab(edit, given)
    start, end = bounds(tab, given)
    dimension = given["dimension"]
    size = tab.row_count if dimension == "ROWS" else tab.column_count
    name = _name(dimension)
    if end > size:
        raise invalid(
            f"Cannot delete a {name} that doesn't exist. Tried to delete {name} index "
            f"{max(start, size)} but there are only {size} {name}s."
        )
    if end - start >= size:
        raise invalid(f"You can't delete all the {name}s on the sheet.")
    frozen = tab.grid_properties.get(f"frozen{name.capitalize()}Count", 0)
    if frozen and start <= frozen and end >= size:
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {name}s.")
    delete_lines(edit, tab, dimension, start, end)


def move_dimension(edit: Edit, asked: Json) -> None:
    """Rows or columns to another place."""
    source = asked.get("source", {})
    tab = _tab(edit, source)
    _, end = bounds(tab, source)
    size = tab.row_count if source["dimension"] == "ROWS" else tab.column_count
    to = asked.get("destinationIndex", 0)
    if end > size or not 0 <= to <= size:
        raise invalid(f"Cannot move a {_name(source['dimension'])} that doesn't exist.")
    move_lines(edit, tab, source, to)


def update_dimension_properties(edit: Edit, asked: Json) -> None:
    """Height, width, hidden or not."""
    given = asked.get("range", {})
    tab = _tab(edit, given)
    mask = fields(asked, "DimensionProperties")
    start, end = bounds(tab, given)
    rows = given["dimension"] == "ROWS"
    size = tab.row_count if rows else tab.column_count
    if end > size:
        name = _name(given["dimension"])
        raise invalid(f"Cannot update a {name} that doesn't exist: there are only {size}.")
    known = tab.row_properties if rows else tab.column_properties
    for line in range(start, end):
        merged = merge(known.get(line), asked.get("properties", {}), mask)
        known[line] = {name: one for name, one in (merged or {}).items() if one is not False}
        if not known[line]:
            del known[line]


def auto_resize(edit: Edit, asked: Json) -> None:
    """As wide as the longest text, roughly: there are no fonts here."""
    given = asked.get("dimensions", {})
    tab = _tab(edit, given)
    start, end = bounds(tab, given)
    if given["dimension"] == "ROWS":
        for line in range(start, end):
            tab.row_properties.pop(line, None)
        return
    reader = edit.reader()
    for column in range(start, min(end, tab.column_count)):
        longest = 0
        for at, row in enumerate(tab.rows.between(0, len(tab.rows))):
            if column < len(row) and has_data(row[column]):
                longest = max(longest, len(reader.text(tab, at, column, row[column])))
        if longest:
            old = tab.column_properties.get(column, {})
            tab.column_properties[column] = old | {"pixelSize": 7 * longest + 8}


def add_group(edit: Edit, asked: Json) -> Json:
    """A group of rows or columns that can be folded."""
    given = asked.get("range", {})
    tab = _tab(edit, given)
    start, end = bounds(tab, given)
    groups = tab.groups.setdefault(given["dimension"], [])
    depth = 1 + sum(
        one["range"]["startIndex"] <= start and end <= one["range"]["endIndex"] for one in groups
    )
    named = {"sheetId": tab.id} if tab.id else {}
    found = named | {"dimension": given["dimension"], "startIndex": start, "endIndex": end}
    groups.append({"range": found, "depth": depth})
    groups.sort(key=lambda one: (one["range"]["startIndex"], one["depth"]))
    return {"dimensionGroups": list(groups)}


def delete_group(edit: Edit, asked: Json) -> Json:
    """Rows or columns out of the innermost group that they are in."""
    given = asked.get("range", {})
    tab = _tab(edit, given)
    start, end = bounds(tab, given)
    groups = tab.groups.get(given["dimension"], [])
    within = [
        one
        for one in groups
        if one["range"]["startIndex"] <= start and end <= one["range"]["endIndex"]
    ]
    if not within:
        raise invalid("No dimension group exists over the specified range.")
    inmost = max(within, key=lambda one: one["depth"])
    groups.remove(inmost)
    for side in ({"endIndex": start}, {"startIndex": end}):
        rest = inmost["range"] | side
        if rest["startIndex"] < rest["endIndex"]:
            groups.append({"range": rest, "depth": inmost["depth"]})
    groups.sort(key=lambda one: (one["range"]["startIndex"], one["depth"]))
    return {"dimensionGroups": list(groups)} if groups else {}


def update_group(edit: Edit, asked: Json) -> None:
    """Fold a group, or unfold it."""
    given = asked.get("dimensionGroup", {})
    mask = fields(asked, "DimensionGroup")
    tab = _tab(edit, given.get("range", {}))
    start, end = bounds(tab, given.get("range", {}))
    groups = tab.groups.get(given["range"]["dimension"], [])
    for at, one in enumerate(groups):
        span = one["range"]["startIndex"], one["range"]["endIndex"]
        if span == (start, end) and one["depth"] == given.get("depth"):
            groups[at] = one | {"collapsed": True} if given.get("collapsed") else one
            if "collapsed" in mask and not given.get("collapsed"):
                groups[at] = {name: part for name, part in one.items() if name != "collapsed"}
            return
    raise invalid("No dimension group exists with the specified range and depth.")


def insert_range(edit: Edit, asked: Json) -> None:
    """Empty cells; those that were there are shifted down or to the right."""
    place = edit.target(asked.get("range", {}))
    tab, box = place.tab, place.box
    height, width = box.size
    edit.check_protection(tab, box)
    if asked.get("shiftDimension") == "ROWS":
        last = tab.last_data_row()
        edit.grow(tab, last + height if last > box.top else 0, 0)
        for at in range(last - 1, box.top - 1, -1):
            edit.put(tab, at + height, box.left, [_part(tab, at, box)])
        for at in range(box.top, box.bottom):
            edit.put(tab, at, box.left, [[None] * width])
    else:
        for at in range(box.top, box.bottom):
            row = tab.rows[at]
            kept = (*row[: box.left], *([None] * width), *row[box.left :])
            tab.put(at, placed((), 0, kept))
            edit.grow(tab, 0, len(tab.rows[at]))


def delete_range(edit: Edit, asked: Json) -> None:
    """Cells out; those below or to the right close the gap."""
    place = edit.target(asked.get("range", {}))
    tab, box = place.tab, place.box
    height, width = box.size
    edit.check_protection(tab, box)
    if asked.get("shiftDimension") == "ROWS":
        for at in range(box.top, max(len(tab.rows), box.bottom)):
            edit.put(tab, at, box.left, [_part(tab, at + height, box)])
    else:
        for at in range(box.top, box.bottom):
            row = tab.rows[at]
            tab.put(at, placed((), 0, (*row[: box.left], *row[box.left + width :])))


def _part(tab: Tab, at: int, box: Box) -> list[Any]:
    row = tab.rows[at][box.left : box.right]
    return [*row, *([None] * (box.right - box.left - len(row)))]


HANDLERS = {
    "insertDimension": insert_dimension,
    "appendDimension": append_dimension,
    "deleteDimension": delete_dimension,
    "moveDimension": move_dimension,
    "updateDimensionProperties": update_dimension_properties,
    "autoResizeDimensions": auto_resize,
    "addDimensionGroup": add_group,
    "deleteDimensionGroup": delete_group,
    "updateDimensionGroup": update_group,
    "insertRange": insert_range,
    "deleteRange": delete_range,
}
