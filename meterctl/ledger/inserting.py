"""Many rows by few statements, as SQLite takes them quickest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain

_ROWS = 50  # inserted by one statement; more are no faster
_PARAMETERS = 900  # of one statement; every SQLite takes 999


def statements(
    table: str, same: Mapping[str, object], columns: Mapping[str, Iterable[object]]
) -> Iterator[tuple[str, list[object]]]:
    """Statements that insert the rows, each with its parameters.

    Args:
        table: Its name, of our own.
        same: The columns in which all rows agree; numbers stand in the statement itself.
        columns: The others; the shortest one tells how many rows there are.
    """
    numbers = {name: one for name, one in same.items() if type(one) is int}
    others = [one for name, one in same.items() if name not in numbers]
    names = (*numbers, *(name for name in same if name not in numbers), *columns)
    width = len(others) + len(columns)
    rows: Iterable[Iterable[object]] = zip(*columns.values(), strict=False)
    if others:
        rows = ((*others, *row) for row in rows)
    cells = list(chain.from_iterable(rows))
    step = width * min(_ROWS, _PARAMETERS // width)
    for start in range(0, len(cells), step):
        some = cells[start : start + step]
        yield _insert(table, names, tuple(numbers.values()), width, len(some) // width), some


@cache
def _insert(
    table: str, names: tuple[str, ...], numbers: tuple[int, ...], width: int, rows: int
) -> str:
    row = f"({', '.join([*map(str, numbers), *'?' * width])})"
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table} ({quoted}) VALUES {', '.join([row] * rows)}"  # noqa: S608 (names of our own)
