"""Where in a long row of readings the rules may find something; elsewhere they find nothing.

`meterctl.domain.findings` judges reading by reading. Nearly all readings of an import agree with
the one before them, which a few comparisons in C show for thousands at once; only around the others
it has to be asked. What is said here is on the safe side: a suspect may be found to be in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from functools import partial
from itertools import compress, count
from operator import gt, lt, sub

from meterctl.domain import findings
from meterctl.domain.counting import most_in
from meterctl.domain.findings import SPIKE_SPAN, Judge, Judged
from meterctl.domain.meters import Kind, Meter
from meterctl.domain.plain import Plain
from meterctl.domain.readings import Reading
from meterctl.domain.times import DAY, HOUR, clock_of

_Older = Callable[[int], Sequence[Reading]]
_TOO_MANY = 8  # if one reading in so many is suspect, all are judged one by one


class Row:
    """Readings of one device in a long row, judged where they are suspect.

    `earlier` and `older` are what `Judge.resume` takes; the row follows them.
    """

    def __init__(
        self, judge: Callable[[], Judge], earlier: Sequence[Judged], older: _Older, plain: Plain
    ) -> None:
        self._new_judge = judge
        self._older = older
        self._oldest: Sequence[Reading] | None = None
        self._first = len(earlier)
        self._readings = [one.reading for one in earlier]
        self._plain = plain
        self._judged = dict(enumerate(earlier))  # by place; those that are not, are in order
        self._end = self._first + len(plain.at)

    def judge(self, meter: Meter, zone: tzinfo) -> list[Judged] | None:
        """Those of which anything may be found, the last one before the row among them.

        None where it is no quicker, or not safe, to look at some of them only.
        """
        if any(one.findings or not one.trusted for one in list(self._judged.values())[-2:]):
            return None
        suspect = [place for place in self._suspects(meter, zone) if place >= self._first]
        if len(suspect) * _TOO_MANY > len(self._plain.at):
            return None
        done, others = 0, set(suspect)
        for place in suspect:
            if place >= done:
                done = self._judge_from(place, others)
        return [
            judged for place, judged in self._judged.items() if place >= max(self._first - 1, 0)
        ]

    def _suspects(self, meter: Meter, zone: tzinfo) -> list[int]:
        before, plain = self._readings, self._plain
        at = [*(one.at for one in before), *plain.at]
        starts_at = (
            at if plain.has_no_spans else [*(one.starts_at for one in before), *plain.starts_at]
        )
        values = [*(one.amount for one in before), *plain.values]
        whole = plain._replace(at=at, starts_at=starts_at, values=values)
        return suspects(meter, zone, whole)

    def _judge_from(self, place: int, suspect: set[int]) -> int:
        """Judge one by one, until one is trusted and the next not suspect; the place after it.

        That next one is trusted as well, so whatever comes later has two trusted before it.
        """
        judge = self._new_judge()
        start = max(place - 2, 0)
        known = [self._at(one) for one in range(start, place)]
        judge.resume(known, partial(self._before, start))
        last: Judged | None = None
        while place < self._end and (last is None or not last.trusted or place in suspect):
            spoken = judge.feed(self._reading(place))
            if spoken is not None:
                self._judged[place - 1] = spoken
            last = judge.last
            place += 1
        if last is not None:
            self._judged[place - 1] = last
        return place

    def _at(self, place: int) -> Judged:
        return self._judged.get(place) or Judged(self._reading(place), (), trusted=True)

    def _reading(self, place: int) -> Reading:
        if place < self._first:
            return self._readings[place]
        return self._plain.reading(place - self._first)

    def _before(self, place: int, number: int) -> Sequence[Reading]:
        """So many readings before a place, oldest first, as far as there are."""
        here = [self._reading(one) for one in range(max(place - number, 0), place)]
        if len(here) == number:
            return here
        if self._oldest is None:
            self._oldest = self._older(findings.WINDOW)
        return [*self._oldest[len(here) - number :], *here]


def suspects(meter: Meter, zone: tzinfo, plain: Plain) -> list[int]:
    """The places of readings that a rule may speak against, in order.

    True for all but the first, if the one before each is trusted, and has nothing found of it.
    """
    rules = {Kind.REGISTER: _of_register, Kind.DAILY: _of_daily, Kind.INTERVAL: _of_interval}
    return sorted(set(rules[meter.kind](meter, zone, plain)))


def _of_register(meter: Meter, _zone: tzinfo, plain: Plain) -> Iterable[int]:
    at, values = plain.at, plain.values
    elapsed = list(map(sub, at[1:], at))
    found = set(_falls(values))
    if max(elapsed, default=0) >= SPIKE_SPAN:
        found.update(place for place, gap in enumerate(elapsed, 1) if gap >= SPIKE_SPAN)
    if meter.max_per_hour is not None:
        uses = list(map(sub, values[1:], values))
        if max(uses, default=0) > (most_in(meter, 0) or 0):  # with the hour of slack
            found.update(
                place
                for place, use in enumerate(uses, 1)
                if use > (most_in(meter, elapsed[place - 1]) or 0)
            )
    return found


def _of_daily(meter: Meter, zone: tzinfo, plain: Plain) -> Iterable[int]:
    at, values = plain.at, plain.values

    def clock(place: int) -> int:
        return clock_of(at[place], zone)

    for place in _falls(values):
        if clock(place) // DAY == clock(place - 1) // DAY:
            yield place
    if meter.max_per_hour is not None and max(values, default=0) > (most_in(meter, 0) or 0):
        for place, value in enumerate(values):
            if value > (most_in(meter, clock(place) % DAY) or 0):
                yield place


def _of_interval(meter: Meter, _zone: tzinfo, plain: Plain) -> Iterable[int]:
    at, starts_at, most = plain.at, plain.starts_at, meter.max_per_hour
    yield from compress(count(1), map(gt, at, starts_at[1:]))
    if most is not None:
        for place, (value, end, start) in enumerate(zip(plain.values, at, starts_at, strict=True)):
            if value > most * (end - start) // HOUR:
                yield place


def _falls(values: list[int]) -> Iterable[int]:
    """The places of those that are less than the one before."""
    return compress(count(1), map(lt, values[1:], values))
