"""A first look at Home Assistant's statistics: which sensors count, and which column to take.

A `state` may be a dial, a dial that starts again each day, or the energy of its hour. The `sum`
beside it tells: it grows by as much as a dial does, or by what an hour's energy is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from meterctl.domain.meters import Kind
from meterctl.errors import shown
from meterctl.imports.formats import Options
from meterctl.imports.problems import Choice, Problem, Stop, Unknown
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record
from meterctl.imports.units import is_power, unit_of
from meterctl.imports.vendors.home_assistant_names import series_of
from meterctl.imports.vendors.wide import cell
from meterctl.imports.words import fold

_STARTS = ("start", "start_ts", "start_time")
_VALUES = ("state", "sum", "delta", "change")
_OTHERS = ("min", "max", "mean")
_MINUTES = re.compile(r"\d{1,2}[:.](\d\d)(?::\d\d)?")
_MOST_SENSORS = 20_000  # those that count are far fewer
_CLOSE = Decimal("0.000002")  # what sums of floating-point numbers may be off
KINDS = (
    Choice("register", "readings of a dial that only grows"),
    Choice("interval", "the energy of each hour"),
)


class Columns(NamedTuple):
    """Where a row holds what."""

    entity: int
    start: int
    unit: int | None
    values: dict[str, int]

    def place(self, name: str) -> int:
        """The column of this name."""
        return self.values[name]


class Chosen(NamedTuple):
    """A series of a sensor, and the name of the column that it is in."""

    series: Series
    column: str


def columns_of(header: Record) -> Columns | None:
    """The columns of a header of statistics; None: it is none."""
    names = [fold(cell) for cell in header.cells]
    start = next((names.index(name) for name in _STARTS if name in names), None)
    if "statistic_id" not in names or start is None:
        return None
    values = {name: names.index(name) for name in _VALUES if name in names}
    if not values and not any(name in names for name in _OTHERS):
        return None
    unit = next(
        (names.index(name) for name in ("unit", "unit_of_measurement") if name in names), None
    )
    return Columns(names.index("statistic_id"), start, unit, values)


@dataclass
class _Sensor:
    """What was seen of one sensor's numbers, from row to row."""

    unit: str
    values: set[str]  # the columns that have any
    state: Decimal | None = None
    total: Decimal | None = None
    steps: int = 0  # at which the sum changed
    as_dial: int = 0  # of those: the state changed by the same
    as_interval: int = 0  # of those: the state is by how much it did
    as_interval_back: int = 0  # the same, if the file runs backwards
    against: int = 0  # at which the state went another way than the sum
    rises: int = 0
    falls: int = 0

    def see(self, state: Decimal | None, total: Decimal | None) -> None:
        """Compare with the row before."""
        if state is not None and self.state is not None:
            step = state - self.state
            self.rises += step > 0
            self.falls += step < 0
            if total is not None and self.total is not None:
                self._compare(step, total - self.total, state)
        self.state = self.state if state is None else state
        self.total = self.total if total is None else total

    def _compare(self, step: Decimal, grown: Decimal, state: Decimal) -> None:
        is_same = abs(step - grown) <= _CLOSE
        self.against += not is_same and ((step > 0) - (step < 0)) != ((grown > 0) - (grown < 0))
        if grown:
            self.steps += 1
            self.as_dial += is_same
            self.as_interval += abs(state - grown) <= _CLOSE
            self.as_interval_back += abs(state - step + grown) <= _CLOSE

    @property
    def is_interval(self) -> bool:
        """Whether the state is the energy of its hour."""
        most = max(self.as_interval, self.as_interval_back)
        return most > self.as_dial and most * 10 >= self.steps * 9

    @property
    def starts_again(self) -> bool:
        """Whether the state goes back at times, as no dial does."""
        if "sum" in self.values:
            return self.against > 0 and not self.is_interval
        return self.rises > 0 and self.falls > 0


