"""Values as a portal takes and shows them: its unit, its decimals, its decimal sign."""

from __future__ import annotations

import re
from typing import NamedTuple

from meterctl.domain.quantity import DECIMALS, MILLIONTHS, format_quantity
from meterctl.utility.numbers import converted, fitted

_GROUPS = {".": ",'’ \u00a0\u202f", ",": ".'’ \u00a0\u202f"}
_WHOLE_DIGITS = 15


class Figures(NamedTuple):
    """How a portal writes values."""

    unit: str = "kWh"
    decimal: str = "."  # or a comma
    decimals: int = 0
    rounding: str = "refuse"

    def fit(self, value: int, unit: str) -> int | None:
        """A value as the portal is told it, in millionths of its unit; None: it takes none such.

        Args:
            value: In millionths of `unit`.
            unit: The meter's.

        Raises:
            ValueError: the two units do not measure the same thing.
        """
        return fitted(converted(value, unit, self.unit), self.decimals, self.rounding)

    def write(self, amount: int) -> str:
        """An amount in millionths of the portal's unit, as it is typed."""
        return format_quantity(amount).replace(".", self.decimal)

    def read(self, text: str) -> int | None:
        """What a cell shows, in millionths of the portal's unit; None where that is no value.

        Thousands may be grouped, and the unit may stand behind it; any other digit makes it none.
        """
        groups = re.escape(_GROUPS[self.decimal])
        match = re.fullmatch(
            rf"\s*([0-9]{{1,3}}(?:[{groups}][0-9]{{3}})+|[0-9]+)"
            rf"(?:{re.escape(self.decimal)}([0-9]+))?\s*[^\W\d_]*\s*",
            text,
        )
        if match is None:
            return None
        whole = re.sub(rf"[{groups}]", "", match[1])
        fraction = (match[2] or "").rstrip("0")
        if len(fraction) > DECIMALS or len(whole) > _WHOLE_DIGITS:
            return None
        return int(whole) * MILLIONTHS + int(fraction.ljust(DECIMALS, "0"))
