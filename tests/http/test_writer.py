"""One thread writes: what comes together shares a commit, and each job is told its own result."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from meterctl.domain.meters import Zones
from meterctl.domain.readings import Source
from meterctl.domain.times import iso_utc
from meterctl.errors import Busy, DataError, LedgerError, MeterctlError
from meterctl.http import writer as writer_module
from meterctl.http.writer import Added, Writer
from meterctl.ledger.lock import WriterLock
from meterctl.ledger.port import EntryKind, Ledger, NewEntry, Stretch
from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from meterctl.services.judging import Found
from meterctl.services.session import Session
from tests.helpers import BERLIN, NOW, reading
from tests.http.posting import FIRST


class Pen:
    """A writer and its ledger; it counts how often that was opened, and can be kept from it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.patience = 10.0  # seconds that it waits for its turn
        self.opened = 0
        self.refuses: MeterctlError | None = None
        self.writer = Writer(self._open, lambda one: Session(one, ZONES, NOW, Source.HTTP))

    def _open(self) -> Ledger:
        if self.refuses is not None:
            raise self.refuses
        self.opened += 1
        return open_for_writing(self.path, NOW, self.patience)

    def problem(self) -> MeterctlError | None:
        """Why the last group was not stored."""
        return self.writer.problem

    @contextmanager
    def busy(self) -> Iterator[None]:
        """The ledger is another's: what comes meanwhile waits."""
        open_for_writing(self.path, NOW).close()
        lock = WriterLock(self.path, 5)
        with closing(lock), lock.held():
            yield


ZONES = Zones(BERLIN)


def stores(number: int) -> Callable[[Session], int]:
    """A job that stores one reading; its entry's number."""

    def work(session: Session) -> int:
        at = iso_utc(FIRST + number * 60_000)
        one = reading(str(number), at)
        return session.ledger.append(NewEntry(EntryKind.RECORD, Source.HTTP, NOW), [one])

    return work


def fails(error: Exception, number: int = 99) -> Callable[[Session], int]:
    """A job that stores one reading, and fails then."""

    def work(session: Session) -> int:
        stores(number)(session)
        raise error

    return work


def together(pen: Pen, *jobs: Callable[[Session], Any]) -> list[Any]:
    """What jobs return or raise that are written as one group."""

    async def ask() -> list[Any]:
        pen.writer.start()
        with pen.busy():
            asked = [asyncio.ensure_future(pen.writer.run(job)) for job in jobs]
            await asyncio.sleep(0.05)
        done = await asyncio.gather(*asked, return_exceptions=True)
        pen.writer.stop()
        return done

    return asyncio.run(ask())


@pytest.fixture
def pen(ledger_path: Path) -> Pen:
    """A writer of a new ledger."""
    return Pen(ledger_path)


