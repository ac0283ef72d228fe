"""The canonical CSV in blocks of lines: the plain ones in columns, the odd ones read strictly."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, islice
from typing import BinaryIO, cast

from meterctl.imports.blocks import BLOCK_ROWS, Block, Column, one_by_one
from meterctl.imports.canonical.columns import read_header
from meterctl.imports.canonical.format import RowReader
from meterctl.imports.canonical.plain import Odd, PlainReader
from meterctl.imports.formats import Context, Row
from meterctl.imports.problems import EMPTY, Stop
from meterctl.imports.text.cells import Record, read_records
from meterctl.imports.text.lines import LINE_LIMIT, Line, read_lines, unread

_SOME_LINES = 250  # read at once, so that a block of very long ones is given up in time
_BLOCK_SIZE = 1 << 20  # bytes; nearly always far less


class CanonicalBlocks:
    """A file as we write it, whose rows can be had in blocks as often as needed."""

    def __init__(self, file: BinaryIO, context: Context) -> None:
        self._file = file
        self._context = context
        self._lines: list[int] = []  # with which line each block of the last pass began
        self._offsets: list[int] = []  # and with which byte
        self._near: tuple[int, list[bytes]] = (-1, [])  # the block that was last asked for

    def read(self, progress: Callable[[int], None]) -> Iterator[Block]:
        """All rows, from the file's start.

        Raises:
            Stop: the file as a whole cannot be read so, such as for its header.
            InputMissing: its disk fails.
        """
        self._file.seek(0)
        self._lines.clear()
        self._offsets.clear()
        self._near = (-1, [])
        records = read_records(read_lines(self._file))
        header = next(records, None)
        if header is None:
            raise Stop(EMPTY)
        columns = read_header(header, self._context)
        strict = RowReader(columns, self._context)
        if '"' in header.text:  # it may go over several lines
            rows = (row for record in records if (row := strict.row(record)) is not None)
            blocks = one_by_one(rows, BLOCK_ROWS)
        else:
            plain = PlainReader(columns, self._context, strict.times)
            blocks = self._blocks(header.line + 1, strict, plain)
        for block in blocks:
            progress(self._file.tell())
            yield block
        progress(self._file.tell())

    def _blocks(self, number: int, strict: RowReader, plain: PlainReader) -> Iterator[Block]:
        pieces = iter(partial(self._file.readline, LINE_LIMIT), b"")
        offset = self._file.tell()
        waiting: list[bytes] = []
        while True:
            self._lines.append(number)
            self._offsets.append(offset)
            try:
                raws = _some(waiting, pieces)
            except OSError as error:
                raise unread(number - 1, error) from error
            if not raws:
                return
            block, used = _block(raws, number, strict, plain)
            if block is not None:
                waiting = raws[used:]
                number += used
                offset += sum(map(len, raws[:used]))
                self._near = (len(self._lines) - 1, raws)
                yield block
            else:
                tangled = _Tangled(raws, pieces, number)
                yield from one_by_one(tangled.rows(strict), BLOCK_ROWS)
                waiting = []
                number = tangled.number
                offset = self._file.tell()

    def record(self, line: int) -> Record:
        """The plain row in a line that was read already."""
        place = bisect_right(self._lines, line) - 1
        if self._near[0] != place:  # the pass is over
            self._file.seek(self._offsets[place])
            count = self._lines[place + 1] - self._lines[place]
            self._near = (place, [self._file.readline() for _ in range(count)])
        raw = self._near[1][line - self._lines[place]]
        return next(_records(raw, line))


def _some(waiting: list[bytes], pieces: Iterator[bytes]) -> list[bytes]:
    """The lines of a block, those that wait first; of one that is too long, a piece or several."""
    raws = waiting
    size = sum(map(len, raws))
    while len(raws) < BLOCK_ROWS and size < _BLOCK_SIZE:
        some = list(islice(pieces, min(_SOME_LINES, BLOCK_ROWS - len(raws))))
        if not some:
            break
        raws += some
        size += sum(map(len, some))
    return raws


def _block(
    raws: list[bytes], number: int, strict: RowReader, plain: PlainReader
) -> tuple[Block | None, int]:
    """A block of lines, and how many it took; None where it cannot be told where a row ends."""
    if max(map(len, raws)) >= LINE_LIMIT:
        return None, 0
    lines = raws if raws[-1].endswith(b"\n") else [*raws[:-1], raws[-1] + b"\n"]
    odd = set(plain.odd_shapes(lines))
    records, used = _quoted(raws, number, odd)
    if not used:
        return None, 0
    lines, odd = lines[:used], {place for place in odd if place < used}
    for place, record in records.items():
        odd.update(range(place, place + _height(record)))
    columns = _columns(lines, number, odd, plain)
    rows = list(_strictly(strict, raws, number, sorted(odd), records))
    if any(row.problem is None for row in rows):
        # Good, and not plain, such as with a note: these and their neighbours may share a slot,
        # where the order in the file counts.
        columns, odd = (), set(range(used))
        rows = list(_strictly(strict, raws, number, sorted(odd), records))
    return Block(used - len(odd) + len(rows), columns, rows), used


def _quoted(raws: list[bytes], number: int, odd: Iterable[int]) -> tuple[dict[int, Record], int]:
    """The rows that may go over several lines, by their places; how many lines they are told of."""
    found: dict[int, Record] = {}
    end = 0
    for place in sorted(odd):
        if place >= end and raws[place].count(b'"') % 2:
            rest = _Rest(raws, place)
            record = next(read_records(_lines(rest.pull, number + place)))
            if rest.is_over:  # it may go on in the next block
                return found, place
            found[place] = record
            end = place + _height(record)
    return found, len(raws)


class _Rest:
    """The lines of a block from a place on."""

    def __init__(self, raws: list[bytes], place: int) -> None:
        self._raws = islice(raws, place, None)
        self.is_over = False  # more than there are were asked for

    def pull(self) -> bytes:
        """The next one."""
        raw = next(self._raws, b"")
        self.is_over = self.is_over or not raw
        return raw


def _height(record: Record) -> int:
    """How many lines it goes over."""
    return record.text.count("\n") + 1


def _columns(
    lines: list[bytes], number: int, odd: set[int], plain: PlainReader
) -> tuple[Column, ...]:
    """The columns of those that are not odd; finds out about more that are."""
    while True:
        places = [place for place in range(len(lines)) if place not in odd] if odd else []
        some = [lines[place] for place in places] if odd else lines
        if not some:
            return ()
        numbers = [number + place for place in places] or range(number, number + len(lines))
        try:
            return plain.columns(some, numbers)
        except Odd as found:
            odd.update([places[place] for place in found.places] if odd else found.places)


def _strictly(
    strict: RowReader,
    raws: list[bytes],
    number: int,
    places: Iterable[int],
    known: Mapping[int, Record],
) -> Iterator[Row]:
    """The rows that begin in these lines; `known` are those that may go over several."""
    end = 0
    for place in places:
        if place < end:
            continue
        records = [known[place]] if place in known else _records(raws[place], number + place)
        for record in records:
            end = place + _height(record)
            row = strict.row(record)
            if row is not None:
                yield row


class _Tangled:
    """Lines read on and on, strictly, until a row ends where they do."""

    def __init__(self, raws: list[bytes], more: Iterator[bytes], number: int) -> None:
        self._raws = chain(raws, more)
        self._left = len(raws)
        self.number = number  # of the next line

    def rows(self, strict: RowReader) -> Iterator[Row]:
        """Rows, as far as they are tangled with each other."""
        for record in read_records(_lines(self._pull, self.number)):
            row = strict.row(record)
            if row is not None:
                yield row
            is_all = self.number == record.line + _height(record)
            if self._left <= 0 and is_all:
                return

    def _pull(self) -> bytes:
        try:
            raw = next(self._raws, b"")
        except OSError as error:
            raise unread(self.number - 1, error) from error
        self._left -= 1
        if raw.endswith(b"\n") or 0 < len(raw) < LINE_LIMIT:
            self.number += 1
        return raw


def _records(raw: bytes, number: int) -> Iterator[Record]:
    """The row of a line by itself, if there is anything in it."""
    return read_records(_lines(partial(next, iter((raw,)), b""), number))


def _lines(pull: Callable[[], bytes], number: int) -> Iterator[Line]:
    """Lines that are not the first of their file."""
    lines = read_lines(cast(BinaryIO, _Raws(pull)))
    next(lines)
    for line in lines:
        add = number - 2
        problem = line.problem
        if problem is not None:
            problem = problem._replace(line=problem.line + add)
        yield line._replace(number=line.number + add, problem=problem)


class _Raws:
    """Lines as of a file, after another one: a file's first is read with particular care."""

    def __init__(self, pull: Callable[[], bytes]) -> None:
        self._pull = pull
        self._is_first = True

    def readline(self, _limit: int) -> bytes:
        """The next one."""
        if self._is_first:
            self._is_first = False
            return b"-\n"
        return self._pull()
