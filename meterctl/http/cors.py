"""Who may call from a browser: pages of exactly the origins that the settings name."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from meterctl.http.headers import header_of

_METHODS = "GET, POST"
_HEADERS = "Authorization, Content-Type, Idempotency-Key"
_EXPOSED = "Idempotency-Replayed, Retry-After, X-Request-Id"
_MAX_AGE = "600"


class Cors:
    """Answers browsers that ask for another origin's page."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = frozenset(origin.rstrip("/") for origin in origins)

    def headers(self, request: Request) -> list[tuple[bytes, bytes]]:
        """What every answer says of origins."""
        if not self._origins:
            return []
        found = [(b"vary", b"Origin")]
        origin = self._allowed(request)
        if origin is not None:
            found.append((b"access-control-allow-origin", origin.encode("latin-1")))
            found.append((b"access-control-expose-headers", _EXPOSED.encode()))
        return found

    def preflight(self, request: Request) -> Response | None:
        """The answer to a browser that asks before it sends; None where it is no such question."""
        asked = b"access-control-request-method"
        asks = request.method == "OPTIONS" and header_of(request, asked) is not None
        if not asks or self._allowed(request) is None:
            return None
        return Response(
            status_code=204,
            headers={
                "Access-Control-Allow-Methods": _METHODS,
                "Access-Control-Allow-Headers": _HEADERS,
                "Access-Control-Max-Age": _MAX_AGE,
            },
        )

    def _allowed(self, request: Request) -> str | None:
        origin = header_of(request, b"origin")
        return origin if origin is not None and origin in self._origins else None
