"""Readings as they are sent, kept and shown; values are numbers in version 1, texts in 3."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from meterctl.sandbox.energytracker.devices import Device, stamp
from meterctl.sandbox.utility.form import Malformed, Number, parse_instant

MAX_NOTE = 255
MAX_NUMBER = Decimal("9999999999.99999")  # of version 1

_DECIMAL = re.compile(r"\d{1,10}(\.\d{1,6})?", re.ASCII)  # of version 3


class Kept(NamedTuple):
    """A reading that counts."""

    device: Device
    at: datetime
    value: Decimal
    note: str | None

    def text(self) -> str:
        """The value without zeros that say nothing."""
        return format(self.value.normalize() if self.value else Decimal(0), "f")

    def fields(self, version: str) -> dict[str, object]:
        """It as a version of the API shows it."""
        text = self.text()
        return {
            "timestamp": stamp(self.at),
            "value": text if version == "v3" else Number(text, self.value),
            "rolloverOffset": 0,
            "note": self.note,
            "meterId": self.device.meter_id,
            "meterNumber": self.device.meter_number,
        }


def parse_kept(
    fields: dict[str, object], version: str, device: Device, *, rounds: bool, now: datetime
) -> Kept:
    """The reading in a request.

    Args:
        fields: The body: `value`, and maybe `timestamp` and `note`.
        version: `v1` or `v3`.
        device: Whose reading it is.
        rounds: Whether digits that the meter does not have may be rounded away.
        now: The time of a reading that names none.

    Raises:
        Malformed: a field is not what it should be.
    """
    value = _value(fields.get("value"), version)
    step = Decimal(1).scaleb(-device.decimals)
    if value != value.quantize(step) and not rounds:
        raise Malformed(f"value has more than the {device.decimals} decimals of the meter")
    text = fields.get("timestamp")
    at = now if text is None else parse_instant(text, "timestamp")
    note = fields.get("note")
    if note is not None and not (isinstance(note, str) and len(note) <= MAX_NOTE):
        raise Malformed(f"note must be shorter than or equal to {MAX_NOTE} characters")
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    return Kept(device, at, value.quantize(step, ROUND_HALF_UP), note)


def _value(value: object, version: str) -> Decimal:
    if version == "v3":
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            raise Malformed("value must be a decimal string")
        return Decimal(value)
    if not isinstance(value, Number):
        raise Malformed("value must be a number")
    if not 0 <= value.amount <= MAX_NUMBER:
        raise Malformed(f"value must be from 0 to {MAX_NUMBER}")
    return value.amount
