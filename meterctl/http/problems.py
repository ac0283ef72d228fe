"""Answers that are no success: `application/problem+json` (RFC 9457), never with what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from meterctl.domain.exact import to_json
from meterctl.errors import (
    Busy,
    LedgerError,
    LedgerMoved,
    LedgerNewer,
    LedgerUnsure,
    MeterctlError,
    Unreachable,
)
from meterctl.services.wire import fault_told

PROBLEM_TYPE = "urn:meterctl:problem:"
_SOON = 1  # seconds, where nobody can say


class Refused(Exception):
    """A request that is not done; its answer says why, in words that are safe to send."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        hint: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint
        self.headers = dict(headers or {})
        self.more = dict(more or {})


# The words of the ledger's own errors are for who runs the server.
_PLAIN: tuple[tuple[type[MeterctlError], str, str], ...] = (
    (Busy, "another run is at it just now", "try the same again in a moment"),
    (
        LedgerUnsure,
        "the ledger was lost before it said whether this was stored",
        "send the same again, with the same Idempotency-Key",
    ),
    (
        LedgerMoved,
        "the ledger was moved to another place; nothing was stored",
        "the server has to be started anew with the ledger's new address",
    ),
    (LedgerError, "the ledger cannot be used just now; nothing was stored", "its log says why"),
    (LedgerNewer, "the ledger cannot be used just now; nothing was stored", "its log says why"),
)


def of_error(error: MeterctlError, more: Mapping[str, object] | None = None) -> Refused:
    """One of meterctl's errors, as an answer."""
    headers = {}
    if error.http_status == HTTPStatus.SERVICE_UNAVAILABLE:
        wait = error.wait if isinstance(error, Unreachable) and error.wait else _SOON
        headers["Retry-After"] = str(max(1, round(wait)))
    plain = ((message, hint) for kind, message, hint in _PLAIN if isinstance(error, kind))
    message, hint = next(plain, (error.message, error.hint))
    told: dict[str, object] = {} if error.about is None else {"errors": [fault_told(error)]}
    return Refused(
        error.http_status,
        error.code,
        message,
        hint,
        headers=headers,
        more={**told, **(more or {})},
    )


def response(refused: Refused, request_id: str) -> Response:
    """The answer."""
    form: dict[str, object] = {
        "type": PROBLEM_TYPE + refused.code,
        "title": HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "detail": refused.detail,
        "code": refused.code,
    }
    if refused.hint:
        form["hint"] = refused.hint
    form["requestId"] = request_id
    return Response(
        to_json(form | refused.more).encode(),
        refused.status,
        refused.headers,
        media_type="application/problem+json",
    )
