"""What cells amount to: results of formulas, values as shown, in every way a client may ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from meterctl.sandbox.google.a1 import parse_cells, split_title
from meterctl.sandbox.google.areas import Box
from meterctl.sandbox.google.book import Book, Tab
from meterctl.sandbox.google.cells import Cell, Content, Format, Value, cell_at, has_data, tidy
from meterctl.sandbox.google.entered import serial_of
from meterctl.sandbox.google.formats import general, is_date, shown
from meterctl.sandbox.google.formulas import evaluate
from meterctl.sandbox.google.functions import Block, Failure, Function, Result
from meterctl.sandbox.google.locales import locale_named

# Functions whose results are days or times, and formulas that look like their first cell.
_DATES = {"NOW": "DATE_TIME", "TODAY": "DATE", "DATE": "DATE", "TIME": "TIME"}
_CIRCULAR = Failure("REF", "Circular dependency detected.")
_FIRST = re.compile(
    r"=(?:(?:SUM|MIN|MAX|AVERAGE)\()?(?P<cell>\$?[A-Z]{1,3}\$?[0-9]+)(?::[^()]*)?\)?"
)


NESTED = 16  # formulas reckoned within each other: the rest of a long chain is reckoned first


class Render(NamedTuple):
    """How values are asked for."""

    values: str = "FORMATTED_VALUE"
    dates: str = "SERIAL_NUMBER"


class _Place(NamedTuple):
    """A cell with a formula."""

    tab: Tab
    row: int
    column: int
    formula: str

    @property
    def key(self) -> tuple[int, int, int]:
        return self.tab.id, self.row, self.column


class _FirstThis(Exception):
    """A formula further down a chain, which is to be reckoned before those that need it."""

    def __init__(self, place: _Place) -> None:
        super().__init__()
        self.place = place


class Reader:
    """Reads one state of a spreadsheet; every formula is reckoned once."""

    def __init__(self, book: Book, now: float) -> None:
        self.book = book
        self.locale = locale_named(book.locale)
        self._now = now
        self._results: dict[tuple[int, int, int], Result] = {}
        self._busy: set[tuple[int, int, int]] = set()

    def result(self, tab: Tab, row: int, column: int, content: Content) -> Value | Failure | None:
        """The effective value."""
        if not isinstance(content, Cell):
            return content
        if content.formula is None:
            return content.value
        place = _Place(tab, row, column, content.formula)
        if place.key in self._busy:
            return _CIRCULAR
        if place.key in self._results:
            return self._results[place.key]
        if not self._busy:
            self._reckon_chain(place)
        elif len(self._busy) < NESTED:
            self._reckon(place)
        else:
            raise _FirstThis(place)
        return self._results[place.key]

    def _reckon_chain(self, place: _Place) -> None:
        """Reckon a formula and all it needs: a running total is as long as its column."""
        waiting = {place.key: place}  # each needs the one after it
        while waiting:
            key, last = next(reversed(waiting.items()))
            try:
                self._reckon(last)
            except _FirstThis as first:
                if first.place.key in waiting:
                    self._results[first.place.key] = _CIRCULAR
                else:
                    waiting[first.place.key] = first.place
                continue
            del waiting[key]

    def _reckon(self, place: _Place) -> None:
        self._busy.add(place.key)
        try:
            self._results[place.key] = evaluate(
                place.formula,
                lambda reference: self._cells(reference, place.tab),
                {"NOW": lambda _: self._today(), "TODAY": lambda _: int(self._today())},
                self.locale.decimal,
            )
        finally:
            self._busy.discard(place.key)

    def link(self, tab: Tab, formula: str) -> str | None:
        """Where a HYPERLINK formula leads."""
        more: dict[str, Function] = {"HYPERLINK": lambda given: given[0]}
        found = evaluate(
            formula, lambda reference: self._cells(reference, tab), more, self.locale.decimal
        )
        return found if isinstance(found, str) else None

    def number_format(self, tab: Tab, content: Content) -> Format | None:
        """The number format in effect: a formula takes on that of the cells it begins with."""
        seen = 0
        while isinstance(content, Cell):
            chosen: Format | None = (content.format or {}).get("numberFormat")
            if chosen or content.formula is None or seen > 64:
                return chosen
            formula = content.formula.replace(" ", "").upper()
            for name, kind in _DATES.items():
                if formula.startswith(f"={name}("):
                    return {"type": kind}
            alone = _FIRST.fullmatch(formula)
            cells = parse_cells(alone["cell"]) if alone else None
            if cells is None or cells.top is None or cells.left is None:
                return None
            content = tab.content(cells.top, cells.left)
            seen += 1
        return None

    def text(self, tab: Tab, row: int, column: int, content: Content) -> str:
        """The value as the cell shows it."""
        if isinstance(content, str):
            return content
        result = self.result(tab, row, column, content)
        if result is None:
            return ""
        if isinstance(result, Failure):
            return result.text
        return shown(result, self.number_format(tab, content), self.locale)

    def rendered(
        self, tab: Tab, row: int, column: int, content: Content, how: Render
    ) -> Value | None:
        """The value in the form that was asked for."""
        if type(content) is float:  # in no format: of a big sheet most of what is no text
            exact = how.values != "FORMATTED_VALUE"
            return tidy(content) if exact else general(content, self.locale)
        if how.values == "FORMATTED_VALUE":
            return self.text(tab, row, column, content)
        if isinstance(content, Cell) and content.formula and how.values == "FORMULA":
            return content.formula
        result = self.result(tab, row, column, content)
        if isinstance(result, Failure):
            return result.text
        if isinstance(result, int | float) and not isinstance(result, bool):
            if how.dates == "FORMATTED_STRING" and is_date(self.number_format(tab, content)):
                return self.text(tab, row, column, content)
            return tidy(result)
        return result

    def lines(self, tab: Tab, box: Box, how: Render, major: str = "ROWS") -> list[list[Value]]:
        """A block of values by rows or by columns, without what is empty at its ends."""
        rows: list[list[Value | None]] = []
        exact = how.values != "FORMATTED_VALUE"
        as_they_are = {str, int, bool} if exact else {str}  # which most of a big sheet's cells are
        for at, row in enumerate(tab.rows.between(box.top, box.bottom), box.top):
            cells = row[box.left : box.right]
            if as_they_are.issuperset(map(type, cells)):
                rows.append([*cells])  # type: ignore[list-item]  # none of them is a Cell
                continue
            rows.append(
                [
                    content  # type: ignore[misc]  # left as it is, so no Cell
                    if type(content) in as_they_are
                    or (exact and type(content) is float and not content.is_integer())
                    else self.rendered(tab, at, column, content, how)
                    if has_data(content)
                    else None
                    for column, content in enumerate(cells, box.left)
                ]
            )
        if major == "COLUMNS":
            width = max((len(row) for row in rows), default=0)
            rows = [
                [row[column] if column < len(row) else None for row in rows]
                for column in range(width)
            ]
        lines: list[list[Value]] = []
        for row_values in rows:
            while row_values and row_values[-1] is None:
                row_values.pop()
            lines.append(["" if value is None else value for value in row_values])
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def _today(self) -> float:
        name = str(self.book.properties.get("timeZone", "Etc/GMT"))
        fixed = re.fullmatch(r"GMT([-+])([0-9]{2}):([0-9]{2})", name)
        moment = datetime.fromtimestamp(self._now, UTC)
        if fixed:
            ahead = timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
            return serial_of(moment + (ahead if fixed[1] == "+" else -ahead))
        return serial_of(moment.astimezone(ZoneInfo(name)))

    def _cells(self, reference: str, here: Tab) -> Block:
        title, text = split_title(reference)
        tab = here if title is None else self.book.titled(title)
        cells = parse_cells(text or "")
        if tab is None or cells is None:
            return [[Failure("REF", "Unresolved sheet name.")]]
        box = Box(
            cells.top or 0,
            tab.row_count if cells.bottom is None else cells.bottom,
            cells.left or 0,
            tab.column_count if cells.right is None else cells.right,
        )
        if box.bottom > tab.row_count or box.right > tab.column_count:
            return [[Failure("REF", "Reference does not exist.")]]
        return list(self._block(tab, box))

    def _block(self, tab: Tab, box: Box) -> Iterator[list[Result]]:
        for at in range(box.top, min(box.bottom, max(len(tab.rows), box.top + 1))):
            row = tab.rows[at]
            yield [
                self.result(tab, at, column, cell_at(row, column))
                for column in range(box.left, min(box.right, max(len(row), box.left + 1)))
            ]
