"""Lines to records of cells for other people's files: what can mean one thing only is taken so.

That is more than RFC 4180 allows: spaces around a quoted cell, a quote within a bare one, and the
marks that spreadsheets put on texts. What could be two things is a problem of its row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from meterctl.imports.problems import Problem
from meterctl.imports.text.cells import (
    SPACES,
    Record,
    after_spaces,
    closing_quote,
    opening_quote,
    place_of_cell,
    problem_at,
    until_even,
)
from meterctl.imports.text.lines import Line

CELL_LIMIT = 200_000  # of a row; a year of quarter-hours in one row has 35,136
CELL_LENGTH = 32_767  # what a spreadsheet's cell holds at most; more was never a table's


def read_leniently(lines: Iterator[Line], delimiter: str) -> Iterator[Record]:
    """Yield the rows of somebody else's table, their cells trimmed; without empty rows.

    `delimiter` may be empty: each line is one cell.
    """
    waiting: deque[Line] = deque()
    nothing = delimiter + SPACES + '"'
    while True:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            return
        text = line.text
        if line.problem is not None:
            yield Record(line.number, [], text, line.problem, delimiter)
        elif not text.strip(nothing) and text.count('"') % 2 == 0:
            continue
        elif delimiter and text.count(delimiter) >= CELL_LIMIT:
            yield Record(line.number, [], text[:80], _too_many(line), delimiter)
        elif '"' in text:
            record = _loosely_quoted(line, waiting, lines, delimiter)
            if record.problem is not None or any(record.cells):
                yield _of_usual_cells(record)
        else:
            cells = text.split(delimiter) if delimiter else [text]
            record = Record(line.number, trimmed(cells, text), text, None, delimiter)
            yield _of_usual_cells(record)


def _of_usual_cells(record: Record) -> Record:
    """A record as it is; one with an endless cell is refused, before anybody looks at that."""
    if len(record.text) <= CELL_LENGTH or not record.delimiter:
        return record
    place = next((i for i, cell in enumerate(record.cells) if len(cell) > CELL_LENGTH), None)
    if place is None:
        return record
    problem = Problem(
        *place_of_cell(record, place),
        f"a cell of more than {CELL_LENGTH} characters",
        "a quote or a line's end may be missing; export the file again",
    )
    return Record(record.line, [], record.text[:80], problem, record.delimiter)


def _too_many(line: Line) -> Problem:
    return Problem(
        line.number, 1, f"more than {CELL_LIMIT} cells in this row", "it is no table of readings"
    )


def _loosely_quoted(
    first: Line, waiting: deque[Line], lines: Iterator[Line], delimiter: str
) -> Record:
    """A record with quotes, which may go on over further lines, as `_quoted` takes it."""
    text = first.text
    cells, problem, is_open = _split_loosely(text, first.number, delimiter)
    opened = problem
    if is_open:
        taken = [first, *until_even(first, waiting, lines)]
        if all(line.problem is None for line in taken):
            text = "\n".join(line.text for line in taken)
            cells, problem, _ = _split_loosely(text, first.number, delimiter)
        if problem is not None:
            waiting.extendleft(reversed(taken[1:]))
    if problem is not None:
        return Record(first.number, [], first.text, opened, delimiter)
    return Record(first.number, trimmed(cells, text), text, None, delimiter)


def _split_loosely(text: str, line: int, delimiter: str) -> tuple[list[str], Problem | None, bool]:
    """Split a record that has quotes: its cells, what is wrong, and whether a quote is open."""
    between = f'"{delimiter}"'
    cells = text[1:-1].split(between) if delimiter else []
    if text[0] == text[-1] == '"' and text.count('"') == 2 * len(cells):
        return cells, None, False  # every cell is quoted, and none holds a quote
    cells = []
    position = 0
    while True:
        start = opening_quote(text, position, delimiter)
        if start < 0:
            end = text.find(delimiter, position) if delimiter else -1
            end = len(text) if end < 0 else end
            cells.append(text[position:end])
        else:
            closing = closing_quote(text, start)
            if closing < 0:
                return (
                    cells,
                    problem_at(text, start - 1, line, "a quote that is never closed"),
                    True,
                )
            cells.append(text[start:closing].replace('""', '"'))
            end = after_spaces(text, closing + 1, delimiter)
            if end < len(text) and text[end] != delimiter:
                return cells, problem_at(text, end, line, "text after a closing quote"), False
        if end >= len(text):
            return cells, None, False
        position = end + 1


def trimmed(cells: list[str], text: str) -> list[str]:
    """Cells without spaces around them, and without what marks a text in a spreadsheet."""
    spaces = None if text.isascii() and "\x1a" not in text else SPACES
    cells = [cell.strip(spaces) for cell in cells]
    if "'" in text or '="' in text:
        return [_unmarked(cell) for cell in cells]
    return cells


def _unmarked(cell: str) -> str:
    """`'1044` and `="1044"` are the text 1044, which a spreadsheet is not to take for a number."""
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 2:
        cell = cell[2:-1].strip(SPACES)
    return cell[1:] if cell.startswith("'") and cell[1:2].isdigit() else cell
