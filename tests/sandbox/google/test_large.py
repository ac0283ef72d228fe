"""A tab that grows: what a request costs depends on what it touches, and limits are kept.

Times are compared with each other, in turn, never with the clock on the wall.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

import pytest

from meterctl.sandbox.google import Google
from meterctl.sandbox.server import serve
from tests.sandbox.google.client import Api, Json, appended, fine, refused, row, token_created

FEW = 100
MANY = 40_000
BLOCK = 10_000


class Sizes(NamedTuple):
    """Two spreadsheets, alike but for their size."""

    small: Api
    large: Api


@pytest.fixture(scope="module")
def sizes() -> Iterator[Sizes]:
    """One of a hundred rows and one of forty thousand."""
    google = Google(quota=False)
    with serve(google) as server:
        found = Sizes(Api(google, server).new(), Api(google, server).new())
        for api, rows in zip(found, (FEW, MANY), strict=True):
            grid = {"sheetId": 0, "gridProperties": {"rowCount": rows, "columnCount": 5}}
            fields = "gridProperties(rowCount,columnCount)"
            api.batch({"updateSheetProperties": {"properties": grid, "fields": fields}})
            for first in range(0, rows, BLOCK):
                numbers = range(first, min(first + BLOCK, rows))
                block = [[f"t{at:06}", at / 4, at % 97, "x", "key"] for at in numbers]
                api.write(f"A{first + 1}", block)
        yield found
    assert not server.errors


def times_as_long(sizes: Sizes, ask: Callable[[Api], object], times: int = 15) -> float:
    """How many times as long the large one takes, by the medians of requests made in turn."""
    took: list[list[float]] = [[], []]
    for _ in range(times):
        for api, kept in zip(sizes, took, strict=True):
            began = time.perf_counter()
            ask(api)
            kept.append(time.perf_counter() - began)
    return statistics.median(took[1]) / statistics.median(took[0])


NUMBERS = count(1)


def grid_row(number: int) -> Json:
    """A row as a GridRange's lines."""
    return {
        "range": {"sheetId": 0, "dimension": "ROWS", "startIndex": number, "endIndex": number + 1}
    }


def values_appended(how: str) -> Callable[[Api], object]:
    """A values.append of one row."""
    body = {"values": [["new", 1, 2, "x", "key"]]}
    return lambda api: fine(
        api.sheets("POST", "/values/A1:append", body, valueInputOption="RAW", insertDataOption=how)
    )


