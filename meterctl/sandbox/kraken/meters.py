"""The account's meters, and the readings that were taken of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from meterctl.sandbox.utility.form import Number

FIRST = 49_000_001  # the number of the first reading


class Register(NamedTuple):
    """A dial of a meter."""

    identifier: str  # in Germany the OBIS code
    name: str
    digits: int  # before the point


class Meter(NamedTuple):
    """A meter at its point."""

    number: str  # the API's own
    fuel: str  # electricity or gas
    point: str  # MPAN or MPRN, in Germany the market location
    serial: str
    registers: tuple[Register, ...]
    unit: str

    def register(self, identifier: str | None) -> Register | None:
        """A register by its identifier; the only one, if none is named."""
        if identifier is None and len(self.registers) == 1:
            return self.registers[0]
        return next((one for one in self.registers if one.identifier == identifier), None)


class Reading(NamedTuple):
    """A reading that counts."""

    number: str
    group: str  # the number of the first one that was taken with it
    meter: Meter
    register: Register
    day: date
    value: Number
    taken_at: float  # seconds since 1970
    quarantined: bool


class Policy(NamedTuple):
    """What readings are held against."""

    today: date
    now: float
    oldest_days: int  # 0: any
    same_day: str  # refuse, ignore, replace, or add
    lower: str  # refuse, or quarantine


class Objection(Exception):
    """Why a reading is not taken: a kind for programs, a text for people."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Book:
    """All readings of an account. Its owner locks.

    Args:
        accepted: To this list each reading is added that is accepted.
    """

    def __init__(self, accepted: list[Reading]) -> None:
        self.accepted = accepted
        self._kept: list[Reading] = []  # without those that were replaced

    def take(
        self, meter: Meter, values: Iterable[tuple[Register, Number]], day: date, policy: Policy
    ) -> int:
        """Take the values of a day, all or none; how many count.

        Raises:
            Objection: one of them cannot be.
        """
        looked_at: list[Reading] = []
        for register, value in values:
            if any(one.register == register for one in looked_at):
                raise Objection("twice", "A register is there twice.")
            found = self._looked_at(meter, register, day, value, policy)
            looked_at += [found] if found else []
        first = FIRST + len(self.accepted)
        fresh = [
            one._replace(number=str(first + at), group=str(first))
            for at, one in enumerate(looked_at)
        ]
        if policy.same_day == "replace":
            replaced = {(meter.number, one.register, day) for one in fresh}
            self._kept = [
                one
                for one in self._kept
                if (one.meter.number, one.register, one.day) not in replaced
            ]
        self._kept += fresh
        self.accepted += fresh
        return len(fresh)

    def of(self, meter: Meter, register: Register | None = None) -> list[Reading]:
        """The readings of a meter, the newest first."""
        found = [
            one for one in self._kept if one.meter == meter and register in (None, one.register)
        ]
        return sorted(found, key=lambda one: (one.day, one.number), reverse=True)

    def _looked_at(
        self, meter: Meter, register: Register, day: date, value: Number, policy: Policy
    ) -> Reading | None:
        if day > policy.today:
            raise Objection("future", "Reading date cannot be in the future.")
        if policy.oldest_days and (policy.today - day).days > policy.oldest_days:
            raise Objection("old", f"Reading date is older than {policy.oldest_days} days.")
        if value.amount < 0 or value.amount >= 10**register.digits:
            raise Objection("digits", f"Reading must have at most {register.digits} digits.")
        line = self.of(meter, register)
        if any(one.day == day for one in line) and policy.same_day in ("refuse", "ignore"):
            if policy.same_day == "ignore":
                return None
            raise Objection("same_day", "A reading already exists for this date.")
        others = [one for one in line if not one.quarantined and one.day != day]
        before = [one.value.amount for one in others if one.day < day]
        after = [one.value.amount for one in others if one.day > day]
        out_of_line = bool(
            (before and value.amount < max(before)) or (after and value.amount > min(after))
        )
        if out_of_line and policy.lower == "refuse":
            low = before and value.amount < max(before)
            text = "lower than the previous one" if low else "higher than a later one"
            raise Objection("lower" if low else "higher", f"Reading is {text}.")
        return Reading("", "", meter, register, day, value, policy.now, out_of_line)
