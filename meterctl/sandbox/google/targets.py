"""Which cells a range in A1 notation means in one spreadsheet."""

from __future__ import annotations

from typing import NamedTuple

from meterctl.sandbox.google.a1 import area_text, parse_cells, split_title
from meterctl.sandbox.google.areas import Area, Box
from meterctl.sandbox.google.book import Book, Tab
from meterctl.sandbox.google.errors import ApiError, invalid


class Target(NamedTuple):
    """Cells of a sheet that lie in its grid."""

    tab: Tab
    area: Area  # as asked for
    single: bool = False  # one cell written as such: a place to start, not a limit

    @property
    def box(self) -> Box:
        """The part of it that the grid has."""
        return self.tab.within(self.area)


def beyond(tab: Tab, area: Area) -> ApiError:
    """The range does not lie in the sheet's grid."""
    return invalid(
        f"Range ({area_text(tab.title, area)}) exceeds grid limits. Max rows: {tab.row_count}, "
        f"max columns: {tab.column_count}"
    )


def target(book: Book, text: str) -> Target:
    """The cells of `Sheet1!A1:B2`, `A1`, `Sheet1`, a named range.

    Raises:
        ApiError: there is no such range, or it starts outside the grid.
    """
    found = _find(book, text)
    if found is None:
        raise invalid(f"Unable to parse range: {text}")
    return checked(found)


def checked(found: Target) -> Target:
    """The target, if it starts in the grid.

    Raises:
        ApiError: it does not.
    """
    tab, area = found.tab, found.area
    if min(area.top or 0, area.left or 0) < 0:
        raise invalid("Row and column indexes must not be negative.")
    if (area.top or 0) >= tab.row_count or (area.left or 0) >= tab.column_count:
        raise beyond(tab, area)
    return found


def _find(book: Book, text: str) -> Target | None:
    title, cells = split_title(text)
    if title is not None:
        tab = book.titled(title)
        if tab is None or cells == "":
            return None
        if cells is None:
            return Target(tab, Area(tab.id))
        return _cells(tab, cells) or _named(book, cells, tab)
    visible = [tab for tab in book.tabs if not tab.properties.get("hidden")]
    plain = _cells(visible[0] if visible else book.tabs[0], text)
    if plain is not None:
        return plain
    tab = book.titled(text)
    return _named(book, text) or (Target(tab, Area(tab.id)) if tab else None)


def _named(book: Book, name: str, tab: Tab | None = None) -> Target | None:
    for one in book.named:
        if one.name.lower() == name.lower() and tab in (None, book.tab(one.area.sheet)):
            return Target(book.tab(one.area.sheet), one.area)
    return None


def _cells(tab: Tab, text: str) -> Target | None:
    cells = parse_cells(text)
    if cells is None:
        return None
    area = Area(tab.id, cells.top, cells.bottom, cells.left, cells.right)
    return Target(tab, area, cells.single)
