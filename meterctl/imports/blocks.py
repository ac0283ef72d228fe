"""Rows of a file in blocks: in columns where they are plain, one by one where they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from meterctl.domain.plain import Plain
from meterctl.imports.formats import Row
from meterctl.imports.text.cells import Record

# Each is an entry, which the Sheet takes whole: of three meters these stay below the 2 MB that
# Google recommends. Of fewer an import takes longer; of more, others wait longer for their turn.
BLOCK_ROWS = 5_000
_CELL, _READING = 60, 400  # bytes that they take beside their text, about
_MOST = 16 << 20


class Column(NamedTuple):
    """The plain readings of one meter in a block, and where in the file each stands."""

    plain: Plain
    cell: int  # which of its row
    lines: Sequence[int]


class Block(NamedTuple):
    """Some rows of a file, each of them either in the columns or in `rows`."""

    size: int  # how many rows
    columns: tuple[Column, ...] = ()
    rows: Sequence[Row] = ()  # where there are columns as well, these are bad ones only


class Blocks(Protocol):
    """A file's rows in blocks."""

    def read(self, progress: Callable[[int], None]) -> Iterator[Block]:
        """One pass over the file; may be called again. `progress` is told how far it is read."""

    def record(self, line: int) -> Record:
        """The row of a column that stands in a line."""


def one_by_one(rows: Iterator[Row], size: int) -> Iterator[Block]:
    """Rows of any format as blocks; some hold a year in a row, and few of those fill a block."""
    block: list[Row] = []
    weight = 0
    for row in rows:
        block.append(row)
        cells, text = row.record.cells, row.record.text
        weight += 2 * len(text) + len(cells) * _CELL + len(row.readings) * _READING
        if len(block) == size or weight > _MOST:
            yield Block(len(block), (), block)
            block, weight = [], 0
    if block:
        yield Block(len(block), (), block)
