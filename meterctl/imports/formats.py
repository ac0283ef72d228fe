"""What is told to all who read files, and what they give: options, context, rows."""

from __future__ import annotations

from datetime import tzinfo
from typing import NamedTuple

from meterctl.domain.meters import Direction, Kind, Meter, Zones
from meterctl.domain.readings import Reading
from meterctl.imports.layout import Label, Order
from meterctl.imports.problems import Problem
from meterctl.imports.text.cells import Record


class Options(NamedTuple):
    """What the person says of a file; it overrules what the file seems to say."""

    columns: tuple[tuple[str, str], ...] = ()  # --map COLUMN=METER
    meter: str | None = None  # --meter: whose the one value column is
    zone: tzinfo | None = None  # --tz: of times without an offset
    decimal: str | None = None  # --decimal: "." or ","
    order: Order | None = None  # --dates: which number of a date is the day
    label: Label | None = None  # --labels: whether a row's one time starts or ends its interval
    kind: Kind | None = None  # --kind: what the values are
    unit: str | None = None  # --unit: of values whose unit is not said
    direction: Direction | None = None  # --direction: of values whose way is not said
    encoding: str | None = None  # --encoding
    worksheet: str | None = None  # --worksheet: of a workbook
    create: bool = False  # --create-meters
    home: tzinfo | None = None  # the settings' zone, for a day's hours that are but numbered


class Context(NamedTuple):
    """What a format may know of the world."""

    meters: tuple[Meter, ...]
    zones: Zones
    now: int
    options: Options


class Row(NamedTuple):
    """One data row: its readings and in which of its cells each one stands; or what is wrong."""

    record: Record
    readings: list[Reading]
    cells: list[int]
    problem: Problem | None = None
