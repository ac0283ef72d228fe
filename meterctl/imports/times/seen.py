"""What the first pass over a file keeps of one series."""

from __future__ import annotations

from collections import Counter

from meterctl.domain.times import DAY, MINUTE
from meterctl.imports.times.folds import Window
from meterctl.imports.times.grammar import Unit
from meterctl.imports.times.labels import Labels
from meterctl.imports.times.moments import Stamp
from meterctl.imports.times.regimes import Regimes
from meterctl.imports.times.stamps import next_day, rounded_end
from meterctl.imports.times.steps import DAILY, Step, Steps
from meterctl.imports.times.track import Track


class Seen:
    """One series: counts, and the labels near changes of the clock."""

    def __init__(self) -> None:
        self.track = Track()  # of local times, which the second pass follows too
        self.others = Track()  # of bare dates, and of times with offsets
        self.labels = Labels()
        self.regimes = Regimes()
        self.windows: dict[tuple[int, int], Window] = {}
        self.units: Counter[Unit] = Counter()
        self.ends = 0  # rows that say when they end
        self.has_starts = False
        self.is_local = False
        self._steps = Steps()
        self._before: tuple[int, int] | None = None  # the last row's clock and label
        self._days_before: tuple[int, int] | None = None  # its bare dates
        self._gaps: Counter[int] = Counter()  # days from a bare end date to the next start
        self._last_minutes = 0  # rows that end in a last minute

    def see_span(self, clock: int, span: int) -> None:
        """Take note of how long a row's interval is."""
        self._steps.add(clock, clock + span)

    def begin_run(self) -> None:
        """The next row starts over: it is no neighbour of the last one."""
        self._before = None

    def see_next(self, clock: int, label: int) -> None:
        """Take note of a row's label, beside that of the row before."""
        if self._before is not None and label != self._before[1]:
            days, rest = divmod(clock - self._before[0], DAY)
            one, two = (self._before[0], clock) if days and not rest else (self._before[1], label)
            # A day on the wall is one, whether it has 23 hours or 25.
            self._steps.add(one, two)
            self.regimes.add(one, two)
        self._before = clock, label

    def see_end(self, start: Stamp, end: Stamp) -> None:
        """Take note of a row's start and end."""
        self.ends += 1
        if end.has_time and start.has_time:
            last = end.clock
            if start.offset is not None and end.offset is not None and (last - start.clock) % DAY:
                last += start.offset - end.offset  # in the start's own clock
            is_last_minute = last % (5 * MINUTE) == 4 * MINUTE
            self._last_minutes += is_last_minute
            last = next_day(start.clock, rounded_end(last, is_last_minute))
            if last > start.clock:
                self._steps.add(start.clock, last)
                self.regimes.add(start.clock, last)
        elif not end.has_time and not start.has_time:
            days = start.clock // DAY, end.clock // DAY
            if self._days_before is not None:
                earlier, later = sorted((self._days_before, days))
                self._gaps[later[0] - earlier[1]] += 1
            self._days_before = days

    @property
    def rows(self) -> int:
        """How many there were."""
        return self.units.total()

    def step(self) -> Step | None:
        """The usual step between its rows; None: they keep no rhythm, or there is but one."""
        if not self.units:
            return None  # nothing but blanks
        unit = self.units.most_common(1)[0][0]
        if self.ends and unit is not Unit.MINUTE:
            return None  # each row says from which day to which
        return self._steps.usual(unit)

    @property
    def is_to_the_minute(self) -> bool:
        """Whether its ends are last minutes: 00:59 is 01:00."""
        return self._last_minutes * 10 >= self.ends * 9 > 0

    @property
    def is_inclusive(self) -> bool | None:
        """Whether bare end dates belong to their intervals, by where the next ones start."""
        if self._gaps[0] == self._gaps[1]:
            return None
        return self._gaps[1] > self._gaps[0]

    @property
    def is_of_days(self) -> bool:
        """Whether its rows are bare dates, each of its day: nothing else can be meant."""
        return not self.labels.are_timed and self.step() == DAILY
