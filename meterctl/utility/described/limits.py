"""How much a utility takes, and how often: what it says in headers is kept to."""

from __future__ import annotations

import time
from typing import NamedTuple

from meterctl.remote import LONGEST
from meterctl.utility.answers import Reply
from meterctl.utility.port import NotTaken

_LONG = 15  # digits: neither requests nor seconds are so many
_IS_A_DATE = 1_000_000_000  # seconds since 1970 are more than that since 2001


class Limits(NamedTuple):
    """What is known of them."""

    rows: int = 1
    oldest_days: int | None = None
    settles: float | None = None  # seconds; None: the file does not say
    remaining_header: str = ""  # how many requests are left
    reset_header: str = ""  # when there are more: seconds from now, or since 1970


class Rate:
    """What is left of it, in this run."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._until: float | None = None  # by the monotonic clock

    def note(self, reply: Reply) -> None:
        """Remember what an answer says of it."""
        remaining = reply.headers.get(self._limits.remaining_header.lower(), "").strip()
        if not _is_number(remaining):
            return
        reset = reply.headers.get(self._limits.reset_header.lower(), "").strip()
        seconds = 60.0
        if _is_number(reset):
            seconds = float(int(reset))
            if seconds > _IS_A_DATE:
                seconds -= reply.read_at / 1000
        left = min(max(seconds, 1.0), LONGEST)
        self._until = None if int(remaining) else time.monotonic() + left

    def held(self) -> NotTaken | None:
        """Nothing is left; None where something is, or nobody knows."""
        wait = 0.0 if self._until is None else self._until - time.monotonic()
        if wait <= 0:
            return None
        return NotTaken(f"its rate of requests is used up for {wait:.0f} s", wait=wait)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < _LONG
