"""The statuses: energy of the day so far, and power, at a time of the day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from meterctl.sandbox.pvoutput.fields import (
    Accepted,
    Refused,
    day_of,
    ratio,
    shown,
    time_of,
    whole,
)

COLUMNS = ("d", "t", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12")
MOST = 250_000  # Wh in a day
# Nothing shines then: power that is generated is that of the moon.
NIGHT_BEGINS, NIGHT_ENDS = time(23), time(4)
# Which energies are those of a meter that never starts again, by the cumulative flag c1.
CUMULATIVE = {"0": (), "": (), "1": ("v1", "v3"), "2": ("v1",), "3": ("v3",)}


class Rules(NamedTuple):
    """What statuses are held against."""

    now: datetime  # in the system's zone, without the zone
    oldest_days: int
    interval: int  # minutes
    size: int  # W
    moon: bool  # whether power at night is refused
    cumulative: tuple[str, ...]


class Statuses:
    """Every status, the later one in place of the earlier. Its owner locks."""

    def __init__(self, accepted: list[Accepted]) -> None:
        self._at: dict[datetime, dict[str, int]] = {}  # energies of the day
        self._meters: dict[str, dict[datetime, int]] = {"v1": {}, "v3": {}}  # cumulative ones
        self._accepted = accepted

    def add(self, row: Mapping[str, str], rules: Rules) -> tuple[datetime, bool]:
        """Take a status; its time, and whether there was none of this time before.

        Raises:
            Refused: it cannot be one.
        """
        day, moment = day_of(row), time_of(row)
        minutes = moment.hour * 60 + moment.minute
        at = datetime.combine(day, time()) + timedelta(minutes=minutes - minutes % rules.interval)
        sent = {name: whole(row, name) for name in ("v1", "v2", "v3", "v4")}
        given = {name: value for name, value in sent.items() if value is not None}
        if at > rules.now:
            raise Refused(f"Date is in the future [{row['d']}]")
        if day < rules.now.date() - timedelta(days=rules.oldest_days):
            raise Refused(f"Date is older than {rules.oldest_days} days [{row['d']}]")
        if not given:
            raise Refused("Missing energy and power values")
        for name, value in given.items():
            if value < 0:
                raise Refused(f"Could not read {name} [{value}]")
            if name in ("v1", "v3") and name not in rules.cumulative and value > MOST:
                raise Refused(f"Value number cannot exceed {MOST:,}Wh [{value}]")
        power = given.get("v2", 0)
        if power * 2 > rules.size * 3:
            raise Refused(f"Power value [{power}] too high for system size [{rules.size}]")
        if rules.moon and power and not NIGHT_ENDS <= at.time() < NIGHT_BEGINS:
            raise Refused("Moon Powered")
        energies: dict[str, int] = {
            name: self._of_day(name, at, given[name], cumulative=name in rules.cumulative)
            for name in ("v1", "v3")
            if name in given
        }
        is_new = at not in self._at
        self._at[at] = {**self._at.get(at, {}), **given, **energies}
        for name in rules.cumulative:
            if name in given:
                self._meters[name][at] = given[name]
        self._accepted += [Accepted(at.isoformat(), name, given[name]) for name in energies]
        return at, is_new

    def _of_day(self, name: str, at: datetime, value: int, *, cumulative: bool) -> int:
        """The energy since midnight.

        Raises:
            Refused: there was more of it before.
        """
        if not cumulative:
            return value
        line = self._meters[name]
        earlier = [one for one in line if one < at]
        if earlier and line[max(earlier)] > value:
            before = line[max(earlier)]
            raise Refused(
                f"Energy value [{value}] lower than previously recorded value: [{before}]"
            )
        midnight = datetime.combine(at.date(), time())
        before_today = [one for one in earlier if one < midnight]
        start = (
            line[max(before_today)] if before_today else line[min(earlier)] if earlier else value
        )
        return value - start

    def of_day(self, day: date) -> tuple[int | None, int | None]:
        """What the day's statuses say that it made and used so far, in Wh."""
        line = sorted(one for one in self._at if one.date() == day)
        made = [self._at[one]["v1"] for one in line if "v1" in self._at[one]]
        used = [self._at[one]["v3"] for one in line if "v3" in self._at[one]]
        return (made[-1] if made else None), (used[-1] if used else None)

    def newest(self) -> datetime | None:
        """The time of the last status."""
        return max(self._at, default=None)

    def line(self, at: datetime, size: int) -> str | None:
        """A status as getstatus shows it."""
        row = self._at.get(at)
        if row is None:
            return None
        stamp = [f"{at:%Y%m%d}", f"{at:%H:%M}"]
        values = [shown(row.get(name)) for name in ("v1", "v2", "v3", "v4")]
        return ",".join([*stamp, *values, ratio(row.get("v1", 0), size), "NaN", "NaN"])

    def history(
        self, start: datetime, end: datetime, limit: int, size: int, *, ascending: bool
    ) -> str:
        """The statuses between two times, as getstatus shows them with h=1."""
        found = sorted(one for one in self._at if start <= one <= end)
        chosen = found[:limit] if ascending else found[::-1][:limit]
        return ";".join(self._history_line(one, size) for one in chosen)

    def _history_line(self, at: datetime, size: int) -> str:
        row = self._at[at]
        made, power = row.get("v1", 0), shown(row.get("v2"))
        return ",".join(
            [
                f"{at:%Y%m%d}",
                f"{at:%H:%M}",
                shown(row.get("v1")),
                ratio(made, size),
                power,
                power,
                ratio(row.get("v2", 0), size),
                shown(row.get("v3")),
                shown(row.get("v4")),
                "NaN",
                "NaN",
            ]
        )
