"""Where a series goes over from one rhythm to another, such as from half hours to quarters."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from meterctl.domain.times import DAY
from meterctl.imports.times.steps import MONTHLY, Measure, Step, step_between

_ENOUGH = 8  # rows in a row that make a rhythm: fewer may be gaps
_MOST = 64

Parts = tuple[tuple[int, Step], ...]


class Regimes:
    """Follows the distances between neighbours, in the order of the file."""

    def __init__(self) -> None:
        self._distance = 0
        self._count = 0
        self._low = self._high = 0
        self._found: list[list[int]] = []  # distance, lowest and highest label

    def add(self, one: int, other: int) -> None:
        """Take note of two neighbours, in whichever order they stand."""
        low, high = (one, other) if one < other else (other, one)
        distance = high - low
        if distance > 27 * DAY:
            distance = step_between(low, high).size  # months are all of one length here
        if distance == self._distance:
            self._count += 1
            self._low = min(self._low, low)
            self._high = max(self._high, high)
            if self._count >= _ENOUGH:
                self._take()
        elif distance:
            self._distance, self._count, self._low, self._high = distance, 1, low, high

    def _take(self) -> None:
        if self._found and self._found[-1][0] == self._distance:
            last = self._found[-1]
            last[1], last[2] = min(last[1], self._low), max(last[2], self._high)
        elif len(self._found) < _MOST:
            self._found.append([self._distance, self._low, self._high])

    def parts(self, *, ends: bool) -> Parts | None:
        """From which label on which step holds; nothing where one does for all.

        None: two of them overlap, so that a label does not tell. `ends`: labels end intervals, so
        that the one at which the rhythm changes still has the old one.
        """
        parts: list[tuple[int, Step]] = []
        highest = None
        for distance, low, high in sorted(self._found, key=lambda one: one[1]):
            step = _step(distance)
            if parts and parts[-1][1] == step:
                highest = max(highest or high, high)
                continue
            if highest is not None and low < highest:
                return None
            parts.append((low + 1 if ends and low == highest else low, step))
            highest = high
        return tuple(parts) if len(parts) > 1 else ()


def _step(distance: int) -> Step:
    if distance % MONTHLY.size == 0:
        return Step(distance // MONTHLY.size, Measure.MONTHS)
    return step_between(0, distance)


def step_at(parts: Sequence[tuple[int, Step]], label: int) -> Step:
    """The step that holds at a label."""
    place = bisect_right(parts, label, key=lambda part: part[0]) - 1
    return parts[max(place, 0)][1]
