"""Columns that say what another one says already: the differences of a dial's readings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from meterctl.domain.quantity import MILLIONTHS
from meterctl.imports.numbers import COMMA, POINT, millionths_of

MOST_COLUMNS = 12  # of values that are compared with each other
_MOST_ROWS = 2_000
_FEW = 20  # matches for each that does not
_SLACK = 50  # a difference is printed rounded: a fiftieth of it, or some hundredths of one unit
_HUNDREDTHS = MILLIONTHS * 6 // 100
_SAMPLES = 12  # rows on which a sum is checked
_ENOUGH_ROWS = 3
_EITHER_MARK = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")  # with a decimal mark, or thousands
_MOST_PARTS = 6  # of which every sum is tried


class Differences:
    """Which column holds the differences of which other one, from row to row, either way down."""

    def __init__(self) -> None:
        self._rows = 0
        self._samples: list[dict[int, int]] = []  # some rows that are filled
        self._last: dict[tuple[str, ...], dict[int, int]] = {}
        self._steps: dict[int, list[int]] = {}  # of each column, how many up and how many down
        self._hits: dict[tuple[int, int], list[int]] = {}  # matches in four ways, rows

    def see(self, key: tuple[str, ...], cells: dict[int, str]) -> None:
        """Take in the values of a row of one meter."""
        if self._rows >= _MOST_ROWS or len(cells) > MOST_COLUMNS:
            return
        self._rows += 1
        self._keep(cells)
        now = {place: value for place, text in cells.items() if (value := _value(text)) is not None}
        last, self._last[key] = self._last.get(key), now
        if last is None:
            return
        for dial in now.keys() & last.keys():
            step = now[dial] - last[dial]
            steps = self._steps.setdefault(dial, [0, 0])
            steps[0] += step > 0
            steps[1] += step < 0
            for amount in cells.keys() - {dial}:
                if not step:
                    continue  # a day without any use says nothing
                # Since the reading before or until the next one, in a file that runs either way.
                hits = self._hits.setdefault((amount, dial), [0, 0, 0, 0, 0])
                hits[0] += _is_near(now.get(amount), step)
                hits[1] += _is_near(last.get(amount), -step)
                hits[2] += _is_near(last.get(amount), step)
                hits[3] += _is_near(now.get(amount), -step)
                hits[4] += 1

    def is_no_sum(self, total: int, parts: Sequence[int]) -> bool:
        """Whether rows show that a column adds up none of some others, with a minus or without."""
        rows = [row for row in self._samples if row.get(total) and all(c in row for c in parts)]
        if len(rows) < _ENOUGH_ROWS or len(parts) > _MOST_PARTS:
            return False
        return not any(
            all(_is_about(row[total], sum(k * row[c] for k, c in zip(ways, parts, strict=True)))
                for row in rows)
            for ways in product((1, 0, -1), repeat=len(parts))
            if sum(map(abs, ways)) > 1
        )  # fmt: skip

    def _keep(self, cells: dict[int, str]) -> None:
        is_clear = not any(_EITHER_MARK.fullmatch(text.strip()) for text in cells.values())
        if len(self._samples) < _SAMPLES and len(cells) > 2 and is_clear:
            row = {c: value for c, text in cells.items() if (value := _value(text)) is not None}
            if row not in self._samples:
                self._samples.append(row)

    def of(self, amount: int) -> tuple[int, int] | None:
        """The column whose differences another one holds, and how often it was seen to.

        None: it says something of its own.
        """
        for (place, dial), (down, up, *until, rows) in self._hits.items():
            # Amounts until the next reading are rarer: it takes more of them to believe it.
            hits = max(down, up, *(way for way in until if way >= _ENOUGH_ROWS), 0)
            turns = min(self._steps.get(dial, [0, 0]))
            if place == amount and hits and (rows - hits + turns) * _FEW <= hits:
                return dial, hits
        return None


def _is_about(total: int, added: int) -> bool:
    """Whether a sum is that of printed, rounded parts."""
    return abs(total - added) <= max(abs(total) // _SLACK, _HUNDREDTHS)


def _is_near(amount: int | None, step: int) -> bool:
    if amount is None or step <= 0 or amount <= 0:
        return False
    slack = max(amount // _SLACK, _HUNDREDTHS if amount >= MILLIONTHS else 0)
    return abs(amount - step) <= slack


def _value(text: str) -> int | None:
    return millionths_of(text, COMMA if text.rfind(",") > text.rfind(".") else POINT)
