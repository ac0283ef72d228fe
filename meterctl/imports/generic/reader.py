"""The reader of any table with a time and a value in each row, whoever wrote it.

It goes over the whole file once, to find its tables and what their columns hold, and makes a
layout of what it found. What nobody can know from the file is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from meterctl.errors import shown
from meterctl.imports.formats import Options
from meterctl.imports.generic.finding import sections_of
from meterctl.imports.generic.heads import trimmed
from meterctl.imports.generic.names import About, Names
from meterctl.imports.generic.sections import Section
from meterctl.imports.generic.tables import Table
from meterctl.imports.generic.when import How
from meterctl.imports.layout import Claimed, Facts, Label, Order
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.text.cells import Record
from meterctl.imports.text.document import Document
from meterctl.imports.text.names import printable
from meterctl.imports.words import language_of

_FIRST_ROWS = 1_000
_DAY_FIRST = frozenset(("de", "fr", "nl", "it", "es", "da", "fi", "no"))


class Generic:
    """Any table that has a time and values in its rows."""

    name = "generic"

    def layout(self, document: Document, options: Options) -> GenericLayout | None:
        """How to read this document, or None where no table is in it.

        Raises:
            Stop: it holds power, or values that cannot be told apart.
            Unknown: what it counts, or in which unit, must be asked first.
        """
        if document.is_xml:
            return None
        about, names = About(options, document.name, document.delimiter), Names()
        tables = [Table(one, about, names) for one in sections_of(document)]
        if not tables:
            return None
        kept = [table for table in tables if table.power is None]
        if not kept:
            raise _holds_power(tables[0])
        beside = next((table for table in kept if table.section.is_beside_another), None)
        if beside is not None:
            raise _side_by_side(beside)
        mixed = next((table for table in kept if table.section.is_mixed_up), None)
        if mixed is not None:
            raise _mixed_up(mixed)
        layout = GenericLayout(tables)
        for _ in islice(layout.read(document), _FIRST_ROWS):
            pass  # the first series are made now, so that their questions come first
        layout.notes = layout.found_out()
        return layout


class GenericLayout:
    """How the generic reader found a file to be."""

    format = "generic"
    title = "a table of readings"

    def __init__(self, tables: list[Table]) -> None:
        self._tables = tables
        first = next(table for table in tables if table.power is None)
        self.facts = Facts(
            order=_order(first.section), label=_label(first.section), zone=first.zone
        )
        self.notes: tuple[str, ...] = ()

    def found_out(self) -> tuple[str, ...]:
        """What a person should know of the rows that were read so far."""
        notes: dict[str, None] = {}
        for table in self._tables:
            if table.power is not None:
                line = table.section.first
                notes[f"left out: the table from line {line} on holds power, not energy"] = None
                continue
            notes |= dict.fromkeys(table.columns.notes) | table.counting.notes
            for code, heading in table.unknown_codes.items():
                notes[f"`{heading}` {shown(code)} is not known: kept, and taken as actual"] = None
            if table.power_rows:
                notes[f"left out: {table.power_rows} values of power, not energy"] = None
        undirected = [n for t in self._tables if t.power is None for n in t.counting.undirected]
        if undirected:
            all_ = ", ".join(f"`{name}`" for name in dict.fromkeys(undirected))
            notes[
                f"the direction of {all_} is not said: taken as consumption; --direction says it"
            ] = None
        return tuple(notes)

    def read(self, document: Document) -> Iterator[Claimed]:
        """The data rows of all tables, in the order of the file."""
        tables = iter(self._tables)
        table = next(tables)
        following = next(tables, None)
        before: list[str] = []
        for each in self._tables:
            each.power_rows = 0
        for record in document.records():
            while following is not None and record.line >= following.section.begins:
                table, following = following, next(tables, None)
            section = table.section
            if record.line < section.begins or table.power is not None:
                continue
            if record.problem is not None:
                yield Claimed(record, (), record.problem)
                continue
            cells = trimmed(record)
            if not cells or (record.line > section.last and section.is_footer(cells)):
                continue
            cells = section.when.filled(cells, before)
            if section.fits(cells):
                before = cells
                claimed: Claimed | None = table.claimed(record, cells)
            else:
                claimed = table.left_out(record, cells)
            if claimed is not None and (claimed.claims or claimed.problem):
                yield claimed
        self.notes = self.found_out()


def _order(section: Section) -> Order | None:
    """Whoever writes `Fecha` or `Datum` puts the day first, if the year is last."""
    language = language_of(section.head.plain or section.head.names)
    return Order.DMY if language in _DAY_FIRST else None


def _label(section: Section) -> Label | None:
    if section.wide:
        return Label.STARTS
    is_clock = section.when.how is How.HOURS and section.grid is None
    return None if is_clock else section.when.label


def _holds_power(table: Table) -> Stop:
    what = printable(table.power or "")
    message = f"this file holds power ({what}), not energy: a reading is energy"
    hint = "export the energy (kWh) or the meter's readings instead"
    return _stop(table.section.head.record or table.section.opening, message, hint)


def _side_by_side(table: Table) -> Stop:
    message = "two tables stand side by side here, each with times of its own"
    hint = "cut the file: each table's columns into a file of its own"
    return _stop(table.section.head.record or table.section.opening, message, hint)


def _mixed_up(table: Table) -> Stop:
    message = (
        "the file holds several values for the same time, and nothing says which meter each is of"
    )
    hint = "cut the file, one meter in each, and import each with --meter"
    return _stop(table.section.opening, message, hint)


def _stop(record: Record | None, message: str, hint: str) -> Stop:
    line, text = (1, "") if record is None else (record.line, record.text)
    return Stop(Problem(line, 1, message, hint, text))
