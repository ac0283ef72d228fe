"""One row's claims become readings of meters: numbers, times, units, and what fits which meter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from fractions import Fraction
from typing import NamedTuple

from meterctl.domain.meters import Kind, Meter
from meterctl.domain.readings import Reading, Source, check_code, check_note, new_reading
from meterctl.domain.times import DAY, FUTURE_TOLERANCE, SECOND, clock_of, refuse_future
from meterctl.domain.units import ratio
from meterctl.errors import DataError, MeterctlError, MeterError, TimeError, shown
from meterctl.imports.formats import Context, Row
from meterctl.imports.layout import Claim
from meterctl.imports.numbers import Amount, Marks, is_blank, parse
from meterctl.imports.problems import BadCell, Problem
from meterctl.imports.proposing import same_serial
from meterctl.imports.text.cells import Record, place_of_cell
from meterctl.imports.times.clockwork import Placing, SkippedTime
from meterctl.imports.times.moments import Reader, Stamp


class Ways(NamedTuple):
    """How a file's texts are meant."""

    marks: Marks
    times: Reader
    zone: tzinfo


class Tally:
    """What a person should know of single rows that are fine, counted."""

    def __init__(self) -> None:
        self.rounded = self.unfinished = self.to_come = self.skipped = self.untimed = 0

    def sentences(self) -> tuple[str, ...]:
        """It in words, where there is anything."""
        told = (
            (self.rounded, "{} had more than six decimals: rounded to the millionth"),
            (self.unfinished, "{} left out: the time they are of is not over yet"),
            (self.to_come, "{} of zero left out: the time they are of is still to come"),
            (self.skipped, "{} of zero left out: the clocks skipped the time they are of"),
            (self.untimed, "{} had no time of day: taken as read at 00:00"),
        )
        return tuple(
            text.format("1 value" if count == 1 else f"{count} values")
            for count, text in told
            if count
        )


