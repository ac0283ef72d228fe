"""A utility in memory that fails as a script says, and a ledger that crashes at a write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from meterctl.ledger.store import SqlLedger
from meterctl.utility.port import (
    Accepted,
    Bounds,
    Lost,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
    Request,
)


class Crash(BaseException):
    """The power is off."""


class Fate(StrEnum):
    """What becomes of one request."""

    WELL = "well"
    REFUSED = "refused"  # the connection
    LOST_BEFORE = "lost before"
    LOST_AFTER = "lost after"
    NONSENSE = "nonsense"  # applied, and answered with a web page
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    REJECTED = "rejected"
    DOWN = "down"  # the connection is refused from here on
    NO_ENTRY = "no entry"  # it does not let us
    BUSY = "busy"  # asked to come again
    PARTLY = "partly"  # of several the first is taken, the others are not looked at
    LOST_PARTLY = "lost partly"  # the same, and the answer is lost
    LATE = "late"  # no answer; where nothing but what it shows can be asked, it lands later


class Books:
    """What a utility holds, by whichever way it came.

    It keeps every acceptance, also a second one of the same key: who repeats is found out.
    """

    def __init__(self) -> None:
        self.accepted: list[tuple[Request, str]] = []
        self.rejected: set[str] = set()

    def apply(self, request: Request, *, rejects: bool = False) -> Outcome:
        """Take a reading, or refuse it."""
        if rejects or request.key in self.rejected:
            self.rejected.add(request.key)
            return Rejected("less_than_previous")
        receipt = f"R-{len(self.accepted) + 1}"
        self.accepted.append((request, receipt))
        return Accepted(receipt)

    def known(self, key: str) -> Outcome:
        """What became of a reading."""
        if key in self.rejected:
            return Rejected("less_than_previous")
        receipts = [receipt for request, receipt in self.accepted if request.key == key]
        return Accepted(receipts[0]) if receipts else NotThere()


class Flaky:
    """One way to a utility.

    Args:
        books: What the utility holds.
        watch: Is told of every submission, before anything becomes of it.
        channel: How it is called.
        bounds: What it takes.
    """

    def __init__(
        self,
        books: Books,
        watch: Callable[[Request], None],
        channel: str = "api",
        bounds: Bounds | None = None,
    ) -> None:
        self.books = books
        self.watch = watch
        self.channel = channel
        self.bounds = bounds or Bounds()
        self.objections: dict[str, NotTaken] = {}
        self.script: list[Fate] = []  # once it is spent, all is well
        self._on_their_way: list[Request] = []

    def submit(self, requests: Sequence[Request], seconds: float) -> list[Outcome]:
        """As the script has it."""
        assert seconds > 0
        assert 0 < len(requests) <= self.bounds.rows
        fate = self._next()
        for request in requests:
            self.watch(request)
        if fate is Fate.LATE and self.bounds.settles:
            self._on_their_way += requests
        if fate in (Fate.LOST_BEFORE, Fate.CRASH_BEFORE, Fate.LATE):
            return [_answered(fate, NotThere())] * len(requests)
        if (untouched := _untouched(fate)) is not None:
            return [untouched] * len(requests)
        outcomes: list[Outcome] = []
        for place, request in enumerate(requests):
            if place and fate in (Fate.PARTLY, Fate.LOST_PARTLY):
                outcomes.append(NotTaken("too many", wait=5))
            else:
                outcomes.append(self.books.apply(request, rejects=fate is Fate.REJECTED))
        return [_answered(fate, outcome) for outcome in outcomes]

    def land(self) -> None:
        """What was on its way arrives."""
        for request in self._on_their_way:
            self.books.apply(request)
        self._on_their_way.clear()

    def ask(self, request: Request, seconds: float) -> Outcome:
        """As the script has it."""
        assert seconds > 0
        fate = self._next()
        if (untouched := _untouched(fate)) is not None:
            return untouched
        return _answered(fate, self.books.known(request.key))

    def probe(self, seconds: float) -> Outcome:
        """It is well."""
        assert seconds > 0
        return NotThere()

    def objection(self, request: Request) -> NotTaken | None:
        """As the test has it."""
        return self.objections.get(request.meter)

    def preview(self, requests: Sequence[Request]) -> str:
        """The keys."""
        return " ".join(request.key for request in requests)

    def close(self) -> None:
        """Nothing is held."""

    def _next(self) -> Fate:
        if self.script[:1] == [Fate.DOWN]:
            return Fate.DOWN
        return self.script.pop(0) if self.script else Fate.WELL


def _untouched(fate: Fate) -> Outcome | None:
    """What is answered where nothing was looked at."""
    match fate:
        case Fate.REFUSED | Fate.DOWN:
            return NotTaken("refused the connection", unreached=True)
        case Fate.NO_ENTRY:
            return Refused("who are you")
        case Fate.BUSY:
            return NotTaken("busy", wait=1)
        case _:
            return None


def _answered(fate: Fate, outcome: Outcome) -> Outcome:
    match fate:
        case Fate.LOST_AFTER | Fate.LOST_BEFORE | Fate.LOST_PARTLY | Fate.LATE:
            return Lost("no answer")
        case Fate.NONSENSE:
            return Lost("a web page", nonsense=True)
        case Fate.CRASH_AFTER | Fate.CRASH_BEFORE:
            raise Crash
        case _:
            return outcome


class Crashing:
    """A ledger whose N-th write is the last: just before it, or just after."""

    def __init__(self, ledger: SqlLedger, at: int, *, after: bool) -> None:
        self._ledger = ledger
        self._left = at
        self._after = after

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever a ledger has)
        return getattr(self._ledger, name)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A write, or the end."""
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Crash
        with self._ledger.writing():
            yield
        if self._left == 0:
            raise Crash
