"""Many readings of one device at once, of which nothing is to be said but their values.

An import of a million rows is checked, stored and judged in such columns by what Python and SQLite
do in C; a reading as an object of its own takes some thirty times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from operator import lt
from typing import NamedTuple

from meterctl.domain.readings import Quality, Reading, Source


class Plain(NamedTuple):
    """Actual first revisions, with neither code nor note; each list has one item a reading."""

    meter: str
    device: int
    at: list[int]
    starts_at: list[int]  # the very same list for all but intervals
    values: list[int]

    @property
    def is_in_order(self) -> bool:
        """Whether each reading is later than the one before: no slot is there twice."""
        return all(map(lt, self.at, self.at[1:]))

    def only(self, wanted: Sequence[object]) -> Plain:
        """The readings for which this says something true."""
        at = list(compress(self.at, wanted))
        starts_at = at if self.has_no_spans else list(compress(self.starts_at, wanted))
        return self._replace(at=at, starts_at=starts_at, values=list(compress(self.values, wanted)))

    def taken(self, places: Sequence[int]) -> Plain:
        """The readings at these places."""
        at = list(map(self.at.__getitem__, places))
        starts_at = at if self.has_no_spans else list(map(self.starts_at.__getitem__, places))
        values = list(map(self.values.__getitem__, places))
        return self._replace(at=at, starts_at=starts_at, values=values)

    @property
    def has_no_spans(self) -> bool:
        """Whether these are no intervals."""
        return self.starts_at is self.at

    def reading(self, place: int) -> Reading:
        """One of them as a reading that is not written yet."""
        return Reading(
            self.meter,
            self.device,
            self.at[place],
            self.starts_at[place],
            1,
            self.values[place],
            Quality.ACTUAL,
            None,
            Source.IMPORT,
            None,
            None,
            0,
        )

    def readings(self) -> list[Reading]:
        """All of them, one by one."""
        return [self.reading(place) for place in range(len(self.at))]
