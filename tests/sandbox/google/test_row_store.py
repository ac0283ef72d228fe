"""Where a sheet's rows are kept, against the simplest thing that could hold them."""

from __future__ import annotations

import random

import pytest

from meterctl.sandbox.google import rows as row_store
from meterctl.sandbox.google.areas import Box
from meterctl.sandbox.google.book import Tab
from meterctl.sandbox.google.cells import Row, has_data
from meterctl.sandbox.google.rows import Rows
from meterctl.sandbox.google.values import find_table


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of four rows, so that a few rows have many edges."""
    monkeypatch.setattr(row_store, "SIZE", 4)


def content(rows: Rows) -> list[Row]:
    """All rows, without the empty ones at the end."""
    found = list(rows.between(0, len(rows)))
    assert found == [rows[at] for at in range(len(rows))]
    while found and not found[-1]:
        found.pop()
    return found


@pytest.mark.parametrize("seed", range(60))
def test_any_changes_in_any_order(seed: int) -> None:
    """The rows are those of a plain list; copies made on the way never change."""
    chance = random.Random(seed)
    rows, plain = Rows(), list[Row]()
    copies: list[tuple[Rows, list[Row]]] = []
    for number in range(80):
        at, count = chance.randrange(40), chance.randrange(12)
        match chance.choice(["set", "set", "insert", "delete", "copy", "change"]):
            case "set":
                plain += [()] * (at + 1 - len(plain))
                rows[at] = plain[at] = (number,) if chance.random() < 0.9 else ()
            case "insert":
                rows.insert(at, count)
                plain[at:at] = [()] * count if at < len(plain) else []
            case "delete":
                rows.delete(at, at + count)
                del plain[at : at + count]
            case "copy":
                copies.append((rows, list(plain)))
                rows = rows.copy()
            case _:
                rows.change(lambda row: (*row, "more") if row else row)
                plain = [(*row, "more") if row else row for row in plain]
        while plain and not plain[-1]:
            plain.pop()
        assert content(rows) == plain
    for kept, before in copies:
        assert content(kept) == before


def test_the_same_place_again_and_again() -> None:
    """Rows put in above each other leave chunks that are half full at least, no crumbs."""
    rows = Rows()
    for at in range(16):
        rows[at] = ("old",)
    for _ in range(400):
        rows.insert(3, 1)
    assert len(rows) == 416
    assert len(rows._chunks) <= 416 // 2


@pytest.mark.parametrize("seed", range(150))
def test_where_a_table_ends(seed: int) -> None:
    """Found in big steps as it is found cell by cell."""
    chance = random.Random(seed)
    tab = Tab(0, "Sheet1", row_count=40, column_count=6)
    full = chance.choice([0.05, 0.3, 0.6, 0.95])
    for at in range(chance.randrange(40)):
        cells = [1 if chance.random() < full else None for _ in range(6)]
        while cells and cells[-1] is None:
            cells.pop()
        tab.put(at, tuple(cells))
    for _ in range(10):
        top, left = chance.randrange(40), chance.randrange(6)
        box = Box(top, chance.randrange(top, 41), left, chance.randrange(left, 7))
        assert find_table(tab, box) == cell_by_cell(tab, box)


def cell_by_cell(tab: Tab, box: Box) -> Box | None:
    """The same, looked for in the plainest way."""

    def filled(row: int, column: int) -> bool:
        cells = tab.rows[row] if row >= 0 else ()
        return 0 <= column < len(cells) and has_data(cells[column])

    inside = [
        (row, column)
        for row in range(box.top, box.bottom)
        for column in range(box.left, box.right)
        if filled(row, column)
    ]
    if not inside:
        return None
    row, column = max(inside)
    top, bottom, left, right = row, row + 1, column, column + 1
    while True:
        before = top, bottom, left, right
        top -= any(filled(top - 1, c) for c in range(left, right))
        bottom += any(filled(bottom, c) for c in range(left, right))
        left -= any(filled(r, left - 1) for r in range(top - 1, bottom + 1))
        right += any(filled(r, right) for r in range(top - 1, bottom + 1))
        if before == (top, bottom, left, right):
            return Box(top, bottom, left, right)
