"""How often, and how long apart: the one policy of everything that may pass. The home of tenacity.

Who calls it names what may be tried again; nothing is by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from meterctl import log
from meterctl.errors import MeterctlError, Unreachable

if TYPE_CHECKING:  # imported by the first call
    from tenacity import RetryCallState

T = TypeVar("T")


class Pace(NamedTuple):
    """Time, as a run passes it; a test passes it faster."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic  # in seconds; a wall clock may be set meanwhile


class Limits(NamedTuple):
    """Where it ends: at the number of attempts, or at the time, whichever is first."""

    attempts: int
    seconds: float  # from the first attempt on
    first_pause: float = 1.0  # doubled each time, with jitter
    longest_pause: float = 60.0


class Again(NamedTuple):
    """That a result is worth another attempt."""

    wait: float | None = None  # seconds that the other side asks for: at least so long
    at_once: bool = False


def persist(
    call: Callable[[], T],
    again: Callable[[T], Again | None],
    limits: Limits,
    pace: Pace | None = None,
) -> T:
    """Call until the result is final, or the limits are met; the last result.

    It never sleeps past its time: what asks for a longer wait ends it at once. Exceptions go
    through.

    Args:
        call: One attempt.
        again: Whether a result is worth another; None: it is final.
        limits: Where it ends.
        pace: How time passes.
    """
    from tenacity import Retrying

    sleep, clock = pace or Pace()
    ends_at = clock() + limits.seconds
    verdict: Again | None = None

    def is_passing(state: RetryCallState) -> bool:
        nonlocal verdict
        verdict = None
        if state.outcome is not None and not state.outcome.failed:
            verdict = again(state.outcome.result())
        return verdict is not None

    def pause(state: RetryCallState) -> float:
        if verdict is not None and verdict.at_once:
            return 0.0
        asked = (verdict.wait if verdict is not None else None) or 0.0
        return asked + _backoff(state.attempt_number, limits)

    def is_over(state: RetryCallState) -> bool:
        return state.attempt_number >= limits.attempts or clock() + state.upcoming_sleep >= ends_at

    def tell(state: RetryCallState) -> None:
        if state.upcoming_sleep:
            _tell(state.attempt_number, state.upcoming_sleep)

    def last_result(state: RetryCallState) -> T:
        if state.outcome is None:
            raise RuntimeError("ended before it began")
        result: T = state.outcome.result()
        return result

    return Retrying(
        retry=is_passing,
        wait=pause,
        stop=is_over,
        sleep=sleep,
        before_sleep=tell,
        retry_error_callback=last_result,
    )(call)


def patience(
    seconds: float, pace: Pace | None = None, limits: Limits | None = None
) -> Callable[[MeterctlError], bool]:
    """The same policy for a loop of its own: told what failed, it waits and says "again", or not.

    It says "no" at once to what asks for a longer wait than there is time.

    Args:
        seconds: How long from now on.
        pace: How time passes.
        limits: How long the pauses are; their number of attempts and their time are not used.
    """
    sleep, clock = pace or Pace()
    pauses = limits or Limits(0, seconds)
    ends_at = clock() + seconds
    failures = 0

    def again(error: MeterctlError) -> bool:
        nonlocal failures
        failures += 1
        asked = error.wait or 0.0 if isinstance(error, Unreachable) else 0.0
        pause = asked + _backoff(failures, pauses)
        if clock() + pause >= ends_at:
            return False
        _tell(failures, pause, error)
        sleep(pause)
        return True

    return again


def _tell(attempt: int, pause: float, error: MeterctlError | None = None) -> None:
    """Tell the log of a pause that is made now: why a run takes so long."""
    why = None if error is None else error.message
    log.event("pause", after_attempt=attempt, wait=pause, why=why)


def _backoff(attempt: int, limits: Limits) -> float:
    """Between half and the whole of 1, 2, 4 ... pauses: many clients do not come back as one."""
    from random import uniform

    whole = min(limits.first_pause * 2.0 ** min(attempt - 1, 20), limits.longest_pause)
    return uniform(whole / 2, whole)  # noqa: S311 (jitter, no secret)
