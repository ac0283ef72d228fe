"""What separates the columns of somebody else's table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from meterctl.imports.text.lenient import read_leniently
from meterctl.imports.text.lines import Line

# A comma comes last: it is also a decimal mark, and the others are rare within cells.
DELIMITERS = (";", "\t", "|", ",")
_BETWEEN_WORDS = re.compile(r"(?<!\d),|,(?!\d)")
NAMES = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def told(line: str) -> str | None:
    """What a first line `sep=;`, as spreadsheets write and obey it, says; None: it is no such."""
    text = line.strip(' \ufeff"\r\n')
    if not text.lower().startswith("sep="):
        return None
    rest = text[4:]
    if not rest:  # a tab, which was taken for space
        return "\t"
    return rest[0] if len(set(rest)) == 1 else None


def sniff(lines: Sequence[Line]) -> str:
    """The delimiter that cuts these lines into a table; empty where each of them is one cell.

    A table's rows have as many cells as the row before or after them. The delimiter for which most
    of the rows do is it; where two are equal, the one that seldom stands within a cell.
    """
    counts = {delimiter: _widths(lines, delimiter) for delimiter in DELIMITERS}
    rows = {delimiter: _rows(widths) for delimiter, widths in counts.items()}
    best = max(DELIMITERS, key=lambda delimiter: rows[delimiter])
    other = max(DELIMITERS[:-1], key=lambda delimiter: rows[delimiter])
    if best == "," and rows[other] * 3 > rows[best] and _only_decimal(lines, other):
        best = other
    if rows[best]:
        return best
    cells = {delimiter: max(widths, default=1) for delimiter, widths in counts.items()}
    best = max(DELIMITERS, key=lambda delimiter: cells[delimiter])
    return best if cells[best] > 1 else ""


def _only_decimal(lines: Sequence[Line], delimiter: str) -> bool:
    """Whether the commas of most lines that hold this delimiter stand between digits."""
    cut = [line.text for line in lines if delimiter in line.text]
    return sum(_BETWEEN_WORDS.search(text) is not None for text in cut) * 2 < len(cut)


def _widths(lines: Sequence[Line], delimiter: str) -> list[int]:
    """How many cells each row has, its empty ones at the end not counted."""
    widths = []
    for record in read_leniently(iter(lines), delimiter):
        filled = [index for index, cell in enumerate(record.cells) if cell]
        widths.append(filled[-1] + 1 if filled else 0)
    return widths


def _rows(widths: list[int]) -> int:
    """How many rows are as wide as a neighbour, or as most are, and have more than one cell."""
    usual = Counter(width for width in widths if width > 1)
    often = max(usual.values(), default=0)
    most = {width for width, count in usual.items() if count == often > 1}
    padded = [0, *widths, 0]
    return sum(
        width > 1 and (width in most or width in {padded[at], padded[at + 2]})
        for at, width in enumerate(widths)
    )
