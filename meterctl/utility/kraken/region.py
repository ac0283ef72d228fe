"""What differs from country to country: the fields of the requests, and what answers say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, tzinfo
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

from meterctl.domain.quantity import MILLIONTHS, format_quantity
from meterctl.domain.times import aware, parse_time
from meterctl.errors import MeterctlError
from meterctl.utility.kraken.session import Deadline, Question, Session
from meterctl.utility.kraken.settings import Metered
from meterctl.utility.kraken.told import Told
from meterctl.utility.port import Accepted, Lost, Outcome, Rejected, Request

_DIGITS = 40
PAGE = 50  # readings that are asked for at a time; at most 99 are given


class Sent(NamedTuple):
    """A reading, as it is sent."""

    metered: Metered
    day: date  # it keeps days, not times
    value: int  # millionths of a kWh, with the decimals that are taken

    @property
    def text(self) -> str:
        """Day, register and value: what a receipt says, for Kraken itself gives none."""
        return f"{self.day.isoformat()} {self.metered.register} {format_quantity(self.value)} kWh"


class Shown(NamedTuple):
    """A reading that the account shows of the register that is asked about."""

    day: date
    value: Decimal  # kWh
    id: str
    is_held: bool  # it has arrived, and is held back until somebody has looked at it


class Region(Protocol):
    """One country's API."""

    zone: tzinfo

    def completed(self, metered: Metered, request: Request) -> Metered | str:
        """What the settings say of a meter, with what it says of itself; or what is missing."""

    def handing_over(self, account: str, sent: Sent) -> Question:
        """The request that hands a reading over."""

    def handed_over(self, told: Told, sent: Sent) -> Accepted | Rejected | Lost | None:
        """What its answer says, where it has no errors; None: no objection, and no proof."""

    def find(self, session: Session, account: str, sent: Sent, deadline: Deadline) -> str | Outcome:
        """What the readings of a meter are asked by."""

    def looking(self, account: str, meter: str, sent: Sent, after: str | None) -> Question:
        """The request for the readings that the account shows, so many at a time."""

    def shown(self, node: Mapping[str, Any], sent: Sent) -> Iterator[Shown]:
        """What one of these readings says of the register."""


def payload_of(told: Told, name: str) -> tuple[bool, dict[str, Any] | None]:
    """Whether a field was answered, and with what object; None where it is null."""
    data = told.data or {}
    value = data.get(name)
    payload = value if isinstance(value, dict) else None
    return name in data and (payload is not None or value is None), payload


def objects_in(value: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The objects of a field: those of a list, or the one that it is."""
    found = value.get(name)
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, dict):
            yield one


def day_of(text: object, zone: tzinfo) -> date | None:
    """The day that a date or a time stands for."""
    if not isinstance(text, str):
        return None
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        return aware(parse_time(text, UTC), zone).date()
    except (ValueError, MeterctlError):
        return None


def decimal_of(value: object) -> Decimal | None:
    """A number, or a text that is one."""
    if isinstance(value, str) and len(value) <= 40:
        try:
            value = Decimal(value)
        except InvalidOperation:
            return None
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    return value if abs(value.adjusted()) < _DIGITS else None  # what is beyond is no reading


def is_value(value: Decimal, millionths: int) -> bool:
    """Whether a number is exactly so many millionths."""
    return Fraction(value) == Fraction(millionths, MILLIONTHS)
