"""A total deadline, kept from outside: a library's time-outs start anew with every byte it gets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_of_thread = threading.local()


def _clock() -> float:
    """Seconds by a clock that nobody sets, and that goes on while the machine sleeps."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)  # Linux has it; elsewhere the usual one does
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class Expired(Exception):
    """The time was up; what had been begun may still come to its end."""


class Deadline:
    """So many seconds from now on, by a clock that nobody sets."""

    def __init__(self, seconds: float) -> None:
        self._end = _clock() + seconds

    def left(self) -> float:
        """How many seconds are left; not below zero."""
        return max(self._end - _clock(), 0.0)


def is_over() -> bool:
    """Whether the time is up of the action that this thread was made for: nobody waits for it."""
    return _clock() > getattr(_of_thread, "until", float("inf"))


def within(seconds: float, action: Callable[[], T]) -> T:
    """Do something that may hang, for so long at most.

    It runs in a thread of its own, which is given up when the time is over, and ends with the
    process at the latest.

    Raises:
        Expired: the time was up.
    """
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        _of_thread.until = _clock() + seconds
        try:
            done.append(action())
        except BaseException as error:  # noqa: BLE001 (raised again below, in the caller's thread)
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not done:
        raise Expired
    return done[0]
