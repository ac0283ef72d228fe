"""What `spreadsheets.get` answers, understood: the view of a tab, and its first rows.

Source: developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from meterctl.errors import SheetUnfit
from meterctl.sheet import requests as bodies
from meterctl.sheet.port import Cell, Tab, Token, View
from meterctl.sheet.rows import TIMESTAMP, plain

WITHOUT_ROWS = (
    "properties(title,timeZone),developerMetadata(metadataId,metadataKey,metadataValue)"
    ",sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)))"
)
WITH_ROWS = WITHOUT_ROWS.removesuffix(")") + ",data(rowData(values(effectiveValue,note))))"
LOOKS = "sheets(data(rowData(values(userEnteredValue,userEnteredFormat(numberFormat(type))))))"
SIZES = "sheets(properties(gridProperties(rowCount,columnCount)))"
WITH_LOOKS = WITH_ROWS.replace("note", "note,userEnteredFormat(numberFormat(type))")


def view_of(answer: Mapping[str, Any], name: str) -> View:
    """What an answer shows, with the first row of the tab of that name.

    Raises:
        SheetUnfit: the tab is no table.
        LookupError, TypeError, ValueError, AttributeError: the answer is none of Google's.
    """
    tokens: list[Token] = []
    foreign: set[int] = set()
    submitter = None
    for one in answer.get("developerMetadata", ()):
        number, key = int(one["metadataId"]), one.get("metadataKey")
        if key == bodies.TOKEN_KEY:
            tokens.append(bodies.token_of(number, one.get("metadataValue", "")))
        else:
            foreign.add(number)
            if key == bodies.SUBMITTER_KEY:
                submitter = submitter or one.get("metadataValue", "")
    tab = None
    for sheet in answer.get("sheets", ()):
        if is_tab(sheet, name):
            tab = _tab(sheet, name)
    of = answer["properties"]
    return View(
        _harmless(of.get("title", "")),
        of["timeZone"],
        tab,
        tuple(sorted(tokens)),
        frozenset(foreign),
        submitter,
    )


def is_tab(sheet: Mapping[str, Any], name: str) -> bool:
    """Whether a sheet of an answer is the tab of that name: Google tells no capitals apart."""
    title: str = sheet["properties"]["title"]
    return title.casefold() == name.casefold()


def gids_of(answer: Mapping[str, Any]) -> set[int]:
    """The numbers that tabs have."""
    return {gid_of(sheet["properties"]) for sheet in answer.get("sheets", ())}


def gid_of(properties: Mapping[str, Any]) -> int:
    """A tab's number. One that is absent is zero: so is the first tab's."""
    return int(properties.get("sheetId", 0))


def _tab(sheet: Mapping[str, Any], name: str) -> Tab:
    of = sheet["properties"]
    grid = of.get("gridProperties")
    if grid is None:  # a chart that fills a tab has no cells
        raise SheetUnfit(
            f"the tab {name} is a chart: no rows can be written to it",
            "name another tab, which is then made: METERCTL_SHEET_TAB",
        )
    first = [cell for cells in _first_rows(sheet)[:1] for cell in cells]
    header = tuple(_harmless(plain(_cell(cell))) for cell in first)
    return Tab(
        gid_of(of),
        header,
        int(grid["columnCount"]),
        int(grid["rowCount"]),
        tuple(_harmless(cell.get("note", "")) for cell in first),
        any(
            name.strip() == TIMESTAMP and cell.get("userEnteredFormat", {}).get("numberFormat")
            for name, cell in zip(header, first, strict=True)
        ),
    )


def _harmless(text: str) -> str:
    """A text that whoever may edit the spreadsheet wrote, for a terminal: lines, and letters."""
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)


def filled_rows(answer: Mapping[str, Any]) -> int:
    """How many rows there are up to the last one in which a cell holds something, or has a look."""
    last = 0
    for sheet in answer.get("sheets", ()):
        for number, cells in enumerate(_first_rows(sheet), start=1):
            if any(cells):
                last = number
    return last


def cells_of(answer: Mapping[str, Any]) -> int:
    """How many cells all tabs have; a chart has none."""
    grids = [sheet["properties"].get("gridProperties", {}) for sheet in answer.get("sheets", ())]
    return sum(int(grid.get("rowCount", 0)) * int(grid.get("columnCount", 0)) for grid in grids)


def rows_of_view(answer: Mapping[str, Any], name: str) -> list[list[Cell]]:
    """The rows that an answer has of the tab of that name, the first among them."""
    return [
        [_cell(cell) for cell in cells]
        for sheet in answer.get("sheets", ())
        if is_tab(sheet, name)
        for cells in _first_rows(sheet)
    ]


def _first_rows(sheet: Mapping[str, Any]) -> list[Sequence[Mapping[str, Any]]]:
    data = sheet.get("data", [{}])
    return [row.get("values", ()) for row in data[0].get("rowData", ())]


def _cell(cell: Mapping[str, Any]) -> Cell:
    """What a cell holds, computed; an error as its name, which is no value anywhere."""
    value: Mapping[str, Any] = cell.get("effectiveValue", {})
    for kind in ("numberValue", "stringValue", "boolValue"):
        if kind in value:
            held: Cell = value[kind]
            return held
    return f"#{value['errorValue'].get('type', 'ERROR')}" if "errorValue" in value else None


def stretches(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Row numbers as runs without a gap."""
    first = last = -1
    for number in sorted(set(numbers)):
        if number != last + 1:
            if last >= 0:
                yield first, last
            first = number
        last = number
    if last >= 0:
        yield first, last
