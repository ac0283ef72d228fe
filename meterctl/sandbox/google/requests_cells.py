"""Requests that write cells: updateCells, appendCells, repeatCell, merges, notes with them."""

from __future__ import annotations

from typing import Any

from meterctl.sandbox.google.areas import Area, Box
from meterctl.sandbox.google.book import Tab
from meterctl.sandbox.google.cells import Cell, Content, cell_at, packed, unpacked
from meterctl.sandbox.google.edit import MORE, Edit, cell_data, cleared
from meterctl.sandbox.google.errors import ApiError, invalid
from meterctl.sandbox.google.looks import borders, twinned_mask
from meterctl.sandbox.google.masks import Mask, known_mask, merge, parse_mask, wants
from meterctl.sandbox.google.references import copied
from meterctl.sandbox.google.validation import kept_rule

Json = dict[str, Any]
_VALUE: Mask = {"userEnteredValue": {}}


def fields(asked: Json, kind: str) -> Mask:
    """The fields that a request means.

    Raises:
        ApiError: none are named, or unknown ones.
    """
    text = asked.get("fields", "")
    if not text:
        raise invalid(
            "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"
        )
    try:
        return known_mask(parse_mask(text), kind, text)
    except ApiError as error:
        raise invalid(f"Invalid field: {text}") from error


def masked(content: Content, new: Cell, mask: Mask) -> Content:
    """The cell with the mask's parts taken from another."""
    if content is None and mask == _VALUE:  # most of what is ever written
        return new.value if new.formula is None else Cell(formula=new.formula)
    old = unpacked(content)
    if mask == _VALUE and new[:2] == old[:2] == (None, None):  # nothing, into a cell with a look
        return content
    value, formula, look, note, more = old
    if wants(mask, "userEnteredValue") is not None:
        value, formula = new.value, new.formula
    below = wants(mask, "userEnteredFormat")
    if below is not None:
        look = merge(old.format, new.format, twinned_mask(below)) or None
    if wants(mask, "note") is not None:
        note = new.note
    for name in MORE:
        if wants(mask, name) is not None:
            more = {key: one for key, one in (more or {}).items() if key != name}
            if new.more and name in new.more:
                more[name] = new.more[name]
    return packed(Cell(value, formula, look, note, more or None))


def _cells(rows: list[Json]) -> list[list[Cell]]:
    return [[cell_data(one) for one in row.get("values", [])] for row in rows]


def _check_width(cells: list[list[Cell]], left: int, right: int) -> None:
    widest = left + max((len(row) for row in cells), default=0)
    if widest > right:
        raise invalid(
            f"Attempting to write column: {right}, beyond the last requested column of: {right - 1}"
        )


def append_cells(edit: Edit, asked: Json) -> None:
    """Below the last row with data in any column; the grid gets longer, not wider."""
    tab = edit.book.tab(asked.get("sheetId", 0))
    mask = fields(asked, "CellData")
    cells = _cells(asked.get("rows", []))
    _check_width(cells, 0, tab.column_count)
    top = tab.last_data_row()
    edit.grow(tab, top + len(cells), 0)
    rows = []
    for at, row in enumerate(cells, top):
        old = tab.rows[at]
        rows.append([masked(cell_at(old, c), new, mask) for c, new in enumerate(row)])
    edit.put(tab, top, 0, rows)


def update_cells(edit: Edit, asked: Json) -> None:
    """From a place on, or in a range, where what is not given is cleared."""
    mask = fields(asked, "CellData")
    cells = _cells(asked.get("rows", []))
    if "start" in asked:
        tab, top, left = edit.corner(asked["start"])
        width = max((len(row) for row in cells), default=1)
        _check_height(cells, top, tab.row_count)
        _check_width(cells, left, tab.column_count)
        block = [
            [masked(tab.content(at, left + c), new, mask) for c, new in enumerate(row)]
            for at, row in enumerate(cells, top)
        ]
        edit.check_protection(tab, Box(top, top + len(cells), left, left + width))
        edit.put(tab, top, left, block)
        return
    place = edit.target(asked.get("range", {}))
    tab, box = place.tab, place.box
    _check_height(cells, box.top, box.bottom)
    _check_width(cells, box.left, box.right)
    edit.check_protection(tab, box)
    blank = Cell()
    for at in range(box.top, box.bottom):
        given = cells[at - box.top] if at - box.top < len(cells) else []
        old = tab.rows[at]
        if not given and len(old) <= box.left:
            continue
        right = max(box.left + len(given), min(box.right, len(old)))
        row = [
            masked(
                cell_at(old, c),
                given[c - box.left] if c - box.left < len(given) else blank,
                mask,
            )
            for c in range(box.left, right)
        ]
        edit.put(tab, at, box.left, [row])


