"""The one thread that writes: what comes in together shares one durable commit.

A job runs in a part of the group's write of its own, so that one that is refused undoes nothing of
the others. What the jobs of a group have added is judged together, since their readings are mostly
neighbours. Whoever waits is answered after the commit, never before.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

from meterctl.errors import Busy, LedgerError, MeterctlError, unrepeated
from meterctl.ledger.access import Event
from meterctl.ledger.port import Ledger, Stretch
from meterctl.services.judging import Found, judge_together
from meterctl.services.session import Session

GROUP = 256  # jobs in one commit, and
_LONG = 0.2  # seconds, after which it takes no more: so that nobody else waits long for the ledger
_AGAIN = 5.0  # seconds after a failure, until it is found out whether it has passed

T = TypeVar("T")


class Added(NamedTuple):
    """What a job may return: readings that are yet to be judged, and what is to be done then.

    What follows is no part of its own any more: if it fails, the whole group does.
    """

    stretches: Sequence[Stretch]
    finish: Callable[[Session, Found], tuple[Any, Event | None]]  # its event is for the audit log


class _Job(NamedTuple):
    work: Callable[[Session], Any]
    future: asyncio.Future[Any] | None  # None: nobody waits


class _Outcome(NamedTuple):
    future: asyncio.Future[Any] | None
    result: Any
    error: BaseException | None


class Writer:
    """Runs jobs on a ledger of its own, in the order in which they are handed over to it.

    Those that somebody waits for are handed over once a turn of the loop, together.
    """

    def __init__(self, open_: Callable[[], Ledger], session: Callable[[Ledger], Session]) -> None:
        self.problem: MeterctlError | None = (
            None  # why the last group was not stored, if it was not
        )
        self._open = open_
        self._session = session
        self._jobs: SimpleQueue[deque[_Job] | None] = SimpleQueue()
        self._next: deque[_Job] = deque()  # what this turn of the loop has brought so far
        self._taken: deque[_Job] = deque()  # by the thread
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._ledger: Ledger | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin, within the loop that is answered."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Do what has come in, then let go of the ledger."""
        self._hand_over()
        self._jobs.put(None)
        self._thread.join()

    async def run(self, work: Callable[[Session], T | Added]) -> T:
        """What a job returns, or what it has `Added` does in the end, once it is durable.

        Raises:
            MeterctlError: the job's own error; or the ledger's, and then nothing of it is stored.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if not self._next:  # else the thread, woken for each, and the loop would hinder each other
            loop.call_soon(self._hand_over)
        self._next.append(_Job(work, future))
        return await future

    def _hand_over(self) -> None:
        jobs, self._next = self._next, deque()
        if jobs:
            self._jobs.put(jobs)

    def post(self, work: Callable[[Session], object]) -> None:
        """A job that nobody waits for."""
        self._jobs.put(deque([_Job(work, None)]))

    def _work(self) -> None:
        with unrepeated():
            self._work_on()

    def _work_on(self) -> None:
        while True:
            try:
                if not self._taken and not self._take(timeout=_AGAIN if self.problem else None):
                    break
                job = self._taken.popleft()
            except Empty:
                job = _Job(_writes_again, None)
            self._answer(self._write(job))
            if self._ledger is not None:
                with suppress(MeterctlError):  # the next write tells what is wrong
                    self._ledger.give_way()
        self._close()

    def _write(self, first: _Job) -> list[_Outcome]:
        """One commit, of a job and of those that wait behind it."""
        group = [first]
        was_open, began = self._ledger is not None, None
        try:
            if self._ledger is None:
                self._ledger = self._open()
            with self._ledger.writing():
                began = time.monotonic()
                session = self._session(self._ledger)  # now that it is its turn: by this time
                done = [_do(job, session) for job in self._waiting(group, began + _LONG)]
                outcomes = _finished(done, session)
        except BaseException as error:  # noqa: BLE001 (each of those who wait is told)
            if began is None and was_open and isinstance(error, LedgerError):
                self._close()  # another file is at its place by now, such as a backup
                return self._write(first)
            if began is None:  # it did not come to a turn: who waits for one waits no longer
                list(self._waiting(group, math.inf))
            self._close()
            self.problem = error if isinstance(error, MeterctlError) else None
            return [_Outcome(job.future, None, error) for job in group]
        self.problem = None
        return outcomes

    def _waiting(self, group: list[_Job], end: float) -> Iterator[_Job]:
        """The jobs of a group, each added to it as its turn comes."""
        yield group[0]
        while len(group) < GROUP and time.monotonic() < end:
            try:
                if not self._taken and not self._take(block=False):
                    return
            except Empty:
                return
            job = self._taken.popleft()
            group.append(job)
            yield job

    def _take(self, *, block: bool = True, timeout: float | None = None) -> bool:
        """Take what was handed over next; False: nothing will be any more.

        Raises:
            Empty: nothing was, for as long.
        """
        jobs = self._jobs.get(block, timeout)
        if jobs is None:
            self._jobs.put(None)  # it is looked for again, after the group
            return False
        self._taken = jobs
        return True

    def _close(self) -> None:
        ledger, self._ledger = self._ledger, None
        if ledger is not None:
            with suppress(MeterctlError, OSError):  # what went wrong with it is told already
                ledger.close()

    def _answer(self, outcomes: list[_Outcome]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(_tell, outcomes)


def _do(job: _Job, session: Session) -> _Outcome:
    """One job, whose own error undoes what it alone did."""
    try:
        with session.ledger.writing():
            return _Outcome(job.future, job.work(session), None)
    except (LedgerError, Busy):
        raise  # the whole group's
    except Exception as error:  # noqa: BLE001 (it goes to whoever waits for this job)
        return _Outcome(job.future, None, error)


def _finished(done: list[_Outcome], session: Session) -> list[_Outcome]:
    """The outcomes of a group whose readings are judged."""
    added = [one.result.stretches for one in done if isinstance(one.result, Added)]
    found = judge_together(session.ledger, session.zones, chain.from_iterable(added))
    events: list[Event] = []
    finished = []
    for one in done:
        if isinstance(one.result, Added):
            result, event = one.result.finish(session, found)
            if event is not None:
                events.append(event)
            finished.append(one._replace(result=result))
        else:
            finished.append(one)
    session.ledger.note(*events)
    return finished


def _writes_again(session: Session) -> None:
    """A small write, for nobody: the audit log tells from when on the ledger can be used again."""
    session.ledger.note(Event(session.now, "writes_again", None, None, None, None))


def _tell(outcomes: list[_Outcome]) -> None:
    for future, result, error in outcomes:
        if future is None or future.done():  # nobody waits, or not any more
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
