"""Looking for the meter that a series is, among those there are; else the one it would be made.

What finds it, and in which order, `mapping` says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import tzinfo

from meterctl.domain.meters import DEFAULT_METERS, Kind, Meter, check_meter
from meterctl.domain.units import ratio
from meterctl.errors import MeterError, shown
from meterctl.imports.problems import Problem, Stop, Unknown
from meterctl.imports.proposing import (
    numbered,
    proposed,
    same_serial,
    serial_kept,
    serial_tail,
    slug_of,
)
from meterctl.imports.series import Series
from meterctl.imports.words import fold

_MOST_OF_A_NAME = 99  # meters of one name, numbered
_OURS = {meter.id for meter in DEFAULT_METERS}


def check_fit(series: Series, meter: Meter) -> None:
    """Whether a meter can hold what a series counts.

    A day's total may become a `daily` meter's last value of that day; whether its intervals are
    whole days is seen when they are read.

    Raises:
        MeterError: it cannot, with the next step.
    """
    if series.unit:  # none: the file does not say it, so that it is the meter's own
        ratio(series.unit, meter.unit)
    if series.kind is meter.kind or (series.kind, meter.kind) == (Kind.INTERVAL, Kind.DAILY):
        return
    if series.kind is Kind.INTERVAL:
        raise MeterError(
            f"{shown(series.name)} is energy by period, and meter {meter.id} is a register",
            "name a meter of kind interval; or, if a dial showed these values, --kind register",
        )
    raise MeterError(
        f"{shown(series.name)} is what a dial showed, and meter {meter.id} is of kind {meter.kind}",
        "name a meter of kind register; or, if these are amounts by period, --kind interval",
    )


class Search:
    """What has found its meter so far."""

    def __init__(
        self,
        format_: str,
        series: Sequence[Series],
        meters: tuple[Meter, ...],
        zone: tzinfo | None,
    ) -> None:
        self._format = format_
        self._meters = meters
        self._zone = zone
        # Ids that several series of this file would have: there the heading tells them apart, not
        # their order, which another month's file may change.
        self._shared = {
            id_
            for id_, count in Counter(slug_of(format_, one) for one in series).items()
            if count > 1
        }
        # And those that the words of their headings leave alike: `T 1`, `T (1)`.
        alike = Counter(self._words_of(one) for one in series)
        self._alike = {words for words, count in alike.items() if count > 1}
        self.assigned: dict[str, Meter] = {}
        self.proposed: dict[str, Meter] = {}

    @property
    def taken(self) -> set[str]:
        """The meters that have their series."""
        return {one.id for found in (self.assigned, self.proposed) for one in found.values()}

    def take(self, series: Series, meter: Meter) -> None:
        """Note that this is its meter."""
        is_there = any(one.id == meter.id for one in self._meters)
        (self.assigned if is_there else self.proposed)[series.name] = meter

    def by_name(self, series: Series) -> Meter | None:
        """The meter that the heading names.

        The ids of the meters that are there out of the box are everyday words: a heading `Meter`
        does not mean that one, only `meterValue` does.
        """
        name = series.name.strip().lower()
        for meter in self._free():
            if name == meter.column.lower() or (name == meter.id and meter.id not in _OURS):
                try:
                    check_fit(series, meter)
                except MeterError as error:
                    raise stop(error.message, f"{error.hint}; --map COLUMN=METER") from None
                return meter
        return None

    def by_id(self, series: Series) -> Meter | None:
        """The meter that was made for it by an earlier import."""
        for meter in self._possible(series):
            found, is_there = self._at(meter, serial_kept(series.serial), series)
            if is_there:
                return found
        return None

    def by_serial(self, series: Series) -> Meter | None:
        """The only meter of its device that counts the same."""
        serial = serial_kept(series.serial)
        if serial is None:
            return None
        found = [
            meter
            for meter in self._free()
            if _has_serial(meter, serial) and _counts(meter, series) and _is_part(meter, series)
        ]
        return found[0] if len(found) == 1 else None

    def propose(self, series: Series) -> None:
        """Say which meter would be made for it.

        Raises:
            Unknown: its unit is not said.
        """
        self.proposed[series.name] = self._new(series)

    def made(self, series: Series, name: str) -> Meter:
        """The meter that would be made under the name that a person gave.

        Raises:
            MeterError: that can be no meter's.
            Unknown: its unit is not said.
        """
        meter = self._new(series)._replace(id=name, column=name)
        return check_meter(meter, (*self._meters, *self.proposed.values()))

    def _new(self, series: Series) -> Meter:
        if not series.unit:
            message = f"the unit of {shown(series.name)} is not said"
            raise Unknown(Problem(1, 1, message, "say it: --unit kWh"), "unit")
        meter = self._possible(series)[-1]
        return self._at(meter, serial_kept(series.serial), series)[0]

    def _possible(self, series: Series) -> list[Meter]:
        """The meters that this series may have been made; the last is the one it would be made."""
        by_heading = proposed(
            self._format,
            series,
            self._zone,
            by_heading=True,
            to_the_letter=self._words_of(series) in self._alike,
        )
        plain = proposed(self._format, series, self._zone)
        return [by_heading] if plain.id in self._shared else [by_heading, plain]

    def _words_of(self, series: Series) -> tuple[object, ...]:
        """What tells a series from others of its file, without the odd signs of its heading."""
        slug = slug_of(self._format, series, by_heading=True)
        return slug, series.kind, series.direction, serial_kept(series.serial)

    def _at(self, meter: Meter, serial: str | None, series: Series) -> tuple[Meter, bool]:
        """The meter that is there under such an id, or the new one under the first free one."""
        base, taken = meter.id, self.taken
        others = [*self._meters, *self.proposed.values()]
        for number in range(1, _MOST_OF_A_NAME + 1):
            id_ = numbered(base, number)
            there = next((one for one in self._meters if one.id == id_), None)
            if there is not None:
                if id_ not in taken | _OURS and _counts(there, series) and _may_be(there, serial):
                    return there, True
            elif not any(id_ in (one.id, one.column.lower()) for one in others):
                return meter._replace(id=id_, column=id_), False
        raise stop(f"there are {_MOST_OF_A_NAME} meters named {base}", "name one with --map")

    def _free(self) -> Iterator[Meter]:
        taken = self.taken
        return (meter for meter in self._meters if meter.id not in taken)


def _counts(meter: Meter, series: Series) -> bool:
    """Whether a meter counts the same thing in the same way."""
    if (meter.kind, meter.direction) != (series.kind, series.direction):
        return False
    try:
        return not series.unit or bool(ratio(series.unit, meter.unit))
    except MeterError:
        return False


def _has_serial(meter: Meter, serial: str) -> bool:
    return any(one.serial is not None and same_serial(one.serial, serial) for one in meter.devices)


def _may_be(meter: Meter, serial: str | None) -> bool:
    """Whether nothing says that a meter is of another device."""
    known = any(one.serial is not None for one in meter.devices)
    return serial is None or not known or _has_serial(meter, serial)


def _is_part(meter: Meter, series: Series) -> bool:
    """Whether a meter of the same device may be the same tariff of it, by its id.

    `octopus-from-grid-night-12345678` was made for another tariff than `day`; of an id that a
    person chose, it must have the tariff's word in it, or the series none.
    """
    words, part = meter.id.split("-"), fold(series.part).replace(" ", "-")
    tail, way = serial_tail(series.serial), series.direction.replace("_", "-")
    made = f"-{meter.id}".partition(f"-{way}-")
    if made[1] and words[-1] == tail:
        return made[2].removesuffix(tail).rstrip("-") == part
    return all(word in words for word in part.split("-") if word)


def stop(message: str, hint: str) -> Stop:
    """What is wrong with the file as a whole."""
    return Stop(Problem(1, 1, message, hint))
