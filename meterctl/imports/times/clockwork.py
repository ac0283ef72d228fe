"""The clock of a file: what its local times mean, told apart by two passes in the file's order.

    survey = Survey(zone)
    for each claim: survey.see(series, start, end, span, empty=..., blank=...)
    timeline = survey.decide(label, registers=..., told=...)   # may ask: Unknown
    placing = timeline.begin()                                 # anew for each further pass
    for each claim: placing.interval(series, start, end, span) or placing.register(series, start)

Both passes must show the same claims in the same order, those without a value as well (`empty`):
which of two 02:15 is the first is a matter of order. Memory holds a few hours around each change
of the clock, no more.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import tzinfo

from meterctl.domain.times import DAY
from meterctl.imports.layout import Label
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.times.changes import Change, Zone
from meterctl.imports.times.doubt import Turns, foreign_name
from meterctl.imports.times.folds import NEAR, Amount, Window
from meterctl.imports.times.moments import Stamp
from meterctl.imports.times.placing import NO_PLAN, Placing, Plan, SkippedTime
from meterctl.imports.times.plans import meaning_of, plans_of, refuse_standard_time, rhythms_of
from meterctl.imports.times.seen import Seen
from meterctl.imports.times.stamps import named
from meterctl.imports.times.steps import PERIODS
from meterctl.imports.times.told import of_changes, of_steps

__all__ = ["Placing", "SkippedTime", "Survey", "Timeline"]

_MOST_KEPT = 100_000  # labels near changes in all: those of ten years of a big building
_OFFSETS = 2_000


class Timeline:
    """What was decided. `decided` holds it in sentences for the person."""

    def __init__(
        self,
        zone: Zone,
        plans: dict[str, Plan],
        offsets: list[tuple[int, int]],
        decided: tuple[str, ...],
        *,
        is_local: bool,
    ) -> None:
        self.decided = decided
        self.is_local = is_local  # some times have no offset, so that the zone matters
        self._zone = zone
        self._plans = plans
        self._offsets = offsets

    def period(self, series: str) -> str:
        """`daily`, `weekly`, `monthly` or `yearly`, where its intervals are that long."""
        step = self._plans.get(series, NO_PLAN).step
        return PERIODS.get(step, "") if step is not None else ""

    def begin(self) -> Placing:
        """A fresh pass from the file's first row."""
        return Placing(self._zone, self._plans, self._offsets)


