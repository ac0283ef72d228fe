"""Lines to records of cells: RFC 4180, strictly. A quote out of place is an error, not a guess."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from meterctl.domain.readings import NOTE_LIMIT
from meterctl.imports.problems import Problem
from meterctl.imports.text.lines import LINE_LIMIT, Line

# A quoted cell may go over several lines, such as a note; one that goes over more lines than a
# note has characters was never closed.
RECORD_LINES = NOTE_LIMIT + 1
# What is space around a cell: of all kinds, marks without width, and the end-of-file of DOS.
SPACES = (
    " \t\r\n\v\f\x1a\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
    + "".join(map(chr, range(0x2000, 0x2010)))
)


class Record(NamedTuple):
    """One row: its cells, where it begins, its text; or what is wrong with it."""

    line: int
    cells: list[str]
    text: str
    problem: Problem | None = None
    delimiter: str = ","


def read_records(lines: Iterator[Line], delimiter: str = ",") -> Iterator[Record]:
    """Yield the rows of a table; lines without anything in them are passed over."""
    waiting: deque[Line] = deque()
    while True:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            return
        if '"' in line.text:
            yield _quoted(line, waiting, lines, delimiter)
        elif line.text or line.problem is not None:
            cells = line.text.split(delimiter)
            yield Record(line.number, cells, line.text, line.problem, delimiter)


def _quoted(first: Line, waiting: deque[Line], lines: Iterator[Line], delimiter: str) -> Record:
    """A record with quotes, which may go on over further lines, until its quotes are even.

    If it does not end well even so, those lines go back to be read as rows of their own: a quote
    never closed costs one row, and every line is looked at twice at most.
    """
    taken = [first]
    cells, problem, is_open = split_quoted(first.text, first.number, delimiter)
    if is_open:
        taken.extend(until_even(first, waiting, lines))
        cells, problem = _closed(taken, problem, delimiter)
        if problem is not None:
            waiting.extendleft(reversed(taken[1:]))
            taken = [first]
    spoilt = next((line.problem for line in taken if line.problem is not None), None)
    text = first.text if len(taken) == 1 else "\n".join(line.text for line in taken)
    return Record(first.number, cells, text, spoilt or problem, delimiter)


def until_even(first: Line, waiting: deque[Line], lines: Iterator[Line]) -> Iterator[Line]:
    """The lines that follow an open quote, up to one that may close it; not without end."""
    size = len(first.text)
    for _ in range(RECORD_LINES):
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            return
        yield line
        size += len(line.text)
        if line.text.count('"') % 2 or size > LINE_LIMIT:
            return


def _closed(
    taken: list[Line], opened: Problem | None, delimiter: str
) -> tuple[list[str], Problem | None]:
    """The cells of a record over several lines; or its open quote, which nothing closes."""
    first = taken[0]
    text = "\n".join(line.text for line in taken)
    cells, problem, is_open = split_quoted(text, first.number, delimiter)
    if problem is None or opened is None:
        return cells, None
    if is_open:
        return [], opened
    message = f"{opened.message}: {problem.message} at {problem.line}:{problem.column}"
    return [], opened._replace(message=message)


def split_quoted(text: str, line: int, delimiter: str) -> tuple[list[str], Problem | None, bool]:
    """Split a record that has quotes: its cells, what is wrong, and whether a quote is open."""
    cells: list[str] = []
    position = 0
    while True:
        if text.startswith('"', position):
            end = closing_quote(text, position + 1)
            if end < 0:
                return cells, problem_at(text, position, line, "a quote that is never closed"), True
            cells.append(text[position + 1 : end].replace('""', '"'))
            position = end + 1
            if position < len(text) and text[position] != delimiter:
                return cells, problem_at(text, position, line, "text after a closing quote"), False
        else:
            end = text.find(delimiter, position)
            end = len(text) if end < 0 else end
            quote = text.find('"', position, end)
            if quote >= 0:
                return cells, problem_at(text, quote, line, "a quote inside a cell"), False
            cells.append(text[position:end])
            position = end
        if position >= len(text):
            return cells, None, False
        position += 1


def closing_quote(text: str, start: int) -> int:
    """Where the quote that is open at `start` is closed; two quotes are one that is quoted."""
    position = start
    while (position := text.find('"', position)) >= 0:
        if not text.startswith('"', position + 1):
            return position
        position += 2
    return -1


def problem_at(text: str, position: int, line: int, message: str) -> Problem:
    """What is wrong at this place of a record that begins in that line."""
    before = text[:position]
    breaks = before.count("\n")
    column = position - (before.rfind("\n") + 1) + 1
    return Problem(
        line + breaks, column, message, 'write a quote within a cell as "" in a quoted cell', text
    )


def place_of_cell(record: Record, index: int) -> tuple[int, int]:
    """The line and column at which a cell of a record begins; past the end, the end.

    Without a delimiter there is one cell a line, or it is a worksheet, whose columns are counted.
    """
    text, delimiter, position = record.text, record.delimiter, 0
    if not delimiter:
        return record.line, index + 1
    for _ in range(index):
        position = _cell_end(text, position, delimiter)
        if position == len(text):
            break
        position += 1
    before = text[:position]
    return record.line + before.count("\n"), position - (before.rfind("\n") + 1) + 1


def _cell_end(text: str, position: int, delimiter: str) -> int:
    """Where the cell that begins here ends: its delimiter, or the end."""
    start = opening_quote(text, position, delimiter)
    if start >= 0:
        position = max(closing_quote(text, start), position)
    end = text.find(delimiter, position)
    return len(text) if end < 0 else end


def opening_quote(text: str, position: int, delimiter: str) -> int:
    """Where the text of a quoted cell begins (`"a"`, `="a"`), after spaces; -1: it is bare."""
    position = after_spaces(text, position, delimiter)
    if text.startswith('="', position):
        return position + 2
    return position + 1 if text.startswith('"', position) else -1


def after_spaces(text: str, position: int, delimiter: str) -> int:
    """The next place that holds no space, or is a delimiter."""
    while position < len(text) and text[position] in SPACES and text[position] != delimiter:
        position += 1
    return position
