"""Requests that rearrange what is there: sort, find and replace, copy, cut, paste, tidy up."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

from meterctl.sandbox.google.areas import Area, Box
from meterctl.sandbox.google.book import Tab
from meterctl.sandbox.google.cells import Cell, Content, Format, cell_at, packed, unpacked
from meterctl.sandbox.google.edit import Edit, with_value
from meterctl.sandbox.google.errors import invalid
from meterctl.sandbox.google.functions import Failure
from meterctl.sandbox.google.references import copied
from meterctl.sandbox.google.targets import Target

Json = dict[str, Any]
Grid = list[list[Content]]


def _block(tab: Tab, box: Box) -> Grid:
    return [
        [cell_at(row, column) for column in range(box.left, box.right)]
        for row in (tab.rows[at] for at in range(box.top, box.bottom))
    ]


def sort_range(edit: Edit, asked: Json) -> None:
    """The rows of a range by one or more columns; empty cells last, whichever the order."""
    place = edit.target(asked.get("range", {}))
    tab, box = place.tab, place.box
    box = box._replace(bottom=max(box.top, min(box.bottom, tab.last_data_row())))
    reader = edit.reader()
    rows = list(range(box.top, box.bottom))
    for spec in reversed(asked.get("sortSpecs", [])):
        column = spec.get("dimensionIndex", 0)
        if not box.left <= column < box.right:
            raise invalid(f"Sort column {column} is outside the range.")
        down = spec.get("sortOrder") == "DESCENDING"

        def key(at: int, column: int = column) -> tuple[int, float, str]:
            found = reader.result(tab, at, column, tab.content(at, column))
            if isinstance(found, Failure):
                return 3, 0, found.text
            if isinstance(found, bool):
                return 2, float(found), ""
            if isinstance(found, str):
                return 1, 0, found.lower()
            return 0, float(found or 0), ""

        full: list[int] = []
        rest: list[int] = []
        for at in rows:
            content = tab.content(at, column)
            plain = content is not None and not isinstance(content, Cell)
            filled = content != "" if plain else reader.text(tab, at, column, content)
            (full if filled else rest).append(at)
        rows = [*sorted(full, key=key, reverse=down), *rest]
    block = dict(zip(range(box.top, box.bottom), _block(tab, box), strict=True))
    edit.put(tab, box.top, box.left, [block[at] for at in rows])
    number = {old: new for new, old in enumerate(rows, box.top)}
    edit.book.metadata = [  # what is tied to a row goes with it
        one._replace(line=number[one.line])
        if one.sheet == tab.id and one.kind == "ROW" and one.line in number
        else one
        for one in edit.book.metadata
    ]


def randomize_range(edit: Edit, asked: Json) -> None:
    """The rows of a range in any order."""
    place = edit.target(asked.get("range", {}))
    block = _block(place.tab, place.box)
    random.shuffle(block)
    edit.put(place.tab, place.box.top, place.box.left, block)


def find_replace(edit: Edit, asked: Json) -> Json:
    """Text in values, and in formulas if asked; what it did is counted."""
    scopes: list[str] = [name for name in ("range", "sheetId") if name in asked]
    scopes += ["allSheets"] if asked.get("allSheets") else []
    if len(scopes) != 1:
        raise invalid("Exactly one of range, sheetId and allSheets must be set.")
    if not asked.get("find"):
        raise invalid("The text to find must not be empty.")
    if "range" in asked:
        places = [edit.target(asked["range"])]
    else:
        tabs = edit.book.tabs if asked.get("allSheets") else [edit.book.tab(asked["sheetId"])]
        places = [Target(tab, Area(tab.id)) for tab in tabs]
    pattern = _pattern(asked)
    given = asked.get("replacement", "")
    if asked.get("searchByRegex"):
        replacement = re.sub(r"\$(\d+)", r"\\g<\1>", given.replace("\\", "\\\\"))
    else:
        replacement = given.replace("\\", "\\\\")
    values = formulas = occurrences = 0
    rows: set[tuple[int, int]] = set()
    for place in places:
        reader = edit.reader()
        tab, box = place.tab, place.box
        for at in range(box.top, min(box.bottom, len(tab.rows))):
            row = tab.rows[at]
            for column in range(box.left, min(box.right, len(row))):
                content = row[column]
                if content is None:
                    continue
                formula = content.formula if isinstance(content, Cell) else None
                if formula and not asked.get("includeFormulas"):
                    continue
                text = formula or reader.text(tab, at, column, content)
                if not pattern.search(text):
                    continue
                new, count = pattern.subn(replacement, text)
                typed = edit.typed(new, "USER_ENTERED", "replacement")
                edit.put(tab, at, column, [[with_value(content, typed)]])
                occurrences += count
                formulas += bool(formula)
                values += not formula
                rows.add((tab.id, at))
    counted = {
        "valuesChanged": values,
        "formulasChanged": formulas,
        "rowsChanged": len(rows),
        "sheetsChanged": len({sheet for sheet, _ in rows}),
        "occurrencesChanged": occurrences,
    }
    return {name: number for name, number in counted.items() if number}


def _pattern(asked: Json) -> re.Pattern[str]:
    text = asked["find"] if asked.get("searchByRegex") else re.escape(asked["find"])
    try:
        flags = re.NOFLAG if asked.get("matchCase") else re.IGNORECASE
        return re.compile(rf"\A(?:{text})\Z" if asked.get("matchEntireCell") else text, flags)
    except re.error as error:
        raise invalid(f"Invalid regular expression: {asked['find']}") from error


def _paste(old: Content, new: Content, kind: str, value: Callable[[], Cell]) -> Content:
    before, after = unpacked(old), unpacked(new)
    if kind == "PASTE_VALUES":
        plain = value()
        return packed(before._replace(value=plain.value, formula=None))
    if kind == "PASTE_FORMULA":
        return packed(before._replace(value=after.value, formula=after.formula))
    if kind in ("PASTE_FORMAT", "PASTE_CONDITIONAL_FORMATTING"):
        return packed(before._replace(format=after.format))
    if kind == "PASTE_DATA_VALIDATION":
        return packed(before._replace(more=after.more))
    if kind == "PASTE_NO_BORDERS":
        look: Format = {k: v for k, v in (after.format or {}).items() if k != "borders"}
        return packed(after._replace(format=look or None))
    return new


def _transfer(edit: Edit, source: Target, onto: Box, tab: Tab, asked: Json) -> None:
    """Write the source's cells over a box, as often as it holds them."""
    reader = edit.reader()
    block = _block(source.tab, source.box)
    kind = asked.get("pasteType", "PASTE_NORMAL")
    turned = asked.get("pasteOrientation") == "TRANSPOSE"
    made: Grid = []
    for at in range(onto.top, onto.bottom):
        row: list[Content] = []
        for column in range(onto.left, onto.right):
            down, right = at - onto.top, column - onto.left
            if turned:
                down, right = right, down
            down, right = down % len(block), right % len(block[0])
            from_row, from_column = source.box.top + down, source.box.left + right
            new = block[down][right]
            if isinstance(new, Cell) and new.formula and "copy" in asked:
                formula = copied(new.formula, at - from_row, column - from_column)
                new = new._replace(formula=formula)

            def value(
                r: int = from_row, c: int = from_column, content: Content = block[down][right]
            ) -> Cell:
                found = reader.result(source.tab, r, c, content)
                return Cell(found.text if isinstance(found, Failure) else found)

            row.append(_paste(tab.content(at, column), new, kind, value))
        made.append(row)
    edit.put(tab, onto.top, onto.left, made)


