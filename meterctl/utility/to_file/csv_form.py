"""Readings as CSV: a heading, and a line for each."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

from meterctl.domain.quantity import format_quantity
from meterctl.domain.times import with_offset
from meterctl.utility.numbers import converted, fitted
from meterctl.utility.port import NotTaken, Request

# What a column can hold; or a pattern of the reading's local time.
WORDS = (
    "key",
    "meter",
    "serial",
    "obis",
    "kind",
    "direction",
    "timestamp",
    "starts_at",
    "value",
    "unit",
)
DIRECTIVES = ("Y", "y", "m", "d", "H", "M", "S", "z", "%")  # of a pattern, as strftime has them
COLUMNS = tuple(
    (word, word) for word in ("timestamp", "starts_at", "meter", "serial", "value", "unit", "key")
)
_MOST_DECIMALS = 6
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)


def directives(content: str) -> list[str]:
    """What a pattern tells, in its order: `d`, `m` and `Y` of `%d.%m.%Y`; of a word nothing."""
    return _DIRECTIVE.findall(content)


class CsvForm(NamedTuple):
    """The form `meterctl.utility.to_file.form.Form` as CSV: UTF-8, lines end with CR and LF."""

    columns: tuple[tuple[str, str], ...]  # headings, each with a word or a pattern
    separator: str = ";"
    decimal: str = "."
    unit: str | None = None  # None: the meter's
    decimals: int | None = None  # exactly so many; None: as many as there are
    rounding: str = "refuse"

    @property
    def suffix(self) -> str:
        """How the file's name ends."""
        return ".csv"

    @property
    def by_day(self) -> bool:
        """Whether no column tells the hour."""
        return not any(c == "timestamp" or "H" in directives(c) for _, c in self.columns)

    def refusal(self, request: Request) -> NotTaken | None:
        """A value that does not fit, a unit that is none of its kind, or a meter without a name."""
        told = {content for _, content in self.columns}
        if "serial" in told and "meter" not in told and not request.serial:
            return NotTaken(
                f"meter {request.meter} has no serial number, and its column would be empty",
                f"meterctl meters set {request.meter} --serial NUMBER",
                settings=True,
            )
        try:
            amount = converted(request.value, request.unit, self._unit_of(request))
        except ValueError:
            return NotTaken(
                f"meter {request.meter} counts {request.unit}, which is never {self.unit}",
                "leave csv.unit out of METERCTL_UTILITY_CONFIG: each meter keeps its own",
                settings=True,
            )
        if fitted(amount, self._most, self.rounding) is None:
            return NotTaken(
                f"meter {request.meter}: {format_quantity(request.value)} {request.unit} has more"
                f" decimals in {self._unit_of(request)} than are written ({self._most})",
                "METERCTL_UTILITY_CONFIG: csv.decimals, or what csv.rounding makes of more",
                settings=True,
            )
        return None

    def content(self, requests: Sequence[Request]) -> bytes:
        """The file."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self.separator, lineterminator="\r\n")
        writer.writerow(heading for heading, _ in self.columns)
        writer.writerows(
            [self._cell(request, content) for _, content in self.columns] for request in requests
        )
        return text.getvalue().encode()

    @property
    def _most(self) -> int:
        return _MOST_DECIMALS if self.decimals is None else self.decimals

    def _unit_of(self, request: Request) -> str:
        return self.unit or request.unit

    def _cell(self, request: Request, content: str) -> str:
        match content:
            case "timestamp":
                return with_offset(request.at, request.zone)
            case "starts_at":
                is_interval = request.starts_at != request.at
                return with_offset(request.starts_at, request.zone) if is_interval else ""
            case "value":
                return self._value(request)
            case "unit":
                return self._unit_of(request)
            case pattern if "%" in pattern:
                return request.local.strftime(pattern)
            case _:
                return getattr(request, content) or ""

    def _value(self, request: Request) -> str:
        amount = converted(request.value, request.unit, self._unit_of(request))
        value = fitted(amount, self._most, self.rounding)
        if value is None:
            raise ValueError(f"{request.key} is refused")
        return format_quantity(value, self.decimals or 0).replace(".", self.decimal)
