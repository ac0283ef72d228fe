"""What `spreadsheets.get` answers, understood: the view of a tab, and its first rows.

Source: developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from meterctl.errors import SheetUnfit
from meterctl.sheet import requests as bodies
from meterctl.sheet.port import Cell, Tab, Token, View
from meterctl.sheet.rows import plain

WITHOUT_ROWS = (
    "properties(title,timeZone),developerMetadata(metadataId,metadataKey,metadataValue)"
    ",sheets(properties(sheetId,title,gridProperties(rowCount,columnCount)))"
)
WITH_ROWS = WITHOUT_ROWS.removesuffix(")") + ",data(rowData(values(effectiveValue,note))))"


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
        of.get("title", ""),
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
    first = _first_rows(sheet)[:1]
    return Tab(
        gid_of(of),
        tuple(plain(_cell(cell)) for cells in first for cell in cells),
        int(grid["columnCount"]),
        int(grid["rowCount"]),
        tuple(cell.get("note", "") for cells in first for cell in cells),
    )


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
