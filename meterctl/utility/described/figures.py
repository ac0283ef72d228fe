"""A value as a utility wants it: its unit, its decimals, its way to round. Exact, by fractions."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from meterctl.domain.exact import Exact
from meterctl.domain.quantity import MILLIONTHS, format_quantity
from meterctl.utility.numbers import converted

_MOST_DECIMALS = 15
_MOST_DIGITS = 60
_ROUNDING = "METERCTL_UTILITY_CONFIG: [value] rounding says what becomes of more"
_UNIT = "check [value] unit in the file; a meter may be left out: meterctl meters set --help"
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?", re.ASCII)


class Unfit(ValueError):
    """A value cannot be told as the file wants it; the message says why, the hint what helps."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Figures(NamedTuple):
    """How values are told."""

    unit: str | None = None  # None: the meter's own
    decimals: int | None = None  # None: as many as there are
    rounding: str = "refuse"  # or `truncate`, `round`: half up
    is_text: bool = False  # in JSON: "142.3", not 142.3
    mark: str = "."  # the decimal mark

    def sent(self, value: int, unit: str) -> Fraction:
        """A value as it is sent, in the unit that it is sent in.

        Args:
            value: In millionths of `unit`.
            unit: The meter's.

        Raises:
            Unfit: the unit cannot be converted; or it has more decimals than are taken, and may
                not be rounded.
        """
        amount = Fraction(value, MILLIONTHS) * self._factor(unit)
        told = self.unit or unit
        if self.decimals is None:
            if _decimals_of(amount) is None:
                why = f"{format_quantity(value)} {unit} is no whole decimal of a {told}"
                raise Unfit(why, _ROUNDING)
            return amount
        scaled = amount * 10**self.decimals
        if scaled.denominator == 1 or self.rounding != "refuse":
            half = Fraction(1, 2) if self.rounding == "round" else 0
            return Fraction(int(scaled + half), 10**self.decimals)
        takes = {0: "no decimals", 1: "1 decimal"}.get(self.decimals, f"{self.decimals} decimals")
        why = f"it takes {takes} of {told}, and this is {format_quantity(value)} {unit}"
        raise Unfit(why, _ROUNDING)

    def told(self, amount: Fraction) -> str:
        """That as it is written: an `Exact` for a number, a text otherwise."""
        text = decimal_text(amount).replace(".", self.mark)
        return text if self.is_text else Exact(text)

    def read(self, theirs: object) -> Fraction | None:
        """What the other side says as a value, exactly; None where it is none."""
        if isinstance(theirs, Decimal):
            # What has more digits is nobody's value, and takes long to be looked at.
            is_short = theirs.is_finite() and len(theirs.as_tuple().digits) <= _MOST_DIGITS
            return Fraction(theirs) if is_short and abs(theirs.adjusted()) < 40 else None
        if not isinstance(theirs, str) or not _NUMBER.fullmatch(theirs.replace(self.mark, ".")):
            return None
        return self.read(Decimal(theirs.replace(self.mark, ".")))

    def _factor(self, unit: str) -> Fraction:
        if self.unit is None or self.unit == unit:
            return Fraction(1)
        try:
            return converted(1, unit, self.unit)
        except ValueError as error:
            raise Unfit(str(error), _UNIT) from None


def decimal_text(amount: Fraction) -> str:
    """A fraction that is a whole decimal, as digits; never rounded."""
    places = _decimals_of(amount) or 0
    digits = abs(amount.numerator) * 10**places // amount.denominator
    whole, rest = divmod(digits, 10**places)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole}.{rest:0{places}d}" if places else f"{sign}{whole}"


def _decimals_of(amount: Fraction) -> int | None:
    """How many decimals it has; None where they never end, or are too many for any meter."""
    for places in range(_MOST_DECIMALS + 1):
        if 10**places % amount.denominator == 0:
            return places
    return None
