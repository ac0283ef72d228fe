"""Limits that several servers share, where their ledger is at one PostgreSQL server.

This machine's own buckets come first: what they refuse, all would refuse. What they have is then
asked of the ledger, for all machines. As long as the ledger cannot be asked, this machine's own
count alone: nobody gets in for that, since whatever needs the ledger is refused then (503).

Of a large bucket some are taken together, and given away here without asking: never more than the
limit allows, and mostly without a question. What is not used up as soon as it would have come back
is dropped.
"""

from __future__ import annotations

import threading
import time
from typing import NamedTuple, Protocol

from meterctl.http.limits import Limits, Rate

_PART = 100  # of a burst: taken together, by each worker of each server
_SUBJECTS = 4_096  # of whom something is held at most


class Told(Protocol):
    """What is told of a bucket."""

    @property
    def wait(self) -> float | None:
        """Seconds until there is enough in it; None: there is."""


class Buckets(Protocol):
    """The buckets of all machines; they tell None where they cannot be asked."""

    def take(self, name: str, subject: str, seconds: float, burst: float) -> Told | None:
        """Take what comes back in so many seconds, where that much is there."""

    def peek(self, name: str, subject: str, seconds: float, burst: float) -> Told | None:
        """What a take would tell; nothing is taken."""

    def close(self) -> None:
        """Let go of them."""


class _Held(NamedTuple):
    left: int
    until: float


class SharedLimits:
    """As `Limits`, for all machines. One object a process; threads may share it."""

    def __init__(self, here: Limits, everywhere: Buckets) -> None:
        self._here = here
        self._everywhere = everywhere
        self._threads = threading.Lock()
        self._held: dict[tuple[Rate, str], _Held] = {}

    def close(self) -> None:
        """Let go of both."""
        self._everywhere.close()
        self._here.close()

    def take(self, rate: Rate, subject: str, cost: int = 1) -> float | None:
        """Take from a subject's bucket; see `Limits.take`."""
        wait = self._here.peek(rate, subject, cost)
        if wait is None:
            with self._threads:
                wait = (
                    None if self._from_held(rate, subject, cost) else self._ask(rate, subject, cost)
                )
        return self._here.take(rate, subject, cost) if wait is None else wait

    def peek(self, rate: Rate, subject: str, cost: int = 1) -> float | None:
        """What `take` would say; nothing is taken."""
        wait = self._here.peek(rate, subject, cost)
        if wait is not None:
            return wait
        with self._threads:
            if (held := self._held.get((rate, subject))) and held.left >= cost:
                return None
        told = self._everywhere.peek(rate.name, subject, cost * rate.interval, rate.full)
        return None if told is None else told.wait

    def _from_held(self, rate: Rate, subject: str, cost: int) -> bool:
        held = self._held.get((rate, subject))
        if held is None:
            return False
        if held.left < cost or time.monotonic() >= held.until:
            del self._held[rate, subject]
            return False
        self._held[rate, subject] = held._replace(left=held.left - cost)
        return True

    def _ask(self, rate: Rate, subject: str, cost: int) -> float | None:
        several = rate.burst // _PART
        if several > cost:
            told = self._everywhere.take(rate.name, subject, several * rate.interval, rate.full)
            if told is None:
                return None
            if told.wait is None:
                if len(self._held) >= _SUBJECTS:
                    self._held.clear()
                until = time.monotonic() + several * rate.interval
                self._held[rate, subject] = _Held(several - cost, until)
                return None
        told = self._everywhere.take(rate.name, subject, cost * rate.interval, rate.full)
        return None if told is None else told.wait
