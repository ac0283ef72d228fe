"""Words, headings, tables and sentences as an import prints them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from shutil import get_terminal_size
from textwrap import wrap

from meterctl.cli import out
from meterctl.errors import shown

_NAME_LIMIT = 48
_INDENT = 2
_NARROWEST = 40  # letters: below this, folding makes nothing clearer


def number(count: int, name: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def plain(text: str) -> str:
    """A heading of a file, fit for a terminal."""
    return shown(text, _NAME_LIMIT)[1:-1]


def aligned(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> Iterator[str]:
    """Columns as lines, for data and messages alike."""
    aligned_right = set(right)
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = [
            cell.rjust(width) if index in aligned_right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def folded(text: str) -> list[str]:
    """A sentence as lines that a terminal has room for; one line where none is read by a person."""
    width = max(get_terminal_size().columns - _INDENT, _NARROWEST)
    if not out.is_shown_live() or len(text) <= width:
        return [text]
    return wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
