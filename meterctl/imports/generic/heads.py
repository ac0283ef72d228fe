"""The header of a table among the lines above its first row; it may be missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from meterctl.imports.generic.hours import across
from meterctl.imports.generic.shapes import TIMES, Shape, cell_of, shape_of
from meterctl.imports.text.cells import Record
from meterctl.imports.units import is_power, unit_of
from meterctl.imports.words import fold, is_time_heading, says, unit_in

_PATTERN = re.compile(
    r"(?:(?:d{1,2}|t{1,2}|m{1,2}|y{2,4}|j{2,4}|a{2,4}|h{1,2}|s{1,2})[^a-z]*){2,6}"
)
_TIMES_OF_A_ROW = 4  # from and to, each in two columns
_NEAR = 4  # rows above the data within which its header stands


class Head(NamedTuple):
    """A header: its row, its headings, the units in the row below it, and what is above."""

    record: Record | None
    names: tuple[str, ...]
    units: tuple[str, ...] = ()
    above: tuple[Record, ...] = ()
    plain: tuple[str, ...] = ()  # the headings without what stands above them

    @property
    def folded(self) -> tuple[str, ...]:
        """The headings, to be compared."""
        return tuple(fold(name) for name in self.names)

    def name(self, column: int) -> str:
        """A column's heading, as it is called everywhere."""
        return cell_of(self.names, column) or f"column {column + 1}"

    def unit(self, column: int) -> str:
        """A column's cell in the row of units."""
        return cell_of(self.units, column)


def trimmed(record: Record) -> list[str]:
    """A row's cells without the spaces around them, and without the empty ones at its end."""
    cells = [cell.strip().replace("\ufeff", "") for cell in record.cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def is_without_values(cells: Sequence[str]) -> bool:
    """Whether a row has a time, and nothing beside it."""
    shapes = [shape_of(cell) for cell in cells if cell]
    if not shapes or shapes[0] not in TIMES or len(shapes) > _TIMES_OF_A_ROW:
        return False
    return set(shapes) <= {*TIMES, Shape.TIME, Shape.BLANK}


def head_of(above: Sequence[Record], cells: Sequence[str]) -> Head:
    """The header of the table whose first row has these cells."""
    far = max(0, len(above) - _NEAR - 2)  # rows that are not looked at
    rows: list[list[str]] = [[]] * far + [trimmed(record) for record in above[far:]]
    units: tuple[str, ...] = ()
    last = len(rows)
    if rows and _is_units(rows[-1]):
        last -= 1
        units = tuple(rows[-1])
    for index in range(last - 1, max(-1, last - 1 - _NEAR), -1):
        is_next = index == last - 1
        if _is_header(rows[index], cells, is_next):
            names = _with_groups(rows[index], rows[index - 1] if index else [])
            plain = tuple(rows[index])
            return Head(above[index], tuple(names), units, tuple(above[:index]), plain)
    return Head(None, (), units, tuple(above[:last]))


def _is_header(names: list[str], cells: Sequence[str], is_next: bool) -> bool:
    """Whether a row has words where the data have times and values."""
    if len(names) < min(2, len(cells)):
        return False
    pieces = set(across(names, cells))
    shapes = {c: shape_of(name) for c, name in enumerate(names) if c not in pieces}
    if any(shape in TIMES for c, shape in shapes.items() if c < len(cells)):
        return False  # behind the last column it may say when the file was written
    timed = [c for c, cell in enumerate(cells) if shape_of(cell) in TIMES or _is_clock(cell)]
    if any(c < len(names) and is_time_heading(names[c]) for c in timed):
        return True  # the others may be the numbers of meters
    if any(shape in {Shape.NUMBER, Shape.TIME} for shape in shapes.values()):
        return False
    filled = sum(bool(name) for name in names)
    needed = sum(bool(cell) for cell in cells)
    telling = any(unit_in(name) or is_time_heading(name) or says("SERIAL", name) for name in names)
    # Over the times there may be nothing: `;Ertrag [kWh]`.
    others = [c for c, cell in enumerate(cells) if cell and c not in timed]
    if telling and timed and all(c < len(names) and unit_in(names[c]) for c in others):
        return is_next
    return is_next and 2 * filled >= needed and (telling or filled >= 3) and filled >= 2


def _is_clock(cell: str) -> bool:
    return shape_of(cell) is Shape.TIME or (len(cell) >= 8 and cell.isdecimal())


def _is_units(row: Sequence[str]) -> bool:
    """Whether a row stands below a header and names the units of its columns."""
    filled = [cell for cell in row if cell]
    named = [cell for cell in filled if unit_of(cell) or is_power(cell)]
    return bool(named) and all(cell in named or _is_pattern(cell) for cell in filled)


def _is_pattern(cell: str) -> bool:
    """Whether a cell is the pattern of a date (`dd.MM.yyyy`), or stands in brackets."""
    is_pattern = len(cell) > 3 and _PATTERN.fullmatch(fold(cell)) is not None
    return is_pattern or (cell[:1] == "[" and cell[-1:] == "]")


def _with_groups(names: list[str], above: Sequence[str]) -> list[str]:
    """Headings that are there twice, with what stands above them: `Strom` over `Bezug`."""
    twice = {name for name in names if name and names.count(name) > 1}
    places = [c for c, name in enumerate(names) if name in twice]
    over = [above[c] for c in places if c < len(above) and above[c]]
    is_text = all(shape_of(cell) in {Shape.TEXT, Shape.BLANK} for cell in above)
    if len(set(over)) < 2 or not is_text:
        return names
    group = ""
    grouped = []
    for column, name in enumerate(names):
        group = cell_of(above, column) or group
        grouped.append(f"{group} {name}" if name in twice and group else name)
    return grouped
