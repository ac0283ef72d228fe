"""Google's quotas: reads, writes and Drive's requests a minute, by user and by project."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from meterctl.sandbox.google.accounts import Caller
from meterctl.sandbox.google.errors import ERROR_INFO, ApiError
from meterctl.sandbox.message import Request

MINUTE = 60.0
MANY = 10_000  # counts kept before those of past minutes are thrown away


class Limit(NamedTuple):
    """How many requests of a kind there may be a minute, and how Google speaks of them."""

    per_user: int
    per_project: int
    noun: str
    service: str
    metric: str
    name: str
    code: int


LIMITS = {
    kind: Limit(
        *(60, 300, f"{kind} requests", "sheets.googleapis.com", f"{kind.lower()}_requests"),
        *(f"{kind}RequestsPerMinutePer", 429),
    )
    for kind in ("Read", "Write")
}
LIMITS["Drive"] = Limit(
    12_000, 12_000, "Queries", "drive.googleapis.com", "default", "defaultPerMinutePer", 403
)


class Quota:
    """Counts requests by the minute that begins with the first of them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[tuple[str, ...], tuple[float, int]] = {}

    def spend(self, kind: str, caller: Caller, request: Request) -> None:
        """Count one request: kind is Read, Write or Drive.

        Raises:
            ApiError: there is none left this minute.
        """
        limit = LIMITS[kind]
        named = request.query.get("quotaUser", [request.headers.get("x-goog-quota-user", "")])[-1]
        user = (kind, caller.project, named or caller.email)
        project = (kind, caller.project)
        with self._lock:
            now = self._clock()
            if self._count(user, now) >= limit.per_user:
                raise _exceeded(limit, caller.project, per_user=True)
            if self._count(project, now) >= limit.per_project:
                raise _exceeded(limit, caller.project, per_user=False)
            for one in (user, project):
                began, count = self._used[one]
                self._used[one] = began, count + 1
            if len(self._used) > MANY:
                self._used = {
                    one: used for one, used in self._used.items() if now < used[0] + MINUTE
                }

    def _count(self, one: tuple[str, ...], now: float) -> int:
        began, count = self._used.get(one, (now, 0))
        if not began <= now < began + MINUTE:
            began, count = now, 0
        self._used[one] = began, count
        return count


def _exceeded(limit: Limit, project: str, *, per_user: bool) -> ApiError:
    name = f"{limit.noun} per minute" + (" per user" if per_user else "")
    number = f"project_number:{_number(project)}"
    details: list[dict[str, Any]] = [
        {
            "@type": ERROR_INFO,
            "reason": "RATE_LIMIT_EXCEEDED",
            "domain": "googleapis.com",
            "metadata": {
                "quota_metric": f"{limit.service}/{limit.metric}",
                "quota_unit": "1/min/{project}/{user}" if per_user else "1/min/{project}",
                "quota_location": "global",
                "quota_limit": f"{limit.name}{'User' if per_user else 'Project'}",
                "quota_limit_value": str(limit.per_user if per_user else limit.per_project),
                "service": limit.service,
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
        limit.code,
        f"Quota exceeded for quota metric '{limit.noun}' and limit '{name}' of service "
        f"'{limit.service}' for consumer '{number}'.",
        details,
        reason="rateLimitExceeded",
    )


def _number(project: str) -> int:
    """A project's number, which here is made from its name."""
    mixed = 0
    for letter in project:
        mixed = (mixed * 31 + ord(letter)) % 900_000_000_000
    return 100_000_000_000 + mixed