class Maker:
    """Claims to readings, in the order of the file: a repeated hour is told by that order."""

    def __init__(
        self, ways: Ways, meters: Mapping[str, Meter], placing: Placing, context: Context
    ) -> None:
        self._marks, self._times, self._zone = ways
        self._meters = meters
        self._placing = placing
        self._now = context.now
        self._zone_of = context.zones
        self._last: tuple[str, Stamp] | None = None  # of the claims of a row, most say the same
        self._factors: dict[tuple[str, str], Fraction] = {}
        self.tally = Tally()

    def row(self, record: Record, claims: Sequence[Claim]) -> Row:
        """The readings of a row; or the first thing that is wrong with it."""
        readings: list[Reading] = []
        cells: list[int] = []
        # Not the exception, whose trace holds this frame: in a circle they would never be let go.
        wrong: tuple[int, str, str] | None = None
        for claim in claims:
            meter = self._meters.get(claim.series.name)
            if meter is None:
                continue
            try:
                # Every time is placed, also those of blank cells and of rows that are refused:
                # which of two equal labels comes first is told by all of them.
                reading = self._reading(claim, meter)
            except BadCell as bad:
                wrong = wrong or (bad.index, bad.error.message, bad.error.hint)
                continue
            if reading is not None:
                readings.append(reading)
                cells.append(claim.cell)
        if wrong is None:
            return Row(record, readings, cells)
        index, message, hint = wrong
        place = place_of_cell(record, index)
        return Row(record, [], [], Problem(*place, message, hint, record.text))

    def _reading(self, claim: Claim, meter: Meter) -> Reading | None:
        is_empty = is_blank(claim.value)
        try:
            starts_at, at = self._place(claim)
        except BadCell as bad:
            if is_empty:
                return None  # no energy is in an hour that never was
            if isinstance(bad.error, SkippedTime) and self._is_nothing(claim, meter):
                self.tally.skipped += 1
                return None
            raise
        if is_empty:
            return None
        amount = self._amount(claim, meter)
        place = claim.start_cell
        try:
            if not self._is_over(starts_at, at, amount):
                return None
            place = claim.cell
            starts_at, at = _fitting(meter, claim, starts_at, at, self._zone_of(meter))
            reading = new_reading(
                meter,
                at,
                amount.millionths,
                Source.IMPORT,
                starts_at=starts_at,
                device=_device(meter, claim.series.serial, at),
                quality=claim.quality,
                quality_code=None if claim.code is None else check_code(claim.code),
                note=check_note(claim.note),
            )
        except DataError as error:
            raise BadCell(place, error) from None
        self.tally.rounded += amount.rounded
        self.tally.untimed += self._is_untimed(claim)
        return reading

    def _place(self, claim: Claim) -> tuple[int | None, int]:
        start = self._stamp(claim.start, claim.start_cell)
        end = self._stamp(claim.end, claim.end_cell)
        name, stamp = claim.series.name, start or end
        if stamp is None:
            error = TimeError("no time in this row", "give it one, or remove the row")
            raise BadCell(claim.start_cell, error)
        try:
            if claim.series.kind is Kind.INTERVAL:
                return self._placing.interval(name, start, end, claim.span)
            # A dial's span leads from the row's label to when it was read: the end of its hour.
            return None, self._placing.register(name, stamp) + (claim.span or 0)
        except TimeError as error:
            raise BadCell(claim.start_cell if start else claim.end_cell, error) from None

    def _is_untimed(self, claim: Claim) -> bool:
        """Whether a dial was read on a day, and the hour was not written down."""
        if claim.series.kind is Kind.INTERVAL:
            return False
        stamp = self._stamp(claim.start or claim.end, claim.start_cell)
        return stamp is not None and not stamp.has_time

    def _stamp(self, text: str | None, cell: int) -> Stamp | None:
        if text is None:
            return None
        if self._last is not None and self._last[0] is text:
            return self._last[1]
        try:
            stamp = self._times.read(text)
        except TimeError as error:
            raise BadCell(cell, error) from None
        self._last = text, stamp
        return stamp

    def _is_nothing(self, claim: Claim, meter: Meter) -> bool:
        """Whether a claim is of no energy at all."""
        return claim.series.kind is Kind.INTERVAL and not self._amount(claim, meter).millionths

    def _amount(self, claim: Claim, meter: Meter) -> Amount:
        units = claim.series.unit or meter.unit, meter.unit
        try:
            if units not in self._factors:
                self._factors[units] = Fraction(*ratio(*units))
            return parse(claim.value, self._marks, self._factors[units])
        except MeterctlError as error:
            raise BadCell(claim.cell, error) from None

    def _is_over(self, starts_at: int | None, at: int, amount: Amount) -> bool:
        """Whether the time that a value is of has passed.

        Raises:
            TimeError: it has not begun, and there is a value.
        """
        if at <= self._now + FUTURE_TOLERANCE:
            return True
        if starts_at is not None and starts_at <= self._now:
            self.tally.unfinished += 1  # its total will be another one tomorrow
            return False
        if starts_at is not None and not amount.millionths:
            self.tally.to_come += 1
            return False
        refuse_future(at if starts_at is None else starts_at, self._now, self._zone)
        return True


def _device(meter: Meter, serial: str | None, at: int) -> int | None:
    """The device with the file's serial, if it stood then: at a swap two did; None: as usual.

    Portals write today's serial beside what an earlier device counted, so it is no error there.
    """
    if serial is None or len(meter.devices) == 1:
        return None
    numbers = (
        one.number
        for one in meter.devices
        if one.serial is not None and same_serial(one.serial, serial)
    )
    return next((number for number in numbers if meter.stood(number, at)), None)


def _fitting(
    meter: Meter, claim: Claim, starts_at: int | None, at: int, zone: tzinfo
) -> tuple[int | None, int]:
    """The times as a meter of this kind keeps them; its days are those of its own zone.

    Raises:
        MeterError: it does not keep such values.
    """
    if meter.kind is not Kind.DAILY or starts_at is None:
        return starts_at, at
    begins, ends = clock_of(starts_at, zone), clock_of(at, zone)
    if begins % DAY or ends - begins != DAY:
        raise MeterError(
            f"meter {meter.id} counts days, and {shown(claim.series.name)} is not of a whole day"
            f" in {zone}",
            "name a meter of kind interval",
        )
    return None, at - SECOND  # the last value of that day; at midnight the next one has begun
