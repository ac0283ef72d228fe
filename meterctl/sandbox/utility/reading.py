"""A meter reading as it is submitted."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from meterctl.sandbox.utility.form import Malformed, Number, parse_instant

MAX_TEXT = 64
MAX_DIGITS = 12  # before the point
MAX_DECIMALS = 6


class Reading(NamedTuple):
    """What a customer says that a meter showed."""

    meter: str
    serial: str | None
    timestamp: str  # as it was written
    at: datetime
    value: Number
    unit: str

    def says_the_same_as(self, other: Reading) -> bool:
        """Whether the content is the same, however it is written."""
        mine = (self.meter, self.serial, self.at, self.value.amount, self.unit)
        return mine == (other.meter, other.serial, other.at, other.value.amount, other.unit)

    def fields(self) -> dict[str, object]:
        """The reading as JSON shows it."""
        return {
            "meter": self.meter,
            "serial": self.serial,
            "timestamp": self.timestamp,
            "value": self.value,
            "unit": self.unit,
        }


def parse_reading(fields: dict[str, object]) -> Reading:
    """The reading in a JSON object; names that the API does not know are passed over.

    Raises:
        Malformed: a field is missing or is not what it should be.
    """
    for name in ("meter", "timestamp", "value", "unit"):
        if name not in fields:
            raise Malformed(f"{name}: missing")
    serial = fields.get("serial")
    return Reading(
        meter=_text(fields["meter"], "meter"),
        serial=None if serial is None else _text(serial, "serial"),
        timestamp=str(fields["timestamp"]),
        at=parse_instant(fields["timestamp"], "timestamp"),
        value=_value(fields["value"]),
        unit=_text(fields["unit"], "unit"),
    )


def _text(value: object, name: str) -> str:
    fits = isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable()
    if not fits:
        raise Malformed(f"{name}: a text of 1 to {MAX_TEXT} printable characters")
    return str(value)


def _value(value: object) -> Number:
    if not isinstance(value, Number):
        raise Malformed("value: a JSON number")
    sign, _digits, exponent = value.amount.as_tuple()
    if sign:
        raise Malformed("value: 0 or more")
    if not isinstance(exponent, int) or exponent < -MAX_DECIMALS:
        raise Malformed(f"value: at most {MAX_DECIMALS} decimals")
    if value.amount.adjusted() >= MAX_DIGITS:
        raise Malformed(f"value: at most {MAX_DIGITS} digits before the point")
    return value
