"""What the first look at a file found, kept for the second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from random import Random
from resource import RLIMIT_FSIZE, getrlimit, setrlimit
from signal import SIG_IGN, SIGXFSZ, signal

import pytest

from meterctl.domain.plain import Plain
from meterctl.imports.blocks import Block, Column
from meterctl.imports.canonical import kept as canonical_kept
from meterctl.imports.canonical.kept import Kept
from meterctl.imports.formats import Row
from meterctl.imports.problems import Problem
from meterctl.imports.text.cells import Record
from tests.helpers import METER, reading

BAD = Row(Record(1, [], ""), [], [], Problem(1, 1, "no", "mend it"))
GOOD = Row(Record(1, [], ""), [reading("1", "2025-11-07T14:00Z")], [1])


def column(at: Sequence[int], first_line: int, meter: str = METER.id) -> Column:
    """Readings whose values are their times."""
    times = list(at)
    lines = range(first_line, first_line + len(times))
    return Column(Plain(meter, 1, times, times, list(times)), 1, lines)


def block(at: Sequence[int], first_line: int = 2) -> Block:
    """A block of one column."""
    return Block(len(at), (column(at, first_line),))


def kept_of(*blocks: Block) -> Kept:
    """These blocks, kept."""
    kept = Kept()
    for position, one in enumerate(blocks):
        kept.add(one, position)
    return kept


def times(kept: Kept) -> list[list[int]]:
    """The times of each block that was kept, which are its values too."""
    found = []
    with closing(kept):
        for one, _ in kept.blocks():
            (only,) = one.columns
            assert only.plain.at == only.plain.values
            found.append(only.plain.at)
    return found


def test_blocks_in_order_of_time() -> None:
    """They come as they went in."""
    assert times(kept_of(block([1, 2]), block([3, 4]))) == [[1, 2], [3, 4]]


def test_the_newest_first() -> None:
    """Each block is turned round, and so are the blocks."""
    assert times(kept_of(block([4, 3]), block([2, 1]))) == [[1, 2], [3, 4]]


def test_blocks_that_overlap() -> None:
    """They keep their order: of two values for one time the first in the file counts."""
    assert times(kept_of(block([3, 4]), block([1, 3]))) == [[3, 4], [1, 3]]


def test_rows_in_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are sorted, in blocks, each with its line; of one time, in the order of the file."""
    monkeypatch.setattr(canonical_kept, "BLOCK_ROWS", 50)
    monkeypatch.setattr(canonical_kept, "_BIN", 200)
    monkeypatch.setattr(canonical_kept, "_SAMPLE", 5)
    at = list(range(500)) * 2
    Random(1).shuffle(at)
    blocks = [block(at[start : start + 50], start) for start in range(0, 1_000, 50)]
    with closing(kept_of(*blocks)) as kept:
        told = [one for one, _ in kept.blocks()]
    rows = [
        row
        for one in told
        for only in one.columns
        for row in zip(only.plain.at, only.lines, strict=True)
    ]
    assert rows == sorted((when, line) for line, when in enumerate(at))
    assert all(25 <= one.size <= 100 for one in told)


def test_a_meter_that_is_not_in_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """In each block there is one column for it, whatever stood beside it in the file."""
    monkeypatch.setattr(canonical_kept, "_SAMPLE", 1)
    blocks = []
    for number in range(20):
        at = [number, number + 100, number + 50]
        one, other = column(at, 3 * number), column(at, 3 * number, "other")._replace(cell=2)
        if number % 2:  # both in the same rows
            other = Column(one.plain._replace(meter="other"), 2, one.lines)
        blocks.append(Block(3, (one, other)))
    with closing(kept_of(*blocks)) as kept:
        for block_, _ in kept.blocks():
            assert sorted(one.plain.meter for one in block_.columns) == ["meter", "other"]


def test_bad_rows() -> None:
    """What is good beside them is kept."""
    kept = kept_of(block([1])._replace(rows=[BAD]), Block(1, (), [BAD]))
    assert kept.is_whole
    assert times(kept) == [[1]]


def test_a_good_row_that_is_not_plain() -> None:
    """Nothing is kept: the file is read again."""
    kept = kept_of(block([1]), Block(1, (), [GOOD]))
    assert not kept.is_whole
    assert times(kept) == []


def test_a_disk_without_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same."""
    monkeypatch.setattr(canonical_kept, "_MOST_BYTES", 0)
    assert not kept_of(block([1])).is_whole


@pytest.fixture
def room() -> Iterator[Callable[[int], None]]:
    """Says how large a file may become, as a full disk does."""
    before, handler = getrlimit(RLIMIT_FSIZE), signal(SIGXFSZ, SIG_IGN)
    yield lambda size: setrlimit(RLIMIT_FSIZE, (size, before[1]))
    setrlimit(RLIMIT_FSIZE, before)
    signal(SIGXFSZ, handler)


@pytest.mark.parametrize("size", [1_000, 20_000, 50_001])
def test_a_disk_that_fills_up(
    monkeypatch: pytest.MonkeyPatch, room: Callable[[int], None], size: int
) -> None:
    """The same; letting go of what was half written is no error."""
    monkeypatch.setattr(canonical_kept, "_IN_MEMORY", 1_000)
    room(size)
    kept = kept_of(*(block(range(start, start + 500)) for start in range(0, 10_000, 500)))
    assert not kept.is_whole
    assert times(kept) == []


def test_a_disk_that_fills_up_while_rows_are_sorted(
    monkeypatch: pytest.MonkeyPatch, room: Callable[[int], None]
) -> None:
    """They come as they went in."""
    for name, value in (("_IN_MEMORY", 1_000), ("BLOCK_ROWS", 50), ("_BIN", 200), ("_SAMPLE", 5)):
        monkeypatch.setattr(canonical_kept, name, value)
    at = list(range(5_000))
    Random(1).shuffle(at)
    kept = kept_of(*(block(at[start : start + 50]) for start in range(0, 5_000, 50)))
    room(60_000)
    assert times(kept) == [sorted(at[start : start + 50]) for start in range(0, 5_000, 50)]