def held(path: Path) -> list[int]:
    """The values that are stored."""
    with closing(open_for_reading(path)) as ledger:
        return [one.amount // 1_000_000 for one in ledger.current("meter")]


def test_jobs_that_come_together(pen: Pen) -> None:
    """Each gets its own result, in the order in which they came; the ledger is opened once."""
    assert together(pen, *map(stores, range(5))) == [1, 2, 3, 4, 5]
    assert held(pen.path) == [0, 1, 2, 3, 4]
    assert pen.opened == 1


@pytest.mark.parametrize("error", [DataError("no"), ValueError("a bug"), sqlite3.Error("a bug")])
def test_job_that_fails(pen: Pen, error: Exception) -> None:
    """It alone is told, and what it did is undone; the others of its group are stored."""
    done = together(pen, stores(1), fails(error), stores(2))
    assert done == [1, error, 2]
    assert held(pen.path) == [1, 2]
    assert pen.problem() is None


def adds(number: int, value: str, error: Exception | None = None) -> Callable[[Session], Added]:
    """A job that stores one reading to be judged; in the end it tells what was found of it."""

    def work(session: Session) -> Added:
        one = reading(value, iso_utc(FIRST + number * 60_000))
        session.ledger.append(NewEntry(EntryKind.RECORD, Source.HTTP, NOW), [one])
        stretch = Stretch(one.meter, one.device, one.at, one.at)

        def finish(session: Session, found: Found) -> tuple[list[str], None]:
            if error is not None:
                raise error
            assert found.get(one.slot, ()) == session.ledger.findings(stretch).get(one.slot, ())
            return [finding.rule.value for finding in found.get(one.slot, ())], None

        return Added([stretch], finish)

    return work


def test_readings_that_are_judged_together(pen: Pen) -> None:
    """Each is told what all of them say of it, those that come after it in the group as well."""
    found = together(pen, adds(1, "5"), adds(2, "900"), fails(DataError("no")), adds(3, "6"))
    assert found[0] == []
    assert found[1] == ["greater_than_subsequent"]
    assert isinstance(found[2], DataError)
    assert found[3] == ["less_than_previous"]


def test_group_that_cannot_be_finished(pen: Pen) -> None:
    """What follows the judging is no part of its own: all are told, and nothing is stored."""
    error = ValueError("a bug")
    assert together(pen, adds(1, "1"), adds(2, "2", error), stores(3)) == [error] * 3
    assert held(pen.path) == []


@pytest.mark.parametrize("error", [LedgerError("the disk"), Busy("another")])
def test_ledger_that_fails(pen: Pen, error: MeterctlError) -> None:
    """Nothing of the group is stored, and all of it are told; what follows is a new group."""
    assert together(pen, stores(1), fails(error), stores(2)) == [error, error, 1]
    assert held(pen.path) == [2]
    assert pen.opened == 2
    assert pen.problem() is None


def test_ledger_that_another_run_keeps(pen: Pen) -> None:
    """All that wait for it are told when the first one's patience has ended, not one by one."""
    pen.patience = 0.3

    async def ask() -> None:
        pen.writer.start()
        with pen.busy():
            began = time.monotonic()
            waiting = [pen.writer.run(stores(number)) for number in range(6)]
            done = await asyncio.gather(*waiting, return_exceptions=True)
            assert {type(one) for one in done} == {Busy}
            assert time.monotonic() - began < 1
        assert await pen.writer.run(stores(7)) == 1
        pen.writer.stop()

    asyncio.run(ask())
    assert held(pen.path) == [7]


def test_ledger_that_works_again(pen: Pen) -> None:
    """A group that fails costs the next ones nothing."""

    async def ask() -> None:
        pen.writer.start()
        pen.refuses = LedgerError("not there")
        with pytest.raises(LedgerError):
            await pen.writer.run(stores(1))
        assert pen.problem() is pen.refuses
        pen.refuses = None
        assert await pen.writer.run(stores(2)) == 1
        assert pen.problem() is None
        pen.writer.stop()

    asyncio.run(ask())
    assert held(pen.path) == [2]


def test_ledger_that_works_again_while_nobody_writes(
    pen: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried by itself: whoever waits for good health before he writes again is not stuck."""
    monkeypatch.setattr(writer_module, "_AGAIN", 0.05)

    async def ask() -> None:
        pen.writer.start()
        pen.refuses = LedgerError("not there")
        with pytest.raises(LedgerError):
            await pen.writer.run(stores(1))
        await asyncio.sleep(0.2)
        assert pen.problem() is not None
        pen.refuses = None
        end = time.monotonic() + 5
        while pen.problem() is not None:
            assert time.monotonic() < end
            await asyncio.sleep(0.01)
        pen.writer.stop()

    asyncio.run(ask())
    assert held(pen.path) == []
    with closing(open_for_reading(pen.path)) as ledger:
        assert [event.name for event in ledger.events(9)] == ["writes_again"]


def test_result_that_is_told(pen: Pen) -> None:
    """By then others find it in the ledger."""

    async def ask() -> None:
        pen.writer.start()
        for number in range(20):
            await pen.writer.run(stores(number))
            assert held(pen.path) == list(range(number + 1))
        pen.writer.stop()

    asyncio.run(ask())


def test_job_that_nobody_waits_for(pen: Pen) -> None:
    """It is done like the others, whether nobody ever waited or not any more."""

    async def ask() -> None:
        pen.writer.start()
        with pen.busy():
            given_up = asyncio.ensure_future(pen.writer.run(stores(1)))
            await asyncio.sleep(0.05)
            given_up.cancel()
            pen.writer.post(stores(2))
        assert await pen.writer.run(stores(3)) == 3
        pen.writer.stop()

    asyncio.run(ask())
    assert held(pen.path) == [1, 2, 3]


def test_writer_that_is_stopped(pen: Pen) -> None:
    """What came before is stored before it ends, however many groups that takes."""

    async def ask() -> None:
        pen.writer.start()
        for number in range(2 * writer_module.GROUP + 10):
            pen.writer.post(stores(number))
        pen.writer.stop()

    asyncio.run(ask())
    assert len(held(pen.path)) == 2 * writer_module.GROUP + 10


def test_jobs_that_take_long(pen: Pen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group takes no more of them than fit in its time: others want the ledger too."""
    monkeypatch.setattr(writer_module, "_LONG", 0.05)
    groups: list[Session] = []

    def slow(session: Session) -> None:
        groups.append(session)
        time.sleep(0.03)

    together(pen, *[slow] * 6)
    assert max(sum(one is other for other in groups) for one in groups) <= 2
