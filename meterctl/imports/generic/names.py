"""What the series of a file are called, and what is known of the file as a whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from meterctl.imports.formats import Options
from meterctl.imports.series import Series
from meterctl.imports.words import fold


class About(NamedTuple):
    """What is known of the file as a whole."""

    options: Options
    file: str  # its name, which may say what flows
    delimiter: str


def mapped_names(options: Options) -> set[str]:
    """The names that --map gives a meter, to be compared."""
    return {fold(name) for name, _ in options.columns}


class Names:
    """The series of all tables of a file by name.

    A table that goes on where another ended keeps its series; one of the same days is of another
    meter, or says the same in other steps, and gets series of its own.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Series, set[str]]] = {}

    def keep(
        self, series: Series, own: set[str], candidates: Sequence[str], days: Collection[str]
    ) -> Series:
        """The series under the first name that is free, or that it had in a table before.

        `own` are the names that its table has given already; `days` those that it is of.
        """
        base = candidates[0]
        more = (f"{base} ({number})" for number in range(2, len(self._known) + 3))
        name = next(name for name in (*candidates, *more) if self._is_free(series, name, own, days))
        own.add(name)
        kept, known = self._known.setdefault(name, (series._replace(name=name), set()))
        known |= set(days)
        return kept

    def _is_free(self, series: Series, name: str, own: set[str], days: Collection[str]) -> bool:
        known = self._known.get(name)
        if name in own or known is None:
            return name not in own
        return known[0] == series._replace(name=name) and len(known[1] & set(days)) <= 1