def _check_height(cells: list[list[Cell]], top: int, bottom: int) -> None:
    if top + len(cells) > bottom:
        raise invalid(
            f"Attempting to write row: {bottom}, beyond the last requested row of: {bottom - 1}"
        )


def repeat_cell(edit: Edit, asked: Json) -> None:
    """One cell's parts in all cells of a range; its formula moves along."""
    mask = fields(asked, "CellData")
    new = cell_data(asked.get("cell", {}))
    place = edit.target(asked.get("range", {}))
    box = place.box
    if new.formula is None or wants(mask, "userEnteredValue") is None:
        edit.change(place.tab, box, lambda content: masked(content, new, mask))
        return
    for at in range(box.top, box.bottom):
        row = []
        for column in range(box.left, box.right):
            formula = copied(new.formula, at - box.top, column - box.left)
            old = place.tab.content(at, column)
            row.append(masked(old, new._replace(formula=formula), mask))
        edit.put(place.tab, at, box.left, [row])


def merge_cells(edit: Edit, asked: Json) -> None:
    """Merge a range, or each of its rows or columns; only the first cell's value stays."""
    place = edit.target(asked.get("range", {}))
    tab, box = place.tab, place.box
    edit.check_protection(tab, box)
    _check_frozen_edge(tab, box)
    _drop_merges(tab, box)
    kind = asked.get("mergeType", "MERGE_ALL")
    boxes = [box]
    if kind == "MERGE_ROWS":
        boxes = [box._replace(top=at, bottom=at + 1) for at in range(box.top, box.bottom)]
    elif kind == "MERGE_COLUMNS":
        boxes = [box._replace(left=at, right=at + 1) for at in range(box.left, box.right)]
    for one in boxes:
        if one.size == (1, 1):
            continue
        tab.merges.append(Area(tab.id, *one))
        first = tab.content(one.top, one.left)
        edit.change(tab, one, cleared)
        edit.put(tab, one.top, one.left, [[first]])


def _check_frozen_edge(tab: Tab, box: Box) -> None:
    edges = (("rows", "Row", box.top, box.bottom), ("columns", "Column", box.left, box.right))
    for name, counted, start, end in edges:
        if start < tab.grid_properties.get(f"frozen{counted}Count", 0) < end:
            raise invalid(f"You can't merge frozen and non-frozen {name}.")


def unmerge_cells(edit: Edit, asked: Json) -> None:
    """Undo all merges in a range."""
    place = edit.target(asked.get("range", {}))
    edit.check_protection(place.tab, place.box)
    _drop_merges(place.tab, place.box)


def _drop_merges(tab: Tab, box: Box) -> None:
    kept = []
    for one in tab.merges:
        merged = tab.within(one)
        if not merged.meets(box):
            kept.append(one)
        elif not box.holds(merged):
            raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    tab.merges[:] = kept


def set_data_validation(edit: Edit, asked: Json) -> None:
    """A rule for the cells of a range, or none."""
    place = edit.target(asked.get("range", {}))
    rule = {"dataValidation": kept_rule(asked["rule"])} if asked.get("rule") else None
    mask: Mask = {"dataValidation": {}}
    edit.change(place.tab, place.box, lambda old: masked(old, Cell(more=rule), mask))


def update_borders(edit: Edit, asked: Json) -> None:
    """Lines around and between the cells of a range."""
    place = edit.target(asked.get("range", {}))
    tab, box = place.tab, place.box
    edit.check_protection(tab, box)
    for at in range(box.top, box.bottom):
        row = []
        for column in range(box.left, box.right):
            sides = {
                "top": "top" if at == box.top else "innerHorizontal",
                "bottom": "bottom" if at == box.bottom - 1 else "innerHorizontal",
                "left": "left" if column == box.left else "innerVertical",
                "right": "right" if column == box.right - 1 else "innerVertical",
            }
            drawn = {side: asked[name] for side, name in sides.items() if name in asked}
            old = unpacked(tab.content(at, column))
            look = dict(old.format or {})
            merged = borders(look.pop("borders", {}) | drawn)
            look |= {"borders": merged} if merged else {}
            row.append(packed(old._replace(format=look or None)))
        edit.put(tab, at, box.left, [row])


HANDLERS = {
    "appendCells": append_cells,
    "updateCells": update_cells,
    "repeatCell": repeat_cell,
    "mergeCells": merge_cells,
    "unmergeCells": unmerge_cells,
    "setDataValidation": set_data_validation,
    "updateBorders": update_borders,
}
