"""What a first look at a file found, kept on disk for the second: it is not parsed twice.

Only while all good rows are plain, and the disk has room; else the file is read again, with the
same result. Rows that are all over the place are put in order of time on the way: inserted as they
come, each would touch a page of its own.
"""

from __future__ import annotations

import pickle
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from errno import ENOSPC
from io import BytesIO
from itertools import pairwise
from math import isqrt
from operator import attrgetter, itemgetter
from typing import BinaryIO, NamedTuple, cast

from meterctl.domain.plain import Plain
from meterctl.imports.blocks import BLOCK_ROWS, Block, Column

_MOST_BYTES = 1 << 30  # kept on disk: some thirty million rows
_IN_MEMORY = 4 << 20  # bytes; a year of quarter-hours needs no file
_BIN = 40_000  # rows sorted at once
_MOST_BINS = 64
_SAMPLE = 200  # one time in so many tells how they lie

_Whose = tuple[str, int, int]  # meter, device, cell
_Lines = Sequence[int]


class _Packed(NamedTuple):
    """Columns that stand in the same rows, in eight bytes a number."""

    whose: tuple[_Whose, ...]
    at: array[int]
    starts_at: array[int]  # the very same for all but intervals
    lines: _Lines
    values: tuple[array[int], ...]

    @property
    def has_no_spans(self) -> bool:
        return self.starts_at is self.at


class _Place(NamedTuple):
    """Where a block is kept."""

    offset: int
    size: int
    position: int  # in the file that it was read from
    first_at: int
    last_at: int


