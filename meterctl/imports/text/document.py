"""A file that was looked at: what it is made of, what separates its columns, its first rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import BinaryIO, TypeVar

from meterctl.imports.formats import Options
from meterctl.imports.text import delimiter as delimiters
from meterctl.imports.text.archives import is_office
from meterctl.imports.text.cells import Record
from meterctl.imports.text.encoding import Encoding, encoding_of
from meterctl.imports.text.kinds import is_xml, refuse_others
from meterctl.imports.text.lenient import read_leniently
from meterctl.imports.text.lines import Line, read_foreign_lines
from meterctl.imports.text.source import Source

HEAD_ROWS = 100
_SNIFFED_LINES = 250  # there are preambles of more than a hundred
_HEAD_SIZE = 1 << 22  # of the first rows' text: a year of hours in a row is long
_A_CELL = 30  # letters that take as long to look at: every format looks at each cell of these rows
_START = 4096

_T = TypeVar("_T", Record, Line)


class Document:
    """A table of text that can be read as often as needed."""

    def __init__(
        self,
        source: Source,
        start: bytes,
        delimiter: str,
        rows: Callable[[], Iterator[Record]],
        notes: tuple[str, ...],
    ) -> None:
        self.name = source.name
        self.file: BinaryIO = source.file
        self.start = start  # its first bytes
        self.is_xml = is_xml(start)
        self.delimiter = delimiter  # empty: a row is one cell, or it is a worksheet
        self.notes = notes  # how it is read, in sentences for people
        self._rows = rows
        self.head: tuple[Record, ...] = _bounded(self.records(), HEAD_ROWS, _A_CELL)

    @classmethod
    def of(
        cls,
        data: bytes,
        name: str = "x.csv",
        options: Options = Options(),  # noqa: B008 (immutable)
    ) -> Document:
        """Look at these bytes."""
        return look_at(Source(name, BytesIO(data), len(data)), options)

    def records(self, after: int = 0) -> Iterator[Record]:
        """All rows with anything in them, from the line after `after` on."""
        records = self._rows()
        return (record for record in records if record.line > after) if after else records


def look_at(source: Source, options: Options) -> Document:
    """Find out how a file is to be read.

    Raises:
        Stop: it holds no table.
        Unknown: its encoding, or which worksheet, must be asked.
        UsageError: the encoding or worksheet that was told is none.
        FileError: it is a workbook that cannot be unpacked.
    """
    file = source.file
    file.seek(0)
    start = file.read(_START)
    if is_office(file):
        from meterctl.imports.text.workbook import Worksheet

        sheet = Worksheet(file, source.name, options.worksheet)
        return Document(source, start, "", sheet.records, tuple(filter(None, [sheet.note])))
    refuse_others(start)
    if is_xml(start):
        rows = _Rows(file, Encoding("utf-8"), "")
        return Document(source, start, "", rows, ())
    encoding = encoding_of(file, options.encoding)
    rows = _sniffed(file, encoding)
    notes = [encoding.note]
    if rows.delimiter not in {"", ","}:
        name = delimiters.NAMES.get(rows.delimiter, f"`{rows.delimiter}`")
        notes.append(f"columns are separated by {name}")
    if rows.is_wrapped:
        notes.append("each row stands in one pair of quotes, which were taken off")
    return Document(source, start, rows.delimiter, rows, tuple(filter(None, notes)))


class _Rows:
    """The rows of a text."""

    def __init__(
        self,
        file: BinaryIO,
        encoding: Encoding,
        delimiter: str,
        *,
        after: int = 0,
        is_wrapped: bool = False,
    ) -> None:
        self._file = file
        self._codec = encoding.codec
        self._after = after  # the line that says `sep=`
        self.delimiter = delimiter
        self.is_wrapped = is_wrapped

    def __call__(self) -> Iterator[Record]:
        lines = read_foreign_lines(self._file, self._codec)
        if self._after:
            lines = islice(lines, self._after, None)
        if self.is_wrapped:
            lines = map(_unwrapped, lines)
        return read_leniently(lines, self.delimiter)


def _sniffed(file: BinaryIO, encoding: Encoding) -> _Rows:
    """Find out what separates the columns."""
    filled = filter(_is_filled, read_foreign_lines(file, encoding.codec))
    lines: Sequence[Line] = _bounded(filled, _SNIFFED_LINES)
    after = 0
    told = delimiters.told(lines[0].text) if lines else None
    if told is not None:
        after, lines = lines[0].number, lines[1:]
        if any(told in line.text for line in lines):
            return _Rows(file, encoding, told, after=after)
    delimiter, is_wrapped = delimiters.sniff(lines), False
    if not delimiter and all(line.text.startswith('"') for line in lines):
        delimiter = delimiters.sniff([_unwrapped(line) for line in lines])
        is_wrapped = bool(delimiter)
    return _Rows(file, encoding, delimiter, after=after, is_wrapped=is_wrapped)


def _is_filled(line: Line) -> bool:
    return bool(line.text.strip(' \t;,|"\u00a0'))


def _unwrapped(line: Line) -> Line:
    """A line without the quotes around it, as a spreadsheet puts them that took it for one cell."""
    bare = line.text.rstrip("; \t")
    if len(bare) > 1 and bare.startswith('"') and bare.endswith('"'):
        return line._replace(text=bare[1:-1].replace('""', '"'))
    return line


def _bounded(things: Iterable[_T], count: int, a_cell: int = 0) -> tuple[_T, ...]:
    """The first of these, up to a size that fits well into memory."""
    first: list[_T] = []
    size = 0
    for thing in islice(things, count):
        first.append(thing)
        size += len(thing.text)
        if isinstance(thing, Record):
            size += a_cell * len(thing.cells)
        if size > _HEAD_SIZE:
            break
    return tuple(first)
