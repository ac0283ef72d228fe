"""What an answer of Google's means: status and body to one of our errors, with what mends it.

Source: developers.google.com/workspace/sheets/api/troubleshoot-api-errors. A 4xx was not applied;
after a 5xx or a redirect nobody knows, so that a write ends with `AnswerLost` then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from meterctl.errors import (
    AnswerLost,
    ConfigError,
    MeterctlError,
    Nonsense,
    NotAllowed,
    SheetUnfit,
    Unreachable,
)
from meterctl.redact import strangers
from meterctl.remote import one_line, retry_after

QUEUED = "nothing is lost: meterctl sync goes on where this stopped"
_QUOTA_WAIT = 15.0  # seconds; the quota is a minute's, and Google does not say how much is left


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
    return one_line(strangers(text), 300) if isinstance(text, str) else ""


def refusal(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    who: Who,
    *,
    writing: bool,
    read_at: int,
) -> MeterctlError:
    """The error that an answer other than success means."""
    said, wait = message_of(body), retry_after(headers, read_at)
    if status == 401:
        return NotAllowed(
            f"Google does not accept the key of {who.account}",
            "make a new key in the Google console, and name its file: METERCTL_GOOGLE_CREDENTIALS",
        )
    if status == 429 or (status == 403 and is_quota(body)):
        return Unreachable(
            "Google asks us to slow down: its quota of requests a minute is used up",
            QUEUED,
            wait or _QUOTA_WAIT,
        )
    if status in (400, 403) and "protected " in said:
        return NotAllowed(
            f"a protection in the spreadsheet keeps {who.account} from writing to it",
            f"Data > Protect sheets and ranges: let {who.account} edit there, or take it away",
        )
    if status == 403:
        return _forbidden(said, who, writing=writing)
    if status == 404:
        return ConfigError(
            f"there is no spreadsheet {who.spreadsheet}: it was deleted, or its id is another",
            f"check METERCTL_SHEET_ID; or make another, share it with {who.account} as an editor,"
            " and send it everything: meterctl sheet use NEW_ID --from-start",
        )
    if status == 400 and re.search(r"number of cells .* above the limit", said):
        return SheetUnfit(
            f"the spreadsheet {who.spreadsheet} is full: Google allows 10,000,000 cells, empty"
            " ones too",
            f"nothing is lost: make another, share it with {who.account} as an editor, and go on"
            " there: meterctl sheet use NEW_ID",
        )
    if 400 <= status < 500 and status != 408:
        return SheetUnfit(
            f"Google refuses: {said or f'HTTP {status}'}",
            "look at the spreadsheet; the readings stay queued",
        )
    if 300 <= status < 400:
        lost: MeterctlError = Nonsense(
            f"Google's address answers with a redirect ({status}), which is not followed",
            "check METERCTL_SHEETS_URL, and whether a network's login page stands between",
        )
    else:
        lost = Unreachable(f"Google's server failed (HTTP {status})", QUEUED, wait)
    if writing:  # a server may fail after it has done its work
        return AnswerLost(f"{lost.message} and may have written the rows or not", QUEUED)
    return lost


def _forbidden(said: str, who: Who, *, writing: bool) -> MeterctlError:
    if "has not been used" in said or "disabled" in said:
        return NotAllowed(
            "the Google Sheets API is not enabled in the project of the service account",
            "enable it in the Google console: APIs & Services, Google Sheets API",
        )
    return NotAllowed(
        f"{who.account} may not edit the spreadsheet {who.spreadsheet}"
        if writing
        else f"{who.account} may not open the spreadsheet {who.spreadsheet}: it is not shared",
        f"share the spreadsheet with {who.account} as an editor",
    )


def is_quota(body: bytes) -> bool:
    """Whether a refusal is one of the moment: too many requests in a minute."""
    return b"RATE_LIMIT_EXCEEDED" in body or b"rateLimitExceeded" in body or b"Quota" in body
