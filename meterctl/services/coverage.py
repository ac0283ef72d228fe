"""What a file holds of each meter: how many readings, from when to when, how much, what gaps."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from meterctl.domain.meters import Kind, Meter
from meterctl.domain.readings import Reading

_MOST_PIECES = 10_000  # beyond, a file is so torn that its gaps say nothing
_TOLD_GAPS = 20


class Held(NamedTuple):
    """What a file holds of one meter; times are instants, amounts millionths of its unit."""

    meter: str
    readings: int
    first: Reading  # by time
    last: Reading
    total: int  # of intervals; what a dial shows is no amount to add
    gaps: tuple[tuple[int, int], ...]  # between intervals, the first ones
    gap_count: int | None  # None: the file is too torn to tell


class Coverage:
    """Counts readings as they come, in any order, in bounded memory."""

    def __init__(self) -> None:
        self._of: dict[str, _One] = {}

    def add(self, readings: Iterable[Reading]) -> None:
        """Count some."""
        for reading in readings:
            one = self._of.get(reading.meter)
            if one is None:
                one = self._of[reading.meter] = _One(reading)
            one.add(reading)

    def held(self, meters: Iterable[Meter]) -> tuple[Held, ...]:
        """What there is of each of these meters."""
        there = [meter for meter in meters if meter.id in self._of]
        together: dict[object, _Pieces] = {}
        for meter in there:
            together.setdefault(_counted_with(meter), _Pieces()).add(self._of[meter.id].pieces)
        return tuple(
            self._of[meter.id].held(meter, together[_counted_with(meter)]) for meter in there
        )


def _counted_with(meter: Meter) -> object:
    """What meters have in common that take turns: the tariffs of one device, one way."""
    serial = meter.devices[-1].serial
    return meter.id if serial is None else (serial, meter.direction, meter.kind, meter.unit)


class _Pieces:
    """Stretches of time without a gap, in time order."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def cover(self, start: int, end: int) -> None:
        """Add an interval."""
        starts, ends = self._starts, self._ends
        if ends and start == ends[-1]:  # what nearly every interval does
            ends[-1] = end
            return
        if len(starts) >= _MOST_PIECES:
            return
        low = bisect_left(ends, start)  # the first piece that touches this one or lies after it
        high = low
        while high < len(starts) and starts[high] <= end:
            start, end = min(start, starts[high]), max(end, ends[high])
            high += 1
        starts[low:high] = [start]
        ends[low:high] = [end]

    def add(self, others: _Pieces) -> None:
        """Add those of another meter."""
        for start, end in zip(others._starts, others._ends, strict=True):
            self.cover(start, end)

    def gaps(self) -> tuple[tuple[int, int], ...] | None:
        """What lies between them; None where they are too many to say anything."""
        if len(self._starts) >= _MOST_PIECES:
            return None
        return tuple(zip(self._ends, self._starts[1:], strict=False))


class _One:
    def __init__(self, reading: Reading) -> None:
        self.first = self.last = reading
        self.readings = self.total = 0
        self.pieces = _Pieces()

    def add(self, reading: Reading) -> None:
        self.readings += 1
        self.total += reading.amount
        if reading.at < self.first.at:
            self.first = reading
        if reading.at > self.last.at:
            self.last = reading
        if reading.starts_at != reading.at:
            self.pieces.cover(reading.starts_at, reading.at)

    def held(self, meter: Meter, together: _Pieces) -> Held:
        gaps = together.gaps()
        return Held(
            meter.id,
            self.readings,
            self.first,
            self.last,
            self.total if meter.kind is Kind.INTERVAL else 0,
            () if gaps is None else gaps[:_TOLD_GAPS],
            None if gaps is None else len(gaps),
        )
