"""Slips of the finger: a value out of the ordinary that one slip explains.

Two neighbouring digits the other way round, a digit that is wrong, lacking or doubled, the point
in the wrong place. Such a value may well have no finding: the dial has moved on, by less than ten
times its usual use. It is a question to the person who types, and no more than that: what is stored
is what was typed, and nothing of this is kept.

A household whose people are away, a heating in summer, a roof under snow: little use is no slip,
nor is the counter of a day that has only begun. So only a use that is less than none, or far more
than both the usual one and the most of late, is odd: an electric car is asked about once, at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from meterctl.domain.counting import use_between
from meterctl.domain.meters import Direction, Kind, Meter
from meterctl.domain.quantity import format_quantity
from meterctl.domain.times import DAY, HOUR

# What is ordinary: between a quarter of the usual use and three times it. What is odd: more than
# three times, of the sun, whose days differ more than a household's, more than eight times.
_FEW, _MANY, _MANY_OF_SUN = 4, 3, 8
_SLACK = 6 * HOUR  # in so little time, none may have been used
_SUN = (Direction.GENERATION, Direction.TO_GRID)
_SCALE, _DIGITS = 1_000_000, "0123456789"
_PLACES = ("one digit", "two digits", "three digits")


class Known(NamedTuple):
    """What is known of a meter before a value is typed."""

    before: int | None  # the last trusted value; 0 for a counter of the day
    elapsed: int  # milliseconds since then; a day for a counter of the day
    usual: int | None  # the usual use a day, in millionths
    most: int = 0  # the most in a day of late


class Slip(NamedTuple):
    """One slip that explains a value, and what it would be without it."""

    undone: str  # for people: "with 4 and 3 the other way round"
    value: int  # millionths
    use: int  # since the reading before, with that value
    typed_use: int  # with the value that was typed; negative for one less than before
    known: Known


class _Undone(NamedTuple):
    """A value of which the typed one is a slip away."""

    value: int
    how: str  # for people
    rare: int = 0  # the higher, the rarer such a slip


def suspected(meter: Meter, known: Known, typed: int) -> Slip | None:
    """The one slip that makes an odd value an ordinary one; None where it is not odd, or none does.

    Args:
        meter: Whose value it is.
        known: What is known of it.
        typed: In millionths of the unit.
    """
    if not known.usual or known.before is None or meter.kind is Kind.INTERVAL:
        return None
    base = known.before
    use = use_between(meter, base, typed, known.elapsed)  # a dial may have begun anew
    if use is not None and not _is_odd(meter, use, known):
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
    return Slip(
        best.how, best.value, best.value - base, typed - base if use is None else use, known
    )


def _is_ordinary(use: int, known: Known) -> bool:
    """Whether a use is about what this meter counts in that time."""
    usual = known.usual or 0
    return (
        usual * max(known.elapsed - _SLACK, 0) <= use * DAY * _FEW
        and use * DAY <= usual * max(known.elapsed, DAY) * _MANY
    )


def _is_odd(meter: Meter, use: int, known: Known) -> bool:
    """Whether so much is unlike this meter that it is worth a question."""
    many = _MANY_OF_SUN if meter.direction in _SUN else _MANY
    limit = max((known.usual or 0) * many, known.most * 3 // 2)
    return use * DAY > limit * max(known.elapsed, DAY)  # a car is filled in an hour


def _undone(typed: int, meter: Meter) -> Iterator[_Undone]:
    """Each value of which the typed one is a slip away, with that slip undone for people."""
    text = format_quantity(typed, meter.decimals)
    whole, _, fraction = text.partition(".")
    for places, many in enumerate(_PLACES, 1):
        power = 10**places
        if places <= len(fraction):
            yield _Undone(typed * power, f"with the point {many} further right")
        if typed % power == 0 and fraction:
            yield _Undone(typed // power, f"with the point {many} further left")
        elif typed % power == 0:
            last = many.removeprefix("one ")
            yield _Undone(typed // power, f"with a point before the last {last}")
    yield from _digits_undone(whole + fraction, len(whole))


def _digits_undone(digits: str, place: int) -> Iterator[_Undone]:
    """The same of digits alone, with the point behind so many of them."""
    for at, (digit, after) in enumerate(pairwise(digits)):
        if digit != after:
            swapped = digits[:at] + after + digit + digits[at + 2 :]
            yield _Undone(_value(swapped, place), f"with {digit} and {after} the other way round")
    for at, digit in enumerate(digits):
        for other in _DIGITS.replace(digit, ""):
            if at == 0 and other == "0":
                continue  # nobody types it: then a digit is lacking
            changed = digits[:at] + other + digits[at + 1 :]
            yield _Undone(_value(changed, place), f"with {other} in place of the {digit}", rare=1)
    for at in range(place):
        fewer = digits[:at] + digits[at + 1 :]
        yield _Undone(_value(fewer, place - 1), f"with one {digits[at]} less", rare=2)
    for at in range(place + 1):
        for more in _DIGITS:
            longer = digits[:at] + more + digits[at:]
            yield _Undone(_value(longer, place + 1), f"with one {more} more", rare=2)


def _value(digits: str, place: int) -> int:
    """Digits with the point behind so many of them, in millionths."""
    whole, fraction = digits[:place] or "0", digits[place:]
    return int(whole) * _SCALE + int(fraction.ljust(6, "0")[:6] or 0)
