"""A meter reading of a day."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from meterctl.sandbox.utility.form import Number

MAX_DECIMALS = 3

_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?", re.ASCII)
_DIGITS = re.compile(r"\d{1,9}(\.\d{1,12})?", re.ASCII)


class Invalid(Exception):
    """What is wrong with a reading, a sentence for each mistake."""

    def __init__(self, *errors: str) -> None:
        super().__init__(*errors)
        self.errors = list(errors)


class Reading(NamedTuple):
    """What the meter showed at the beginning of a day."""

    day: date
    number: Number

    def fields(self) -> dict[str, object]:
        """It as JSON shows it."""
        return {"date": self.day.isoformat(), "reading": self.number}


def parse_reading(fields: dict[str, object]) -> Reading:
    """The reading in a request; its value may be a number or a text of digits.

    Raises:
        Invalid: a field is not what it should be.
    """
    day = _day(fields.get("date"))
    number = _number(fields.get("reading"))
    if day is None or number is None:
        errors = {"Date is invalid": day, "Reading is not a number": number}
        raise Invalid(*(error for error, found in errors.items() if found is None))
    if number.amount != round(number.amount, MAX_DECIMALS):
        raise Invalid(f"Reading has more than {MAX_DECIMALS} decimals")
    return Reading(day, number)


def objection(reading: Reading, kept: list[Reading], today: date) -> str | None:
    """Why a reading cannot be kept besides the others, if it cannot.

    Args:
        reading: The new one.
        kept: All that count, in any order.
        today: The day that it is in the Netherlands.
    """
    if any(one.day == reading.day for one in kept):
        return "Date has already been taken"
    if reading.day > today:
        return "Date must not be in the future"
    earlier = [one.number.amount for one in kept if one.day < reading.day]
    later = [one.number.amount for one in kept if one.day > reading.day]
    if earlier and reading.number.amount < max(earlier):
        return "Reading must not be lower than an earlier one"
    if later and reading.number.amount > min(later):
        return "Reading must not be higher than a later one"
    return None


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        return None


def _number(value: object) -> Number | None:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return Number(value, Decimal(value))
    if isinstance(value, Number) and value.amount >= 0 and value.amount.adjusted() < 9:
        return value
    return None
