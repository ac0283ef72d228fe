"""Numbers as the world's files write them, read exactly: no float, and nothing guessed."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from meterctl.domain.quantity import MILLIONTHS, WHOLE_DIGITS
from meterctl.errors import QuantityError, shown
from meterctl.imports.marks import (
    COMMA,
    POINT,
    Marks,
    Numbers,
    is_grouped,
    parts_of,
    with_plain_spaces,
)
from meterctl.imports.units import MONEY, is_power, unit_of

__all__ = [
    "COMMA",
    "POINT",
    "Amount",
    "Marks",
    "Numbers",
    "is_blank",
    "is_number",
    "millionths_of",
    "named_unit",
    "parse",
    "suffix_of",
]

LARGEST_EXPONENT = 40
_PLAIN = re.compile(r"([0-9]{1,12})(?:\.([0-9]{0,6}))?")
_BLANK = """
- -- --- ---- – — . .. ... ? nan -nan n/a na #n/a #nv n.a. n.v. n.d. nd n/d k.a. s.o.
null none nil (null) <null> undefined unavailable unknown missing
"""
_BLANKS = frozenset(
    (
        *_BLANK.split(),
        *("", "no data", "not available", "keine daten", "pas de donnees", "pas de données"),
        *("geen data", "nessun dato", "sin datos"),
    )
)


class Amount(NamedTuple):
    """An exact amount, or one rounded to a millionth; and the unit that stood behind it."""

    millionths: int
    rounded: bool
    unit: str | None = None  # as we write it; the caller compares it with the series' own


def is_blank(text: str) -> bool:
    """Whether a cell says that there is no value: empty, a dash, `NaN`, `n/a`, `null` ..."""
    return not text or with_plain_spaces(text).lower() in _BLANKS


def is_number(text: str) -> bool:
    """Whether a text is a number under some marks, with or without a unit behind it.

    `06.05.24` is none: no marks group its digits by two.
    """
    found = parts_of(text)
    if found is None or (found["unit"] is not None and named_unit(found["unit"]) is None):
        return False
    body = found["body"].rstrip()
    return any(_fits(body, marks) for marks in (POINT, COMMA))


def _fits(body: str, marks: Marks) -> bool:
    whole, _, fraction = body.partition(marks.decimal)
    if fraction and not fraction.isdecimal():
        return False
    grouping = next((mark for mark in whole if not mark.isdigit()), None)
    return grouping is None or is_grouped(whole, marks.decimal, grouping)


def suffix_of(text: str) -> str | None:
    """What stands behind a number, such as `kWh`; None where nothing does, or it is no number."""
    found = parts_of(text)
    return found["unit"] if found is not None else None


def named_unit(text: str) -> str | None:
    """The unit that a number's suffix names, of energy or of power; None: neither."""
    return unit_of(text) or (text if is_power(text) else None)


def parse(text: str, marks: Marks, factor: Fraction = Fraction(1)) -> Amount:
    """Read a number and convert it: exactly, or rounded half even to the millionth.

    Raises:
        QuantityError: with the reason, and a hint that says what to do.
    """
    if factor == 1 and marks.decimal == "." and (plain := _PLAIN.fullmatch(text)):
        fraction = plain[2] or ""
        return Amount(int(plain[1]) * MILLIONTHS + int(fraction.ljust(6, "0")), rounded=False)
    found = parts_of(text)
    if found is None:
        raise _no_number(text)
    unit = None if found["unit"] is None else _unit(text, found["unit"])
    digits, scale = _digits(text, found["body"].rstrip(), marks)
    power = int(found["exponent"] or 0)
    if abs(power) > LARGEST_EXPONENT:
        raise _no_number(text)
    scale -= power
    above = digits * MILLIONTHS * factor.numerator * 10 ** max(-scale, 0)
    below = factor.denominator * 10 ** max(scale, 0)
    millionths, rest = divmod(above, below)
    if 2 * rest > below or (2 * rest == below and millionths % 2):
        millionths += 1
    if digits and (found["sign"] in {"-", "−", "–"} or found["after"]):
        raise QuantityError(
            f"{shown(text)} is negative; a meter reading never is",
            "energy the other way belongs to a meter of its own: meterctl meters add --help",
        )
    if millionths >= 10**WHOLE_DIGITS * MILLIONTHS:
        raise QuantityError(
            f"{shown(text)} is too large; a reading holds {WHOLE_DIGITS} digits before the point",
            "check the value for a stuck key or a missing point, and the unit",
        )
    return Amount(millionths, rest != 0, unit)


def millionths_of(text: str, marks: Marks) -> int | None:
    """A number as it is under these marks; None: it is none, or no reading."""
    try:
        return parse(text, marks).millionths
    except QuantityError:
        return None


def _digits(text: str, body: str, marks: Marks) -> tuple[int, int]:
    """All digits of a number as an integer, and how many of them are decimals."""
    whole, mark, fraction = body.partition(marks.decimal)
    if fraction and not fraction.isdecimal():
        raise _badly_marked(text, marks)
    if not whole.isdecimal() and whole:
        grouping = next(mark for mark in whole if not mark.isdigit())
        if not is_grouped(whole, marks.decimal, grouping):
            raise _badly_marked(text, marks)
        whole = whole.replace(grouping, "")
    elif mark and not whole and not fraction:
        raise _no_number(text)
    return int((whole + fraction) or "0"), len(fraction)


def _unit(text: str, suffix: str) -> str:
    """The unit behind a number.

    Raises:
        QuantityError: it is none, or one of power.
    """
    unit = unit_of(suffix)
    if unit is not None:
        return unit
    if is_power(suffix):
        raise QuantityError(
            f"{shown(text)} is power, not energy: a reading is energy",
            "export the energy (kWh) instead",
        )
    raise QuantityError(
        f"{shown(text)} has {shown(suffix)} after its digits, which is no unit of a meter",
        "leave it out, or write the unit: kWh, Wh, MWh, m³ ...",
    )


def _badly_marked(text: str, marks: Marks) -> QuantityError:
    name = "point" if marks.decimal == "." else "comma"
    return QuantityError(
        f"{shown(text)} does not fit the decimal {name} of this file",
        f"correct it; if the {name} is not the decimal mark, say so with --decimal",
    )


def _no_number(text: str) -> QuantityError:
    """Say why a text is no number."""
    bare = text.strip()
    if is_blank(text):
        return QuantityError("no value given", "give digits, such as 142.3")
    if any(sign in bare for sign in MONEY):
        return QuantityError(f"{shown(text)} is money, not energy", "name the column of the energy")
    if any(c.isdigit() and not c.isascii() for c in bare):
        return QuantityError(
            f"{shown(text)} has digits other than 0 to 9", "write it with 0123456789"
        )
    return QuantityError(f"{shown(text)} is not a value", "give digits, such as 142.3")
