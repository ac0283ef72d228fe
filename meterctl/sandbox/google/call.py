"""A request to the Sheets API, taken apart: what it names, what it asks for, what it brings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from meterctl.sandbox.google import metadata
from meterctl.sandbox.google.accounts import Caller
from meterctl.sandbox.google.areas import Area, area
from meterctl.sandbox.google.book import Book
from meterctl.sandbox.google.edit import Edit
from meterctl.sandbox.google.errors import bad_field
from meterctl.sandbox.google.files import Files
from meterctl.sandbox.google.masks import Mask
from meterctl.sandbox.google.payload import snake
from meterctl.sandbox.google.reading import Reader, Render
from meterctl.sandbox.google.schema_names import enum_name
from meterctl.sandbox.google.targets import Target, checked, target

Json = dict[str, Any]
RENDERS = ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA")
DATES = ("SERIAL_NUMBER", "FORMATTED_STRING")
MAJORS = ("DIMENSION_UNSPECIFIED", "ROWS", "COLUMNS")


class Call(NamedTuple):
    """A request to the API: what it names and what it brings."""

    files: Files
    caller: Caller
    names: tuple[str, ...]  # of the path: the spreadsheet's id, a range, an id
    query: Mapping[str, list[str]]
    body: Json
    mask: Mask

    def text(self, name: str, default: str = "", among: tuple[str, ...] = ()) -> str:
        """A parameter of the query.

        Raises:
            ApiError: it is none of those that there are.
        """
        found = self._all(name)
        if not found:
            return default
        if among and found[-1] not in among:
            text = f"Invalid value at '{snake(name)}' ({enum_name(name)}), \"{found[-1]}\""
            raise bad_field([(snake(name), text)])
        return found[-1]

    def flag(self, name: str) -> bool:
        """A parameter that is true or false."""
        found = self.text(name, "false").lower()
        if found not in ("true", "false", "1", "0", ""):
            text = f"Invalid value at '{snake(name)}' (TYPE_BOOL), \"{found}\""
            raise bad_field([(snake(name), text)])
        return found in ("true", "1")

    def _all(self, name: str) -> list[str]:
        spellings = dict.fromkeys((name, snake(name)))
        return [text for spelling in spellings for text in self.query.get(spelling, [])]

    def ranges(self) -> list[str]:
        """The ranges asked for."""
        return self._all("ranges")

    def render(self, prefix: str = "") -> Render:
        """How values are asked for."""
        one, other = "valueRenderOption", "dateTimeRenderOption"
        if prefix:
            one, other = f"{prefix}V{one[1:]}", f"{prefix}D{other[1:]}"
        return Render(
            self.text(one, "FORMATTED_VALUE", RENDERS), self.text(other, "SERIAL_NUMBER", DATES)
        )

    def major(self) -> str:
        """By rows or by columns."""
        found = self.text("majorDimension", "ROWS", MAJORS)
        return "COLUMNS" if found == "COLUMNS" else "ROWS"

    def book(self) -> Book:
        """The spreadsheet as it is now."""
        return self.files.readable(self.names[0], self.caller).book

    def reader(self) -> Reader:
        """Reads the spreadsheet as it is now."""
        return Reader(self.book(), self.files.clock())

    def change(self, do: Callable[[Edit], Json]) -> Json:
        """Change the spreadsheet, wholly or not at all."""
        return self.files.change(self.names[0], self.caller, do)


def filtered(call: Call, book: Book, filters: list[Json]) -> list[tuple[Target, list[Json]]]:
    """The ranges that data filters select, each with its filter."""
    viewer = call.files.readable(book.id, call.caller).viewer(call.caller)
    found = []
    for one in filters:
        if "a1Range" in one:
            found.append((target(book, one["a1Range"]), [one]))
        elif "gridRange" in one:
            asked = area(one["gridRange"])
            found.append((checked(Target(book.tab(asked.sheet), asked)), [one]))
        else:
            for piece in metadata.matching(book, viewer, [one]):
                if piece.sheet is None:
                    continue
                asked = Area(piece.sheet)
                if piece.kind == "ROW" and piece.line is not None:
                    asked = asked._replace(top=piece.line, bottom=piece.line + 1)
                elif piece.line is not None:
                    asked = asked._replace(left=piece.line, right=piece.line + 1)
                found.append((Target(book.tab(piece.sheet), asked), [one]))
    return found
