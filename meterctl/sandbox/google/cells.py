"""What a cell holds, kept small: most cells of a big sheet are one plain value and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

Value = bool | int | float | str
Format = dict[str, Any]  # never changed in place: many cells share one


class Cell(NamedTuple):
    """A cell with more to it than a plain value. Never changed, only replaced."""

    value: Value | None = None  # as typed; None where there is a formula, or nothing
    formula: str | None = None  # with its "="
    format: Format | None = None  # what the user chose, not what follows from it
    note: str | None = None
    more: dict[str, Any] | None = None  # data validation, text runs and the like


Content = bool | int | float | str | Cell | None  # a plain value stands for a cell of its own
Row = tuple[Content, ...]  # without empty cells at its end
NOTHING = Cell()


def unpacked(content: Content) -> Cell:
    """The content as a cell."""
    if content is None:
        return NOTHING
    return content if isinstance(content, Cell) else Cell(content)


def packed(cell: Cell) -> Content:
    """The cell as small as it can be kept."""
    if cell == NOTHING:
        return None
    value, *rest = cell
    return cell if any(part is not None for part in rest) else value


def has_data(content: Content) -> bool:
    """Whether there is a value or a formula, which a format alone or a note is not."""
    if isinstance(content, Cell):
        return content.value is not None or content.formula is not None
    return content is not None


def row_has_data(row: Row) -> bool:
    """Whether any cell of the row has."""
    return any(map(has_data, row))


def trimmed(contents: Iterable[Content]) -> Row:
    """A row without the empty cells at its end."""
    row = tuple(contents)
    if not row or row[-1] is not None:
        return row
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    return row[:end]


def cell_at(row: Row, column: int) -> Content:
    """What a row holds in a column."""
    return row[column] if column < len(row) else None


def placed(row: Row, left: int, contents: Iterable[Content]) -> Row:
    """The row with these contents from a column on."""
    contents = tuple(contents)
    if not row and not left:  # most of what is ever written
        return trimmed(contents)
    start = row[:left] + (None,) * (left - len(row))
    return trimmed(start + contents + row[left + len(contents) :])


def tidy(number: float) -> float:
    """A number as JSON shows it: whole ones without a point."""
    whole = float(number).is_integer() and abs(number) < 1e17
    return int(number) if whole else number
