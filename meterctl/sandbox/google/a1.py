"""A1 notation, read in all its forms and written as Google writes it."""

from __future__ import annotations

import re
from typing import NamedTuple

from meterctl.sandbox.google.areas import MAX_COLUMNS, Area, Box

_PART = re.compile(r"\$?([A-Za-z]{1,3})?\$?([1-9][0-9]*)?")
_R1C1 = re.compile(r"[Rr](?P<row>[1-9][0-9]*)?[Cc](?P<column>[1-9][0-9]*)?")


class Cells(NamedTuple):
    """What was written behind the sheet's name; a side that is None is open."""

    top: int | None
    bottom: int | None
    left: int | None
    right: int | None
    single: bool  # one cell written as such: where something starts, not a limit


def column_name(index: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_index(name: str) -> int:
    """A is 0."""
    index = 0
    for letter in name.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def split_title(text: str) -> tuple[str | None, str | None]:
    """The sheet's title and the cells of `'My sheet'!A1:B2`, as far as each is written."""
    quoted = re.fullmatch(r"'((?:[^']|'')*)'(?:!(.*))?", text, re.DOTALL)
    if quoted:
        return quoted[1].replace("''", "'"), quoted[2]
    title, mark, cells = text.rpartition("!")
    return (title, cells) if mark else (None, text)


def parse_cells(text: str) -> Cells | None:
    """`B2`, `A1:C5`, `C5:A1`, `A:C`, `2:4`, `A2:C`, `A1:2`, `$A$1`; None for anything else."""
    first, colon, second = text.strip().partition(":")
    start = _part(first)
    end = _part(second) if colon else start
    if start is None or end is None or (not colon and None in start):
        return None
    top, bottom = _sides(start[0], end[0])
    left, right = _sides(start[1], end[1])
    if right is not None and right > MAX_COLUMNS:
        return None
    return Cells(top, bottom, left, right, not colon)


def _part(text: str) -> tuple[int | None, int | None] | None:
    found = _PART.fullmatch(text)
    if text and found:
        row = None if found[2] is None else int(found[2]) - 1
        return row, None if found[1] is None else column_index(found[1])
    relative = _R1C1.fullmatch(text)
    if relative and any(relative.groups()):
        return _number(relative["row"]), _number(relative["column"])
    return None


def _number(text: str | None) -> int | None:
    return None if text is None else int(text) - 1


def _sides(one: int | None, other: int | None) -> tuple[int | None, int | None]:
    if one is None or other is None:  # A2:C is open below, and so is C:A2
        return (one if other is None else other), None
    return min(one, other), max(one, other) + 1


def quoted_title(title: str) -> str:
    """The title as it stands before the exclamation mark, quoted where it has to be."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", title, re.ASCII)
    if plain and not _looks_like_cells(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def _looks_like_cells(title: str) -> bool:
    if _R1C1.fullmatch(title):
        return True
    found = re.fullmatch(r"([A-Za-z]{1,3})([0-9]+)", title)
    return found is not None and column_index(found[1]) < MAX_COLUMNS


def box_text(title: str, box: Box) -> str:
    """`Sheet1!A1:B2`; a single cell is `Sheet1!A1`."""
    first = f"{column_name(box.left)}{box.top + 1}"
    last = f"{column_name(max(box.right, box.left + 1) - 1)}{max(box.bottom, box.top + 1)}"
    cells = first if first == last else f"{first}:{last}"
    return f"{quoted_title(title)}!{cells}"


def area_text(title: str, area: Area) -> str:
    """A range as error messages name it: an open side is not written, and neither is the grid's."""
    top = "" if area.top is None and area.bottom is None else str((area.top or 0) + 1)
    bottom = "" if area.bottom is None else str(area.bottom)
    left = right = ""
    if area.left is not None or area.right is not None:
        left = column_name(area.left or 0)
        right = "" if area.right is None else column_name(area.right - 1)
    first, last = left + top, right + bottom
    cells = first if first == last else f"{first}:{last}"
    return f"{quoted_title(title)}!{cells}"
