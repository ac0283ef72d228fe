"""The formats a file may be in, and what each of them must offer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import NamedTuple, Protocol

from meterctl.domain.meters import Meter, Zones
from meterctl.domain.readings import Reading
from meterctl.errors import UsageError, shown
from meterctl.imports.cells import Record
from meterctl.imports.problems import Problem


class Options(NamedTuple):
    """What the person says of a file; it overrules what the file seems to say."""

    columns: tuple[tuple[str, str], ...] = ()  # --map COLUMN=METER
    meter: str | None = None  # --meter: whose the one value column is
    zone: tzinfo | None = None  # --tz: of times without an offset
    decimal: str = "."


class Context(NamedTuple):
    """What a format may know of the world."""

    meters: tuple[Meter, ...]
    zones: Zones
    now: int
    options: Options


class Row(NamedTuple):
    """One data row: its readings and in which of its cells each one stands; or what is wrong."""

    record: Record
    readings: list[Reading]
    cells: list[int]
    problem: Problem | None = None


class Format(Protocol):
    """One kind of file."""

    name: str

    def recognises(self, first: Record) -> bool:
        """Whether a file whose first row is this one is of this kind."""

    def rows(self, first: Record, records: Iterator[Record], context: Context) -> Iterator[Row]:
        """The data rows, in the order of the file.

        Raises:
            Stop: the file as a whole cannot be read so, such as for its header.
        """


def format_named(name: str) -> Format:
    """The format that --format names.

    Raises:
        UsageError: naming those there are.
    """
    formats = known()
    for one in formats:
        if one.name == name:
            return one
    names = ", ".join(one.name for one in formats)
    raise UsageError(f"there is no format {shown(name)}", f"one of {names}")


def recognise(first: Record) -> Format:
    """The format of a file, by its first row; the canonical one, and its errors, for any other."""
    formats = known()
    return next((one for one in formats if one.recognises(first)), formats[0])


def known() -> tuple[Format, ...]:
    """All formats, the canonical one first."""
    from meterctl.imports.canonical import Canonical

    return (Canonical(),)
