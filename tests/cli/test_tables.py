"""Tables for people: columns that stand one below the other."""

from __future__ import annotations

import pytest

from meterctl.cli import out


@pytest.mark.parametrize(
    ("cell", "width"),
    [
        pytest.param("meter", 5, id="ASCII"),
        pytest.param("Zähler", 6, id="an umlaut"),
        pytest.param("Za\u0308hler", 6, id="an umlaut of two letters"),
        pytest.param("電力", 4, id="letters as wide as two"),
        pytest.param("\x1b[32mgood\x1b[0m", 4, id="colour"),
    ],
)
def test_widths(cell: str, width: int) -> None:
    """What a cell takes of a terminal is what counts, not how many letters it has."""
    wide, plain = out.aligned([[cell, "x"], ["m" * 8, "x"]])
    assert wide == f"{cell}{' ' * (8 - width)}  x"
    assert plain == "mmmmmmmm  x"


def test_numbers_to_the_right() -> None:
    """Where a column is one of numbers; no line ends with spaces."""
    assert out.aligned([["a", "1"], ["b", "100"], ["c", ""]], right=(1,)) == [
        "a    1",
        "b  100",
        "c",
    ]
