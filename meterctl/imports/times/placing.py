"""The second pass: stamps to instants, row by row, by what the first pass decided."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from meterctl.domain.times import DAY
from meterctl.errors import TimeError
from meterctl.imports.times.changes import Change, Zone, day_text
from meterctl.imports.times.folds import NEAR, Fold
from meterctl.imports.times.grammar import Unit
from meterctl.imports.times.moments import Stamp
from meterctl.imports.times.regimes import Parts, step_at
from meterctl.imports.times.stamps import moment_text, named, next_day, rounded_end, shifted
from meterctl.imports.times.steps import (
    DAILY,
    OF_UNIT,
    Measure,
    Step,
    add_months,
    ends_month,
    step_between,
)
from meterctl.imports.times.track import Track


class SkippedTime(TimeError):
    """A local time that never was, with the hour after it there as well.

    Where nothing or zero stands in its row, no energy is lost by leaving it out.
    """


class Plan(NamedTuple):
    """What was decided of one series."""

    step: Step | None = None
    parts: Parts = ()  # where its step changes: from which label on which one holds
    ends: bool = False  # its single labels end their intervals
    late: int = 0  # what such a label lacks: a minute where an hour ends at 00:59
    inclusive: bool | None = None  # a bare end date belongs to the interval itself
    to_the_minute: bool = False  # ends are the last minute: 00:59 is 01:00
    folds: Mapping[tuple[int, int], Fold] = MappingProxyType({})


NO_PLAN = Plan()


class Placing:
    """One pass over the rows, in the order of the file."""

    def __init__(self, zone: Zone, plans: dict[str, Plan], offsets: list[tuple[int, int]]) -> None:
        """`offsets`: the file's own if not the zone's, each with the label that it holds from."""
        self._zone = zone
        self._plans = plans
        self._offsets = offsets
        self._tracks: dict[str, Track] = {}
        self._times: Counter[tuple[str, int, int, int]] = Counter()

    def register(self, series: str, stamp: Stamp) -> int:
        """When a dial was read.

        Raises:
            TimeError: a local time that never was.
        """
        stamp = named(stamp, self._zone)
        if stamp.offset is not None:
            return stamp.clock - stamp.offset
        if not stamp.has_time:
            return self._zone.midnight(stamp.clock // DAY)
        instant = self._local(series, stamp.clock, self._plans.get(series, NO_PLAN))
        if self._skipped(stamp.clock):
            raise self._never_was(stamp.clock)
        return instant

    def interval(
        self, series: str, start: Stamp | None, end: Stamp | None, span: int | None = None
    ) -> tuple[int, int]:
        """When an interval began and ended.

        Raises:
            TimeError: one of them never was, or how long it is cannot be told.
        """
        plan = self._plans.get(series, NO_PLAN)
        if start is not None and end is not None:
            start, end = named(start, self._zone), named(end, self._zone)
            begin, finish = self._between(series, start, end, _part(plan, start))
        else:
            only = start if start is not None else end
            if only is None:
                raise TimeError("this row has no time", "give it one, or leave it out")
            ends = plan.ends or start is None
            start = end = named(only, self._zone)
            begin, finish = self._only(series, start, span, _part(plan, start), ends)
        if finish <= begin:
            raise _backwards(start.clock, end.clock)
        return begin, finish

    def _only(
        self, series: str, only: Stamp, span: int | None, plan: Plan, ends: bool
    ) -> tuple[int, int]:
        """The interval of a row that has one time."""
        step = plan.step
        if only.unit in OF_UNIT:
            step = OF_UNIT[only.unit]
        elif span and only.offset is not None:
            begin = only.clock - only.offset - (span if ends else 0)
            return begin, begin + span
        elif span:
            step = step_between(only.clock, only.clock + span)
        if step is None:
            raise TimeError(
                "how long this interval is cannot be told: the rows keep no rhythm",
                "a column with each interval's end would tell",
            )
        if only.unit is not Unit.MINUTE:
            return self._whole(only.clock // DAY, step, ends)
        if step is not plan.step or ends != plan.ends:
            plan = plan._replace(step=step, ends=ends)
        return self._labelled(series, only, step, plan)

    def _whole(self, day: int, step: Step, ends: bool) -> tuple[int, int]:
        """The interval of a bare date: its day, or the days or months it stands for."""
        first, last = day, day
        if step == DAILY:
            last = day + 1
        elif step.measure is Measure.MONTHS and ends_month(day):
            first, last = add_months(day, -step.amount) + 1, day + 1
        elif ends:
            first = shifted(day * DAY, step, -1) // DAY
        else:
            last = shifted(day * DAY, step, 1) // DAY
        return self._zone.midnight(first), self._zone.midnight(last)

    def _labelled(self, series: str, stamp: Stamp, step: Step, plan: Plan) -> tuple[int, int]:
        """The interval of a row with one time."""
        clock, way = stamp.clock + plan.late, -1 if plan.ends else 1
        if step.measure is Measure.MILLISECONDS and (step.is_short or stamp.offset is not None):
            if stamp.offset is None:
                begin = self._local(series, stamp.clock, plan)
                return begin, begin + step.amount
            begin = clock - stamp.offset - (step.amount if plan.ends else 0)
            return begin, begin + step.amount
        other = shifted(clock, step, way)
        if stamp.offset is None:
            one, two = self._wall(clock), self._wall(other)
        else:
            one, two = clock - stamp.offset, self._own(other)
        return (two, one) if plan.ends else (one, two)

    def _between(self, series: str, start: Stamp, end: Stamp, plan: Plan) -> tuple[int, int]:
        """The interval of a row that says when it began and when it ended."""
        if not end.has_time:
            return self._days(start, end, plan)
        last = rounded_end(end.clock, plan.to_the_minute)
        if start.offset is not None and end.offset is not None:
            return start.clock - start.offset, last - end.offset
        if start.offset is not None:
            begin = start.clock - start.offset
        elif start.has_time:
            begin = self._local(series, start.clock, plan)
        else:
            begin = self._zone.midnight(start.clock // DAY)
        if end.offset is not None:
            return begin, last - end.offset
        step = plan.step
        if step is not None and step.is_short:
            change = self._near(start.clock)
            # Across a change the two labels lie further apart than the interval is long, or less
            # far; some writers get it the wrong way round where an hour is skipped.
            if change is not None and last - start.clock in {
                step.amount,
                step.amount + change.shift,
                step.amount - max(change.shift, 0),
            }:
                if last - start.clock == step.amount + change.shift < step.amount:
                    # The end is told by the new clock, the start still by the old one: 02:00 to
                    # 01:15 where clocks were set back at 02:00.
                    begin = start.clock - change.before
                return begin, begin + step.amount
        if last <= start.clock:
            last = next_day(start.clock, last)
        return begin, self._end(begin, last, last - start.clock)

    def _end(self, begin: int, clock: int, length: int) -> int:
        """The end whose distance from the start is nearest to what the labels say."""
        found = self._zone.offset(clock)
        if isinstance(found, int):
            return clock - found
        if clock % DAY == 0:
            return self._zone.midnight(clock // DAY)
        ends = (clock - found.before, clock - found.after)
        return min(ends, key=lambda end: abs(end - begin - length))

    def _days(self, start: Stamp, end: Stamp, plan: Plan) -> tuple[int, int]:
        """An interval that ends on a bare date, which may belong to it or not."""
        first, last = start.clock // DAY, end.clock // DAY
        if end.unit in OF_UNIT:  # the last month or year, in full
            last = add_months(last, OF_UNIT[end.unit].amount)
        elif start.has_time or last < first:
            raise TimeError(
                f"an interval from {moment_text(start.clock)} to {day_text(end.clock)}: "
                "where on that day it ends is not said",
                "give its end as a time",
            )
        elif last == first or plan.inclusive:
            last += 1
        elif plan.inclusive is None:
            whole = step_between(start.clock, end.clock + DAY).measure is Measure.MONTHS
            if whole == (step_between(start.clock, end.clock).measure is Measure.MONTHS):
                raise TimeError(
                    f"whether {day_text(end.clock)} itself belongs to this interval is not said",
                    "give its end as a time",
                )
            last += whole
        return self._zone.midnight(first), self._zone.midnight(last)

    def _local(self, series: str, label: int, plan: Plan) -> int:
        """The instant of a label; where single labels end short intervals, when these begin."""
        track = self._tracks.get(series)
        if track is None:
            track = self._tracks[series] = Track()
        track.follow(label)
        found = self._zone.day(label // DAY)
        short = plan.step.amount if plan.ends and plan.step and plan.step.is_short else 0
        if isinstance(found, int):
            return label + plan.late - found - short
        if found.first - NEAR <= label <= found.last + NEAR:
            fold = plan.folds.get((track.run, found.at))
            if fold is not None and label in fold.instants:
                return self._folded(series, label, (track.run, found.at), fold)
        return self._zone.earliest(label + plan.late) - short

    def _folded(self, series: str, label: int, place: tuple[int, int], fold: Fold) -> int:
        instants = fold.instants[label]
        key = (series, *place, label)
        nth = min(self._times[key], len(instants) - 1)
        self._times[key] += 1
        instant = instants[nth if fold.way > 0 else len(instants) - 1 - nth]
        if instant is None:
            raise self._never_was(label)
        return instant

    def _near(self, label: int) -> Change | None:
        found = self._zone.day(label // DAY)
        if isinstance(found, Change) and found.first - NEAR <= label <= found.last + NEAR:
            return found
        return None

    def _skipped(self, label: int) -> bool:
        found = self._zone.offset(label)
        return isinstance(found, Change) and found.is_forward

    def _never_was(self, label: int) -> SkippedTime:
        zone = self._zone.zone
        return SkippedTime(
            f"{moment_text(label)} did not exist in {zone}: the clocks were set forward over it",
            "mend the time; if all times of the file are standard time, --tz +01:00 or so says it",
        )

    def _wall(self, clock: int) -> int:
        return self._zone.midnight(clock // DAY) if clock % DAY == 0 else self._zone.earliest(clock)

    def _own(self, clock: int) -> int:
        """The instant of a label without an offset, in a file that has offsets."""
        if not self._offsets:
            return self._wall(clock)
        place = bisect_right(self._offsets, (clock, DAY)) - 1  # no offset is as big
        return clock - self._offsets[max(place, 0)][1]


def _part(plan: Plan, stamp: Stamp) -> Plan:
    """The plan with the step that holds at a label."""
    if not plan.parts:
        return plan
    return plan._replace(step=step_at(plan.parts, stamp.clock - (stamp.offset or 0)))


def _backwards(start: int, end: int) -> TimeError:
    return TimeError(
        f"an interval from {moment_text(start)} to {moment_text(end)} has no length",
        "its end must be later than its start",
    )
