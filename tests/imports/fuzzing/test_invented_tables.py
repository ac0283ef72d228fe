"""Tables of which it is known what stands in them: that comes out, or it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from tests.imports.fuzzing.invented import Invented, tables
from tests.imports.fuzzing.room import Room, read
from tests.imports.fuzzing.truth import check, readings_of


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    """Where these files are imported."""
    with TemporaryDirectory() as folder:
        yield Room(Path(folder))


@settings(max_examples=60, deadline=None)
@given(table=tables())
def test_what_was_put_in(room: Room, table: Invented) -> None:
    """No reading is wrong, no amount is left out in silence, whatever the file looks like."""
    found = room.dealt_with(table.data, table.options)
    if found.prepared is not None:
        check(table, found)


@settings(max_examples=25, deadline=None)
@given(table=tables(with_bad=False))
def test_twice_in_one_file(room: Room, table: Invented) -> None:
    """The table, and the table once more with its header, adds nothing to the table."""
    rows = [*table.rows, *table.header[-1:], *table.rows]
    once, twice = room.imported(table.options, table.data, table.written(rows))
    if not once.refused and not twice.refused:
        assert (twice.recorded, twice.conflicts, twice.created) == (0, once.conflicts, ())


@settings(max_examples=40, deadline=None)
@given(table=tables(with_bad=False))
def test_in_either_order(table: Invented) -> None:
    """The newest row first or last: the readings are the same."""
    there, back = (
        read(table.written(rows), table.options) for rows in (table.rows, table.rows[::-1])
    )
    assert (there.refused is None) == (back.refused is None), (there.refused, back.refused)
    assert readings_of(table, there) == readings_of(table, back)
