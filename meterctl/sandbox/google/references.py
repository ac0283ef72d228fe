"""References in formulas: they follow the cells they mean when the sheet is changed around them."""

from __future__ import annotations

import re
from collections.abc import Callable

from meterctl.sandbox.google.a1 import column_index, column_name, quoted_title, split_title
from meterctl.sandbox.google.areas import shifted
from meterctl.sandbox.google.formulas import tokens

_PART = re.compile(r"(\$?)([A-Za-z]*)(\$?)([0-9]*)")
LOST = "#REF!"
Move = Callable[[str | None, str], str]  # of a sheet's title and the cells


def rewritten(formula: str, move: Move) -> str:
    """The formula with each of its references moved."""
    try:
        words = tokens(formula[1:])
    except ValueError:  # no formula that we understand: it stays as it is
        return formula
    done, rest = "=", formula[1:]
    for kind, text in words:
        before, _, rest = rest.partition(text)
        done += before
        if kind == "ref":
            title, cells = split_title(text)
            moved = move(title, cells or "")
            done += moved if title is None else f"{quoted_title(title)}!{moved}"
        else:
            done += text
    return done + rest


def after_lines(cells: str, *, rows: bool, at: int, count: int) -> str:
    """Cells as they are called once rows or columns were inserted (deleted: count is negative)."""
    first, colon, second = cells.partition(":")
    start, end = _index(first, rows=rows), _index(second or first, rows=rows)
    if (
        start is not None
        and end is not None
        and at <= min(start, end) <= max(start, end) < at - count
    ):
        return LOST
    if start is not None:
        first = _renamed(first, shifted(start, at, count), rows=rows)
    if end is not None:  # where the range is open, there is nothing that moves
        second = _renamed(second, shifted(end, at, count, last=True), rows=rows)
    return first + colon + second


def displaced(cells: str, rows: int, columns: int) -> str:
    """Cells as a copy so many rows further down and columns to the right calls them."""
    moved = []
    for part in cells.split(":"):
        found = _PART.fullmatch(part)
        if found is None:
            return cells
        column, row = found[2], found[4]
        if column and not found[1]:
            index = column_index(column) + columns
            if index < 0:
                return LOST
            column = column_name(index)
        if row and not found[3]:
            number = int(row) + rows
            if number < 1:
                return LOST
            row = str(number)
        moved.append(found[1] + column + found[3] + row)
    return ":".join(moved)


def copied(formula: str, rows: int, columns: int) -> str:
    """The formula as a copy of its cell has it."""

    def move(title: str | None, cells: str) -> str:
        del title
        return displaced(cells, rows, columns)

    return rewritten(formula, move) if rows or columns else formula


def _index(part: str, *, rows: bool) -> int | None:
    found = _PART.fullmatch(part)
    if found is None:
        return None
    if rows:
        return int(found[4]) - 1 if found[4] else None
    return column_index(found[2]) if found[2] else None


def _renamed(part: str, index: int, *, rows: bool) -> str:
    found = _PART.fullmatch(part)
    if found is None or not part:
        return part
    if rows:
        return found[1] + found[2] + found[3] + (str(index + 1) if found[4] else "")
    return found[1] + (column_name(index) if found[2] else "") + found[3] + found[4]
