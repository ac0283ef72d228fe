"""A sheet's rows: copied at once however many there are, each change copies only its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meterctl.sandbox.google.cells import Row

SIZE = 256  # rows in a chunk: what one change copies


class Rows:
    """Rows by number. Those that were never written are empty, and take no space at the end.

    A copy shares all chunks with what it was copied from; whoever writes first copies the chunk.
    So the state that readers see is never changed, and a change that fails is simply dropped.
    """

    def __init__(self) -> None:
        self._chunks: list[list[Row]] = []
        self._own: set[int] = set()  # chunks that nobody else looks at

    def copy(self) -> Rows:
        """The same rows, to be changed on their own."""
        other = Rows()
        other._chunks = self._chunks.copy()
        self._own = set()
        return other

    def __len__(self) -> int:
        if not self._chunks:
            return 0
        return (len(self._chunks) - 1) * SIZE + len(self._chunks[-1])

    def __getitem__(self, at: int) -> Row:
        chunk, within = divmod(at, SIZE)
        if chunk >= len(self._chunks) or within >= len(self._chunks[chunk]):
            return ()
        return self._chunks[chunk][within]

    def __setitem__(self, at: int, row: Row) -> None:
        if at >= len(self):
            if not row:
                return
            self._lengthen(at + 1)
        chunk, within = divmod(at, SIZE)
        self._writable(chunk)[within] = row

    def between(self, start: int, end: int) -> Iterator[Row]:
        """The rows from start to before end, as far as there are any."""
        for chunk in range(start // SIZE, min(len(self._chunks), -(-end // SIZE))):
            first = chunk * SIZE
            yield from self._chunks[chunk][max(start - first, 0) : max(end - first, 0)]

    def insert(self, at: int, count: int) -> None:
        """Make room; what was there moves down."""
        if at < len(self):
            self._replace(at, [*([()] * count), *self.between(at, len(self))])

    def delete(self, start: int, end: int) -> None:
        """Take rows out; what lies below moves up."""
        if start < len(self):
            self._replace(start, self.between(end, len(self)))

    def _replace(self, at: int, rows: Iterable[Row]) -> None:
        chunk = at // SIZE
        rest = [*self.between(chunk * SIZE, at), *rows]
        while rest and not rest[-1]:
            rest.pop()
        self._chunks[chunk:] = [rest[i : i + SIZE] for i in range(0, len(rest), SIZE)]
        self._own = {one for one in self._own if one < chunk}
        self._own.update(range(chunk, len(self._chunks)))

    def _lengthen(self, length: int) -> None:
        while len(self) < length:
            if not self._chunks or len(self._chunks[-1]) == SIZE:
                self._own.add(len(self._chunks))
                self._chunks.append([])
            last = self._writable(len(self._chunks) - 1)
            last.extend([()] * min(SIZE - len(last), length - len(self)))

    def _writable(self, chunk: int) -> list[Row]:
        if chunk not in self._own:
            self._chunks[chunk] = self._chunks[chunk].copy()
            self._own.add(chunk)
        return self._chunks[chunk]
