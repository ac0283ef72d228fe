"""Slips of the finger: a value out of the ordinary that one slip explains.

Two neighbouring digits the other way round, a digit that is wrong, lacking or doubled, the point
in the wrong place. Such a value may well have no finding: the dial has moved on, by less than ten
times its usual use. It is a question to the person who types, and no more than that: what is stored
is what was typed, and nothing of this is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from meterctl.domain.meters import Kind, Meter
from meterctl.domain.quantity import format_quantity
from meterctl.domain.times import DAY, HOUR

# An ordinary use is between a quarter of the usual one and three times it. An odd one is more than
# that, or hardly any: a house whose people are away uses little, and that is no slip. The sun of a
# day varies more than a household.
_FEW, _MANY, _MANY_OF_SUN, _HARDLY_ANY = 4, 3, 8, 20
_LEAST_TIME = 6 * HOUR  # in less, what is usual a day says little
_SCALE, _DIGITS = 1_000_000, "0123456789"


class Known(NamedTuple):
    """What is known of a meter before a value is typed."""

    before: int | None  # the last trusted value, of the same day for a counter of the day
    elapsed: int  # milliseconds since then; for a counter of the day, the time of day
    usual: int | None  # the usual use a day, in millionths


class Slip(NamedTuple):
    """One slip that explains a value, and what it would be without it."""

    what: str  # for people: "4 and 3 the other way round"
    value: int  # millionths
    use: int  # since the reading before, with that value
    typed_use: int  # with the value that was typed
    usual: int  # a day


class _Undone(NamedTuple):
    """A value of which the typed one is a slip away."""

    value: int
    what: str  # for people
    rare: int = 0  # the higher, the rarer such a slip


def suspected(meter: Meter, known: Known, typed: int) -> Slip | None:
    """The one slip that makes an odd value an ordinary one; None where it is not odd, or none does.

    Args:
        meter: Whose value it is.
        known: What is known of it.
        typed: In millionths of the unit.
    """
    if not known.usual or known.before is None or known.elapsed < _LEAST_TIME:
        return None
    if meter.kind is Kind.INTERVAL:
        return None
    base = known.before if meter.kind is Kind.REGISTER else 0
    if not _is_odd(meter, typed - base, known):
        return None
    candidates = [
        one
        for one in _undone(typed, meter)
        if one.value != typed and _is_ordinary(one.value - base, known)
    ]
    if not candidates:
        return None
    expected = known.usual * known.elapsed // DAY
    best = min(candidates, key=lambda one: (one.rare, abs(one.value - base - expected)))
    return Slip(best.what, best.value, best.value - base, typed - base, known.usual)


def _is_ordinary(use: int, known: Known) -> bool:
    """Whether a use is about what this meter counts in that time."""
    usual = known.usual or 0
    return usual * known.elapsed <= use * DAY * _FEW and use * DAY <= usual * known.elapsed * _MANY


def _is_odd(meter: Meter, use: int, known: Known) -> bool:
    """Whether a use is so unlike the usual one that it is worth a question."""
    usual = (known.usual or 0) * known.elapsed
    many = _MANY if meter.kind is Kind.REGISTER else _MANY_OF_SUN
    return use * DAY * _HARDLY_ANY < usual or use * DAY > usual * many


def _undone(typed: int, meter: Meter) -> Iterator[_Undone]:
    """Each value of which the typed one is a slip away, with that slip for people."""
    text = format_quantity(typed, meter.decimals)
    whole, point, fraction = text.partition(".")
    for power, many in ((10, "one digit"), (100, "two digits"), (1000, "three digits")):
        if power == 10 or not point:
            yield _Undone(typed * power, f"the point {many} further right")
        if typed % power == 0:
            yield _Undone(typed // power, f"the point {many} further left")
    yield from _digits_undone(whole + fraction, len(whole))


def _digits_undone(digits: str, place: int) -> Iterator[_Undone]:
    """The same of digits alone, with the point behind so many of them."""
    for at, (digit, after) in enumerate(pairwise(digits)):
        if digit != after:
            swapped = digits[:at] + after + digit + digits[at + 2 :]
            yield _Undone(_value(swapped, place), f"{digit} and {after} the other way round")
    for at, digit in enumerate(digits):
        for other in _DIGITS.replace(digit, ""):
            if at == 0 and other == "0":
                continue  # nobody types it: then a digit is lacking
            changed = digits[:at] + other + digits[at + 1 :]
            yield _Undone(_value(changed, place), f"{other} for the {digit}", rare=1)
    for at in range(place):
        fewer = digits[:at] + digits[at + 1 :]
        yield _Undone(_value(fewer, place - 1), f"one {digits[at]} less", rare=2)
    for at in range(place + 1):
        for more in _DIGITS:
            longer = digits[:at] + more + digits[at:]
            yield _Undone(_value(longer, place + 1), f"one {more} more", rare=2)


def _value(digits: str, place: int) -> int:
    """Digits with the point behind so many of them, in millionths."""
    whole, fraction = digits[:place] or "0", digits[place:]
    return int(whole) * _SCALE + int(fraction.ljust(6, "0")[:6] or 0)