def copy_paste(edit: Edit, asked: Json) -> None:
    """Copy a range over another, repeated where that one is bigger."""
    source = edit.target(asked.get("source", {}))
    place = edit.target(asked.get("destination", {}))
    height, width = source.box.size
    if not height or not width:
        raise invalid("The source range holds no cells.")
    if asked.get("pasteOrientation") == "TRANSPOSE":
        height, width = width, height
    onto = place.box
    rows, columns = onto.size
    onto = onto._replace(
        bottom=onto.top + (rows - rows % height if rows >= height else height),
        right=onto.left + (columns - columns % width if columns >= width else width),
    )
    edit.grow(place.tab, onto.bottom, onto.right)
    _transfer(edit, source, onto, place.tab, asked | {"copy": True})


def cut_paste(edit: Edit, asked: Json) -> None:
    """Move a range to another place."""
    source = edit.target(asked.get("source", {}))
    tab, top, left = edit.corner(asked.get("destination", {}))
    height, width = source.box.size
    onto = Box(top, top + height, left, left + width)
    edit.grow(tab, onto.bottom, onto.right)
    block = _block(source.tab, source.box)
    edit.put(source.tab, source.box.top, source.box.left, [[None] * width] * height)
    kind = asked.get("pasteType", "PASTE_NORMAL")
    made = [
        [
            _paste(tab.content(top + r, left + c), new, kind, lambda new=new: unpacked(new))  # type: ignore[misc]  # bound now
            for c, new in enumerate(row)
        ]
        for r, row in enumerate(block)
    ]
    edit.put(tab, top, left, made)


