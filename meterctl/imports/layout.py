"""How the rows of one file are to be read: what a format finds out, before anything is judged.

A format recognises a document and gives its `Layout`. A layout says which texts of a row belong
together, as `Claim`s, and what the format knows of how it writes (`Facts`). It parses no number
and no time, resolves no clock change and knows no meter: `table` does that for all formats alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from meterctl.domain.readings import Quality
from meterctl.imports.problems import Problem
from meterctl.imports.series import Series
from meterctl.imports.text.cells import Record

if TYPE_CHECKING:
    from meterctl.imports.formats import Options
    from meterctl.imports.text.document import Document


class Order(StrEnum):
    """In which order a date's numbers stand, where the year is not written first."""

    DMY = "dmy"
    MDY = "mdy"


class Label(StrEnum):
    """What the one time of a row means, where an interval has only one."""

    STARTS = "starts"
    ENDS = "ends"


class Facts(NamedTuple):
    """What a format knows of how it writes; None: to be found out from the file, or asked."""

    decimal: str | None = None  # "." or ","
    order: Order | None = None  # used where the file itself does not show it
    label: Label | None = Label.STARTS
    zone: tzinfo | None = None  # of every file of this format, whatever --tz says by default


class Claim(NamedTuple):
    """What a row says of one series: texts as they stand there, not judged yet."""

    series: Series
    value: str
    cell: int  # the value's place among the row's cells
    start: str | None = None  # when an interval begins (or its one label), or a register was read
    end: str | None = None  # when an interval ends, where the row says both
    start_cell: int = 0
    end_cell: int = 0
    # An interval's length in milliseconds, where the format knows it; of a dial, how long after
    # `start` it was read.
    span: int | None = None
    quality: Quality = Quality.ACTUAL
    code: str | None = None  # the vendor's own quality code, as written
    note: str | None = None


class Claimed(NamedTuple):
    """A data row with its claims, or with what is wrong with it."""

    record: Record
    claims: Sequence[Claim]
    problem: Problem | None = None


class Layout(Protocol):
    """One file's way of being read. `read` may be called again, for another pass."""

    format: str
    title: str  # for people: "SolarEdge portal, energy"
    facts: Facts
    notes: tuple[str, ...]  # what a person should know: a column left out, and why

    def read(self, document: Document) -> Iterator[Claimed]:
        """The data rows in the order of the file; headers, blanks and totals are left out.

        Raises:
            Stop: nothing after this place can be read.
        """


class Format(Protocol):
    """One kind of file."""

    name: str  # what --format takes and --json prints

    def layout(self, document: Document, options: Options) -> Layout | None:
        """How to read this document, or None where it is not of this kind.

        Raises:
            Stop: it is of this kind, and cannot be imported (it holds power, say).
            Unknown: it is of this kind, and something must be asked first.
        """
