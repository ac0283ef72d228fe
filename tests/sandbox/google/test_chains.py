"""Formulas that need each other: a running total down a column, and those that go in a circle."""

from __future__ import annotations

import pytest

from tests.sandbox.google.client import Api

LONG = 900


def chain(api: Api, length: int) -> None:
    """A column of ones, and beside it what they have come to so far."""
    rows: list[list[object]] = [
        [1, 1],
        *([1, f"=B{above}+A{above + 1}"] for above in range(1, length)),
    ]
    api.typed("A1", *rows)


@pytest.mark.parametrize("length", [2, 16, 17, 18, 33, LONG])
def test_a_running_total(api: Api, length: int) -> None:
    """Its last cell alone is right, however long the column is."""
    chain(api, length)
    assert api.plain(f"B{length}") == [[length]]


def test_a_running_total_from_below(api: Api) -> None:
    """The same where each cell needs the one under it, and a sum needs them all."""
    rows: list[list[object]] = [[f"=A{under}+1"] for under in range(2, LONG + 1)]
    api.typed("A1", *rows, [1], ["=SUM(A1:A900)", "=IFERROR(A1;0)"])
    assert api.plain("A901:B901") == [[LONG * (LONG + 1) // 2, LONG]]
    assert api.plain("A1:A3") == [[LONG], [LONG - 1], [LONG - 2]]


@pytest.mark.parametrize("length", [1, 2, 16, 17, 40, 333])
def test_a_circle(api: Api, length: int) -> None:
    """Each cell of it is a #REF!, whether asked alone or with the others."""
    api.typed("A1", *([f"=A{at % length + 1}+1"] for at in range(1, length + 1)))
    assert api.read("A1") == [["#REF!"]]
    assert api.read(f"A1:A{length}") == [["#REF!"]] * length


def test_beside_a_circle(api: Api) -> None:
    """One that leads into it fails too; one that leads past it does not."""
    api.typed("A1", ["=A2"], ["=A1"], ["=A2+1"], [5], ["=A4+1"])
    assert api.read("A3:A5") == [["#REF!"], ["5"], ["6"]]
