"""What a row of the Sheet tells, read as strictly as a file: readings, or which cell cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import NamedTuple

from meterctl.domain.meters import Meter
from meterctl.domain.readings import (
    Quality,
    Reading,
    Slot,
    Source,
    check_code,
    check_note,
    new_reading,
    quality_named,
)
from meterctl.domain.times import (
    SECOND,
    clock_of,
    refuse_future,
    zone_named,
)
from meterctl.errors import DataError, MeterctlError, shown
from meterctl.sheet.layout import column_letters
from meterctl.sheet.port import Cell, Layout
from meterctl.sheet.rows import (
    KEY,
    TIMESTAMP,
    UTC,
    Key,
    instant_of,
    is_blank,
    parse_key,
    plain,
    quantity_of,
    shown_clock,
)


class Fault(NamedTuple):
    """A cell that cannot be read."""

    cell: str  # such as B12
    message: str
    hint: str | None


class Told(NamedTuple):
    """What one row tells."""

    number: int  # of the row
    key: Key | None  # None: a person typed it
    at: int | None  # None: it cannot be told
    is_moved: bool  # its timestamp is not what the program wrote with it
    device: str  # as it is written: empty where the instant implies it
    readings: tuple[Reading, ...]  # with the revision they have there; value None: void
    filled: tuple[str, ...]  # the meters whose cells hold anything
    content: str  # of those cells
    stamp: str  # what its time says
    faults: tuple[Fault, ...]


class Reader:
    """Reads the rows of one tab."""

    def __init__(self, layout: Layout, meters: Sequence[Meter], zone: str, now: int) -> None:
        self._places = layout.places
        self._zone: tzinfo = zone_named(zone)
        self._zone_name = zone
        self._now = now
        self._columns = [
            (meter, layout.places[meter.column])
            for meter in meters
            if meter.column in layout.places
        ]

    def address(self, column: str, number: int) -> str:
        """A cell as a person finds it."""
        return f"{column_letters(self._places[column])}{number}"

    @property
    def meters(self) -> list[str]:
        """Those that the tab has a column of."""
        return [meter.id for meter, _ in self._columns]

    def place(self, column: str) -> int:
        """Where a column is, counted from 0."""
        return self._places[column]

    def read(self, number: int, cells: Sequence[Cell]) -> Told | None:
        """What a row tells; None for one that is no matter of ours."""
        filled = [
            (meter, place, cells[place])
            for meter, place in self._columns
            if place < len(cells) and not is_blank(cells[place])
        ]
        key_text = self._text(cells, KEY)
        key = parse_key(key_text)
        if key is None and not filled:
            return None
        held = {meter.id: plain(cell) or str(cell) for meter, _, cell in filled}
        stamp = self._text(cells, TIMESTAMP)
        row = _Row(number, key, held, self._text(cells, "device"), stamp)
        if key is None and key_text:
            row.fault(
                self.address(KEY, number),
                DataError(
                    f"{shown(key_text)} is no key of meterctl's",
                    "empty the cell, and the row is read as typed by hand",
                ),
            )
            return row.told()
        try:
            at = row.at = self._instant(cells, number, is_typed=key is None)
        except MeterctlError as error:
            row.fault(self.address(TIMESTAMP, number), error)
            return row.told()
        row.is_moved = key is not None and self._is_moved(cells, at)
        for meter, place, cell in filled:
            try:
                row.readings.append(self._reading(meter, at, cell, cells, is_typed=key is None))
            except MeterctlError as error:
                row.fault(f"{column_letters(place)}{number}", error)
        return row.told()

    def _text(self, cells: Sequence[Cell], column: str) -> str:
        return plain(self._cell(cells, column))

    def _cell(self, cells: Sequence[Cell], column: str) -> Cell:
        place = self._places.get(column)
        return cells[place] if place is not None and place < len(cells) else None

    def _instant(self, cells: Sequence[Cell], number: int, *, is_typed: bool) -> int:
        stamp, utc = self._cell(cells, TIMESTAMP), self._text(cells, UTC)
        if is_typed and is_blank(stamp):
            raise DataError("it is empty: a value needs the time it was read", "type the time")
        at = instant_of(stamp, utc, self._zone_name)
        if is_typed:
            if utc and self._is_moved(cells, at):
                raise DataError(
                    f"it is another time than {self.address(UTC, number)} beside it says",
                    f"empty {self.address(UTC, number)}, if this row was copied",
                )
            refuse_future(at, self._now, self._zone)
        return at

    def _is_moved(self, cells: Sequence[Cell], at: int) -> bool:
        """Whether the timestamp shows another time than the exact instant beside it."""
        stamp = self._cell(cells, TIMESTAMP)
        clock = shown_clock(stamp)
        if clock is not None:
            # As clocks show it, so that the hour which they show twice is no difference.
            return abs(clock - clock_of(at, self._zone)) >= SECOND
        try:
            return abs(instant_of(stamp, "", self._zone_name) - at) >= SECOND
        except MeterctlError:
            return True

    def _reading(
        self, meter: Meter, at: int, cell: Cell, cells: Sequence[Cell], *, is_typed: bool
    ) -> Reading:
        value = quantity_of(cell)
        if value is None and is_typed:
            raise DataError(
                "there is nothing to void in a row that was typed by hand",
                "write void into the row that has the reading",
            )
        starts_at = self._cell(cells, "starts_at")
        start = None if is_blank(starts_at) else instant_of(starts_at, "", self._zone_name)
        device = self._text(cells, "device")
        number = meter.device_labelled(device).number if device else None
        quality = quality_named(self._text(cells, "quality") or Quality.ACTUAL)
        code = check_code(self._text(cells, "quality_code"))
        note = check_note(self._text(cells, "note"))
        revision = _revision(self._text(cells, "revision"))
        reason = check_note(self._text(cells, "reason"))
        if value is None:
            # What never was need not fit its meter: a swap told late leaves such a row behind.
            stood = meter.device_at(at).number if number is None else number
            begun = at if start is None else start
            place = Slot(meter.id, stood, at, begun)
            return Reading(*place, revision, None, quality, code, Source.SHEET, note, reason, 0)
        reading = new_reading(
            meter,
            at,
            value,
            Source.SHEET,
            starts_at=start,
            device=number,
            quality=quality,
            quality_code=code,
            note=note,
        )
        return reading._replace(revision=revision, reason=reason)


class _Row:
    """A row while it is read."""

    def __init__(
        self, number: int, key: Key | None, held: dict[str, str], device: str, stamp: str
    ) -> None:
        self._number = number
        self._key = key
        self._held = held  # by meter
        self._device = device
        self._stamp = stamp
        self.at: int | None = None
        self.is_moved = False
        self.readings: list[Reading] = []
        self._faults: list[Fault] = []

    def fault(self, cell: str, error: MeterctlError) -> None:
        """A cell cannot be read."""
        self._faults.append(Fault(cell, error.message, error.hint))

    def told(self) -> Told:
        """What was understood."""
        return Told(
            self._number,
            self._key,
            self.at,
            self.is_moved,
            self._device,
            tuple(self.readings),
            tuple(self._held),
            " ".join(self._held.values()),
            self._stamp,
            tuple(self._faults),
        )


def _revision(text: str) -> int:
    if not text:
        return 1
    if text.isascii() and text.isdecimal() and 1 <= int(text) < 1_000_000:
        return int(text)
    raise DataError(f"{shown(text)} is no revision", "empty the cell for a first value")
