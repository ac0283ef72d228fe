"""Green Button (ESPI): the Atom XML that North American utilities give their customers."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from meterctl.domain.meters import Kind
from meterctl.errors import shown
from meterctl.imports.formats import Options
from meterctl.imports.layout import Claim, Claimed, Facts
from meterctl.imports.problems import Problem
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.vendors import espi_types as types
from meterctl.imports.vendors.espi_apart import Meaning
from meterctl.imports.vendors.espi_links import Structure
from meterctl.imports.vendors.espi_series import meanings
from meterctl.imports.vendors.espi_xml import Entry, Resource, events

_SNIFFED = 1 << 16
_SECONDS = re.compile(r"(\d{1,12})(?:\.(\d*))?", re.ASCII)
_MARKS = (b"naesb.org/espi", b"IntervalReading>")


class Espi:
    """Recognised by the standard's namespace, or by its interval readings."""

    name = "espi"

    def layout(self, document: Document, options: Options) -> _Layout | None:
        """Find out what the file's blocks are of.

        Raises:
            Stop: it holds no energy, or its blocks cannot be told apart.
            Unknown: the unit, direction or kind of a series is not said.
        """
        if not document.is_xml:
            return None
        document.file.seek(0)
        start = document.file.read(_SNIFFED).replace(b"\0", b"")
        if not any(mark in start for mark in _MARKS):
            return None
        structure = Structure()
        seen = _Seen()
        for event in events(document.file):
            structure.see(event)
            seen.see(event)
        found = meanings(structure, seen.lengths(structure.blocks), options)
        return _Layout(found.by_group, structure.blocks, found.notes)


class _Seen:
    """How long the first interval of each entry with blocks is, as far as it says so."""

    def __init__(self) -> None:
        self._first: str | None = None
        self._lengths: list[int] = []
        self._has_block = False

    def see(self, event: Resource | Entry) -> None:
        """Look at what has ended."""
        if isinstance(event, Entry):
            if self._has_block:
                self._lengths.append(_whole(self._first))
            self._first, self._has_block = None, False
        elif event.kind == "IntervalBlock":
            self._has_block = True
        elif event.kind == "IntervalReading" and self._first is None:
            self._first = event.fields.get("timePeriod/duration", "")

    def lengths(self, groups: Sequence[int]) -> dict[int, int]:
        """The shortest of each group, in seconds; 0: it says none."""
        shortest: dict[int, int] = {}
        for group, length in zip(groups, self._lengths, strict=True):
            shortest[group] = min(length, shortest.get(group, length))
        return shortest


class _Layout:
    format = Espi.name
    title = "Green Button (ESPI) XML"
    facts = Facts(decimal=".")

    def __init__(
        self, by_group: dict[int, Meaning], blocks: array[int], notes: tuple[str, ...]
    ) -> None:
        self._by_group = by_group
        self._blocks = blocks
        self.notes = notes

    def read(self, document: Document) -> Iterator[Claimed]:
        """The interval readings, in the order of the file."""
        entry = 0
        has_block = False
        for event in events(document.file):
            if isinstance(event, Entry):
                entry += has_block
                has_block = False
            elif event.kind == "IntervalBlock":
                has_block = True
            elif event.kind == "IntervalReading" and entry < len(self._blocks):
                meaning = self._by_group.get(self._blocks[entry])
                if meaning is not None:
                    yield _row(event, meaning)


class _Period(NamedTuple):
    start: str
    end: str | None


def _row(reading: Resource, meaning: Meaning) -> Claimed:
    fields = reading.fields
    start = fields.get("timePeriod/start", "")
    duration = fields.get("timePeriod/duration", "")
    value = fields.get("value", "")
    cells = [start, duration, value, " ".join(reading.qualities)]
    record = Record(reading.line, cells, ",".join(cells))
    period = _period(start, _whole(duration) or meaning.length)
    if period is None:
        message = f"{shown(start)} is no start of an interval" if start else "no start is said"
        hint = "Green Button counts seconds since 1970; export the file again"
        return Claimed(record, (), Problem(reading.line, 1, message, hint, record.text))
    codes = reading.qualities or meaning.qualities
    is_interval = meaning.series.kind is Kind.INTERVAL
    claim = Claim(
        meaning.series,
        types.shifted(value, meaning.power),
        2,
        period.start,
        period.end if is_interval else None,
        end_cell=1,
        quality=types.quality_of(codes),
        code=" ".join(codes) or None,
    )
    return Claimed(record, (claim,))


def _period(start: str, length: int) -> _Period | None:
    """An interval's times as texts; None: they are none."""
    match = _SECONDS.fullmatch(start)
    if match is None:
        return None
    try:
        begins = datetime.fromtimestamp(int(match[1]), UTC)
        begins += timedelta(milliseconds=int((match[2] or "").ljust(3, "0")[:3]))
        ends = begins + timedelta(seconds=length)
    except (ValueError, OverflowError, OSError):
        return None
    return _Period(begins.isoformat(), ends.isoformat() if length else None)


def _whole(text: str | None) -> int:
    """A number of seconds; 0: there is none."""
    return int(text) if text and text.isdecimal() and text.isascii() and len(text) < 12 else 0
