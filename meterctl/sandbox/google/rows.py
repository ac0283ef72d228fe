"""A sheet's rows: copied at once however many there are, each change costs only what it touches."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from meterctl.sandbox.google.cells import Cell, Row, has_data

SIZE = 256  # rows in a chunk at most: what one change copies


class Facts(NamedTuple):
    """What a chunk's rows have in common, so that whoever looks for something can pass over it."""

    every: int  # a bit for each column that has data in all rows
    some: int  # a bit for each column that has data in any row
    formulas: bool


class _Chunk:
    """Some rows in order. Only who owns it may write it."""

    __slots__ = ("_facts", "owner", "rows")

    def __init__(self, rows: list[Row], owner: object) -> None:
        self.rows = rows
        self.owner = owner
        self._facts: Facts | None = None

    def facts(self) -> Facts:
        """What the rows have in common."""
        found = self._facts
        if found is None:
            found = self._facts = _facts(self.rows)
        return found

    def forget(self) -> None:
        """The rows have changed."""
        self._facts = None


class Rows:
    """Rows by number. Those that were never written are empty, and take no space at the end.

    A copy shares all chunks with what it was copied from; whoever writes first copies the chunk.
    So the state that readers see is never changed, and a change that fails is simply dropped.
    """

    def __init__(self) -> None:
        self._chunks: list[_Chunk] = []
        self._ends: list[int] = []  # of each chunk: the number of the row after its last
        self._mark = object()  # of the chunks that nobody else looks at

    def copy(self) -> Rows:
        """The same rows, to be changed on their own."""
        other = Rows()
        other._chunks = self._chunks.copy()
        other._ends = self._ends.copy()
        self._mark = object()
        return other

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, at: int) -> Row:
        if at >= len(self):
            return ()
        chunk = bisect_right(self._ends, at)
        return self._chunks[chunk].rows[at - self._ends[chunk]]  # counted from its end

    def __setitem__(self, at: int, row: Row) -> None:
        if at >= len(self):
            if not row:
                return
            self._lengthen(at + 1)
        chunk = bisect_right(self._ends, at)
        self._writable(chunk)[at - self._ends[chunk]] = row

    def between(self, start: int, end: int) -> Iterator[Row]:
        """The rows from start to before end, as far as there are any."""
        for chunk in range(bisect_right(self._ends, start), len(self._chunks)):
            rows = self._chunks[chunk].rows
            first = self._ends[chunk] - len(rows)
            if first >= end:
                return
            if start <= first and first + len(rows) <= end:
                yield from rows
            else:
                yield from rows[max(start - first, 0) : end - first]

    def insert(self, at: int, count: int) -> None:
        """Make room; what was there moves down."""
        if at < len(self):
            self._splice(at, at, [()] * count)

    def delete(self, start: int, end: int) -> None:
        """Take rows out; what lies below moves up."""
        if start < min(end, len(self)):
            self._splice(start, min(end, len(self)), [])

    def change(
        self, change: Callable[[Row], Row], where: Callable[[Facts], bool] | None = None
    ) -> None:
        """Change every row by a rule, in the chunks of which something is true."""
        for at, chunk in enumerate(self._chunks):
            if where is None or where(chunk.facts()):
                self._chunks[at] = _Chunk([change(row) for row in chunk.rows], self._mark)

    def skip_up(self, at: int, alike: Callable[[Facts], bool]) -> int:
        """From before a row up, over the whole chunks that are all alike: where they begin."""
        last = bisect_right(self._ends, at - 1)
        if not at or last >= len(self._ends) or self._ends[last] != at:
            return at
        known: dict[Facts, bool] = {}
        for chunk in reversed(self._chunks[: last + 1]):
            facts = chunk.facts()
            if facts not in known:
                known[facts] = alike(facts)
            if not known[facts]:
                break
            at -= len(chunk.rows)
        return at

    def skip_down(self, at: int, alike: Callable[[Facts], bool]) -> int:
        """From a row down, over the whole chunks that are all alike: where they end."""
        first = bisect_right(self._ends, at)
        if first < len(self._ends) and self._ends[first] - len(self._chunks[first].rows) == at:
            known: dict[Facts, bool] = {}
            for number in range(first, len(self._chunks)):
                facts = self._chunks[number].facts()
                if facts not in known:
                    known[facts] = alike(facts)
                if not known[facts]:
                    break
                at = self._ends[number]
        return at

    def _splice(self, start: int, end: int, rows: Sequence[Row]) -> None:
        """Put other rows in the place of some."""
        first, last = bisect_right(self._ends, start), bisect_right(self._ends, end)
        begin = self._ends[first - 1] if first else 0
        after = self._ends[last] if last < len(self._ends) else len(self)
        whole = [*self.between(begin, start), *rows, *self.between(end, after)]
        if first and len(whole) < SIZE // 2:  # no heap of crumbs after many deletions
            first -= 1
            whole[:0] = self._chunks[first].rows
        count = -(-len(whole) // SIZE)  # all as long: a full one leaves no crumb behind each time
        edges = [len(whole) * at // count for at in range(count + 1)] if count else []
        self._chunks[first : last + 1] = [
            _Chunk(whole[start:end], self._mark) for start, end in pairwise(edges)
        ]
        begin = self._ends[first - 1] if first else 0
        sizes = (len(chunk.rows) for chunk in self._chunks[first:])
        self._ends[first:] = list(accumulate(sizes, initial=begin))[1:]

    def _lengthen(self, length: int) -> None:
        while len(self) < length:
            if not self._chunks or len(self._chunks[-1].rows) >= SIZE:
                self._ends.append(len(self))
                self._chunks.append(_Chunk([], self._mark))
            last = self._writable(len(self._chunks) - 1)
            more = min(SIZE - len(last), length - len(self))
            last.extend([()] * more)
            self._ends[-1] += more

    def _writable(self, at: int) -> list[Row]:
        chunk = self._chunks[at]
        if chunk.owner is not self._mark:
            chunk = self._chunks[at] = _Chunk(chunk.rows.copy(), self._mark)
        chunk.forget()
        return chunk.rows


def _facts(rows: list[Row]) -> Facts:
    every, some, formulas = -1, 0, False
    known: dict[tuple[type, ...], int] = {}  # few kinds of rows in a big sheet
    for row in rows:
        kinds = tuple(map(type, row))
        filled = known.get(kinds)
        if filled is None:
            filled = sum(1 << at for at, content in enumerate(row) if has_data(content))
            if Cell in kinds:
                formulas |= any(isinstance(one, Cell) and one.formula for one in row)
            else:
                known[kinds] = filled
        every &= filled
        some |= filled
    return Facts(every, some, bool(formulas))
