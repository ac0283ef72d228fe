"""What an answer's HTTP status says by itself, where its body is not the adapter's own language."""

from __future__ import annotations

import re

from meterctl.redact import Mask
from meterctl.remote import one_line, retry_after
from meterctl.utility.answers import IS_TOO_MUCH, NO_ENTRY, Reply
from meterctl.utility.port import Lost, Misconfigured, NotTaken, Outcome, Refused
from meterctl.utility.redact import evidence

CHECK_URL = "check METERCTL_UTILITY_URL"


class Heard:
    """An answer, fit to be shown."""

    def __init__(self, reply: Reply, mask: Mask) -> None:
        self.reply = reply
        self.mask = mask
        self.line = one_line(mask(f"{reply.status} {reply.phrase}".strip()))
        self.answer = evidence(f"HTTP {reply.status} {reply.phrase}".strip(), reply.body, mask)

    @property
    def text(self) -> str:
        """The body, as far as it is worth reading; it may hold secrets."""
        return self.reply.body[:8_000].decode("utf-8", "replace").strip()

    @property
    def words(self) -> str:
        """What it says, in one line without tags and secrets; else its status line."""
        return one_line(self.mask(re.sub(r"<[^<>]*>", " ", self.text))) or self.line

    def nonsense(self, why: str, hint: str = CHECK_URL) -> Lost:
        """An answer came, and is none that such an endpoint gives."""
        return Lost(why, hint, nonsense=True, answer=self.answer)


def by_status(heard: Heard, check_entry: str) -> Outcome | None:
    """What a status other than 2xx means; None for a 2xx, whose body is what counts.

    Args:
        heard: The answer.
        check_entry: The hint where it does not let us.
    """
    reply = heard.reply
    if 200 <= reply.status < 300:
        return None
    wait = retry_after(reply.headers, reply.read_at)
    if reply.status >= 500 and reply.status != 501:
        return Lost(f"it answered {heard.line}", wait=wait, answer=heard.answer)
    if reply.status < 400:
        return heard.nonsense(f"it answered {heard.line}, and no redirect is followed")
    if reply.status in IS_TOO_MUCH:
        return NotTaken(f"it answered {heard.line}", wait=wait, answer=heard.answer)
    if reply.status in NO_ENTRY:
        return Refused(f"it does not let us: {heard.words}", check_entry, heard.answer)
    why = f"nothing there takes readings: {heard.words}"
    return Misconfigured(why, CHECK_URL, heard.answer)
