"""What the one time of a row means: where its interval starts, or where it ends."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple

from meterctl.domain.times import DAY, MINUTE, SECOND
from meterctl.imports.layout import Label
from meterctl.imports.problems import Choice, Problem, Unknown
from meterctl.imports.times.changes import calendar, label_text
from meterctl.imports.times.steps import DAILY, Measure, Step, ends_month

_HINT = "--labels starts where a row's time is its interval's start, --labels ends where its end"


class Labels:
    """The labels of a series, as far as they show it."""

    def __init__(self) -> None:
        self.low = self.high = -1
        self.until_24 = False  # 24:00 can only end a day
        self.are_timed = False
        self._last_minutes = True  # every label is the last minute of five, or a last second
        self._last_seconds = True

    def see(self, clock: int, ends_day: bool, has_time: bool) -> None:
        """Take note of one."""
        if has_time:
            self.are_timed = True
        if self.low < 0 or clock < self.low:
            self.low = clock
        self.high = max(self.high, clock)
        if ends_day:
            self.until_24 = True
        if self._last_minutes and clock % (5 * MINUTE) != 4 * MINUTE:
            self._last_minutes = False
        if self._last_seconds and clock % MINUTE != 59 * SECOND:
            self._last_seconds = False

    def lacks(self, step: Step | None) -> int:
        """What is missing to the ends, where each is written as its interval's last minute."""
        if step is None or not self.are_timed:
            return 0
        grid = step.amount if step.measure is Measure.MILLISECONDS else DAY
        missing = SECOND if self._last_seconds else MINUTE if self._last_minutes else 0
        return missing if (self.low + missing) % grid == 0 else 0

    def shows(self, step: Step, last_step: Step) -> Label | None:
        """What they mean by themselves, going by the first and the last of them."""
        if self.are_timed and (self.until_24 or self.lacks(step)):
            return Label.ENDS
        if Measure.MILLISECONDS not in {step.measure, last_step.measure}:
            return None
        first, last = self.low % DAY, self.high % DAY
        if (first, last) == (0, (DAY - last_step.size) % DAY):
            return Label.STARTS
        return Label.ENDS if (first, last) == (step.size % DAY, 0) else None

    def suggest(self, step: Step) -> Label | None:
        """What labels of days and months mean, where nothing else shows it.

        A total at a midnight is that of the day or month that begins; where each is a month's last
        day, of the month that ends.
        """
        if step.measure is Measure.MILLISECONDS or self.low % DAY or self.high % DAY:
            return None
        if step.measure is Measure.DAYS:
            return Label.STARTS if step == DAILY else None
        if not self.are_timed and ends_month(self.low // DAY):
            return Label.ENDS
        return Label.STARTS if calendar(self.low // DAY).day == 1 else None


class Meaning(NamedTuple):
    """What the labels of a file mean, and why."""

    ends: bool
    reasons: tuple[str, ...] = ()


def decide_label(
    told: Label | None, series: Iterable[tuple[Labels, Step | None, Step | None]]
) -> Meaning:
    """What the labels of all series mean, going by their first and last steps.

    Raises:
        Unknown: (option `label`) nothing shows it.
    """
    known = [
        (labels, first, last)
        for labels, first, last in series
        if first is not None and last is not None and labels.low >= 0
    ]
    if not known:
        return Meaning(told is Label.ENDS)
    if any(labels.until_24 for labels, _, _ in known):
        return Meaning(True, ("a row's time is the end of its interval: the file writes 24:00",))
    if told is not None:
        return Meaning(told is Label.ENDS)
    shown = {labels.shows(first, last) for labels, first, last in known} - {None}
    if not shown:
        shown = {labels.suggest(first) for labels, first, _ in known}
    if len(shown) == 1 and None not in shown:
        ends = shown == {Label.ENDS}
        labels = known[0][0]
        reason = (
            f"a row's time is the {'end' if ends else 'start'} of its interval: the file runs from "
            f"{label_text(labels.low)} to {label_text(labels.high)}"
        )
        if not labels.are_timed:  # a date is its day's or month's, unless it is a month's last
            reason = "a row's date is the last day of its interval"
            return Meaning(ends, (reason,) if ends else ())
        return Meaning(ends, (reason,))
    low, step = min(((labels.low, first) for labels, first, _ in known), key=itemgetter(0))
    is_of_days = step.measure is not Measure.MILLISECONDS and not low % DAY
    example = str(calendar(low // DAY)) if is_of_days else label_text(low)
    message = f"whether {example} starts or ends an interval of {step} cannot be told from the file"
    choices = (
        Choice(Label.STARTS.value, f"the interval starts at {example}"),
        Choice(Label.ENDS.value, f"the interval ends at {example}"),
    )
    raise Unknown(Problem(0, 0, message, _HINT), "label", choices)