class Survey:
    """Fed with every row; what it holds grows with the sensors."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._sensors: dict[str, _Sensor] = {}
        self._minutes: set[str] = set()
        self._notes: dict[str, None] = {}
        self.has_power = False

    def see(self, record: Record) -> None:
        """Look at a row."""
        entity = cell(record.cells, self._columns.entity)
        if record.problem is not None or not entity:
            return
        sensor = self._sensors.get(entity)
        if sensor is None:
            if len(self._sensors) == _MOST_SENSORS:
                message = f"more than {_MOST_SENSORS} sensors in a file"
                raise Stop(Problem(record.line, 1, message, "export fewer of them at a time"))
            sensor = _Sensor(cell(record.cells, self._columns.unit), set())
            self._sensors[entity] = sensor
        texts = {name: cell(record.cells, place) for name, place in self._columns.values.items()}
        sensor.values.update(name for name, text in texts.items() if text)
        sensor.see(number_in(texts.get("state", "")), number_in(texts.get("sum", "")))
        if len(self._minutes) < 3 and (time := _MINUTES.search(_time(record, self._columns))):
            self._minutes.add(time[1])

    @property
    def is_hourly(self) -> bool:
        """Whether a row is an hour, not five minutes; some zones are off by half an hour."""
        return len(self._minutes) < 2

    def chosen(self, header: Record, options: Options) -> dict[str, list[Chosen]]:
        """The series of each sensor that counts energy, the one to keep first.

        Raises:
            Unknown: a sensor's unit, or what its values are, is not said.
        """
        chosen: dict[str, list[Chosen]] = {}
        for entity, sensor in self._sensors.items():
            if not sensor.values or fold(entity) == "statistic_id":
                continue
            text = sensor.unit or options.unit
            if text is None:
                message = f"the unit of {shown(entity)} is not said"
                raise Unknown(_problem(header, message, "say it: --unit kWh"), "unit")
            unit = unit_of(text)
            if unit is None:
                self.has_power = self.has_power or is_power(text)
                why = "power, not energy" if is_power(text) else "no energy that meterctl keeps"
                self._notes[f"left out: {entity} in {text}: {why}"] = None
                continue
            chosen[entity] = self._series(header, entity, unit, options)
        return chosen

    def notes(self) -> tuple[str, ...]:
        """What a person should know of what was chosen."""
        return tuple(self._notes)

    def _series(self, header: Record, entity: str, unit: str, options: Options) -> list[Chosen]:
        sensor = self._sensors[entity]
        kind, column = _best(header, entity, sensor, options)
        first = series_of(entity, unit, kind)
        if kind is Kind.REGISTER:
            self._notes["the dials were read when the hour of their row ended"] = None
        if column == "sum" and "state" in sensor.values:
            self._notes[f"{entity}: its state starts again at times: its sum is taken"] = None
        if column == "state" and kind is Kind.INTERVAL:
            self._notes[f"{entity}: its state is the energy of each hour, as its sum shows"] = None
        made = [Chosen(first, column)]
        others = sensor.values - {column} - ({"state"} if sensor.starts_again else set())
        for other in sorted(others, key=_VALUES.index):
            is_dial = other == "sum" or (other == "state" and not sensor.is_interval)
            made.append(
                Chosen(
                    first._replace(
                        name=f"{entity} {other}",
                        kind=Kind.REGISTER if is_dial else Kind.INTERVAL,
                        part=f"{first.part}-{other}",
                        only_if_mapped=f"the same as its {column}, told in another way",
                    ),
                    other,
                )
            )
        return made


def _best(header: Record, entity: str, sensor: _Sensor, options: Options) -> tuple[Kind, str]:
    """The column to keep, and what its values are.

    Raises:
        Unknown: they may be either.
    """
    values = sensor.values
    if "state" in values and "sum" in values:
        if sensor.is_interval:
            return Kind.INTERVAL, "state"
        return Kind.REGISTER, "sum" if sensor.starts_again else "state"
    if "sum" in values:
        return Kind.REGISTER, "sum"
    if "delta" in values or "change" in values:
        if "state" in values and not sensor.starts_again:
            return Kind.REGISTER, "state"
        return Kind.INTERVAL, "delta" if "delta" in values else "change"
    if not sensor.starts_again:
        return Kind.REGISTER, "state"
    if options.kind is None:
        message = f"whether the states of {shown(entity)} are a dial or the energy of hours is open"
        hint = "say it: --kind register, or --kind interval"
        raise Unknown(_problem(header, message, hint), "kind", KINDS)
    return options.kind, "state"


def _time(record: Record, columns: Columns) -> str:
    """The time of day in a row's start: what follows its date."""
    return re.split(r"[ T]", cell(record.cells, columns.start), maxsplit=1)[-1]


def number_in(text: str) -> Decimal | None:
    """A number for comparing only; what is read for good is read by the engine."""
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 20 else None


def _problem(header: Record, message: str, hint: str) -> Problem:
    return Problem(header.line, 1, message, hint, header.text)
