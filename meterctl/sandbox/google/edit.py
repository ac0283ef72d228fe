"""A change under way: the working copy of a spreadsheet, and who is changing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from meterctl.sandbox.google.areas import Area, Box, area
from meterctl.sandbox.google.book import Book, Tab
from meterctl.sandbox.google.cells import (
    NOTHING,
    Cell,
    Content,
    Format,
    Row,
    Value,
    cell_at,
    packed,
    placed,
    trimmed,
    unpacked,
)
from meterctl.sandbox.google.entered import entered
from meterctl.sandbox.google.errors import invalid, protected
from meterctl.sandbox.google.formats import is_date
from meterctl.sandbox.google.locales import locale_named
from meterctl.sandbox.google.looks import twinned
from meterctl.sandbox.google.prototext import described
from meterctl.sandbox.google.reading import Reader
from meterctl.sandbox.google.render import Viewer
from meterctl.sandbox.google.targets import Target, checked

Json = dict[str, Any]
MAX_CHARACTERS = 50_000
MORE = ("textFormatRuns", "dataValidation", "pivotTable", "dataSourceTable", "chipRuns")
Change = Callable[[Content], Content]


class Edit:
    """What handlers of requests work with."""

    def __init__(
        self, book: Book, viewer: Viewer, now: float, *, duplicate_ids: bool = False
    ) -> None:
        self.book = book
        self.viewer = viewer
        self.now = now
        self.duplicate_ids = duplicate_ids
        self.locale = locale_named(book.locale)
        self._today = datetime.fromtimestamp(now, UTC).date()

    def reader(self) -> Reader:
        """Reads the working copy as it is now."""
        return Reader(self.book, self.now)

    def target(self, grid_range: Json) -> Target:
        """The cells of a GridRange.

        Raises:
            ApiError: there is no such sheet, or the range starts outside its grid.
        """
        found = area(grid_range)
        return checked(Target(self.book.tab(found.sheet), found))

    def corner(self, coordinate: Json) -> tuple[Tab, int, int]:
        """The sheet, row and column of a GridCoordinate.

        Raises:
            ApiError: there is no such cell.
        """
        top, left = coordinate.get("rowIndex", 0), coordinate.get("columnIndex", 0)
        tab = self.book.tab(coordinate.get("sheetId", 0))
        checked(Target(tab, Area(tab.id, top, top + 1, left, left + 1)))
        return tab, top, left

    def check_protection(self, tab: Tab, box: Box) -> None:
        """Refuse to touch what is protected from this account.

        Raises:
            ApiError: it is.
        """
        for one in tab.protected:
            if not tab.within(one.area).meets(box) or self.viewer.may_edit(one):
                continue
            if not any(tab.within(free).holds(box) for free in one.unprotected):
                raise protected()

    def put(self, tab: Tab, top: int, left: int, rows: Sequence[Sequence[Content]]) -> None:
        """Replace cells, which have to lie in the grid."""
        width = max((len(row) for row in rows), default=0)
        self.check_protection(tab, Box(top, top + len(rows), left, left + width))
        for at, contents in enumerate(rows, top):
            tab.put(at, placed(tab.rows[at], left, contents))

    def change(self, tab: Tab, box: Box, change: Change) -> None:
        """Change every cell of a box by the same rule; empty cells too, if it makes them more."""
        self.check_protection(tab, box)
        fills = change(None) is not None
        last = box.bottom if fills else min(box.bottom, len(tab.rows))
        memo: dict[int, tuple[Row, Row]] = {}  # most rows of a big sheet share their emptiness
        for at in range(box.top, last):
            row = tab.rows[at]
            if not fills and len(row) <= box.left:
                continue
            if id(row) not in memo:
                right = box.right if fills else min(box.right, len(row))
                new = placed(
                    row, box.left, [change(cell_at(row, at)) for at in range(box.left, right)]
                )
                memo = {id(row): (row, new)}
            tab.put(at, memo[id(row)][1])

    def grow(self, tab: Tab, rows: int, columns: int) -> None:
        """Make the grid at least this big; new rows look like the last one.

        Raises:
            ApiError: the spreadsheet would have too many cells.
        """
        before = tab.row_count
        tab.row_count = max(tab.row_count, rows)
        tab.column_count = max(tab.column_count, columns)
        self.book.check_cells()
        look = look_of(tab.rows[before - 1]) if before else ()
        if look:
            for at in range(before, tab.row_count):
                tab.put(at, look)

    def typed(self, given: object, option: str, place: str) -> Cell:
        """A value as a client sent it in a ValueRange, by RAW or USER_ENTERED.

        Raises:
            ApiError: it is no value.
        """
        if isinstance(given, bool):
            return Cell(given)
        if isinstance(given, int | float):
            return Cell(sized(given))
        if not isinstance(given, str):
            raise invalid(f"Invalid {place}: {described(given)}")
        check_length(given)
        if option == "RAW":
            return Cell(given or None)
        value, formula, number_format = entered(given, self.locale, self._today)
        look = {"numberFormat": number_format} if number_format else None
        return Cell(value, formula, look)


def sized(number: float) -> Value:
    """A number as a cell keeps it: a double, whole ones as such."""
    exact = float(number)
    if exact in (float("inf"), float("-inf")) or exact != exact:  # noqa: PLR0124 (only NaN differs)
        raise invalid("Invalid value: a cell holds finite numbers only")
    return number if isinstance(number, int) and abs(number) < 1 << 53 else exact


def check_length(text: str) -> None:
    """Refuse what no cell can hold.

    Raises:
        ApiError: the text is too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise invalid(
            f"Your input contains more than the maximum of {MAX_CHARACTERS} characters in a "
            "single cell."
        )


