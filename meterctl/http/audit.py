"""The audit log: each security event and each write, as one JSON line and as a row of the ledger.

A write's row is written with it. The lines go to stderr from a thread of their own: who does not
read them must not hold up the service.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import Full, Queue

from meterctl.domain.exact import to_json
from meterctl.domain.times import iso_utc
from meterctl.http.limits import Limits, Rate
from meterctl.ledger.access import Event

_WAITING = 10_000  # lines
# Strangers can make events as often as they like; what goes beyond is told by the next one kept.
_STRANGERS = Rate("audit", 600, 600)


class Lines:
    """Lines of JSON, in the order of what they tell."""

    def __init__(self, write: Callable[[str], object] | None = None) -> None:
        self._write = write or _to_stderr
        self._queue: Queue[str | None] = Queue(_WAITING)
        self._left_out = 0
        self._thread = threading.Thread(target=self._work, name="audit", daemon=True)
        self._thread.start()

    def put(self, event: Event) -> None:
        """Write an event, or count it where nobody reads."""
        self.say(line(event))

    def say(self, text: str) -> None:
        """Write something else that whoever runs the server should see."""
        try:
            if self._left_out:
                self._queue.put_nowait(to_json({"event": "left_out", "count": self._left_out}))
                self._left_out = 0
            self._queue.put_nowait(text)
        except Full:
            self._left_out += 1

    def close(self, wait: float = 1.0) -> None:
        """Write what waits, unless nobody reads it."""
        try:
            self._queue.put(None, timeout=wait)
        except Full:
            return
        self._thread.join(wait)

    def _work(self) -> None:
        while (text := self._queue.get()) is not None:
            try:
                self._write(text + "\n")
            except OSError:  # closed; the ledger has the rows
                return


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

    def __init__(self, limits: Limits, lines: Lines, post: Callable[[Event], None]) -> None:
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
        self._post(event)
        self._lines.put(event)

    def written(self, event: Event) -> None:
        """A write whose row is in the ledger already."""
        self._lines.put(event)
