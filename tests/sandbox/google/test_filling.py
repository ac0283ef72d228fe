"""`autoFill` and `textToColumns`: cells that are filled from others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.google.client import Api, refused

Json = dict[str, Any]


def block(top: int, bottom: int, left: int, right: int) -> Json:
    """A range of the first sheet."""
    rows, columns = ("startRowIndex", "endRowIndex"), ("startColumnIndex", "endColumnIndex")
    return {"sheetId": 0} | dict(zip((*rows, *columns), (top, bottom, left, right), strict=True))


@pytest.mark.parametrize(
    ("given", "more"),
    [
        ([[1], [2]], [3, 4]),
        ([[1], [3]], [5, 7]),
        ([[1], [2], [4]], [1, 2]),
        ([[7]], [7, 7]),
        ([["meter 1"]], ["meter 2", "meter 3"]),
        ([["a"], ["b"]], ["a", "b"]),
        ([["2026-01-31"]], ["2026-02-01", "2026-02-02"]),
        ([[1, 10], [2, 20]], [3, 4]),
    ],
)
def test_a_series(api: Api, given: list[list[object]], more: list[object]) -> None:
    """It goes on by the same step; a single number, and what is none, is repeated."""
    api.typed("A1", *given)
    start, width = len(given), len(given[0])
    api.batch({"autoFill": {"range": block(0, start + 2, 0, width)}})
    found = [line[0] for line in api.read(f"A{start + 1}:A{start + 2}")]
    assert found == [str(one) for one in more]


def test_a_series_the_other_way(api: Api) -> None:
    """Before the source, and along columns; formulas move along."""
    api.typed("C3", [5, 6], ["=C3*2", "x"])
    before = {"source": block(2, 3, 2, 4), "dimension": "COLUMNS", "fillLength": -2}
    below = {"source": block(3, 4, 2, 3), "dimension": "ROWS", "fillLength": 1}
    api.batch(
        {"autoFill": {"sourceAndDestination": before}},
        {"autoFill": {"sourceAndDestination": below}},
    )
    assert api.plain("A3:D3") == [[3, 4, 5, 6]]
    assert api.formulas("C5") == [["=C4*2"]]
    across = {"source": block(2, 3, 2, 4), "dimension": "COLUMNS", "fillLength": -3}
    assert "beyond the edge" in refused(api.change({"autoFill": {"sourceAndDestination": across}}))


@pytest.mark.parametrize(
    ("text", "how", "columns"),
    [
        ("a,b, c", {"delimiterType": "COMMA"}, ["a", "b", "c"]),
        ("1;2", {"delimiterType": "SEMICOLON"}, [1, 2]),
        ("a b", {"delimiterType": "SPACE"}, ["a", "b"]),
        ("a|b", {"delimiterType": "CUSTOM", "delimiter": "|"}, ["a", "b"]),
        ("a;b", {"delimiterType": "AUTODETECT"}, ["a", "b"]),
        ("alone", {"delimiterType": "COMMA"}, ["alone"]),
    ],
)
def test_texts_into_columns(api: Api, text: str, how: Json, columns: list[object]) -> None:
    """Each piece is taken as if it was typed, over what was to the right."""
    api.write("A1", [[text], [5]])
    api.batch({"textToColumns": {"source": block(0, 2, 0, 1), **how}})
    assert api.plain("A1:D2") == [columns, [5]]


def test_a_source_that_is_too_wide(api: Api) -> None:
    """Only one column is split at a time, and at a delimiter that is said."""
    wide = {"source": block(0, 1, 0, 2), "delimiterType": "COMMA"}
    assert "one column" in refused(api.change({"textToColumns": wide}))
    unsaid = {"source": block(0, 1, 0, 1), "delimiterType": "CUSTOM"}
    assert "CUSTOM" in refused(api.change({"textToColumns": unsaid}))
