"""A meter reading as it is sent, kept and shown."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from meterctl.sandbox.utility.form import Malformed, Number, parse_instant

STATES = ("valid", "in-validation", "implausible")
DIRECTIONS = ("feed-in", "feed-out")
SOURCES = ("ECP", "ERP", "360", "journey-submission")
TOLERANCE = timedelta(seconds=60)  # for a clock that runs ahead

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


class Line(NamedTuple):
    """What a reading belongs to: it only grows along it."""

    meter_id: str
    counter_id: str
    direction: str


class Reading(NamedTuple):
    """A reading, and what is thought of it."""

    line: Line
    at: datetime
    value: Number
    source: str
    read_by: str | None
    reason: str | None
    status: str
    visible_at: float  # seconds since 1970

    def fields(self) -> dict[str, object]:
        """It as JSON shows it."""
        return {
            **self.line._asdict(),
            "timestamp": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "value": self.value,
            "source": self.source,
            "read_by": self.read_by,
            "reason": self.reason,
            "status": self.status,
        }


class Refused(Exception):
    """Why no reading of a request is taken, as the API's types have it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def parse_reading(fields: object, now: datetime, status: str, visible_at: float) -> Reading:
    """A reading in a request.

    Args:
        fields: Its JSON.
        now: The time of a reading that names none.
        status: What is thought of it, where it does not say so itself.
        visible_at: From when on it can be read back, in seconds since 1970.

    Raises:
        Malformed: a field is missing or is not what it should be.
    """
    if not isinstance(fields, dict):
        raise Malformed("a reading must be object")
    value = fields.get("value")
    if not isinstance(value, Number) or value.amount < 0:
        raise Malformed("value must be number")
    meter = _uuid(fields.get("meter_id"), "meter_id")
    counter = fields.get("counter_id")
    when = fields.get("timestamp")
    at = now if when is None else parse_instant(when, "timestamp")
    return Reading(
        Line(
            meter,
            only_counter(meter) if counter is None else _uuid(counter, "counter_id"),
            _one_of(fields.get("direction") or DIRECTIONS[0], "direction", DIRECTIONS),
        ),
        at.replace(microsecond=at.microsecond // 1000 * 1000),
        value,
        _one_of(fields.get("source"), "source", SOURCES),
        _text(fields.get("read_by"), "read_by"),
        _text(fields.get("reason"), "reason"),
        _one_of(fields.get("status") or status, "status", STATES),
        visible_at,
    )


def only_counter(meter_id: str) -> str:
    """The counter of a meter that has just one."""
    return str(uuid.uuid5(uuid.UUID(meter_id), "counter"))


def objection(
    reading: Reading, kept: list[Reading], decommissioned: tuple[str, ...], now: datetime
) -> Refused | None:
    """Why a reading cannot be taken besides those that are kept, if it cannot."""
    line = [one for one in kept if one.line == reading.line]
    if reading.line.meter_id in decommissioned:
        return Refused("meter_decommissioned", "The meter is decommissioned")
    if reading.at > now + TOLERANCE:
        return Refused("timestamp_future", "The timestamp is in the future")
    if any(one.at == reading.at for one in line):
        return Refused("duplicate_reading", "There is a reading with this timestamp")
    if any(one.at < reading.at and one.value.amount > reading.value.amount for one in line):
        return Refused("less_than_previous", "The value is less than the previous reading")
    if any(one.at > reading.at and one.value.amount < reading.value.amount for one in line):
        return Refused("greater_than_subsequent", "The value is greater than the next reading")
    return None


def _uuid(value: object, name: str) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise Malformed(f'{name} must match format "uuid"')
    return value.lower()


def _one_of(value: object, name: str, known: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in known:
        raise Malformed(f"{name} must be equal to one of the allowed values: {', '.join(known)}")
    return value


def _text(value: object, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Malformed(f"{name} must be string")
    return value
