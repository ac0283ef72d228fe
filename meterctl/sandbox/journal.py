"""What was asked of a server: each request, its answer's status, and the fault that hit it."""

from __future__ import annotations

import threading
from collections import deque
from datetime import UTC, datetime

KEPT = 10_000


class Line:
    """One request; its status stays None while, or where, there is no answer."""

    def __init__(self, method: str, path: str) -> None:
        self.method = method
        self.path = path
        self.when = datetime.now(UTC)
        self.status: int | None = None
        self.fault: str | None = None

    def fields(self) -> dict[str, object]:
        """The line as JSON shows it."""
        return {
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "when": self.when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "fault": self.fault,
        }


class Journal:
    """The newest requests, in the order in which they came, and how many there were in all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._total = 0

    def begin(self, method: str, path: str) -> Line:
        """Note that a request has come."""
        line = Line(method, path)
        with self._lock:
            self._lines.append(line)
            self._total += 1
        return line

    def fields(self) -> dict[str, object]:
        """All that is kept, as JSON shows it."""
        with self._lock:
            lines, total = list(self._lines), self._total
        return {"total": total, "requests": [line.fields() for line in lines]}
