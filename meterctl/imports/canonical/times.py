"""Times of a column, of which most share their day or their time of day with another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timezone, tzinfo
from operator import itemgetter

from meterctl.domain.times import DAY, HOUR, local_candidates, parse_time
from meterctl.errors import TimeError

_MOST = 200_000  # days and rests remembered
_STEP = 20  # one text in so many is looked at first
_SOME_DAY = "2000-01-02"
_DAY_OF, _REST_OF = itemgetter(slice(10)), itemgetter(slice(10, None))


class Unreadable(Exception):
    """Some cells are no times: an internal signal."""

    def __init__(self, places: list[int], found: list[int]) -> None:
        super().__init__()
        self.places = places
        self.found = found  # the instants of all; of these something below zero


class Times:
    """Reads times as `parse_time` does, a column of them much faster.

    A time is its day's midnight plus the rest, so the two are kept apart, and each is read
    strictly once. Without an offset that holds only for days on which the clocks are not set.
    """

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._days: dict[str, int] = {}  # midnight in UTC, for times with an offset
        self._rests: dict[str, int] = {}  # what is to be added to it
        self._local_days: dict[str, int] = {}  # midnight in the zone
        self._local_rests: dict[str, int] = {}

    def read(self, text: str) -> int:
        """The instant of a cell.

        Raises:
            TimeError: it is none.
        """
        day, rest = text[:10], text[10:]
        try:
            return self._days[day] + self._rests[rest]
        except KeyError:
            pass
        instant = parse_time(text, self.zone)
        if text[0] != " " and _has_offset(rest):
            self._learn_days({day})
            self._learn_rests({rest})
        return instant

    def read_all(self, texts: Sequence[str]) -> list[int]:
        """The instants of many cells.

        Raises:
            Unreadable: with the places of those that are none.
        """
        # Most often a few of them tell of all the days and times of day there are.
        for unknown in ([], texts[::_STEP], texts):
            if unknown:
                self._learn(unknown)
            for days, rests in (
                (self._days, self._rests),
                (self._local_days, self._local_rests),
            ):
                try:
                    return [days[text[:10]] + rests[text[10:]] for text in texts]
                except KeyError:
                    pass
        return self._one_by_one(texts)

    def _one_by_one(self, texts: Sequence[str]) -> list[int]:
        """Where not all are alike, such as on a day on which the clocks are set."""
        days, rests = self._days, self._rests
        found = [
            days[text[:10]] + rests[text[10:]] if text[:10] in days and text[10:] in rests else -1
            for text in texts
        ]
        unreadable: list[int] = []
        for place, instant in enumerate(found):
            if instant < 0:
                try:
                    found[place] = self._read_local(texts[place])
                except TimeError:
                    unreadable.append(place)
        if unreadable:
            raise Unreadable(unreadable, found)
        return found

    def _read_local(self, text: str) -> int:
        day, rest = text[:10], text[10:]
        if rest in self._local_rests and day in self._local_days:
            return self._local_days[day] + self._local_rests[rest]
        return self.read(text)

    def _learn(self, texts: Sequence[str]) -> None:
        days, rests = set(map(_DAY_OF, texts)), set(map(_REST_OF, texts))
        new = rests.difference(self._rests, self._local_rests)
        if new:
            local = {rest for rest in new if not _has_offset(rest)}
            self._learn_rests(new - local)
            self._learn_local_rests(local)
        if not rests.isdisjoint(self._rests):
            self._learn_days(days.difference(self._days))
        if not rests.isdisjoint(self._local_rests):
            self._learn_local_days(days.difference(self._local_days))

    def _learn_days(self, days: set[str]) -> None:
        _make_room(self._days)
        for day in days:
            midnight = self._strictly(f"{day}T00:00Z")
            if midnight is not None and midnight >= DAY:  # the first day's times may be before 1970
                self._days[day] = midnight

    def _learn_rests(self, rests: set[str]) -> None:
        _make_room(self._rests)
        for rest in rests:
            instant = self._strictly(_SOME_DAY + rest)
            if instant is not None:
                self._rests[rest] = instant - parse_time(f"{_SOME_DAY}T00:00Z", self.zone)

    def _learn_local_days(self, days: set[str]) -> None:
        _make_room(self._local_days)
        for day in days:
            midnight = self._local_midnight(day)
            if midnight is not None:
                self._local_days[day] = midnight

    def _local_midnight(self, day: str) -> int | None:
        """When a day begins on which the clocks of the zone are not set."""
        clock = self._strictly(f"{day}T00:00Z")
        if clock is None or clock < 2 * DAY:
            return None
        # No zone sets its clocks twice within a quarter of a day.
        hours = (0,) if isinstance(self.zone, timezone) else (0, 6, 12, 18, 24)
        begins = {
            (instant - hour * HOUR, len(found))
            for hour in hours
            for found in [local_candidates(clock + hour * HOUR, self.zone)]
            for instant in found or [-1]
        }
        midnight, ways = begins.pop()
        return midnight if not begins and ways == 1 else None

    def _learn_local_rests(self, rests: set[str]) -> None:
        _make_room(self._local_rests)
        for rest in rests:
            instant = self._strictly(f"{_SOME_DAY}{rest}Z")
            if instant is not None:
                self._local_rests[rest] = instant - parse_time(f"{_SOME_DAY}T00:00Z", self.zone)

    def _strictly(self, text: str) -> int | None:
        try:
            return parse_time(text, self.zone)
        except TimeError:
            return None


def _has_offset(rest: str) -> bool:
    return rest[-1:] in ("Z", "z") or rest[-6:-5] in ("+", "-")


def _make_room(known: dict[str, int]) -> None:
    if len(known) > _MOST:
        known.clear()
