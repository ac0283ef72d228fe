"""One answer, and what its status alone proves where no rule of the file knows it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from meterctl.redact import Mask
from meterctl.remote import one_line, retry_after
from meterctl.utility.answers import (
    BY_HAND,
    IS_TOO_MUCH,
    NO_ENTRY,
    OF_THIS_READING,
    RECEIPT_LIMIT,
    Reply,
    later,
    with_another_value,
    word_in,
)
from meterctl.utility.bodies import NotAnObject, value_in
from meterctl.utility.described.paths import Place, lines_in
from meterctl.utility.port import Lost, Misconfigured, NotTaken, Outcome, Refused, Rejected
from meterctl.utility.redact import evidence

CHECK_URL = "check METERCTL_UTILITY_URL and the file of METERCTL_UTILITY_CONFIG"
CHECK_SECRETS = "check METERCTL_UTILITY_TOKEN, METERCTL_UTILITY_USER and METERCTL_UTILITY_SECRET"

_REASONS = ("reason", "error", "code", "title", "message", "detail", "error_description")
_DEEPEST = 20  # lists in lists whose texts are still looked for


class Told:
    """An answer as it came, read once."""

    def __init__(self, reply: Reply, mask: Mask) -> None:
        self.reply = reply
        self.mask = mask
        self.status = reply.status
        self.line = one_line(mask(f"{reply.status} {reply.phrase}".strip()))
        self.answer = evidence(f"HTTP {reply.status} {reply.phrase}".strip(), reply.body, mask)
        self.why_none = ""  # what the body is, where it is no JSON
        self.body: object = None
        try:
            is_csv = reply.headers.get("content-type", "").lower().startswith("text/csv")
            self.body = lines_in(reply.body) if is_csv else value_in(reply.body)
        except NotAnObject as error:
            self.why_none = str(error)

    @cached_property
    def text(self) -> str:
        """The body as text."""
        return self.reply.body.decode("utf-8", "replace")

    @property
    def wait(self) -> float | None:
        """The seconds of its Retry-After."""
        return retry_after(self.reply.headers, self.reply.read_at)

    def shown(self, theirs: object, limit: int = 60) -> str:
        """What the other side says, as it may stand in a message of ours."""
        return one_line(self.mask(str(theirs)), limit)

    def word(self, theirs: object, limit: int = RECEIPT_LIMIT) -> str | None:
        """What the other side gives as a receipt, or a token; None where it can be none."""
        if isinstance(theirs, bool) or theirs is None or isinstance(theirs, (Mapping, list)):
            return None
        return word_in(str(theirs), limit)

    def reason(self, at: Sequence[Place] = (), scope: object = None) -> str:
        """Why, in its own words: what stands where the file says, or where it mostly does."""
        scope = self.body if scope is None else scope
        found = [where.of(scope) for where in at]
        if not any(found) and isinstance(scope, Mapping):
            found = [scope.get(name) for name in _REASONS]
        words = ": ".join(dict.fromkeys(text for one in found if (text := _worded(one))))
        if not words and self.body is None:
            words = re.sub(r"<[^<>]*>", " ", self.text[:4_000])
        return one_line(self.mask(words)) or self.line

    def nonsense(self, why: str) -> Lost:
        """An answer came, and proves nothing."""
        return Lost(why, f"{CHECK_URL}; {BY_HAND}", nonsense=True, answer=self.answer)

    def with_another_value(self, theirs: object) -> Rejected:
        """It holds this reading with another value than ours."""
        return with_another_value(self.shown(theirs, 40), self.answer)

    def later(self, wait: float | None = None) -> NotTaken:
        """It was not looked at just now."""
        return later(self.line, self.wait if wait is None else wait, self.answer)

    def no_entry(self) -> Refused:
        """It does not let us."""
        return Refused(f"it does not let us: {self.reason()}", CHECK_SECRETS, self.answer)

    def by_status(self) -> Outcome:
        """What the status of an answer to a submission proves, where no rule knows it."""
        status = self.status
        if status in OF_THIS_READING:
            return Rejected(self.reason(), self.answer)
        if status in IS_TOO_MUCH:
            return self.later()
        if status in NO_ENTRY:
            return self.no_entry()
        if status == 409:
            return self.nonsense(
                f"it answered {self.line}, and the file does not say what it means"
            )
        if 400 <= status < 500:
            return Misconfigured(
                f"nothing there takes readings: {self.reason()}", CHECK_URL, self.answer
            )
        return self._in_doubt("no rule of the file proves that it took the reading")

    def by_status_asked(self) -> Outcome:
        """The same of an answer to a question: it never proves that a reading is not there."""
        if self.status in IS_TOO_MUCH:
            return self.later()
        if self.status in NO_ENTRY:
            return self.no_entry()
        if 400 <= self.status < 500:
            why = f"it cannot be asked what became of a reading: it answered {self.line}"
            return Lost(why, BY_HAND, nonsense=True, answer=self.answer)
        return self._in_doubt("no rule of the file says what became of the reading")

    def _in_doubt(self, but: str) -> Lost:
        if self.status >= 500:
            return Lost(f"it answered {self.line}", wait=self.wait, answer=self.answer)
        if not 200 <= self.status < 300:
            return self.nonsense(f"it answered {self.line}, and no redirect is followed")
        what = f" with {self.why_none}" if self.why_none else ""
        return self.nonsense(f"it answered {self.line}{what}: {but}")


def _worded(theirs: object, depth: int = 0) -> str:
    """A text of an answer, or the texts of a list or a table of it, in one."""
    if isinstance(theirs, str):
        return theirs
    if depth == _DEEPEST:
        return ""
    if isinstance(theirs, Mapping):
        texts = ((name, _worded(one, depth + 1)) for name, one in theirs.items())
        return ", ".join(f"{name}: {text}" for name, text in texts if text)
    if isinstance(theirs, list):
        return ", ".join(text for one in theirs if (text := _worded(one, depth + 1)))
    return ""
