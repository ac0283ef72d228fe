"""A first look at a NEM12 file: its streams, and the days that it tells more than once."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from meterctl.domain.meters import Kind
from meterctl.imports.formats import Options
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record
from meterctl.imports.vendors import nem

# A stream as its 200 record tells it: NMI, suffix, meter, unit, minutes of an interval.
Identity = tuple[str, str, str, str, str]

_EPOCH = date(1990, 1, 1).toordinal()
_MOST_REPEATED = 200_000  # days that are held in memory to find their latest update


def identity_of(record: Record) -> Identity:
    """Which stream a 200 record begins."""
    suffix = nem.cell(record, 4) or nem.cell(record, 3) or nem.cell(record, 2)
    return (
        nem.cell(record, 1),
        suffix.upper(),
        nem.cell(record, 6),
        nem.cell(record, 7),
        nem.cell(record, 8),
    )


class _Update(NamedTuple):
    """When a day was updated, as the file says: its own time, then the market's."""

    update: str
    load: str


class Survey:
    """Fed with every record in order. What it holds grows with the streams, not with the days."""

    def __init__(self) -> None:
        self._first: dict[Identity, Record] = {}
        self._days: dict[Identity, int] = {}  # a bit for each day seen
        self._above: Identity | None = None
        self._latest: dict[tuple[Identity, int], _Update] = {}
        self._left_out: dict[str, str] = {}
        self._updated: set[tuple[Identity, int]] = set()
        self._dials = 0
        self.repeated: set[tuple[Identity, int]] = set()

    def see(self, record: Record) -> None:
        """Look at a record for the first time."""
        if nem.kind_of(record) == "500" and nem.cell(record, 4):
            self._dials += 1
        day = self._place(record)
        if self._above is None or day is None:
            return
        bit = 1 << day
        if self._days[self._above] & bit:
            if len(self.repeated) < _MOST_REPEATED:
                self.repeated.add((self._above, day))
        else:
            self._days[self._above] |= bit

    def look_at_repeated(self, record: Record) -> None:
        """Look again, where some day comes more than once, for its latest update."""
        day = self._place(record)
        if self._above is None or day is None or (self._above, day) not in self.repeated:
            return
        key = self._above, day
        update = _updated(record)
        latest = self._latest.setdefault(key, update)
        if update != latest:
            self._updated.add(key)
            self._latest[key] = max(latest, update)

    def is_superseded(self, identity: Identity, record: Record) -> bool:
        """Whether another record of the same day was updated later than this one."""
        if not self._updated:
            return False
        day = _day_number(record)
        if day is None or (identity, day) not in self._updated:
            return False
        return _updated(record) < self._latest[identity, day]

    def series(self, options: Options) -> dict[Identity, Series]:
        """The series of each stream of energy.

        Raises:
            Stop: there is none.
            Unknown: a stream's unit or direction is not said.
        """
        together = self._told_apart()
        made: dict[Identity, Series] = {}
        units: list[str] = []
        for identity, first in self._first.items():
            if not self._days[identity]:
                continue
            nmi, suffix, meter, text, _ = identity
            unit = None if nem.is_no_energy(text) else nem.unit_in(first, 7, options)
            if unit is None:
                units.append(text)
                why = "power or voltage, not energy" if nem.is_no_energy(text) else "no known unit"
                self._left_out[f"{nmi} {suffix}".strip()] = f"{text}: {why}"
                continue
            stream = nem.STREAMS.get(suffix[:1]) if len(suffix) <= 2 else None
            is_apart = (nmi, suffix) in together
            made[identity] = Series(
                f"{nmi} {suffix} {meter}" if is_apart else f"{nmi} {suffix}".strip(),
                Kind.INTERVAL,
                stream.direction if stream else nem.direction_told(first, 4, options),
                unit,
                serial=(meter if is_apart else nmi or meter) or None,
                part=suffix.lower(),
                only_if_mapped=stream.only_if_mapped if stream else None,
            )
        if not made and units:
            raise nem.refusal(units)
        if not made and not self._first:
            message = "no 200 record: nothing says which meter this is, or what it counts"
            raise Stop(Problem(1, 1, message, "export the whole file again"))
        return made

    def notes(self) -> tuple[str, ...]:
        """What is left out, and why."""
        notes = [f"left out: {name} in {why}" for name, why in self._left_out.items()]
        if self._dials:
            records = "1 record" if self._dials == 1 else f"{self._dials} records"
            notes.append(f"left out: the dial readings of {records} of kind 500")
        if self._updated:
            count = len(self._updated)
            days = "1 day comes" if count == 1 else f"{count} days come"
            notes.append(f"{days} more than once: the latest update of each is taken")
        return tuple(notes)

    def _place(self, record: Record) -> int | None:
        """Follow the records; the number of a 300 record's day."""
        kind = nem.kind_of(record)
        if kind == "200":
            self._above = None if record.problem else identity_of(record)
            if self._above is not None:
                self._first.setdefault(self._above, record)
                self._days.setdefault(self._above, 0)
        return _day_number(record) if kind == "300" and record.problem is None else None

    def _told_apart(self) -> set[tuple[str, str]]:
        """Streams of one name that two meters count at the same time.

        A meter that took another's place shares one day with it at most.
        """
        met: dict[tuple[str, str], dict[str, int]] = {}
        for (nmi, suffix, meter, _, _), days in self._days.items():
            meters = met.setdefault((nmi, suffix), {})
            meters[meter] = meters.get(meter, 0) | days
        return {
            name
            for name, meters in met.items()
            if any(
                (days & other).bit_count() > 1
                for meter, days in meters.items()
                for another, other in meters.items()
                if meter < another
            )
        }


def _day_number(record: Record) -> int | None:
    day = nem.day_of(nem.cell(record, 1))
    return None if day is None else max(day.toordinal() - _EPOCH, 0)


def _updated(record: Record) -> _Update:
    """The update times of a 300 record: the last cells that have anything in them.

    Both are optional; where there is no quality method to count from, they are found from the end.
    """
    cells = [text.strip() for text in record.cells]
    while cells and not cells[-1]:
        cells.pop()
    place = next((i for i in range(2, len(cells)) if nem.is_quality(cells[i])), None)
    if place is None:
        return _Update("", "")
    times = [*cells[place + 3 : place + 5], "", ""]
    return _Update(times[0], times[1])
