"""How full a spreadsheet is, and the gap that a filled-down formula leaves: as numbers alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from meterctl.services.health import Grade
from meterctl.services.health_destinations import check_room
from meterctl.services.sheet_room import Filled, Room, filled
from meterctl.sheet.port import Cell


@pytest.mark.parametrize(
    ("cells", "grade", "code", "percent"),
    [
        (26_000, Grade.PASS, 0, "0.2 %"),
        (7_999_999, Grade.PASS, 0, "79.9 %"),
        (8_000_000, Grade.WARN, 0, "80 %"),
        (9_999_980, Grade.WARN, 0, "99.9 %"),
        (9_999_981, Grade.FAIL, 78, "99.9 %"),
        (10_000_000, Grade.FAIL, 78, "100 %"),
    ],
)
def test_room(cells: int, grade: Grade, code: int, percent: str) -> None:
    """A warning while there is time; a failure where not one more row of 20 columns fits."""
    check = check_room(Room(cells, 20))
    assert (check.grade, check.exit_code) == (grade, code)
    assert f"({percent})" in check.output
    assert "meterctl sheet use NEW_ID" in check.hint


def times(*rows: int) -> list[tuple[int, Cell]]:
    """A column of times that is filled in these rows."""
    return [(number, Decimal(46_000) if number in rows else None) for number in range(2, 101)]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param((), Filled(), id="no row"),
        pytest.param((2, 3, 4), Filled(3, 4), id="no gap"),
        pytest.param((2, 6, 14), Filled(3, 14), id="pauses that a person has left"),
        pytest.param((2, 13), Filled(2, 13, (3, 12)), id="a gap"),
        pytest.param((2, 13, 40, 41), Filled(4, 41, (14, 39)), id="the widest one"),
        pytest.param((20,), Filled(1, 20, (2, 19)), id="before the first row"),
    ],
)
def test_filled(rows: tuple[int, ...], found: Filled) -> None:
    """A gap lies between two rows, or between the header and the first: not below the last."""
    assert filled(times(*rows)) == found


def test_an_empty_text_is_no_time() -> None:
    """Such as a formula leaves."""
    assert filled([(2, ""), (3, None)]) == Filled()
