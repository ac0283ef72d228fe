"""What any file, however damaged, must keep to: read in our own words, or refused in them.

`dealt_with` takes a file's bytes the whole way: looked at, gone through row by row, and imported
twice into a ledger that is thrown away.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import count
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from meterctl.domain.meters import Meter, Zones
from meterctl.errors import MeterctlError
from meterctl.imports.formats import Context, Options, Row
from meterctl.imports.problems import Problem, Stop
from meterctl.imports.text.source import Source
from meterctl.ledger.sqlite import open_for_writing
from meterctl.services.bulk_import import Imported, Plan, Watch, bulk_import
from meterctl.services.importing import Prepared, prepare
from tests.helpers import BERLIN, NOW

SECONDS = 20  # for a small file: two tests at once on a slow machine need one of them
_MESSAGE_LIMIT = 2_000


class Read(NamedTuple):
    """A file of which nothing stood in the way, or what did."""

    prepared: Prepared | None
    rows: tuple[Row, ...] = ()
    remarks: tuple[str, ...] = ()
    refused: str | None = None  # why, where it is not read as a whole

    @property
    def meters(self) -> dict[str, Meter]:
        """Whose each series is."""
        if self.prepared is None:
            return {}
        return self.prepared.assigned.assigned | self.prepared.assigned.proposed


class Room:
    """A folder with a new ledger for each file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._empty = folder / "empty.db"
        self._numbers = count()
        open_for_writing(self._empty, NOW).close()

    def dealt_with(self, data: bytes, options: Options = Options()) -> Read:  # noqa: B008 (immutable)
        """Take a file the whole way, and check what holds for every file.

        Raises:
            AssertionError: an error that no person should see, or one import not as the other.
        """
        with _within(SECONDS):
            found = read(data, options)
            if found.prepared is not None and any(row.readings for row in found.rows):
                self._import_twice(data, options, found)
            return found

    def imported(self, options: Options, *files: bytes) -> list[Imported]:
        """Files imported one after the other into one new ledger, their good rows."""
        path = self._folder / f"{next(self._numbers)}.db"
        shutil.copy(self._empty, path)
        ledger = open_for_writing(path, NOW)
        try:
            options = options._replace(create=True)
            done = []
            for data in files:
                context = Context(ledger.meters(), Zones(BERLIN), NOW, options)
                watch = Watch(_check_problem, lambda _position: None)
                done.append(bulk_import(ledger, _source(data), context, Plan(skip_bad=True), watch))
            assert ledger.damage() == []
            return done
        finally:
            ledger.close()
            for one in self._folder.glob(f"{path.name}*"):
                one.unlink()

    def _import_twice(self, data: bytes, options: Options, found: Read) -> None:
        """The first import takes every reading of the rows; the same again adds nothing."""
        first, again = self.imported(options, data, data)
        readings = sum(len(row.readings) for row in found.rows)
        rejected = sum(row.problem is not None for row in found.rows)
        assert (first.rows, first.rejected) == (len(found.rows), rejected)
        assert first.recorded + first.duplicates + first.conflicts == readings
        assert (again.recorded, again.created, again.conflicts) == (0, (), first.conflicts)
        assert (again.rows, again.duplicates + again.conflicts) == (first.rows, readings)


def read(data: bytes, options: Options) -> Read:
    """All rows of a file; twice, for every pass must be the same."""
    context = Context((), Zones(BERLIN), NOW, options._replace(create=True))
    try:
        prepared = prepare(_source(data), context)
        rows = tuple(prepared.rows(lambda _position: None))
        assert rows == tuple(prepared.rows(lambda _position: None))
    except Stop as stop:
        _check_problem(stop.problem)
        return Read(None, refused=stop.problem.message)
    except MeterctlError as error:
        _check_words(error.message, error.hint)
        return Read(None, refused=error.message)
    for row in rows:
        _check_row(row)
    for sentence in (*prepared.notes, *prepared.remarks()):
        assert sentence.strip()
        assert sentence.isprintable(), repr(sentence)
    return Read(prepared, rows, prepared.remarks())


def _source(data: bytes) -> Source:
    return Source("file.csv", BytesIO(data), len(data))


def _check_row(row: Row) -> None:
    assert len(row.readings) == len(row.cells)
    assert row.record.line >= 1
    if row.problem is not None:
        assert row.readings == []
        _check_problem(row.problem)
    for cell in row.cells:
        assert 0 <= cell < len(row.record.cells)


def _check_problem(problem: Problem) -> None:
    assert problem.line >= 1
    assert problem.column >= 1
    _check_words(problem.message, problem.hint)


def _check_words(message: str, hint: str) -> None:
    """One line, with a next step, that a terminal can show."""
    assert message
    assert len(message) < _MESSAGE_LIMIT
    assert message.isprintable(), repr(message)
    assert hint
    assert hint.isprintable(), repr(hint)


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Nothing may go on for longer."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"still at work after {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
