"""What a minus before an amount says: which way it went, as far as the file proves it.

A series without any amount above zero is written with a minus throughout, by a convention for what
leaves. A series with amounts on both sides of zero is netted: a meter at the grid that took and
gave within one interval, or inverters that draw a few watt-hours at night. Then nothing went the
one way in that interval, and the amount goes to a series of its own, the other way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from meterctl.domain.meters import Direction, Kind
from meterctl.errors import shown
from meterctl.imports.layout import Claim
from meterctl.imports.series import Series

NETTED = (
    "a negative usage is what was fed in, net of what was drawn in the same interval:"
    " nothing was drawn, and the amount is kept as a series of its own, to the grid"
)
_MINUS = ("-", "\u2212")
_DIGIT = re.compile(r"\d")
_NOT_ZERO = re.compile(r"[1-9]")
_LEAVING = (Direction.TO_GRID, Direction.GENERATION)


class _Reverse(NamedTuple):
    """What a series counts below nothing."""

    name: str
    direction: Direction
    part: str | None = None  # None: the series' own


_REVERSES = {
    Direction.FROM_GRID: _Reverse("fed in", Direction.TO_GRID),
    # At dusk and at night inverters draw a few watt-hours through the meter of what they make.
    Direction.GENERATION: _Reverse("drawn by the inverters", Direction.CONSUMPTION, "inverters"),
}


def by_sign(claim: Claim) -> tuple[Claim, ...]:
    """What a netted value says: below nothing, nothing went one way, and its amount the other.

    A meter that nets within each interval counts both ways in one column.
    """
    text = claim.value.strip()
    if not text.startswith(_MINUS) or not _DIGIT.search(text):
        return (claim,)
    amount = text[1:].strip()
    if not _NOT_ZERO.search(amount):
        return (claim._replace(value=amount),)
    other = _reverse(claim.series)
    if other is None:
        return (claim,)
    return claim._replace(value="0"), claim._replace(series=other, value=amount)


class Signs:
    """The signs of a file's amounts: seen in a first pass, applied in the others."""

    def __init__(self) -> None:
        self._above: set[str] = set()
        self._below: set[str] = set()
        self._signed: frozenset[str] = frozenset()
        self._netted: frozenset[str] = frozenset()

    def see(self, claim: Claim) -> None:
        """Take note of a value that is not blank."""
        if _NOT_ZERO.search(claim.value):
            signs = self._below if claim.value.startswith(_MINUS) else self._above
            signs.add(claim.series.name)

    def decide(self, series: Iterable[Series]) -> tuple[Series, ...]:
        """Find out what the minus of each series means; the further series that come of it."""
        amounts = [one for one in series if one.kind is Kind.INTERVAL and one.name in self._below]
        self._signed = frozenset(
            one.name for one in amounts if one.direction in _LEAVING and one.name not in self._above
        )
        # A grid's column may be netted by the custom of one portal; energy made is so everywhere.
        netted = [
            one
            for one in amounts
            if one.direction is Direction.GENERATION and one.name in self._above
        ]
        self._netted = frozenset(one.name for one in netted)
        return tuple(other for one in netted if (other := _reverse(one)) is not None)

    def told(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        """A row's claims as they are meant."""
        if not self._signed and not self._netted:
            return claims
        return [meant for claim in claims for meant in self._told(claim)]

    def _told(self, claim: Claim) -> tuple[Claim, ...]:
        if claim.series.name in self._signed:
            text = claim.value.strip()
            bare = text[1:].strip() if text.startswith(_MINUS) else text
            return (claim._replace(value=bare),)
        if claim.series.name not in self._netted:
            return (claim,)
        both = by_sign(claim)
        other = _reverse(claim.series)
        if len(both) == 2 or other is None:
            return both
        # Nothing was drawn then: said for each interval, since a few alone show no rhythm.
        nothing = "0" if _DIGIT.search(claim.value) else claim.value
        return *both, claim._replace(series=other, value=nothing)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided, in sentences."""
        signed = (
            f"the minus before the values of {shown(name)} says which way it went: taken away"
            for name in sorted(self._signed)
        )
        netted = (
            f"a negative value of {shown(name)} is what the inverters drew: nothing was made"
            " then, and the amount is kept as a series of its own"
            for name in sorted(self._netted)
        )
        return (*signed, *netted)


def _reverse(series: Series) -> Series | None:
    reverse = _REVERSES.get(series.direction)
    if reverse is None:
        return None
    return series._replace(
        name=f"{series.name}, {reverse.name}",
        direction=reverse.direction,
        part=series.part if reverse.part is None else reverse.part,
    )
