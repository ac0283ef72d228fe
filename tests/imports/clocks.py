"""What tests of a file's clock share: its rows as stamps, and the intervals they become."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from meterctl.domain.times import DAY, MINUTE, clock_of, iso_utc
from meterctl.imports.layout import Label
from meterctl.imports.times.clockwork import Survey, Timeline
from meterctl.imports.times.moments import Stamp, Texts
from tests.helpers import BERLIN

Row = tuple[Stamp | None, Stamp | None]
Interval = tuple[int, int]


def at(text: str) -> int:
    """Milliseconds of an ISO time, as if in UTC."""
    since = datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(milliseconds=1)


def stamp(text: str) -> Stamp:
    """A time as a file shows it."""
    return Texts().decide().read(text)


def starts(*texts: str) -> list[Row]:
    """Rows with one time each."""
    return [(stamp(text), None) for text in texts]


def both(*texts: str) -> list[Row]:
    """Rows with two: `2024-01-01 00:00 to 2024-01-01 01:00`."""
    return [(stamp(one), stamp(two)) for one, two in (text.split(" to ") for text in texts)]


def hours(day: str, *labels: int) -> list[str]:
    """Some hours of a day, as texts."""
    return [f"{day} {label:02}:00" for label in labels]


def survey(
    rows: Iterable[Row],
    zone: tzinfo = BERLIN,
    label: Label | None = Label.STARTS,
    *,
    told: bool = False,
    empty: Iterable[int] = (),
    registers: Iterable[str] = (),
) -> Timeline:
    """What the first look at the rows of one series finds."""
    seen = Survey(zone)
    nothing = set(empty)
    for place, (start, end) in enumerate(rows):
        seen.see("s", start, end, empty=place in nothing)
    return seen.decide(label, registers=set(registers), told=told)


def read(
    rows: list[Row],
    zone: tzinfo = BERLIN,
    label: Label | None = Label.STARTS,
    *,
    told: bool = False,
) -> list[Interval]:
    """The intervals that the rows of one series become."""
    placing = survey(rows, zone, label, told=told).begin()
    return [placing.interval("s", start, end) for start, end in rows]


def shown(intervals: Iterable[Interval]) -> list[str]:
    """Intervals for people: `01-01T00:00 01-01T01:00`, in UTC."""
    return [f"{iso_utc(a)[5:16]} {iso_utc(b)[5:16]}" for a, b in intervals]


def local_rows(zone: tzinfo, day: str, days: int, minutes: int) -> list[Row]:
    """Some days' rows as a clock of that zone labels them."""
    return [(Stamp(clock_of(a, zone)), None) for a, _ in truth(zone, day, days, minutes)]


def truth(zone: tzinfo, day: str, days: int, minutes: int) -> list[Interval]:
    """The intervals of some days, as they were."""
    first = at(f"{day}T00:00") - (clock_of(at(f"{day}T00:00"), zone) - at(f"{day}T00:00"))
    step = minutes * MINUTE
    return [(a, a + step) for a in range(first, first + days * DAY, step)]
