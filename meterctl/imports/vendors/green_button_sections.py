"""The headers of Green Button CSV files: how they are known, and which column holds what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from meterctl.domain.meters import Direction
from meterctl.imports.series import Commodity
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.vendors import wide

_ABOUT = {  # what a preamble's lines begin with
    *("name", "address", "account number", "account", "service", "service address"),
    *("service point", "disclaimer", "title", "resource", "meter number", "interval uom"),
    *("reading start", "reading end", "total duration", "total usage", "uom"),
}
# The more particular ones first: beside a bill's start date a `DATE` says when it was written.
_DATES = ("start date", "usage date", "date")
_WAYS = {
    **dict.fromkeys(("usage", "consumption"), "usage"),
    **dict.fromkeys(("import", "imported", "delivered"), "import"),
    **dict.fromkeys(("export", "exported", "received", "generation"), "export"),
    "net": "net",
}
POWER_HINT = "download the usage (kWh) instead: Green Button, Download My Data"


class Section(NamedTuple):
    """A header, and where what stands in the rows below it."""

    header: wide.Header
    values: tuple[tuple[int, str], ...]  # columns, and which way each of them flows
    date: int
    start: int | None  # a time of day
    end: int | None
    end_date: int | None
    duration: int | None
    kind: int | None  # `Electric usage`, `Natural gas billing`
    unit: int | None
    note: int | None
    meter: int | None


def is_header(names: Sequence[str]) -> bool:
    """Whether these folded cells are a header of such a file."""
    if not any(name in _DATES for name in names):
        return False
    if not any(wide.take_apart(name).name in _WAYS for name in names):
        return False
    has_times = "start time" in names and ("end time" in names or "duration" in names)
    return has_times or names[0] == "type"


def is_about(header: wide.Header, *, inside: bool) -> bool:
    """Whether a line is of a preamble: `Name,Jo`; among rows of data only a short one is."""
    return (
        header.folded[:1] != ()
        and header.folded[0] in _ABOUT
        and (not inside or len(header.names) <= 3)
    )


def section_of(header: wide.Header) -> Section:
    """Where what stands below a header.

    Raises:
        Stop: it holds power.
    """
    headings = [wide.take_apart(name) for name in header.folded]
    ways = [(index, _WAYS[one.name]) for index, one in enumerate(headings) if one.name in _WAYS]
    for index, _ in ways:
        if headings[index].is_power:
            raise wide.refuse_power(header, index, POWER_HINT)
    if any(way == "import" for _, way in ways):
        ways = [(index, "net" if way == "usage" else way) for index, way in ways]
    return Section(
        header,
        tuple(ways),
        next(place for name in _DATES if (place := header.place(name)) is not None),
        header.place("start time"),
        header.place("end time"),
        header.place("end date"),
        header.place("duration"),
        header.place("type"),
        header.place("units", "unit", "uom"),
        header.place("notes", "note"),
        header.place("meter number"),
    )


def bills_meet(document: Document) -> bool:
    """Whether a bill's end date is the next one's start date, and so not a day of its own."""
    section: Section | None = None
    bills: list[tuple[str, str]] = []
    for record in document.head:
        header = wide.header_of(record)
        if is_header(header.folded):
            section = section_of(header)
        elif section is not None and section.end_date is not None:
            bills.append((cell_of(record, section.date), cell_of(record, section.end_date)))
    return any(
        one[1] != "" and (one[1] == two[0] or two[1] == one[0]) for one, two in pairwise(bills)
    )


def cell_of(record: Record, column: int | None) -> str:
    """A cell without odd spaces; empty where there is none."""
    return wide.cell(record.cells, column).replace("\u00a0", " ")


def commodity_of(words: str, unit: str) -> Commodity:
    """What flows, by the words for it, else by its unit."""
    if "water" in words or unit == "gal":
        return Commodity.WATER
    if "gas" in words or (unit not in {"Wh", "kWh", "MWh"} and "electric" not in words):
        return Commodity.GAS
    return Commodity.ELECTRICITY


def direction_of(way: str, words: str, commodity: Commodity) -> Direction:
    """Which way it flows, by its column's heading and the words for it."""
    if commodity is not Commodity.ELECTRICITY:
        return Direction.CONSUMPTION
    if way == "export" or re.search(r"generation|generated|export|received|returned", words):
        return Direction.TO_GRID
    return Direction.FROM_GRID
