"""Whether a file's clock is the zone's at all. Where it is not, the zone is asked, never guessed.

A file of standard time prints the hour that the zone skipped, and the hour after as well. A file
of another zone sets its clock back on another day, or at another hour; one that does so an hour
late on the zone's own day is the zone's, if no other zone's clock was set back then.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from meterctl.domain.times import DAY, HOUR, MINUTE, zone_named
from meterctl.errors import TimeError
from meterctl.imports.problems import Choice, Problem, Unknown
from meterctl.imports.times.changes import Change, Zone, calendar, day_text, label_text

_TURNS = 500  # how many are kept
_RUN_ON = 15 * MINUTE  # ends whose clock ran on lie so far behind the repeated hour
_NIGHT = 4 * HOUR  # clocks are set back before this
_HINT = "--tz says which zone the times are in: a name such as Europe/Berlin, +01:00, or UTC"
_OFTEN = (
    "Europe/Berlin",
    "Europe/London",
    "Europe/Helsinki",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Pacific/Auckland",
)


class Turn(NamedTuple):
    """A place where the labels of a series stood still or went back by less than an hour."""

    series: str
    before: int
    label: int
    earlier: int  # the lower of the two: in time's order the one that came again


class Turns:
    """The places where a file's clock seems to have been set back."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._odd: list[Turn] = []
        self._count = 0
        self._fitting = 0

    def see(self, series: str, before: int, label: int) -> None:
        """Take note of one."""
        earlier = min(before, label)
        found = self._zone.day(earlier // DAY)
        if (
            isinstance(found, Change)
            and not found.is_forward
            and found.first <= earlier
            and max(before, label) < found.last + _RUN_ON
        ):
            self._fitting += 1
            return
        self._count += 1
        if len(self._odd) < _TURNS:
            self._odd.append(Turn(series, before, label, earlier))

    def refuse(self, steps: dict[str, int], days: int, *, told: bool = False) -> None:
        """Ask for the zone where the clock was set back as this zone's never was.

        `steps` are those of the series with short steps, `days` how many the file covers; `told`:
        the zone is the person's own word, so that a row that stands there twice is just that.

        Raises:
            Unknown: (option `zone`).
        """
        if self._fitting >= self._count or self._count != len(self._odd):
            return
        found: dict[int, list[Turn]] = {}
        for turn in self._odd:
            if turn.series in steps and turn.earlier % DAY < _NIGHT:
                found.setdefault(turn.earlier // DAY, []).append(turn)
        days_set_back = [
            day
            for day, turns in found.items()
            if _goes_back(turns, steps) or (not told and _stands_still(day, turns, steps))
        ]
        odd_days = {turn.earlier // DAY for turn in self._odd}
        if not days_set_back or len(odd_days) > days // 300 + 1:
            return  # rows that stand there twice all over the file are another matter
        clock = next(
            (
                clock
                for day in days_set_back
                if not self._is_late(clock := found[day][0].earlier, told=told)
            ),
            None,
        )
        if clock is None:
            return
        message = (
            f"this file's clock was set back on {day_text(clock)} at about {label_text(clock)}, "
            f"that of {self._zone.zone} was not"
        )
        choices = tuple(Choice(name, "its clock was set back then") for name in _set_back(clock))
        raise Unknown(Problem(1, 1, message, _HINT), "zone", choices)

    def _is_late(self, clock: int, *, told: bool) -> bool:
        """Whether a clock set back then is the zone's own, an hour late: some programs' is."""
        found = self._zone.day(clock // DAY)
        if not isinstance(found, Change) or found.is_forward:
            return False
        is_after = found.last <= clock < found.last - found.shift
        return is_after and (told or not _set_back(clock))


def _goes_back(turns: list[Turn], steps: dict[str, int]) -> bool:
    """Whether the rows of an hour, or half of one, stand there again behind themselves."""
    for turn in turns:
        back, step = abs(turn.label - turn.before), steps[turn.series]
        if back and back in {HOUR - step, HOUR // 2 - step}:
            return True
    return False


def _stands_still(day: int, turns: list[Turn], steps: dict[str, int]) -> bool:
    """Whether just an hour's rows stand there in pairs, on a Sunday."""
    by_series = Counter(turn.series for turn in turns)
    rows = HOUR // steps[turns[0].series]
    return calendar(day).weekday() == 6 and max(by_series.values()) == rows


def _set_back(clock: int) -> list[str]:
    """The zones of many people whose clocks showed a label twice."""
    return [name for name in _OFTEN if _fits(name, clock)]


def _fits(name: str, clock: int) -> bool:
    try:
        found = Zone(zone_named(name)).offset(clock)
    except TimeError:
        return False
    return isinstance(found, Change) and not found.is_forward


def standard_time(zone: Zone, change: Change, labels: int) -> Unknown:
    """The question where skipped labels and the hour after are there both."""
    message = (
        f"{labels} {'row' if labels == 1 else 'rows'} on {day_text(change.first)} from "
        f"{label_text(change.first)} on, a time that {zone.zone} skipped, and the hour after is "
        "there too: these times are not its clock's"
    )
    standard = offset_text(min(change.before, change.after))
    choices = (
        Choice(standard, f"standard time of {zone.zone}, all year"),
        Choice("UTC", "universal time, all year"),
    )
    return Unknown(Problem(1, 1, message, _HINT), "zone", choices)


def foreign_name(zone: Zone, name: str, clock: int) -> Unknown:
    """The question where times carry a zone's name that its clock did not have at that label."""
    message = f"times say {name} on {day_text(clock)}, when the clock of {zone.zone} did not"
    offset = zone.named_in_year(clock, name)
    choices = [] if offset is None else [Choice(offset_text(offset), f"{name} all year")]
    choices.append(Choice(str(zone.zone), f"its own clock, whatever {name} says"))
    return Unknown(Problem(1, 1, message, _HINT), "zone", tuple(choices))


def offset_text(offset: int) -> str:
    """`+01:00`, as --tz takes it."""
    sign, minutes = "-" if offset < 0 else "+", abs(offset) // MINUTE
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}"
