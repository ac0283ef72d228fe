"""Lines to records of cells: RFC 4180, strictly. A quote out of place is an error, not a guess."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from meterctl.imports.lines import LINE_LIMIT, Line
from meterctl.imports.problems import Problem

# A quoted cell may go over several lines, such as a note; one that goes over more than these was
# never closed.
RECORD_LINES = 200


class Record(NamedTuple):
    """One row: its cells, where it begins, its text; or what is wrong with it."""

    line: int
    cells: list[str]
    text: str
    problem: Problem | None = None


def read_records(lines: Iterator[Line], delimiter: str = ",") -> Iterator[Record]:
    """Yield the rows of a table; lines without anything in them are passed over."""
    waiting: deque[Line] = deque()
    while True:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            return
        if line.problem is not None:
            yield Record(line.number, [], line.problem.text, line.problem)
        elif '"' not in line.text:
            if line.text:
                yield Record(line.number, line.text.split(delimiter), line.text)
        else:
            yield _quoted(line, waiting, lines, delimiter)


def _quoted(first: Line, waiting: deque[Line], lines: Iterator[Line], delimiter: str) -> Record:
    """A record with quotes, which may go on over further lines.

    Those looked at in vain go back to be read as rows of their own, so that one quote never
    closed costs one row.
    """
    text, taken = first.text, []
    while True:
        cells, problem, is_open = split_quoted(text, first.number, delimiter)
        if not is_open:
            return Record(first.number, cells, text, problem)
        following = waiting.popleft() if waiting else next(lines, None)
        if following is not None:
            taken.append(following)
        if (
            following is None
            or following.problem is not None
            or len(taken) > RECORD_LINES
            or len(text) > LINE_LIMIT
        ):
            waiting.extendleft(reversed(taken))
            return Record(first.number, [], first.text, problem)
        text = f"{text}\n{following.text}"


def split_quoted(text: str, line: int, delimiter: str) -> tuple[list[str], Problem | None, bool]:
    """Split a record that has quotes: its cells, what is wrong, and whether a quote is open."""
    cells: list[str] = []
    position = 0
    while True:
        if text.startswith('"', position):
            end = _closing(text, position + 1)
            if end < 0:
                return cells, _at(text, position, line, "a quote that is never closed"), True
            cells.append(text[position + 1 : end].replace('""', '"'))
            position = end + 1
            if position < len(text) and text[position] != delimiter:
                return cells, _at(text, position, line, "text after a closing quote"), False
        else:
            end = text.find(delimiter, position)
            end = len(text) if end < 0 else end
            quote = text.find('"', position, end)
            if quote >= 0:
                return cells, _at(text, quote, line, "a quote inside a cell"), False
            cells.append(text[position:end])
            position = end
        if position >= len(text):
            return cells, None, False
        position += 1


def _closing(text: str, start: int) -> int:
    """Where the quote that is open at `start` is closed; two quotes are one that is quoted."""
    position = start
    while (position := text.find('"', position)) >= 0:
        if not text.startswith('"', position + 1):
            return position
        position += 2
    return -1


def _at(text: str, position: int, line: int, message: str) -> Problem:
    before = text[:position]
    breaks = before.count("\n")
    column = position - (before.rfind("\n") + 1) + 1
    return Problem(
        line + breaks, column, message, 'write a quote within a cell as "" in a quoted cell', text
    )


def place_of_cell(record: Record, index: int, delimiter: str = ",") -> tuple[int, int]:
    """The line and column at which a cell of a sound record begins; past the end, the end."""
    text, position = record.text, 0
    for _ in range(index):
        if text.startswith('"', position):
            position = _closing(text, position + 1) + 1
        end = text.find(delimiter, position)
        if end < 0:
            position = len(text)
            break
        position = end + 1
    before = text[:position]
    return record.line + before.count("\n"), position - (before.rfind("\n") + 1) + 1