REQUESTS: dict[str, Callable[[Api], object]] = {
    "appendCells": lambda api: api.batch(appended(row("new", 1, 2))),
    "appendCells with a token": lambda api: api.batch(
        token_created(next(NUMBERS), ""), appended(row("new", 1, 2))
    ),
    "values.append": values_appended("OVERWRITE"),
    "values.append, new rows": values_appended("INSERT_ROWS"),
    "values.update": lambda api: api.write("A50", [["old", 1]]),
    "one cell": lambda api: api.read("C50"),
    "the properties": lambda api: api.get(fields="properties"),
    "the first row": lambda api: api.get(ranges="1:1", includeGridData="true"),
    "the version": lambda api: api.version(),
    "a row taken out": lambda api: api.batch({"deleteDimension": grid_row(3)}),
    "a row put in": lambda api: api.batch({"insertDimension": grid_row(3)}),
    "rows moved": lambda api: api.batch(
        {"moveDimension": {"source": grid_row(3)["range"], "destinationIndex": 9}}
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_what_touches_little(sizes: Sizes, name: str) -> None:
    """It takes about as long with four hundred times the rows."""
    ask = REQUESTS[name]
    for api in sizes:
        ask(api)  # once for what is learned of the rows and then known
    assert times_as_long(sizes, ask) < 8


@pytest.mark.parametrize("first", [1, MANY // 2, MANY - 95])
def test_a_block_wherever_it_lies(sizes: Sizes, first: int) -> None:
    """A hundred rows are read as fast at the end as at the top."""
    cells = {sizes.small: f"A1:E{FEW}", sizes.large: f"A{first}:E{first + FEW - 1}"}
    assert times_as_long(sizes, lambda api: api.plain(cells[api])) < 4


def test_a_long_read(sizes: Sizes) -> None:
    """It takes a few times as long as its JSON alone."""
    asked, alone, found = [], [], list[list[object]]()
    for _ in range(5):
        began = time.perf_counter()
        found = sizes.large.plain(f"A1:E{BLOCK}")
        asked.append(time.perf_counter() - began)
        began = time.perf_counter()
        json.loads(json.dumps(found))
        alone.append(time.perf_counter() - began)
    assert len(found) == BLOCK
    assert statistics.median(asked) / statistics.median(alone) < 8


def test_sorting(sizes: Sizes) -> None:
    """Ten times the rows take about ten times as long, not a hundred."""
    api = sizes.large

    def sort(rows: int) -> float:
        order = {"range": {"sheetId": 0, "endRowIndex": rows}}
        order |= {"sortSpecs": [{"dimensionIndex": 2, "sortOrder": "DESCENDING"}]}  # type: ignore[dict-item]  # JSON takes both
        began = time.perf_counter()
        api.batch({"sortRange": order})
        return time.perf_counter() - began

    took = [(sort(2_000), sort(20_000)) for _ in range(3)]
    assert min(many / few for few, many in took) < 40
    column = [one[0] for one in api.plain("C1:C20000")]
    assert column == sorted(column, reverse=True)


def test_a_column_put_in_and_taken_out(sizes: Sizes) -> None:
    """All rows follow."""
    api = sizes.large
    before = api.plain("A1:E20000")
    place = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 2, "endIndex": 4}
    api.batch({"insertDimension": {"range": place}})
    assert api.plain("E1:G20000") == [one[2:] for one in before]
    api.batch({"deleteDimension": {"range": place}})
    assert api.plain("A1:E20000") == before


CELLS = (
    "This action would increase the number of cells in the workbook above the limit of 10000000 "
    "cells."
)
COLUMNS = (
    "This action would increase the number of columns in the sheet above the limit of 18278 "
    "columns."
)


def longer(dimension: str, length: int) -> Json:
    """An appendDimension request."""
    return {"appendDimension": {"sheetId": 0, "dimension": dimension, "length": length}}


class TestLimits:
    """What is too much, and how that is said."""

    @pytest.mark.parametrize(
        ("name", "request_body"),
        [
            ("appendDimension", longer("ROWS", 10_000_000 // 26)),
            ("addSheet", {"addSheet": {"properties": {"gridProperties": {"rowCount": 400_000}}}}),
            (
                "insertDimension",
                {
                    "insertDimension": {
                        "range": grid_row(1)["range"] | {"endIndex": 10_000_000 // 26},
                    }
                },
            ),
        ],
    )
    def test_ten_million_cells(self, api: Api, name: str, request_body: Json) -> None:
        """Empty cells count; nothing of the batch is done."""
        assert refused(api.change(appended(row(1)), request_body)) == (
            f"Invalid requests[1].{name}: {CELLS}"
        )
        assert api.read("A1") == []

    def test_the_last_cells(self, api: Api) -> None:
        """The limit itself is allowed; one row more is not, by whichever way it comes."""
        api.batch({"deleteDimension": {"range": grid_row(0)["range"] | {"dimension": "COLUMNS"}}})
        api.batch(longer("ROWS", 10_000_000 // 25 - 1000))
        assert refused(api.change(longer("ROWS", 1))) == (
            f"Invalid requests[0].appendDimension: {CELLS}"
        )
        api.write("A400000", [["last"]])
        assert refused(api.change(appended(row(1)))) == f"Invalid requests[0].appendCells: {CELLS}"
        body = {"values": [[1]]}
        answer = api.sheets("POST", "/values/A400000:append", body, valueInputOption="RAW")
        assert refused(answer) == CELLS

    def test_more_rows_and_fewer_columns(self, api: Api) -> None:
        """What counts is the grid as it will be: the wide one of a new sheet is not in the way."""
        grid = {"rowCount": 1_250_000, "columnCount": 8}
        properties: Json = {"sheetId": 0, "gridProperties": grid}
        fields = "gridProperties(rowCount,columnCount)"
        api.batch({"updateSheetProperties": {"properties": properties, "fields": fields}})
        grid["rowCount"] += 1
        request = {"updateSheetProperties": {"properties": properties, "fields": fields}}
        assert refused(api.change(request)) == f"Invalid requests[0].updateSheetProperties: {CELLS}"

    def test_columns(self, api: Api) -> None:
        """As far as ZZZ."""
        api.batch({"deleteDimension": {"range": grid_row(0)["range"] | {"endIndex": 990}}})
        assert refused(api.change(longer("COLUMNS", 18_278 - 25))) == (
            f"Invalid requests[0].appendDimension: {COLUMNS}"
        )
        api.batch(longer("COLUMNS", 18_278 - 26))
        api.write("ZZZ1", [["last"]])
        body = {"values": [[1, 2]]}
        answer = api.sheets("POST", "/values/ZZZ2:append", body, valueInputOption="RAW")
        assert refused(answer) == COLUMNS

    def test_characters(self, api: Api) -> None:
        """Fifty thousand in a cell."""
        api.batch(appended(row("x" * 50_000)))
        api.write("A2", [["x" * 50_000]])
        text = "Your input contains more than the maximum of 50000 characters in a single cell."
        assert refused(api.change(appended(row("x" * 50_001)))).endswith(text)
        body = {"values": [["x" * 50_001]]}
        answer = api.sheets("PUT", "/values/A3", body, valueInputOption="RAW")
        assert refused(answer).endswith(text)

    def test_requests_of_a_batch(self, api: Api) -> None:
        """A hundred thousand."""
        one: Json = {"clearBasicFilter": {}}
        assert "100000" in refused(api.change(*([one] * 100_001)))
