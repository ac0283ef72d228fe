"""So many requests a minute, and no more."""

from __future__ import annotations

import math

MINUTE = 60.0


class Rate:
    """Counts requests in windows of a minute, each begun by its first request; its owner locks."""

    def __init__(self) -> None:
        self._began = -math.inf
        self._count = 0

    def spend(self, limit: int, now: float) -> tuple[bool, dict[str, str]]:
        """Whether one more request is within the limit, and the headers that tell of it."""
        if not 0 <= now - self._began < MINUTE:
            self._began, self._count = now, 0
        within = self._count < limit
        self._count += within
        ends = self._began + MINUTE
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - self._count)),
            "X-RateLimit-Reset": str(math.ceil(ends)),
        }
        if not within:
            headers["Retry-After"] = str(max(1, math.ceil(ends - now)))
        return within, headers