def paste_data(edit: Edit, asked: Json) -> None:
    """Delimited text, typed in from a place on."""
    tab, top, left = edit.corner(asked.get("coordinate", {}))
    if asked.get("html"):
        raise invalid("The sandbox pastes delimited text only, no HTML.")
    delimiter = asked.get("delimiter") or "\t"
    lines = [line.split(delimiter) for line in asked.get("data", "").splitlines()]
    edit.grow(tab, top + len(lines), left + max((len(line) for line in lines), default=0))
    block = [
        [
            with_value(tab.content(top + r, left + c), edit.typed(text, "USER_ENTERED", "data"))
            for c, text in enumerate(line)
        ]
        for r, line in enumerate(lines)
    ]
    edit.put(tab, top, left, block)


def trim_whitespace(edit: Edit, asked: Json) -> Json:
    """Spaces at the ends, and all but one between words, out of texts."""
    place = edit.target(asked.get("range", {}))
    changed = 0

    def trim(content: Content) -> Content:
        nonlocal changed
        cell = unpacked(content)
        if not isinstance(cell.value, str) or " ".join(cell.value.split(" ")).strip() == "":
            return content
        text = re.sub(r"\s+", " ", cell.value).strip()
        changed += text != cell.value
        return packed(cell._replace(value=text))

    for at in range(place.box.top, min(place.box.bottom, len(place.tab.rows))):
        edit.change(place.tab, place.box._replace(top=at, bottom=at + 1), trim)
    return {"cellsChangedCount": changed} if changed else {}


def delete_duplicates(edit: Edit, asked: Json) -> Json:
    """Rows whose values in the compared columns were there before."""
    place = edit.target(asked.get("range", {}))
    tab, box = place.tab, place.box
    columns = [
        column
        for one in asked.get("comparisonColumns", [])
        for column in range(one.get("startIndex", box.left), one.get("endIndex", box.right))
    ] or list(range(box.left, box.right))
    reader = edit.reader()
    seen, kept = set(), []
    for at, row in enumerate(_block(tab, box), box.top):
        texts = (reader.text(tab, at, c, cell_at(tab.rows[at], c)).lower() for c in columns)
        key = tuple(texts)
        if key not in seen or not any(key):
            seen.add(key)
            kept.append(row)
    removed = box.bottom - box.top - len(kept)
    blank: list[Content] = [None] * (box.right - box.left)
    edit.put(tab, box.top, box.left, [*kept, *([blank] * removed)])
    return {"duplicatesRemovedCount": removed} if removed else {}


HANDLERS = {
    "sortRange": sort_range,
    "randomizeRange": randomize_range,
    "findReplace": find_replace,
    "copyPaste": copy_paste,
    "cutPaste": cut_paste,
    "pasteData": paste_data,
    "trimWhitespace": trim_whitespace,
    "deleteDuplicates": delete_duplicates,
}
