"""Exact quantities: text in, an integer count of millionths inside, text out. No float anywhere."""

from __future__ import annotations

import re

from meterctl.errors import QuantityError, shown

MILLIONTHS = 1_000_000  # of one unit
WHOLE_DIGITS = 12
DECIMALS = 6
SIGNIFICANT_DIGITS = 15  # what a spreadsheet cell holds

_PLAIN = re.compile(r"([0-9]*)(?:\.([0-9]*))?")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[ ,.\u00a0\u202f][0-9]{3})+(?:[.,][0-9]+)?")
_EXPONENT = re.compile(r"[0-9.]+[eE][+-]?[0-9]+")
_WITH_UNIT = re.compile(r"[0-9.]+\s*[A-Za-z³][A-Za-z0-9³]*")


def parse_quantity(text: str, decimal: str = ".") -> int:
    """Read digits with at most one decimal mark as millionths of the unit.

    Leading zeros of a dial and trailing zeros of a file are fine: `00142.30` is `142.3`.

    Raises:
        QuantityError: with the reason, and a hint that shows how to write it.
    """
    canonical = text.strip(" ")
    if decimal != ".":
        if "." in canonical:
            raise QuantityError(
                f"{shown(text)} has a point, but the decimal mark here is '{decimal}'",
                "leave --decimal out if the point is the decimal mark",
            )
        canonical = canonical.replace(decimal, ".")
    match = _PLAIN.fullmatch(canonical)
    if match is None or canonical in ("", "."):
        raise _explain(text, canonical)
    whole = match[1].lstrip("0")
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > DECIMALS:
        raise QuantityError(
            f"{shown(text)} has {len(fraction)} decimals; a reading keeps at most {DECIMALS}",
            "round it yourself, so that it is you who decides how",
        )
    if len(whole) > WHOLE_DIGITS or len(whole) + len(fraction) > SIGNIFICANT_DIGITS:
        raise QuantityError(
            f"{shown(text)} has too many digits; a reading holds {WHOLE_DIGITS} before the point"
            f" and {SIGNIFICANT_DIGITS} in all",
            "check the value for a stuck key or a missing point",
        )
    return int(whole or "0") * MILLIONTHS + int(fraction.ljust(DECIMALS, "0"))


def format_quantity(millionths: int, decimals: int = 0) -> str:
    """Print millionths as an exact decimal: never rounded, at least `decimals` places."""
    sign = "-" if millionths < 0 else ""
    whole, rest = divmod(abs(millionths), MILLIONTHS)
    fraction = f"{rest:06d}".rstrip("0").ljust(decimals, "0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _explain(text: str, stripped: str) -> QuantityError:
    """Say which of the usual ways of writing a number this is, and the way we read."""
    lowered = stripped.lower()
    if not stripped or stripped == ".":
        return QuantityError("no value given", "give digits with at most one point, such as 142.3")
    if stripped[0] in "-−–":
        return QuantityError(
            f"{shown(text)} is negative; a meter reading never is",
            "energy the other way belongs to a meter of its own: meterctl meters add --help",
        )
    if lowered.lstrip("+") in ("nan", "inf", "infinity"):
        return QuantityError(f"{shown(text)} is not a number", "give digits, such as 142.3")
    if (
        "_" not in stripped
        and re.fullmatch(r"[0-9]+,[0-9]+", stripped)
        and not re.fullmatch(r"[0-9]{1,3},[0-9]{3}", stripped)
    ):
        return QuantityError(
            f"{shown(text)} has a decimal comma",
            f"write {stripped.replace(',', '.')}, or give bulk-import --decimal ,",
        )
    if "_" in stripped or "'" in stripped or "’" in stripped:
        return QuantityError(
            f"{shown(text)} has marks between its digits", "write nothing between them"
        )
    if _GROUPED.fullmatch(stripped):
        return QuantityError(
            f"{shown(text)} groups its digits, or has a decimal comma: it can be read two ways",
            "write the digits with at most one point, and nothing between them",
        )
    if _EXPONENT.fullmatch(stripped):
        return QuantityError(
            f"{shown(text)} is in exponent form", "write the digits out, such as 142.3"
        )
    if _WITH_UNIT.fullmatch(stripped):
        return QuantityError(
            f"{shown(text)} has letters after its digits",
            "leave the unit out: the meter knows its own",
        )
    if any(c.isdigit() and not c.isascii() for c in stripped):
        return QuantityError(
            f"{shown(text)} has digits other than 0 to 9", "write it with 0123456789"
        )
    return QuantityError(
        f"{shown(text)} is not a value", "give digits with at most one point, such as 142.3"
    )
