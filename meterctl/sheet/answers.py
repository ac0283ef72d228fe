"""What an answer of Google's means: status and body to one of our errors, with what mends it.

Source: developers.google.com/workspace/sheets/api/troubleshoot-api-errors, and the table in
docs/sheets.md: of these, only what is sure not to have been applied may be sent again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from meterctl.domain.quantity import parse_quantity
from meterctl.errors import (
    AnswerLost,
    ConfigError,
    MeterctlError,
    Nonsense,
    NotAllowed,
    QuantityError,
    SheetUnfit,
    Unreachable,
)

QUEUED = "nothing is lost: meterctl sync goes on where this stopped"
_QUOTA_WAIT = 15.0  # seconds; the quota is a minute's, and Google does not say how much is left
_LONGEST_WAIT = 120.0  # seconds; who asks for more is asked again by the next run


class Who(NamedTuple):
    """Whom an error is about."""

    spreadsheet: str
    account: str  # the service account's address


def decoded(body: bytes) -> Any:  # noqa: ANN401 (whatever was sent)
    """JSON with exact numbers; None for what is none."""
    try:
        return json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError):
        return None


def is_taken(status: int, body: bytes) -> bool:
    """Whether a write was refused because a metadata id exists already."""
    return status == 400 and "already exists" in message_of(body) and "etadata" in message_of(body)


def message_of(body: bytes) -> str:
    """What Google says, in one line."""
    answer = decoded(body)
    error = answer.get("error") if isinstance(answer, dict) else None
    text = error.get("message") if isinstance(error, dict) else None
    return one_line(text) if isinstance(text, str) else ""


def one_line(text: str, limit: int = 300) -> str:
    """A text of the other side's, as it may stand in a message of ours."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def refusal(
    status: int, headers: Mapping[str, str], body: bytes, who: Who, *, writing: bool
) -> MeterctlError:
    """The error that an answer other than success means."""
    said = message_of(body)
    if status == 401:
        return NotAllowed(
            f"Google does not accept the key of {who.account}",
            "make a new key in the Google console, and name its file: METERCTL_GOOGLE_CREDENTIALS",
        )
    if status == 429 or (status == 403 and _is_quota(body)):
        return Unreachable(
            "Google asks us to slow down: its quota of requests a minute is used up",
            QUEUED,
            wait_of(headers) or _QUOTA_WAIT,
        )
    if status == 403:
        return _forbidden(said, who)
    if status == 404:
        return ConfigError(
            f"there is no spreadsheet {who.spreadsheet}, or it is not shared",
            f"check METERCTL_SHEET_ID, and share it with {who.account} as an editor",
        )
    if 400 <= status < 500 and status != 408:
        return SheetUnfit(f"Google refuses: {said or f'HTTP {status}'}", _mends(said))
    if 300 <= status < 400:
        lost: MeterctlError = Nonsense(
            f"Google's address answers with a redirect ({status}), which is not followed",
            "check METERCTL_SHEETS_URL, and whether a network's login page stands between",
        )
    else:
        lost = Unreachable(f"Google's server failed (HTTP {status})", QUEUED, wait_of(headers))
    if writing:  # a server may fail after it has done its work
        return AnswerLost(f"{lost.message} and may have written the rows or not", QUEUED)
    return lost


def _forbidden(said: str, who: Who) -> MeterctlError:
    if "has not been used" in said or "disabled" in said:
        return NotAllowed(
            "the Google Sheets API is not enabled in the project of the service account",
            "enable it in the Google console: APIs & Services, Google Sheets API",
        )
    return NotAllowed(
        f"{who.account} may not edit the spreadsheet {who.spreadsheet}",
        f"share the spreadsheet with {who.account} as an editor",
    )


def _mends(said: str) -> str:
    if "10000000 cells" in said or "10,000,000 cells" in said:
        return "the spreadsheet is full: make another, share it, and set METERCTL_SHEET_ID"
    if "protected" in said:
        return "allow the service account to edit the protected range, or take the protection away"
    return "look at the spreadsheet; the readings stay queued"


def _is_quota(body: bytes) -> bool:
    return b"RATE_LIMIT_EXCEEDED" in body or b"rateLimitExceeded" in body or b"Quota" in body


def wait_of(headers: Mapping[str, str]) -> float | None:
    """How many seconds an answer asks to wait; None where it does not say, or says nonsense."""
    try:
        text = headers.get("Retry-After", "")
        seconds = parse_quantity(text) // 1_000_000
    except QuantityError:
        return None
    return min(seconds * 1.0, _LONGEST_WAIT)