class Survey:
    """The first pass."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = Zone(zone)
        self._series: dict[str, Seen] = {}
        self._turns = Turns(self._zone)
        self._kept = 0
        self._offsets: dict[int, int] = {}
        self._last_offset: tuple[int, int] | None = None
        self._is_zones = True  # all offsets are the zone's
        self._odd_name: tuple[str, int] | None = None  # one that is not the zone's, and its label
        self._low = self._high = 0

    def see(
        self,
        series: str,
        start: Stamp | None,
        end: Stamp | None = None,
        span: int | None = None,
        *,
        empty: bool = False,
        blank: bool = False,
    ) -> None:
        """Take note of one claim, in the order of the file.

        `empty`: it has no value, or zero. `blank`: it has none, so that its time is no part of the
        rows' rhythm: an hourly column may be blank in three of four rows.

        Raises:
            Stop: the file jumps to and fro, so that too much would have to be kept.
        """
        stamp = start if start is not None else end
        if stamp is None:
            return
        one = self._series.get(series)
        if one is None:
            one = self._series[series] = Seen()
        if stamp.abbreviation is not None:
            stamp = self._named(stamp)
        amount = Amount.BLANK if blank else Amount.ZERO if empty else Amount.SOME
        label, distance = self._follow(series, one, stamp, amount)
        if distance is None:
            one.begin_run()
        if blank:
            return
        one.units[stamp.unit] += 1
        if span:
            one.see_span(stamp.clock, span)
        elif start is None or end is None:
            one.see_next(stamp.clock, label)
        else:
            one.see_end(stamp, end if end.abbreviation is None else self._named(end))
        if start is not None:
            one.has_starts = True
        if end is None or start is None:
            one.labels.see(stamp.clock, stamp.ends_day, stamp.has_time)

    def _follow(
        self, series: str, one: Seen, stamp: Stamp, amount: Amount
    ) -> tuple[int, int | None]:
        """A row's label, and how far it is from the one before."""
        if stamp.offset is not None:
            self._see_offset(stamp.clock, stamp.offset)
            label = stamp.clock - stamp.offset
            return label, one.others.follow(label)
        one.is_local = True
        if stamp.has_time:
            return stamp.clock, self._see_local(series, one, stamp.clock, amount)
        return stamp.clock, one.others.follow(stamp.clock)

    def _see_local(self, series: str, one: Seen, label: int, amount: Amount) -> int | None:
        """A time of the zone's own clock; near a change of it, it is kept."""
        last = one.track.last
        if not self._low or label < self._low:
            self._low = label
        self._high = max(self._high, label)
        distance = one.track.follow(label)
        if last is not None and distance is not None and distance * one.track.way <= 0:
            self._turns.see(series, last, label)
        found = self._zone.day(label // DAY)
        if isinstance(found, int) or not found.first - NEAR <= label <= found.last + NEAR:
            return distance
        if self._kept == _MOST_KEPT:
            raise Stop(
                Problem(
                    0,
                    0,
                    f"more than {_MOST_KEPT} rows next to changes of the clock",
                    "give the file in parts, or with offsets in its times",
                )
            )
        self._kept += 1
        place = one.track.run, found.at
        window = one.windows.get(place)
        if window is None:
            window = one.windows[place] = Window(found)
        window.add(label, one.track.way, amount)
        return distance

    def _see_offset(self, clock: int, offset: int) -> None:
        if self._is_zones:
            found = self._zone.day(clock // DAY)
            self._is_zones = isinstance(found, Change) or found == offset
        last, self._last_offset = self._last_offset, (clock, offset)
        if (last is None or last[1] != offset) and len(self._offsets) < _OFFSETS:
            if last is not None:
                self._offsets[last[0]] = last[1]
            self._offsets[clock] = offset

    def _named(self, stamp: Stamp) -> Stamp:
        found = named(stamp, self._zone)
        name = stamp.abbreviation or ""
        if self._odd_name is None and found.offset is None and name != str(self._zone.zone):
            self._odd_name = name, stamp.clock
        return found

    def decide(
        self, label: Label | None, *, registers: Collection[str] = (), told: bool = False
    ) -> Timeline:
        """What all rows mean.

        `label` is what a row's one time means, where the person or the format says; `registers`
        are the series of dial readings; `told`: the zone is the person's own word.

        Raises:
            Unknown: (option `label` or `zone`) the file does not show it.
        """
        if self._odd_name is not None and not told:
            raise foreign_name(self._zone, *self._odd_name)
        rhythms = rhythms_of(self._series, registers, ends=False)
        meaning = meaning_of(self._series, rhythms, label)
        if meaning.ends:
            rhythms = rhythms_of(self._series, registers, ends=True)
        short = {
            name: usual.amount for name, (usual, _) in rhythms.items() if usual and usual.is_short
        }
        self._turns.refuse(short, (self._high - self._low) // DAY, told=told)
        plans, outcomes = plans_of(self._series, rhythms, meaning, registers, self._zone)
        if not told:  # else those rows are refused one by one
            refuse_standard_time(self._zone, outcomes)
        decided = [*of_steps(rhythms.values()), *meaning.reasons, *of_changes(outcomes)]
        is_local = any(one.is_local for one in self._series.values())
        if is_local:
            decided.insert(0, f"times have no offset: meant in {self._zone.zone}")
        offsets = [] if self._is_zones else sorted(self._offsets.items())
        return Timeline(self._zone, plans, offsets, tuple(decided), is_local=is_local)
