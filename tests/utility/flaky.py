"""A utility in memory that fails as a script says, and a ledger that crashes at a write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from meterctl.ledger.store import SqlLedger
from meterctl.utility.port import Accepted, Lost, NotTaken, NotThere, Outcome, Rejected, Request


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


class Flaky:
    """It keeps every acceptance, also a second one of the same key: who repeats is found out."""

    def __init__(self, watch: Callable[[Request], None]) -> None:
        self.watch = watch  # told of every submission, before anything becomes of it
        self.accepted: list[tuple[Request, str]] = []
        self.rejected: set[str] = set()
        self.script: list[Fate] = []  # once it is spent, all is well

    def submit(self, request: Request, seconds: float) -> Outcome:
        """As the script has it."""
        assert seconds > 0
        fate = self._next()
        self.watch(request)
        if fate in (Fate.REFUSED, Fate.DOWN):
            return NotTaken("refused the connection")
        if fate is Fate.LOST_BEFORE:
            return Lost("broke off")
        if fate is Fate.CRASH_BEFORE:
            raise Crash
        outcome = self._apply(request, rejects=fate is Fate.REJECTED)
        return self._answered(fate, outcome)

    def ask(self, request: Request, seconds: float) -> Outcome:
        """As the script has it."""
        assert seconds > 0
        fate = self._next()
        if fate in (Fate.REFUSED, Fate.DOWN):
            return NotTaken("refused the connection")
        if fate in (Fate.LOST_BEFORE, Fate.CRASH_BEFORE):
            return self._answered(
                Fate.LOST_AFTER if fate is Fate.LOST_BEFORE else Fate.CRASH_AFTER, NotThere()
            )
        return self._answered(fate, self._known(request.key))

    def _next(self) -> Fate:
        if self.script[:1] == [Fate.DOWN]:
            return Fate.DOWN
        return self.script.pop(0) if self.script else Fate.WELL

    def _apply(self, request: Request, *, rejects: bool) -> Outcome:
        if rejects or request.key in self.rejected:
            self.rejected.add(request.key)
            return Rejected("less_than_previous")
        receipt = f"R-{len(self.accepted) + 1}"
        self.accepted.append((request, receipt))
        return Accepted(receipt)

    def _known(self, key: str) -> Outcome:
        if key in self.rejected:
            return Rejected("less_than_previous")
        receipts = [receipt for request, receipt in self.accepted if request.key == key]
        return Accepted(receipts[0]) if receipts else NotThere()

    @staticmethod
    def _answered(fate: Fate, outcome: Outcome) -> Outcome:
        match fate:
            case Fate.LOST_AFTER:
                return Lost("no answer")
            case Fate.NONSENSE:
                return Lost("a web page", nonsense=True)
            case Fate.CRASH_AFTER:
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
