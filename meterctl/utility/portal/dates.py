"""Days as a portal writes them: `DD.MM.YYYY` and the like."""

from __future__ import annotations

import re
from datetime import date

from meterctl.errors import shown

_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short>\d{2})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{2})",
    "D": r"(?P<day>\d{1,2})",
}
_TOKEN = re.compile("|".join(_PARTS))


class DateFormat:
    """A way of writing days.

    Args:
        text: Made of YYYY or YY, MM or M, DD or D, and what stands between them.

    Raises:
        ValueError: it does not tell a day.
    """

    def __init__(self, text: str) -> None:
        found = sorted(token[0] for token in _TOKEN.findall(text))
        if found != ["D", "M", "Y"]:
            raise ValueError(f"{shown(text)} is no way to write a day, such as DD.MM.YYYY")
        self._text = text
        pieces, end = [], 0
        for token in _TOKEN.finditer(text):
            pieces += [re.escape(text[end : token.start()]), _PARTS[token[0]]]
            end = token.end()
        pattern = "".join(pieces) + re.escape(text[end:])
        self._pattern = re.compile(rf"(?<!\d){pattern}(?!\d)", re.ASCII)

    def write(self, day: date) -> str:
        """A day, written so."""
        spelled = {
            "YYYY": f"{day.year:04}",
            "YY": f"{day.year % 100:02}",
            "MM": f"{day.month:02}",
            "M": str(day.month),
            "DD": f"{day.day:02}",
            "D": str(day.day),
        }
        return _TOKEN.sub(lambda token: spelled[token[0]], self._text)

    def read(self, text: str) -> date | None:
        """The day that a text has in it, perhaps among other words; None where it has none."""
        match = self._pattern.search(text)
        if match is None:
            return None
        parts = match.groupdict()
        year = int(parts["year"]) if "year" in parts else 2000 + int(parts["short"])
        try:
            return date(year, int(parts["month"]), int(parts["day"]))
        except ValueError:
            return None