def with_value(content: Content, new: Cell) -> Content:
    """The cell with another value: its look stays, an automatic one is added where it has none."""
    old = unpacked(content)
    look = old.format
    if new.format and _gives_way((look or {}).get("numberFormat"), new.format["numberFormat"]):
        look = (look or {}) | new.format
    return packed(old._replace(value=new.value, formula=new.formula, format=look))


def _gives_way(own: Format | None, typed: Format) -> bool:
    """Whether a cell's number format is replaced by the one that typing a value gives.

    A date stays a date as the cell shows dates; a percentage in a cell of dates is shown as one.
    """
    if own is None:
        return True
    if is_date(own) or is_date(typed):
        return not (is_date(own) and is_date(typed))
    return typed["type"] not in ("NUMBER", own.get("type"))


def keeps_text(content: Content) -> bool:
    """Whether the cell is formatted as plain text: what is typed there is not understood."""
    look = content.format if isinstance(content, Cell) else None
    return bool((look or {}).get("numberFormat", {}).get("type") == "TEXT")


def cleared(content: Content) -> Content:
    """The cell without its value."""
    if not isinstance(content, Cell):
        return None
    return packed(content._replace(value=None, formula=None))


def look_of(row: Row) -> Row:
    """The row's formats alone."""
    if not any(isinstance(content, Cell) and content.format for content in row):
        return ()
    return trimmed(
        packed(NOTHING._replace(format=content.format)) if isinstance(content, Cell) else None
        for content in row
    )


def cell_data(given: Json) -> Cell:
    """The cell of Google's CellData, as far as it can be written.

    Raises:
        ApiError: its value is none.
    """
    entered_value = given.get("userEnteredValue", {})
    value: Value | None = None
    formula: str | None = None
    for kind, one in entered_value.items():
        if kind == "numberValue":
            value = sized(one)
        elif kind == "boolValue":
            value = bool(one)
        elif kind == "stringValue":
            check_length(one)
            value = one or None
        elif kind == "formulaValue":
            if not one.startswith("="):
                raise invalid(f"Invalid formula: {one}")
            check_length(one)
            formula = one
        else:
            raise invalid("userEnteredValue: errorValue is read-only")
    if len(given) == len(entered_value) == 1:
        return Cell(value, formula)
    look = twinned(given["userEnteredFormat"]) if given.get("userEnteredFormat") else None
    more = {name: given[name] for name in MORE if given.get(name)}
    return Cell(value, formula, look, given.get("note") or None, more or None)