class Kept:
    """The plain blocks of a file, until it is closed."""

    def __init__(self) -> None:
        self._file: BinaryIO = BytesIO()
        self._size = 0
        self._is_on_disk = False
        self._places: list[_Place] = []
        self._samples: list[int] = []
        self.is_whole = True  # all good rows are here

    def add(self, block: Block, position: int) -> None:
        """Keep what is good of a block."""
        if not self.is_whole:
            return
        if any(row.problem is None for row in block.rows):
            self.give_up()
            return
        if not block.columns:
            return
        packed = _packed(block.columns)
        offset = self._write(packed)
        if offset is None:
            self.give_up()
            return
        for one in packed:
            self._samples.extend(one.at[::_SAMPLE])
        first_at, last_at = min(one.at[0] for one in packed), max(one.at[-1] for one in packed)
        self._places.append(_Place(offset, block.size, position, first_at, last_at))

    def give_up(self) -> None:
        """Keep nothing: the file is read again."""
        self.is_whole = False
        self.close()

    def blocks(self) -> Iterator[tuple[Block, int]]:
        """What was kept, each with how far in the file it reached."""
        bins = self._bins() if self._is_shuffled() else None
        if bins is None:
            for place in self._in_order():
                yield Block(place.size, _unpacked(self._read(place.offset))), place.position
            return
        end = self._places[-1].position
        for number, offsets in enumerate(bins, 1):
            for block in _in_blocks([part for one in offsets for part in self._read(one)]):
                yield block, end * number // len(bins)

    def _in_order(self) -> list[_Place]:
        """By time, where no two blocks overlap: then their order in the file means nothing.

        A file may begin with the newest row. Written so, each block would lie before all others,
        and be judged in their light once more.
        """
        ordered = sorted(self._places, key=attrgetter("first_at"))
        overlap = any(one.last_at >= after.first_at for one, after in pairwise(ordered))
        return self._places if overlap else ordered

    def _is_shuffled(self) -> bool:
        """Whether blocks lie all over the time that the file is about."""
        if len(self._places) < 4:  # few pages to touch
            return False
        whole = max(one.last_at for one in self._places) - min(one.first_at for one in self._places)
        covered = sum(one.last_at - one.first_at for one in self._places)
        return covered > whole * max(3, isqrt(len(self._places)))

    def _bins(self) -> list[list[int]] | None:
        """All of it cut by time into what fits into memory; None if there is no room on disk."""
        self._samples.sort()
        count = min(len(self._samples) * _SAMPLE // _BIN, _MOST_BINS) + 1
        step = len(self._samples) // count + 1
        limits = self._samples[step::step]
        bins: list[list[int]] = [[] for _ in range(len(limits) + 1)]
        for place in self._places:
            cut: list[list[_Packed]] = [[] for _ in bins]
            for packed in self._read(place.offset):
                ends = [bisect_left(packed.at, limit) for limit in limits]
                for parts, part in zip(cut, _cut(packed, ends), strict=True):
                    if part.at:
                        parts.append(part)
            for offsets, parts in zip(bins, cut, strict=True):
                if parts:
                    offset = self._write(parts)
                    if offset is None:
                        return None
                    offsets.append(offset)
        return bins

    def _write(self, packed: list[_Packed]) -> int | None:
        """Where it was written; None if there is no room for it."""
        data = pickle.dumps([tuple(one) for one in packed], pickle.HIGHEST_PROTOCOL)
        try:
            if not self._is_on_disk and self._size > _IN_MEMORY:
                self._file, self._is_on_disk = _on_disk(self._file), True
            self._file.seek(self._size)
            _write_all(self._file, data)
        except OSError:
            return None
        offset = self._size
        self._size += len(data)
        return offset if offset < _MOST_BYTES else None

    def _read(self, offset: int) -> list[_Packed]:
        self._file.seek(offset)
        # Our own bytes, in a file without a name.
        return [_Packed(*one) for one in pickle.load(self._file)]  # noqa: S301 (as said)

    def close(self) -> None:
        """Let go of what was kept."""
        self._file.close()
        self._places.clear()
        self._samples.clear()


def _on_disk(memory: BinaryIO) -> BinaryIO:
    """A file that begins with what was kept in memory.

    Without a buffer: what one could not write, it would try once more at each seek and at the end.
    """
    from tempfile import TemporaryFile

    with ExitStack() as stack:
        disk = cast(BinaryIO, stack.enter_context(TemporaryFile(prefix="meterctl-", buffering=0)))
        memory.seek(0)
        _write_all(disk, memory.read())
        stack.pop_all()  # who asked closes it
    return disk


def _write_all(file: BinaryIO, data: bytes) -> None:
    if file.write(data) < len(data):
        raise OSError(ENOSPC, "only a part of it was written")


def _packed(columns: Sequence[Column]) -> list[_Packed]:
    """By time; what has the same time stays in the order of the file."""
    together: dict[tuple[int, int, int], list[Column]] = {}
    for column in columns:
        plain = column.plain
        together.setdefault((id(plain.at), id(plain.starts_at), id(column.lines)), []).append(
            column
        )
    found: list[_Packed] = []
    for some in together.values():
        first, lines = some[0].plain, some[0].lines
        at = array("q", first.at)
        packed = _Packed(
            tuple((one.plain.meter, one.plain.device, one.cell) for one in some),
            at,
            at if first.has_no_spans else array("q", first.starts_at),
            lines if isinstance(lines, range) else array("q", lines),
            tuple(array("q", one.plain.values) for one in some),
        )
        found.append(packed if first.is_in_order else _sorted(packed))
    return found


def _sorted(packed: _Packed) -> _Packed:
    at = packed.at.tolist()
    if len(at) < 2:
        return packed
    pick = itemgetter(*sorted(range(len(at)), key=at.__getitem__))

    def ordered(numbers: Iterable[int]) -> array[int]:
        return array("q", pick(list(numbers)))

    in_order = ordered(at)
    return _Packed(
        packed.whose,
        in_order,
        in_order if packed.has_no_spans else ordered(packed.starts_at),
        ordered(packed.lines),
        tuple(map(ordered, packed.values)),
    )


def _unpacked(some: list[_Packed]) -> tuple[Column, ...]:
    columns: list[Column] = []
    for packed in some:
        at = packed.at.tolist()
        starts_at = at if packed.has_no_spans else packed.starts_at.tolist()
        for (meter, device, cell), values in zip(packed.whose, packed.values, strict=True):
            plain = Plain(meter, device, at, starts_at, values.tolist())
            columns.append(Column(plain, cell, packed.lines))
    return tuple(columns)


def _cut(packed: _Packed, ends: list[int]) -> Iterator[_Packed]:
    """Columns in parts that end before these places; the last one at their end."""
    for start, end in zip([0, *ends], [*ends, len(packed.at)], strict=True):
        at = packed.at[start:end]
        starts_at = at if packed.has_no_spans else packed.starts_at[start:end]
        values = tuple(one[start:end] for one in packed.values)
        yield _Packed(packed.whose, at, starts_at, packed.lines[start:end], values)


def _in_blocks(parts: list[_Packed]) -> Iterator[Block]:
    """All rows of these in order of time; those of one time together, in the order of the file."""
    whose = [one for group in {part.whose for part in parts} for one in group]
    if len(whose) > len(set(whose)):  # here with a neighbour's values, there without
        parts = [one for part in parts for one in _apart(part)]
    of: dict[tuple[_Whose, ...], list[_Packed]] = {}
    for part in parts:
        of.setdefault(part.whose, []).append(part)
    groups = [_sorted(_joined(some)) for some in of.values()]
    longest = max((one.at for one in groups), key=len, default=array("q"))
    rows = len(longest) // (len(longest) // BLOCK_ROWS + 1) + 1  # none is left over by a few
    limits = longest[rows::rows]
    cut = [_cut(one, [bisect_left(one.at, limit) for limit in limits]) for one in groups]
    for block in zip(*cut, strict=True):
        some = [one for one in block if one.at]
        if some:
            yield Block(max(len(one.at) for one in some), _unpacked(some))


def _apart(packed: _Packed) -> Iterator[_Packed]:
    for whose, values in zip(packed.whose, packed.values, strict=True):
        yield packed._replace(whose=(whose,), values=(values,))


def _joined(parts: list[_Packed]) -> _Packed:
    """These one after the other."""
    first = parts[0]
    has_no_spans = all(part.has_no_spans for part in parts)
    at = _chained(part.at for part in parts)
    return _Packed(
        first.whose,
        at,
        at if has_no_spans else _chained(part.starts_at for part in parts),
        _chained(part.lines for part in parts),
        tuple(map(_chained, zip(*(part.values for part in parts), strict=True))),
    )


def _chained(parts: Iterable[Sequence[int]]) -> array[int]:
    found = array("q")
    for part in parts:
        found.extend(part if isinstance(part, array) else array("q", part))
    return found
