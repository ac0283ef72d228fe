"""Requests that fill cells from others: series that go on, and texts split into columns."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from meterctl.sandbox.google.areas import Box
from meterctl.sandbox.google.book import Tab
from meterctl.sandbox.google.cells import Cell, Content, packed, unpacked
from meterctl.sandbox.google.edit import Edit, with_value
from meterctl.sandbox.google.errors import invalid
from meterctl.sandbox.google.formats import is_date
from meterctl.sandbox.google.references import copied

Json = dict[str, Any]
_DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "PERIOD": ".", "SPACE": " "}


def auto_fill(edit: Edit, asked: Json) -> None:
    """Fill the empty part of a range, or the cells before or behind it, by what there is."""
    if "sourceAndDestination" in asked:
        given = asked["sourceAndDestination"]
        place = edit.target(given.get("source", {}))
        length = given.get("fillLength", 0)
        if given.get("dimension") not in ("ROWS", "COLUMNS"):
            raise invalid("No dimension specified.")
        rows = given["dimension"] == "ROWS"
        source = place.box
    else:
        place = edit.target(asked.get("range", {}))
        source = _filled(place.tab, place.box)
        rows = source.bottom < place.box.bottom
        length = place.box.bottom - source.bottom if rows else place.box.right - source.right
    if not length or 0 in source.size:
        return
    alternate = asked.get("useAlternateSeries", False)
    before = -length if length < 0 else 0
    if before > (source.top if rows else source.left):
        raise invalid("Cannot fill beyond the edge of the sheet.")
    edit.grow(
        place.tab,
        source.bottom + length if rows else source.bottom,
        source.right if rows else source.right + length,
    )
    for at in range(source.left, source.right) if rows else range(source.top, source.bottom):
        _fill_line(edit, place.tab, source, (at, length), rows=rows, alternate=alternate)


def _filled(tab: Tab, box: Box) -> Box:
    """The part of a box, from its corner on, that has contents."""
    bottom, right = box.top, box.left
    for at in range(box.top, box.bottom):
        row = tab.rows[at][: box.right]
        held = [column for column in range(box.left, len(row)) if row[column] is not None]
        if held:
            bottom, right = at + 1, max(right, held[-1] + 1)
    return box._replace(bottom=bottom, right=right)


def _fill_line(
    edit: Edit, tab: Tab, source: Box, what: tuple[int, int], *, rows: bool, alternate: bool
) -> None:
    line, length = what
    start, end = (source.top, source.bottom) if rows else (source.left, source.right)
    cells = [tab.content(at, line) if rows else tab.content(line, at) for at in range(start, end)]
    onto = range(end, end + length) if length > 0 else range(start + length, start)
    for at in onto:
        new = _continued(cells, at - start, rows=rows, alternate=alternate)
        edit.put(tab, at if rows else line, line if rows else at, [[new]])


def _continued(cells: list[Content], at: int, *, rows: bool, alternate: bool) -> Content:
    """What comes at a place of the series: a number on, a text's number on, or the same again."""
    alike = cells[at % len(cells)]
    cell = unpacked(alike)
    if cell.formula is not None:
        moved = at - at % len(cells)
        formula = copied(cell.formula, moved if rows else 0, 0 if rows else moved)
        return packed(cell._replace(formula=formula))
    values = [unpacked(one).value for one in cells]
    numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) == len(values):
        date = is_date((cell.format or {}).get("numberFormat"))
        step = _step(numbers, default=1 if date != alternate else 0)
        if step is not None:
            value = numbers[0] + step * at
            return packed(cell._replace(value=int(value) if value == int(value) else value))
    ends = [re.fullmatch(r"(.*?)([0-9]+)", one) if isinstance(one, str) else None for one in values]
    if all(ends) and not alternate:
        first = [found for found in ends if found]
        step = _step([int(found[2]) for found in first], default=1)
        if step is not None and len({found[1] for found in first}) == 1:
            return packed(cell._replace(value=f"{first[0][1]}{int(int(first[0][2]) + step * at)}"))
    return alike


def _step(numbers: list[Any], default: int) -> float | None:
    """From one to the next, where that is the same throughout."""
    if len(numbers) == 1:
        return default
    steps = {round(other - one, 9) for one, other in pairwise(numbers)}
    return steps.pop() if len(steps) == 1 else None


def text_to_columns(edit: Edit, asked: Json) -> None:
    """Split the texts of a column at a delimiter, over what is to their right."""
    place = edit.target(asked.get("source", {}))
    tab, box = place.tab, place.box
    if box.right - box.left != 1:
        raise invalid("The source range must be exactly one column wide.")
    kind = asked.get("delimiterType", "DELIMITER_TYPE_UNSPECIFIED")
    custom = asked.get("delimiter", "")
    if (kind == "CUSTOM") != bool(custom):
        raise invalid("A delimiter must be set if and only if delimiterType is CUSTOM.")
    for at in range(box.top, min(box.bottom, len(tab.rows))):
        content = tab.content(at, box.left)
        text = unpacked(content).value
        if not isinstance(text, str):
            continue
        delimiter = custom or _DELIMITERS.get(kind) or _detected(text)
        pieces = text.split(delimiter)
        edit.grow(tab, 0, box.left + len(pieces))
        made = [
            with_value(
                tab.content(at, box.left + offset), _typed(edit, piece, strip=delimiter != " ")
            )
            for offset, piece in enumerate(pieces)
        ]
        edit.put(tab, at, box.left, [made])


def _typed(edit: Edit, piece: str, *, strip: bool) -> Cell:
    return edit.typed(piece.strip() if strip else piece, "USER_ENTERED", "text")


def _detected(text: str) -> str:
    return next((one for one in _DELIMITERS.values() if one in text), ",")


HANDLERS = {"autoFill": auto_fill, "textToColumns": text_to_columns}
