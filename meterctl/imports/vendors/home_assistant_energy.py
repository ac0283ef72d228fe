"""What Home Assistant's energy dashboard downloads: a row an entity, a column an hour or a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from meterctl.domain.meters import Direction, Kind
from meterctl.errors import shown
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts
from meterctl.imports.problems import Problem, Stop, Unknown
from meterctl.imports.series import Commodity, Series
from meterctl.imports.text.cells import Record, place_of_cell
from meterctl.imports.text.document import Document
from meterctl.imports.units import is_power, unit_of
from meterctl.imports.vendors.headings import BATTERY
from meterctl.imports.vendors.home_assistant_names import slug
from meterctl.imports.vendors.home_assistant_periods import Period, periods_of
from meterctl.imports.words import fold

_FIRST = 3  # the first column of values
_CALCULATED = "calculated by Home Assistant from the others"
_SHOWN = 500  # characters of a row, which may be a year long


class _Type(NamedTuple):
    """What the rows of one type are."""

    direction: Direction
    commodity: Commodity = Commodity.ELECTRICITY
    only_if_mapped: str | None = None


_TYPES = {
    "grid_consumption": _Type(Direction.FROM_GRID),
    "grid_return": _Type(Direction.TO_GRID),
    "solar_production": _Type(Direction.GENERATION),
    "gas_consumption": _Type(Direction.CONSUMPTION, Commodity.GAS),
    "water_consumption": _Type(Direction.CONSUMPTION, Commodity.WATER),
    "device_consumption": _Type(Direction.CONSUMPTION),
    "device_consumption_water": _Type(Direction.CONSUMPTION, Commodity.WATER),
    "battery_in": _Type(Direction.CONSUMPTION, Commodity.ELECTRICITY, BATTERY),
    "battery_out": _Type(Direction.GENERATION, Commodity.ELECTRICITY, BATTERY),
}
_UNKNOWN = _Type(
    Direction.CONSUMPTION, Commodity.ELECTRICITY, "a type of row that meterctl does not know"
)


Row = tuple[str, str]  # an entity in one of its roles


class HomeAssistantEnergy:
    """Recognised by its header: `entity_id,type,unit`, then times."""

    name = "home-assistant-energy"

    def layout(self, document: Document, options: Options) -> _Layout | None:
        """Find out which rows are of energy.

        Raises:
            Stop: none of them is, or a heading is no time.
            Unknown: a row's unit is not said.
        """
        header = document.head[0] if document.head else None
        if header is None or not _is_header(header):
            return None
        _periods(header)
        rows, notes = _rows(document, header, options)
        return _Layout(rows, notes)


def _is_header(record: Record) -> bool:
    return [fold(cell) for cell in record.cells[:_FIRST]] == ["entity_id", "type", "unit"]


def _periods(header: Record) -> list[Period]:
    """The times of the columns.

    Raises:
        Stop: one of them is none.
    """
    times = [cell.strip() for cell in header.cells[_FIRST:]]
    while times and not times[-1]:
        times.pop()
    wrong = next((i for i, text in enumerate(times) if periods_of([text]) is None), 0)
    periods = periods_of(times)
    if periods:
        return periods
    message = "this heading is no time" if times else "no times in the header"
    hint = "download it again from the energy dashboard"
    raise Stop(Problem(*place_of_cell(header, _FIRST + wrong), message, hint, header.text[:_SHOWN]))


def _row(record: Record) -> Row:
    """Which row it is; two empty texts, if it is none."""
    entity, type_ = (cell.strip() for cell in (*record.cells, "", "")[:2])
    return entity, fold(type_)


class _Layout:
    format = HomeAssistantEnergy.name
    title = "Home Assistant, download of the energy dashboard"
    facts = Facts(decimal=".")

    def __init__(self, series: dict[Row, Series], notes: tuple[str, ...]) -> None:
        self._series = series
        self.notes = notes

    def read(self, document: Document) -> Iterator[Claimed]:
        """A value after the other, each with its time; headers may come again.

        Each is a row of its own, so that one that is refused does not cost a year.
        """
        periods: list[Period] = []
        for record in document.records():
            if record.problem is not None:
                yield Claimed(record, (), record.problem)
            elif _is_header(record):
                periods = _periods(record)
            elif (series := self._series.get(_row(record))) is not None:
                yield from _claimed(record, series, periods)


def _claimed(record: Record, series: Series, periods: Sequence[Period]) -> Iterator[Claimed]:
    cells, width = record.cells, _FIRST + len(periods)
    if len(cells) < width or any(cell.strip() for cell in cells[width:]):
        message = f"{len(cells)} cells in this row, {width} in the header"
        hint = "the row may be cut off; download it again"
        place = place_of_cell(record, min(len(cells), width))
        yield Claimed(record, (), Problem(*place, message, hint, record.text[:_SHOWN]))
        return
    about = [cell.strip() for cell in cells[:_FIRST]]
    for (start, end, span), value in zip(periods, cells[_FIRST:width], strict=True):
        told = [*about, start, value]
        claim = Claim(series, value, 4, start, end, 3, 3, span)
        yield Claimed(Record(record.line, told, ",".join(told)), (claim,))


def _rows(
    document: Document, header: Record, options: Options
) -> tuple[dict[Row, Series], tuple[str, ...]]:
    """The series of each row, and what is left out."""
    found: dict[Row, str] = {}
    left_out: dict[str, None] = {}
    has_power = False
    for record in document.records(header.line):
        row = _row(record)
        if record.problem is not None or _is_header(record) or row == ("", "") or _is_money(row):
            continue
        name = row[0] or row[1]
        unit = record.cells[2].strip() if len(record.cells) > 2 else ""
        if not unit and options.unit is None:
            message = f"the unit of {shown(name)} is left empty"
            place = place_of_cell(record, 2)
            problem = Problem(*place, message, "say it: --unit kWh", record.text[:_SHOWN])
            raise Unknown(problem, "unit")
        known = unit_of(unit or options.unit or "")
        if known is None:
            has_power = has_power or is_power(unit)
            why = "power, not energy" if is_power(unit) else "no energy that meterctl keeps"
            left_out[f"left out: {name} in {unit}: {why}"] = None
            continue
        found[row] = known
    if not found:
        message = "no row of this file is of energy or volume"
        if has_power:
            message = "this file holds power (W, kW), not energy: a reading is energy"
        raise Stop(Problem(header.line, 1, message, "download it from the energy dashboard"))
    return _series(found), tuple(left_out)


def _is_money(row: Row) -> bool:
    return row[1].endswith(("_cost", "_compensation"))


def _series(found: dict[Row, str]) -> dict[Row, Series]:
    entities = [entity for entity, _ in found]
    made: dict[Row, Series] = {}
    for (entity, type_), unit in found.items():
        # An entity may be in several roles: a device, say, and the grid's meter.
        is_known_by_name = entity and entities.count(entity) == 1
        name = entity if is_known_by_name else f"{entity} {type_}".strip()
        meaning = _TYPES.get(type_, _UNKNOWN)
        why = meaning.only_if_mapped if entity else _CALCULATED
        made[entity, type_] = Series(
            name,
            Kind.INTERVAL,
            meaning.direction,
            unit,
            meaning.commodity,
            # Also of the only one: another file's only one may be another meter's.
            part=slug(entity or type_),
            only_if_mapped=why,
        )
    return made
