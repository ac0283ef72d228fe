"""What an answer means: its status *and* its body, for this very reading. No I/O.

HTTP 200 is no acceptance: a captive portal says 200, and so does many an error page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from meterctl.domain.quantity import MILLIONTHS, format_quantity
from meterctl.domain.times import iso_utc, parse_time, zone_named
from meterctl.errors import MeterctlError
from meterctl.redact import Mask
from meterctl.remote import one_line, retry_after
from meterctl.utility.bodies import NotAnObject, object_in
from meterctl.utility.port import (
    Accepted,
    Already,
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
    Request,
)
from meterctl.utility.redact import evidence

_UTC = zone_named("UTC")
_CHECK_URL = "check METERCTL_UTILITY_URL"
_CHECK_TOKEN = "check METERCTL_UTILITY_TOKEN and METERCTL_UTILITY_KEY_HEADER"  # noqa: S105 (names)
RECEIPT_LIMIT = 200
BY_HAND = "look at the utility's own page, then: meterctl submissions resolve"

_ECHOES = ("key", "meter", "serial", "timestamp", "value", "unit")
# What a status proves by itself, whoever answers.
IS_TOO_MUCH = frozenset((408, 425, 429))
OF_THIS_READING = frozenset((400, 422))
NO_ENTRY = frozenset((401, 402, 403, 407, 451))


class Reply(NamedTuple):
    """An answer as it came, whole."""

    status: int
    phrase: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    read_at: int  # this machine's clock


def later(line: str, wait: float | None, answer: str) -> NotTaken:
    """It was not looked at just now.

    Args:
        line: Its status line, masked.
        wait: The seconds that it asks us to wait.
        answer: What came back, as evidence.
    """
    asks = "" if wait is None else f", and asks us to wait {wait:.0f} s"
    return NotTaken(f"it answered {line}{asks}", wait=wait, answer=answer)


def with_another_value(theirs: str, answer: str) -> Rejected:
    """It holds this reading with another value than ours.

    Args:
        theirs: That value, masked and in one line.
        answer: What came back, as evidence.
    """
    return Rejected(f"already there with another value: {theirs}", answer)


def word_in(text: str, limit: int = RECEIPT_LIMIT) -> str | None:
    """What the other side gives as a receipt, or a token; None where it can be none."""
    trimmed = text.strip()
    return trimmed if trimmed and trimmed.isprintable() and len(trimmed) <= limit else None


def submitted(reply: Reply, request: Request, mask: Mask) -> Outcome:
    """What the answer to a submission says of it."""
    told = _Told(reply, request, mask)
    status = reply.status
    if 200 <= status < 300:
        return told.settled()
    if 300 <= status < 400 or status < 200:
        return told.redirected()
    if status >= 500:
        return told.failed()
    if status in IS_TOO_MUCH:
        return told.later()
    if status == 409:
        return told.conflict()
    if status == 422 and told.says("idempotency_key_reused"):
        why = "it has seen our key with another content"
        return Lost(why, BY_HAND, nonsense=True, answer=told.answer)
    if status in OF_THIS_READING or told.says("rejected"):
        return told.rejected()
    return told.no_entry() if status in NO_ENTRY else told.misconfigured()


def asked(reply: Reply, request: Request, mask: Mask) -> Outcome:
    """What the answer to a status query says of the submission."""
    told = _Told(reply, request, mask)
    status = reply.status
    if 200 <= status < 300:
        return told.settled()
    if status == 404 and told.says("not_found"):
        return NotThere(told.answer)
    if status == 409 and told.says("in_progress"):
        return told.in_progress()
    if status >= 500 and status != 501:
        return told.failed()
    if status in IS_TOO_MUCH:
        return told.later()
    if status in NO_ENTRY:
        return told.no_entry()
    if 300 <= status < 400 or status < 200:
        return told.redirected()
    why = f"it cannot be asked what became of a reading: it answered {told.line}"
    return Lost(why, BY_HAND, nonsense=True, answer=told.answer)


class _Told:
    """One answer, in the light of what was asked."""

    def __init__(self, reply: Reply, request: Request, mask: Mask) -> None:
        self._reply = reply
        self._request = request
        self._mask = mask
        self.line = one_line(mask(f"{reply.status} {reply.phrase}".strip()))
        self.answer = evidence(f"HTTP {reply.status} {reply.phrase}".strip(), reply.body, mask)
        self._body: dict[str, Any] | None = None
        self._why_none = ""
        try:
            self._body = object_in(reply.body)
        except NotAnObject as error:
            self._why_none = str(error)

    def says(self, word: str) -> bool:
        """Whether the body's `status` or `error` is this word."""
        return self._body is not None and word in (
            self._body.get("status"),
            self._body.get("error"),
        )

    def settled(self) -> Outcome:
        """A 2xx: good only with a body that says so, and says it of this reading."""
        body = self._body
        if body is None:
            return self._nonsense(f"it answered {self.line} with {self._why_none}")
        status = body.get("status")
        if status == "already":
            return self._already(body)
        if status in ("in_progress", "pending", "processing"):
            return self.in_progress()
        if status not in ("accepted", "rejected"):
            return self._nonsense(f"it answered {self.line}, but not that it accepted the reading")
        if other := self._of_another(body, _ECHOES):
            return self._nonsense(f"it answered for another reading: {other}")
        if status == "rejected":
            return Rejected(self._reason(), self.answer)
        receipt = self._receipt(body)
        if receipt is None:
            return self._nonsense("it says that it accepted the reading, but gave no receipt")
        return Accepted(receipt, self.answer)

    def conflict(self) -> Outcome:
        """A 409: what is there already, or the first of two requests still at work."""
        if self.says("in_progress"):
            return self.in_progress()
        return self._already(self._body or {})

    def rejected(self) -> Outcome:
        """A 4xx about this reading."""
        if self._body is not None and (
            other := self._of_another(self._body, ("key", "meter", "timestamp"))
        ):
            return self._nonsense(f"it answered for another reading: {other}")
        return Rejected(self._reason(), self.answer)

    def later(self) -> Outcome:
        """It was not looked at: too many requests, or too slow a one."""
        wait = retry_after(self._reply.headers, self._reply.read_at)
        return later(self.line, wait, self.answer)

    def failed(self) -> Outcome:
        """A 5xx: before, while or after it took the reading; nobody knows."""
        wait = retry_after(self._reply.headers, self._reply.read_at)
        return Lost(f"it answered {self.line}", wait=wait, answer=self.answer)

    def redirected(self) -> Outcome:
        """Nothing is ever sent on to another place."""
        why = f"it answered {self.line}, and a submission follows no redirect"
        return Lost(why, _CHECK_URL, nonsense=True, answer=self.answer)

    def no_entry(self) -> Outcome:
        """It does not let us, or not today."""
        body = self._body or {}
        if self.says("window_closed"):
            return self._closed(body)
        return Refused(f"it does not let us: {self._reason()}", _CHECK_TOKEN, self.answer)

    def misconfigured(self) -> Outcome:
        """Nothing takes readings there in this way."""
        why = f"nothing there takes readings: {self._reason()}"
        return Misconfigured(why, _CHECK_URL, self.answer)

    def _closed(self, body: dict[str, Any]) -> NotTaken:
        opens = _instant(body.get("opens"))
        wait = None if opens is None else max(opens - self._reply.read_at, 0) / 1000
        until = "" if opens is None else f" until {iso_utc(opens)}"
        why = f"its window for readings is closed{until}"
        # Without a word of when it opens it may be closed for this reading alone.
        return NotTaken(why, wait=wait, answer=self.answer, alone=opens is None)

    def in_progress(self) -> Lost:
        """It has the request, and no verdict yet."""
        wait = retry_after(self._reply.headers, self._reply.read_at) or 0.0
        why = "it is still at work on the reading"
        return Lost(why, wait=wait, answer=self.answer, heard=True)

    def _already(self, body: dict[str, Any]) -> Outcome:
        """It holds this reading: with our value it has what we want, with another it has not."""
        if other := self._of_another(body, ("meter", "serial", "timestamp", "unit")):
            return self._nonsense(f"it answered for another reading: {other}")
        value = _number(body.get("value"))
        if value is None:
            return self._nonsense("it has such a reading already, but does not say of which value")
        if value != Decimal(self._request.value) / MILLIONTHS:
            there = one_line(self._mask(str(body["value"])), 40)
            return with_another_value(there, self.answer)
        return Already(self._receipt(body), self.answer)

    def _receipt(self, body: dict[str, Any]) -> str | None:
        receipt = body.get("receipt")
        return word_in(receipt) if isinstance(receipt, str) else None

    def _of_another(self, body: dict[str, Any], names: tuple[str, ...]) -> str:
        """What the answer echoes that is not this reading's; empty where all of it is."""
        request = self._request
        for name in names:
            echoed = body.get(name)
            if echoed is None:
                continue
            match name:
                case "timestamp":
                    fits = _instant(echoed) == request.at
                case "value":
                    fits = _number(echoed) == Decimal(request.value) / MILLIONTHS
                case _:
                    own = getattr(request, name)
                    fits = own is None or str(echoed).casefold() == own.casefold()
            if not fits:
                said = one_line(self._mask(str(echoed)), 60)
                return f"{name} {said}, not {self._own(name)}"
        return ""

    def _own(self, name: str) -> str:
        match name:
            case "timestamp":
                return iso_utc(self._request.at)
            case "value":
                return format_quantity(self._request.value)
            case _:
                return str(getattr(self._request, name))

    def _reason(self) -> str:
        """Why, in its own words."""
        body = self._body
        if body is None:
            page = self._reply.body[:4_000].decode("utf-8", "replace")
            words = re.sub(r"<[^<>]*>", " ", page)
        else:
            words = ": ".join(
                dict.fromkeys(
                    text
                    for name in ("reason", "error", "code", "title", "message", "detail")
                    if isinstance(text := body.get(name), str) and text
                )
            )
        return one_line(self._mask(words)) or self.line

    def _nonsense(self, why: str) -> Lost:
        return Lost(why, f"{_CHECK_URL}; {BY_HAND}", nonsense=True, answer=self.answer)


def _instant(value: object) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_time(value, _UTC)
    except MeterctlError:
        return None


def _number(value: object) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
