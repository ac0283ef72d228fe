"""What NEM12 and NEM13, the meter data files of Australia's energy market operator, share.

Their words are the market's: what it *exports* is energy drawn from the grid, what it *imports* is
energy fed into it. Their clock is that of Brisbane all year, in every state but Western Australia,
whose market is one of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta, timezone
from typing import NamedTuple

from meterctl.domain.meters import Direction
from meterctl.domain.readings import Quality
from meterctl.errors import shown
from meterctl.imports.formats import Options
from meterctl.imports.problems import Choice, Problem, Stop, Unknown
from meterctl.imports.text.cells import Record, place_of_cell
from meterctl.imports.units import is_power, unit_of
from meterctl.imports.vendors import wide

_EAST, _WEST = "+10:00", "+08:00"
_ZONES = {_EAST: timezone(timedelta(hours=10)), _WEST: timezone(timedelta(hours=8))}
# The blocks of metering points of Western Power and Horizon Power.
_WESTERN = re.compile(r"80\d{8,9}|WA[A-Z0-9]{8,9}")

_QUALITY = re.compile(r"[A-Z]\d{0,3}")
_QUALITIES = {
    "A": Quality.ACTUAL,
    "E": Quality.ESTIMATED,
    "S": Quality.ESTIMATED,  # substituted, for now
    "F": Quality.ESTIMATED,  # substituted for good
}
_NO_ENERGY = {"kv", "v", "ka", "a", "mva", "mvar", "pf", "degc"}
_WAYS = (
    Choice("from_grid", "energy drawn from the grid"),
    Choice("to_grid", "energy fed into the grid"),
)


class Stream(NamedTuple):
    """What the letter of a stream's suffix says of it."""

    direction: Direction
    only_if_mapped: str | None = None


_CHECK = "a check meter's count of what the main meter counts"
_AVERAGE = "an average of what the main meter counts"
# By the suffix's letter: the main count, the check meter's, the average; active, then reactive.
STREAMS = {
    "B": Stream(Direction.TO_GRID),
    "C": Stream(Direction.TO_GRID, _CHECK),
    "A": Stream(Direction.TO_GRID, _AVERAGE),
    "E": Stream(Direction.FROM_GRID),
    "F": Stream(Direction.FROM_GRID, _CHECK),
    "D": Stream(Direction.FROM_GRID, _AVERAGE),
    "K": Stream(Direction.TO_GRID),
    "L": Stream(Direction.TO_GRID, _CHECK),
    "J": Stream(Direction.TO_GRID, _AVERAGE),
    "Q": Stream(Direction.FROM_GRID),
    "R": Stream(Direction.FROM_GRID, _CHECK),
    "P": Stream(Direction.FROM_GRID, _AVERAGE),
}


def offset_of(nmi: str) -> str:
    """The offset of a metering point's clock, all year."""
    return _WEST if _WESTERN.fullmatch(nmi) else _EAST


def zone_of(nmis: Iterable[str]) -> timezone:
    """The zone of a file, by its metering points."""
    offsets = {offset_of(nmi) for nmi in nmis}
    return _ZONES[_WEST if offsets == {_WEST} else _EAST]


def kind_of(record: Record) -> str:
    """Which kind of record it is: `100`, `200`, ..."""
    return cell(record, 0)


def cell(record: Record, index: int) -> str:
    """A cell's text; empty where the record is shorter."""
    return wide.cell(record.cells, index)


def is_quality(text: str) -> bool:
    """Whether a cell may be a quality method: `A`, `V`, `S14`, `E52`."""
    return _QUALITY.fullmatch(text.strip().upper()) is not None


def quality_of(code: str) -> Quality:
    """The quality that a method stands for; one that is not in the specification is doubtful."""
    return _QUALITIES.get(code[:1].upper(), Quality.QUESTIONABLE) if code else Quality.ACTUAL


def day_of(text: str) -> date | None:
    """The day of `20240229`; None: it is none."""
    if len(text) != 8 or not text.isdigit() or not text.isascii():
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def is_no_energy(text: str) -> bool:
    """Whether a unit of measure is of power, voltage or current."""
    return is_power(text) or text.strip().lower() in _NO_ENERGY


def unit_in(record: Record, index: int, options: Options) -> str | None:
    """The unit in a cell; None where meterctl has no such unit.

    Raises:
        Unknown: the cell is empty, and no option says it.
    """
    text = cell(record, index)
    if text:
        return unit_of(text)
    if options.unit is None:
        message = "the unit of measure is left empty here"
        raise Unknown(_here(record, index, message, "say it: --unit kWh"), "unit")
    return options.unit


def direction_told(record: Record, index: int, options: Options) -> Direction:
    """The direction of a stream whose code does not say it.

    Raises:
        Unknown: no option says it.
    """
    if options.direction is None:
        message = f"which way this energy flows is not said by {shown(cell(record, index))}"
        hint = "say it: --direction from_grid, or to_grid"
        raise Unknown(_here(record, index, message, hint), "direction", _WAYS)
    return options.direction


def refusal(units: Sequence[str]) -> Stop:
    """Why a file without any energy is refused, by the units that it holds."""
    named = ", ".join(dict.fromkeys(units))
    if all(is_no_energy(unit) for unit in units):
        message = f"this file holds power or voltage ({named}), not energy: a reading is energy"
    else:
        message = f"none of this file's units is one that meterctl keeps: {named}"
    return Stop(Problem(1, 1, message, "ask your distributor for the streams in kWh"))


def _here(record: Record, index: int, message: str, hint: str) -> Problem:
    return Problem(*place_of_cell(record, index), message, hint, record.text)
