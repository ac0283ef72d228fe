"""Commands that write, each with a ledger to run on, and how to tell that it has done its work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.sqlite import open_for_reading
from tests.helpers import METER, Ran
from tests.ledger.files import execute_and_kill, fill, fill_and_kill, fill_as_of, held

ROWS = 400
BEFORE = [0, 1, 2]  # the values that the ledger holds before it runs
_READING = "meter@1970-01-01T00:00:00.001Z"
_RECORD = ("record", "142", "--at", "2026-01-02 10:00")


class Command(NamedTuple):
    """A run of the program that something happens to."""

    arguments: tuple[str, ...]
    is_done: Callable[[list[int]], bool]  # whether the values are those after it
    make: Callable[[Path], object] = fill  # the ledger that it finds
    twice: tuple[int, ...] = (0,)  # how it may end when it was done already
    revisions: int = 1  # that it adds

    def on(self, file: Path) -> list[str]:
        """Its arguments; it imports this file."""
        return [str(file) if one == "FILE" else one for one in self.arguments]


def _older(path: Path) -> None:
    fill_as_of(NEWEST_VERSION - 1, path)


def _older_and_hot(path: Path) -> None:
    _older(path)
    execute_and_kill(path, "INSERT INTO memo VALUES ('any', 'thing', 1)")


COMMANDS = {
    "record": Command(_RECORD, lambda values: values == [*BEFORE, 142]),
    "record after a crash": Command(_RECORD, lambda values: 142 in values, fill_and_kill),
    "correct": Command(
        ("correct", _READING, "7", "--reason", "misread"), lambda values: values == [0, 7, 2]
    ),
    "void": Command(
        ("void", _READING, "--reason", "a joke"), lambda values: values == [0, 2], twice=(0, 2, 65)
    ),
    "upgrade": Command(_RECORD, lambda values: 142 in values, _older),
    "upgrade after a crash": Command(_RECORD, lambda values: 142 in values, _older_and_hot),
    "bulk-import": Command(
        ("bulk-import", "FILE"), lambda values: len(values) == 3 + ROWS, revisions=ROWS
    ),
}


def write_file(path: Path) -> Path:
    """What is imported: a value an hour."""
    rows = (f"2026-01-{1 + n // 24:02}T{n % 24:02}:00:00Z,{100 + n}\n" for n in range(ROWS))
    path.write_text("timestamp,meterValue\n" + "".join(rows))
    return path


def done_so_far(command: Command, path: Path) -> bool:
    """Whether it has done its work; if not, what was there before is there as it was."""
    found = held(path)
    is_done = command.is_done(found)
    assert is_done or (found[:3] == BEFORE and min([100, *found[3:]]) == 100), found
    return is_done


def ends_well(command: Command, path: Path, again: Ran, *, was_done: bool) -> None:
    """It ran once more: all is there, each once; the ledger is sound and owes no judging."""
    assert again.code == 0 or (was_done and again.code in command.twice), again
    assert command.is_done(held(path))
    with closing(open_for_reading(path)) as ledger:
        assert (ledger.damage(), ledger.unjudged()) == ([], [])
        revisions = [*ledger.revisions_between(METER.id, 1, 0, 1 << 60)]
    assert len(revisions) == len(BEFORE) + command.revisions
