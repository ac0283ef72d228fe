"""A spreadsheet's state. A change is made on a copy, which takes the old one's place when whole."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from meterctl.sandbox.google.areas import MAX_COLUMNS, Area, Box
from meterctl.sandbox.google.cells import Cell, Content, Row, cell_at, row_has_data
from meterctl.sandbox.google.errors import invalid, too_many_cells, too_many_columns
from meterctl.sandbox.google.rows import Rows

MAX_CELLS = 10_000_000
Json = dict[str, Any]


class Metadata(NamedTuple):
    """A piece of developer metadata."""

    id: int
    key: str
    value: str | None
    visibility: str
    project: str  # whose it is, where only that project may see it
    kind: str  # SPREADSHEET, SHEET, ROW or COLUMN
    sheet: int | None = None
    line: int | None = None  # the number of the row or column


class Named(NamedTuple):
    """A named range."""

    id: str
    name: str
    area: Area


class Protected(NamedTuple):
    """A protected range, or a protected sheet."""

    id: int
    area: Area
    named: str | None
    description: str | None
    warning_only: bool
    unprotected: tuple[Area, ...]
    editors: Json


@dataclass
class Tab:
    """One sheet of the spreadsheet."""

    id: int
    title: str
    row_count: int = 1000
    column_count: int = 26
    properties: Json = field(default_factory=dict)  # hidden, colour and so on, where set
    grid_properties: Json = field(default_factory=dict)  # frozen rows and so on, where set
    rows: Rows = field(default_factory=Rows)
    data_end: int = 0  # no row from here on has data
    has_formulas: bool = False  # or had some once: whether it is worth looking
    row_properties: dict[int, Json] = field(default_factory=dict)
    column_properties: dict[int, Json] = field(default_factory=dict)
    merges: list[Area] = field(default_factory=list)
    protected: list[Protected] = field(default_factory=list)
    groups: dict[str, list[Json]] = field(default_factory=dict)  # by ROWS and COLUMNS
    basic_filter: Json | None = None
    others: dict[str, list[Json]] = field(default_factory=dict)  # filter views, bandings, rules

    def copy(self) -> Tab:
        """The same sheet, to be changed on its own."""
        return replace(
            self,
            properties=dict(self.properties),
            grid_properties=dict(self.grid_properties),
            rows=self.rows.copy(),
            row_properties=dict(self.row_properties),
            column_properties=dict(self.column_properties),
            merges=list(self.merges),
            protected=list(self.protected),
            groups={name: list(some) for name, some in self.groups.items()},
            others={name: list(some) for name, some in self.others.items()},
        )

    @property
    def box(self) -> Box:
        """The whole grid."""
        return Box(0, self.row_count, 0, self.column_count)

    def within(self, area: Area) -> Box:
        """An area as it lies in this grid."""
        return area.within(self.row_count, self.column_count)

    def content(self, row: int, column: int) -> Content:
        """What a cell holds."""
        return cell_at(self.rows[row], column)

    def put(self, at: int, row: Row) -> None:
        """Replace a row."""
        self.rows[at] = row
        if not self.has_formulas:
            self.has_formulas = any(isinstance(one, Cell) and one.formula for one in row)
        if at >= self.data_end and row_has_data(row):
            self.data_end = at + 1

    def last_data_row(self) -> int:
        """The row after the last one with data."""
        while self.data_end and not row_has_data(self.rows[self.data_end - 1]):
            self.data_end -= 1
        return self.data_end


@dataclass
class Book:
    """A spreadsheet."""

    id: str
    properties: Json  # title, locale, timeZone and so on
    tabs: list[Tab]
    named: list[Named] = field(default_factory=list)
    metadata: list[Metadata] = field(default_factory=list)

    def copy(self) -> Book:
        """The same spreadsheet, to be changed on its own."""
        return replace(
            self,
            properties=dict(self.properties),
            tabs=[tab.copy() for tab in self.tabs],
            named=list(self.named),
            metadata=list(self.metadata),
        )

    @property
    def locale(self) -> str:
        """Which decides how numbers and dates are read and shown."""
        return str(self.properties.get("locale", "en_US"))

    def tab(self, sheet: int, kind: str = "grid") -> Tab:
        """The sheet with an id.

        Raises:
            ApiError: there is none.
        """
        for tab in self.tabs:
            if tab.id == sheet:
                return tab
        raise invalid(f"No {kind} with id: {sheet}")

    def titled(self, title: str) -> Tab | None:
        """The sheet with a title, in whatever case."""
        exact = [tab for tab in self.tabs if tab.title == title]
        alike = [tab for tab in self.tabs if tab.title.lower() == title.lower()]
        return next(iter(exact or alike), None)

    def check_cells(self) -> None:
        """Refuse what is too big: empty cells count.

        Raises:
            ApiError: there are too many cells, or a sheet has too many columns.
        """
        if any(tab.column_count > MAX_COLUMNS for tab in self.tabs):
            raise too_many_columns(MAX_COLUMNS)
        if sum(tab.row_count * tab.column_count for tab in self.tabs) > MAX_CELLS:
            raise too_many_cells(MAX_CELLS)

    def new_id(self) -> int:
        """An id that nothing in this spreadsheet has."""
        taken = {tab.id for tab in self.tabs} | {one.id for one in self.metadata}
        taken |= {one.id for tab in self.tabs for one in tab.protected}
        while True:
            made = random.randrange(1, 1 << 31)  # noqa: S311 (a name, not a secret)
            if made not in taken:
                return made


def new_book(book_id: str, title: str) -> Book:
    """An empty spreadsheet as the API makes one."""
    properties: Json = {
        "title": title,
        "locale": "en_US",
        "autoRecalc": "ON_CHANGE",
        "timeZone": "Etc/GMT",
    }
    return Book(book_id, properties, [Tab(0, "Sheet1")])
