"""Rows and columns inserted, deleted, moved; all that names them follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from meterctl.sandbox.google.areas import Area, Box, area, shifted
from meterctl.sandbox.google.attached import follow
from meterctl.sandbox.google.book import Metadata, Tab
from meterctl.sandbox.google.cells import Cell, Row, cell_at, trimmed
from meterctl.sandbox.google.edit import Edit, look_of
from meterctl.sandbox.google.errors import invalid
from meterctl.sandbox.google.references import after_lines, rewritten

Json = dict[str, Any]


def insert_lines(
    edit: Edit, tab: Tab, dimension: str, at: int, count: int, *, inherit_before: bool
) -> None:
    """Insert empty rows or columns, which look like the ones before or after."""
    rows = dimension == "ROWS"
    size = tab.row_count if rows else tab.column_count
    edit.check_protection(tab, _stripe(tab, at, max(at, min(at + 1, size)), rows=rows))
    if rows:
        tab.row_count += count
        edit.book.check_cells()
        tab.rows.insert(at, count)
        tab.data_end += count if at < tab.data_end else 0
        look = look_of(tab.rows[at - 1 if inherit_before else at + count])
        if look:
            for line in range(at, at + count):
                tab.put(line, look)
    else:
        tab.column_count += count
        edit.book.check_cells()
        source = at - 1 if inherit_before else at
        gap = (None,) * count

        def widened(row: Row) -> Row:
            if len(row) <= min(at, source):
                return row
            if type(cell_at(row, source)) is Cell:
                same = look_of((cell_at(row, source),)) or (None,)
                return trimmed((*row[:at], *(same * count), *row[at:]))
            return row[:at] + gap + row[at:] if len(row) > at else row

        tab.rows.change(widened)
    _follow(edit, tab, at, count, rows=rows)


def delete_lines(edit: Edit, tab: Tab, dimension: str, start: int, end: int) -> None:
    """Delete rows or columns with all that is in them."""
    rows = dimension == "ROWS"
    edit.check_protection(tab, _stripe(tab, start, end, rows=rows))
    if rows:
        tab.row_count -= end - start
        tab.rows.delete(start, end)
        tab.data_end = shifted(tab.data_end, start, start - end)
    else:
        tab.column_count -= end - start
        tab.rows.change(lambda row: trimmed(row[:start] + row[end:]) if len(row) > start else row)
    _follow(edit, tab, start, start - end, rows=rows)


def _stripe(tab: Tab, start: int, end: int, *, rows: bool) -> Box:
    if rows:
        return Box(start, end, 0, tab.column_count)
    return Box(0, tab.row_count, start, end)


def _follow(edit: Edit, tab: Tab, at: int, count: int, *, rows: bool) -> None:
    """Let everything that names rows or columns follow the change."""
    properties = tab.row_properties if rows else tab.column_properties
    followed = {
        shifted(line, at, count): found
        for line, found in properties.items()
        if count > 0 or not at <= line < at - count
    }
    properties.clear()
    properties.update(followed)

    def moved(areas: Iterable[Area]) -> list[Area]:
        found = (one.moved(rows=rows, at=at, count=count) for one in areas)
        return [one for one in found if one is not None]

    tab.merges = [one for one in moved(tab.merges) if _is_merge(one)]
    tab.protected = [
        one._replace(area=kept, unprotected=tuple(moved(one.unprotected)))
        for one in tab.protected
        if (kept := one.area.moved(rows=rows, at=at, count=count)) is not None
    ]
    edit.book.named = [
        one._replace(area=kept)
        for one in edit.book.named
        if (
            kept := one.area
            if one.area.sheet != tab.id
            else one.area.moved(rows=rows, at=at, count=count)
        )
    ]
    if tab.basic_filter is not None:
        kept = area(tab.basic_filter["range"]).moved(rows=rows, at=at, count=count)
        tab.basic_filter = None if kept is None else tab.basic_filter | {"range": kept.as_json()}
    edit.book.metadata = [
        kept_metadata
        for one in edit.book.metadata
        if (kept_metadata := _moved_metadata(one, tab, at, count, rows=rows)) is not None
    ]
    frozen = "frozenRowCount" if rows else "frozenColumnCount"
    if at < tab.grid_properties.get(frozen, 0):
        left = max(tab.grid_properties[frozen] + count, at)
        tab.grid_properties.pop(frozen)
        if left:
            tab.grid_properties[frozen] = left
    follow(edit.book, tab, at, count, rows=rows)
    _follow_formulas(edit, tab, at, count, rows=rows)


def _is_merge(one: Area) -> bool:
    heights = ((one.top, one.bottom), (one.left, one.right))
    return any((end or 0) - (start or 0) > 1 for start, end in heights)


def _moved_metadata(one: Metadata, tab: Tab, at: int, count: int, *, rows: bool) -> Metadata | None:
    if one.sheet != tab.id or one.kind != ("ROW" if rows else "COLUMN") or one.line is None:
        return one
    if count < 0 and at <= one.line < at - count:
        return None
    return one._replace(line=shifted(one.line, at, count))


def _follow_formulas(edit: Edit, changed: Tab, at: int, count: int, *, rows: bool) -> None:
    for tab in edit.book.tabs:
        if not tab.has_formulas:
            continue

        def move(title: str | None, cells: str, tab: Tab = tab) -> str:
            meant = tab if title is None else edit.book.titled(title)
            if meant is not changed:
                return cells
            return after_lines(cells, rows=rows, at=at, count=count)

        tab.rows.change(lambda row, move=move: _rewritten(row, move), lambda facts: facts.formulas)  # type: ignore[misc]  # bound now


def _rewritten(row: Row, move: Any) -> Row:  # noqa: ANN401 (a Move with a default argument)
    return tuple(
        one._replace(formula=rewritten(one.formula, move))
        if isinstance(one, Cell) and one.formula
        else one
        for one in row
    )


def move_lines(edit: Edit, tab: Tab, source: Json, to: int) -> None:
    """Move rows or columns to before another place, counted before the move.

    Raises:
        ApiError: the destination lies within what is moved.
    """
    rows = source["dimension"] == "ROWS"
    start, end = bounds(tab, source)
    if start < to < end:
        raise invalid("destinationIndex must not lie within the source")
    edit.check_protection(tab, _stripe(tab, min(start, to), max(end, to), rows=rows))
    onto = to if to <= start else to - (end - start)
    if rows:
        block = [tab.rows[at] for at in range(start, end)]
        tab.rows.delete(start, end)
        tab.rows.insert(onto, end - start)
        tab.data_end = tab.row_count
        for at, row in enumerate(block, onto):
            tab.put(at, row)
    else:

        def turned(row: Row) -> Row:
            full = (*row, *([None] * (tab.column_count - len(row))))
            rest = [*full[:start], *full[end:]]
            rest[onto:onto] = full[start:end]
            return trimmed(rest)

        tab.rows.change(turned)
    _renumber(edit, tab, lambda line: _carried(line, start, end, onto), rows=rows)


def _carried(line: int, start: int, end: int, onto: int) -> int:
    """The number of a line after lines were moved so that they start at another number."""
    if start <= line < end:
        return onto + line - start
    without = line if line < start else line - (end - start)
    return without if without < onto else without + (end - start)


def _renumber(edit: Edit, tab: Tab, number: Callable[[int], int], *, rows: bool) -> None:
    kind = "ROW" if rows else "COLUMN"
    edit.book.metadata = [
        one._replace(line=number(one.line))
        if one.sheet == tab.id and one.kind == kind and one.line is not None
        else one
        for one in edit.book.metadata
    ]
    properties = tab.row_properties if rows else tab.column_properties
    moved = {number(line): found for line, found in properties.items()}
    properties.clear()
    properties.update(moved)


def bounds(tab: Tab, dimension_range: Json) -> tuple[int, int]:
    """From which line to before which: open ends mean the grid's.

    Raises:
        ApiError: it is no range of lines in the grid.
    """
    rows = dimension_range.get("dimension") == "ROWS"
    if dimension_range.get("dimension") not in ("ROWS", "COLUMNS"):
        raise invalid("No dimension specified.")
    size = tab.row_count if rows else tab.column_count
    start = dimension_range.get("startIndex", 0)
    end = dimension_range.get("endIndex", size)
    if start < 0 or end < 0:
        raise invalid("range indexes must not be negative")
    if start >= end:
        raise invalid(f"range.endIndex[{end}] must be after startIndex[{start}]")
    return start, end
