"""So many requests in each hour of the clock, and no more."""

from __future__ import annotations

HOUR = 3600


class Hourly:
    """Counts the requests of an hour; its owner locks."""

    def __init__(self) -> None:
        self._hour = -1
        self._count = 0

    def spend(self, limit: int, now: float) -> tuple[bool, dict[str, str]]:
        """Whether one more request is within the limit, and the headers that tell of it."""
        hour = int(now) // HOUR
        if hour != self._hour:
            self._hour, self._count = hour, 0
        within = self._count < limit
        self._count += within
        return within, {
            "X-Rate-Limit-Remaining": str(max(0, limit - self._count)),
            "X-Rate-Limit-Limit": str(limit),
            "X-Rate-Limit-Reset": str((hour + 1) * HOUR),
        }
