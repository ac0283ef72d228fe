"""Home Assistant's long-term statistics, as its export tools write them: a row an hour and sensor.

A row's time is when its hour begins; its `state` is what the sensor showed when the hour ended,
its `sum` a total that goes on where the sensor starts again, its `delta` what the hour added.
Statistics that came in from elsewhere often have the hour's energy as their `state`: the numbers
tell (see `home_assistant_survey`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from meterctl.domain.times import HOUR
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts, Layout
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.vendors import home_assistant_history as history
from meterctl.imports.vendors.home_assistant_survey import Columns, Survey, columns_of
from meterctl.imports.vendors.wide import bad_shape


class HomeAssistant:
    """Recognised by its header: `statistic_id`, a `start`, and `state`, `sum` or `delta`.

    The history page's `entity_id,state,last_changed` is read as well: see there.
    """

    name = "home-assistant"

    def layout(self, document: Document, options: Options) -> Layout | None:
        """Find out which sensors count energy, and in which of their columns.

        Raises:
            Stop: none of them does.
            Unknown: a sensor's unit, or what its values are, is not said.
        """
        header = document.head[0] if document.head else None
        if header is None:
            return None
        columns = columns_of(header)
        if columns is None:
            changes = history.columns_of(header)
            if changes is None:
                return None
            return history.layout_of(document, header, changes, options)
        survey = Survey(columns)
        for record in document.records(header.line):
            survey.see(record)
        chosen = survey.chosen(header, options)
        if not chosen:
            raise _refusal(header, is_power=survey.has_power)
        sensors = {
            name: tuple(_Part(one.series, columns.place(one.column)) for one in ones)
            for name, ones in chosen.items()
        }
        span = HOUR if survey.is_hourly else HOUR // 12
        return _Layout(header, columns, sensors, span, survey.notes())


def _refusal(header: Record, *, is_power: bool) -> Stop:
    message = "no sensor of this file counts energy or volume"
    if is_power:
        message = "this file holds power (W, kW), not energy: a reading is energy"
    hint = "export the statistics of sensors that count kWh or m³"
    return Stop(Problem(header.line, 1, message, hint, header.text))


class _Part(NamedTuple):
    """A series of a sensor, and the column of its values."""

    series: Series
    column: int


class _Layout:
    format = HomeAssistant.name
    title = "Home Assistant, long-term statistics"
    facts = Facts()

    def __init__(
        self,
        header: Record,
        columns: Columns,
        sensors: Mapping[str, tuple[_Part, ...]],
        span: int,
        notes: tuple[str, ...],
    ) -> None:
        self._header = header
        self._columns = columns
        self._sensors = sensors
        self._span = span
        self.notes = notes

    def read(self, document: Document) -> Iterator[Claimed]:
        """A row's values: of a dial when its hour ends, of an interval over its hour."""
        columns = self._columns
        for record in document.records(self._header.line):
            cells = record.cells
            if record.problem is not None:
                yield Claimed(record, (), record.problem)
                continue
            parts = self._sensors.get(cells[columns.entity].strip() if cells else "")
            if parts is None:
                continue
            width = max(columns.start, *(part.column for part in parts)) + 1
            if len(cells) < width:
                message = f"{len(cells)} cells in this row, {width} are needed"
                yield bad_shape(record, len(cells), message, "the row may be cut off")
                continue
            start = cells[columns.start].strip()
            yield Claimed(
                record,
                [
                    Claim(series, cells[i], i, start, start_cell=columns.start, span=self._span)
                    for series, i in parts
                ],
            )
