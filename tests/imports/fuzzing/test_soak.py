"""Ten minutes of files that nobody has thought of; `make soak` runs it and prints what it found."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.imports.fuzzing.damage import answers, damaged_files
from tests.imports.fuzzing.invented import Invented, tables
from tests.imports.fuzzing.room import Room
from tests.imports.fuzzing.test_any_file import BYTES, TEXTS
from tests.imports.fuzzing.truth import check

MINUTES = 10 / 3  # for each of the three
ROUND = 200  # examples between two looks at the clock
_FAILED = 5  # rounds, after which there is enough to mend


def go(strategy: st.SearchStrategy[Any], deal: Callable[[Any], object], name: str) -> None:
    """As many examples as there is time for, each round from a seed of its own."""
    end, began = time.monotonic() + 60 * MINUTES, int(time.time())
    examples = 0
    failures: list[tuple[int, Exception]] = []
    while time.monotonic() < end and len(failures) < _FAILED:
        number = began + examples

        @seed(number)
        @settings(
            max_examples=ROUND,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def one(example: Any) -> None:  # noqa: ANN401 (whatever the strategy makes)
            if time.monotonic() < end:
                deal(example)

        try:
            one()
        except Exception as error:  # noqa: BLE001 (each is told below)
            failures.append((number, error))
        examples += ROUND
    print(f"\n{name}: {examples} examples, {len(failures)} failures")  # noqa: T201 (a soak's result)
    for number, failure in failures:
        print(f"  seed {number}: {failure!r} {getattr(failure, '__notes__', '')}")  # noqa: T201 (same)
    assert not failures


@pytest.mark.soak
def test_bytes_of_any_kind(tmp_path: Path) -> None:
    """Noise is refused, or its rows are."""
    room = Room(tmp_path)
    go(
        st.tuples(BYTES | TEXTS, answers()),
        lambda given: room.dealt_with(*given),
        "bytes of any kind",
    )


@pytest.mark.soak
def test_damaged_exports(tmp_path: Path) -> None:
    """Every format's files, damaged."""
    room = Room(tmp_path)
    go(
        st.tuples(damaged_files(), answers()),
        lambda given: room.dealt_with(*given),
        "damaged exports",
    )


@pytest.mark.soak
def test_invented_tables(tmp_path: Path) -> None:
    """No reading is wrong, no amount is left out in silence."""
    room = Room(tmp_path)

    def deal(table: Invented) -> None:
        found = room.dealt_with(table.data, table.options)
        if found.prepared is not None:
            check(table, found)

    go(tables(), deal, "invented tables")
