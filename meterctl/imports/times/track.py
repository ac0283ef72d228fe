"""Following a series through a file: which way it runs, and where it starts over."""

from __future__ import annotations

from meterctl.domain.times import HOUR


class Track:
    """One series' way so far. Both passes follow it alike, so that both count the same runs."""

    __slots__ = ("_ups", "last", "run", "way")

    def __init__(self) -> None:
        self.last: int | None = None
        self.way = 0  # 1: later rows are later, most of them; -1: earlier; 0: not seen yet
        self._ups = 0  # less those that go down: the first may lie in the repeated hour
        self.run = 0  # a section that starts over is a run of its own

    def follow(self, label: int) -> int | None:
        """Go on to the next label; how far it was, or None where a run begins.

        A clock set back goes against the file's way, by less than an hour; more is a new run.
        """
        last, self.last = self.last, label
        if last is None:
            return None
        distance = label - last
        if not distance:
            return 0
        if distance * self.way <= -HOUR:
            self.run += 1
            self.way = self._ups = 0
            return None
        self._ups += 1 if distance > 0 else -1
        self.way = (self._ups > 0) - (self._ups < 0)
        return distance
