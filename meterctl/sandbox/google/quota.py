"""Google's quotas on the Sheets API: reads and writes a minute, by user and by project."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from meterctl.sandbox.google.accounts import Caller
from meterctl.sandbox.google.errors import ERROR_INFO, ApiError

PER_USER = 60
PER_PROJECT = 300
MINUTE = 60.0


class Quota:
    """Counts requests by the minute that begins with the first of them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[tuple[str, str], tuple[float, int]] = {}

    def spend(self, kind: str, caller: Caller) -> None:
        """Count one request: kind is Read or Write.

        Raises:
            ApiError: there is none left this minute.
        """
        user = (kind, caller.email)
        project = (kind, caller.project)
        with self._lock:
            now = self._clock()
            if self._count(user, now) >= PER_USER:
                raise _exceeded(kind, PER_USER, caller.project, per_user=True)
            if self._count(project, now) >= PER_PROJECT:
                raise _exceeded(kind, PER_PROJECT, caller.project, per_user=False)
            for one in (user, project):
                began, count = self._used[one]
                self._used[one] = began, count + 1

    def _count(self, one: tuple[str, str], now: float) -> int:
        began, count = self._used.get(one, (now, 0))
        if not began <= now < began + MINUTE:
            began, count = now, 0
        self._used[one] = began, count
        return count


def _exceeded(kind: str, limit: int, project: str, *, per_user: bool) -> ApiError:
    metric = f"{kind} requests"
    name = f"{kind} requests per minute" + (" per user" if per_user else "")
    number = f"project_number:{_number(project)}"
    details: list[dict[str, Any]] = [
        {
            "@type": ERROR_INFO,
            "reason": "RATE_LIMIT_EXCEEDED",
            "domain": "googleapis.com",
            "metadata": {
                "quota_metric": f"sheets.googleapis.com/{kind.lower()}_requests",
                "quota_unit": "1/min/{project}/{user}" if per_user else "1/min/{project}",
                "quota_location": "global",
                "quota_limit": f"{kind}RequestsPerMinutePer{'User' if per_user else 'Project'}",
                "quota_limit_value": str(limit),
                "service": "sheets.googleapis.com",
                "consumer": f"projects/{_number(project)}",
            },
        },
        {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [
                {
                    "description": "Request a higher quota limit.",
                    "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                }
            ],
        },
    ]
    return ApiError(
        429,
        f"Quota exceeded for quota metric '{metric}' and limit '{name}' of service "
        f"'sheets.googleapis.com' for consumer '{number}'.",
        details,
    )


def _number(project: str) -> int:
    """A project's number, which here is made from its name."""
    mixed = 0
    for letter in project:
        mixed = (mixed * 31 + ord(letter)) % 900_000_000_000
    return 100_000_000_000 + mixed
