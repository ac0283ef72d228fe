"""The audit log: each security event and each write, as one JSON line and as a row of the ledger.

A write's row is written with it. The lines go to stderr from a thread of their own: who does not
read them must not hold up the service.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable

from meterctl.domain.exact import to_json
from meterctl.domain.times import DAY, iso_utc
from meterctl.http.limits import Limiter, Rate
from meterctl.ledger.access import Event

STRANGERS_KEPT = 90 * DAY  # what they did
_WAITING = 10_000  # lines, at most
_TOGETHER = 0.05  # seconds: a thread that wakes for each line slows down those who make them
# Strangers can make events as often as they like; what goes beyond is told by the next one kept.
_STRANGERS = Rate("audit", 60, 600)


class Lines:
    """Lines of JSON, in the order of what they tell."""

    def __init__(self, write: Callable[[str], object] | None = None) -> None:
        self._write = write or _to_stderr
        self._waiting: deque[Event | str] = deque()
        self._left_out = 0
        self._some = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="audit", daemon=True)
        self._thread.start()

    def put(self, told: Event | str) -> None:
        """Write an event, or a line as it is; or count it where nobody reads."""
        if len(self._waiting) < _WAITING:
            self._waiting.append(told)
        else:
            self._left_out += 1
        if not self._some.is_set():
            self._some.set()

    def close(self, wait: float = 1.0) -> None:
        """Write what waits, unless nobody reads it."""
        self._ended.set()
        self._some.set()
        self._thread.join(wait)

    def _work(self) -> None:
        while True:
            self._some.wait()
            is_last = self._ended.wait(_TOGETHER)
            self._some.clear()
            lines = [_as_line(self._waiting.popleft()) for _ in range(len(self._waiting))]
            if self._left_out:
                lines.append(to_json({"event": "left_out", "count": self._left_out}))
                self._left_out = 0
            try:
                if lines:
                    self._write("".join(f"{line}\n" for line in lines))
            except OSError:  # closed; the ledger has the rows
                return
            if is_last:
                return


def _as_line(told: Event | str) -> str:
    return told if isinstance(told, str) else line(told)


def _to_stderr(text: str) -> None:
    # Past Python's own stream: whoever waits there holds its lock, and Python could not end.
    left = text.encode("utf-8", "backslashreplace")
    while left:
        left = left[os.write(2, left) :]


def line(event: Event) -> str:
    """An event as one line; what it does not tell is left out."""
    form = event._asdict()
    form["event"] = form.pop("name")
    form["at"] = iso_utc(event.at)
    return to_json({name: value for name, value in form.items() if value is not None})


class Audit:
    """Where events go."""

    def __init__(self, limits: Limiter, lines: Lines, post: Callable[[Event, int], None]) -> None:
        """Take the parts; `post` keeps an event, and forgets strangers' before an instant."""
        self._limits = limits
        self._lines = lines
        self._post = post
        self._unkept = 0

    def of_stranger(self, event: Event) -> None:
        """What somebody did who proved nothing."""
        if self._limits.take(_STRANGERS, "") is not None:
            self._unkept += 1
            return
        if self._unkept:
            event = event._replace(
                detail=f"{event.detail or ''} ({self._unkept} more were not kept)"
            )
            self._unkept = 0
        self.security(event)

    def security(self, event: Event) -> None:
        """A security event, for the ledger too."""
        self._post(event, event.at - STRANGERS_KEPT)
        self._lines.put(event)

    def written(self, event: Event) -> None:
        """A write whose row is in the ledger already."""
        self._lines.put(event)
