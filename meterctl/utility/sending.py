"""What every adapter over HTTP shares: a request shown, an answer that never came."""

from __future__ import annotations

import re

from meterctl.redact import MASK, Mask
from meterctl.utility.answers import Reply
from meterctl.utility.exchange import Ending, NoAnswer, NotSent, Outgoing, Unformed
from meterctl.utility.port import Lost, Misconfigured, NotTaken

_IS_PROOF = re.compile(r"(?i)auth|cookie|key|secret|signature|token")


def unanswered(ending: Ending) -> NotTaken | Lost | Misconfigured:
    """What is known where no answer came."""
    match ending:
        case NotSent(why, nonsense):
            hint = "check METERCTL_UTILITY_URL, and this machine's clock" if nonsense else ""
            return NotTaken(why, hint, nonsense=nonsense, unreached=True)
        case NoAnswer(why, nonsense):
            return Lost(why, nonsense=nonsense)
        case Unformed(why, hint):
            return Misconfigured(why, hint)
        case Reply():
            raise TypeError("an answer is read elsewhere")


def shown_request(outgoing: Outgoing, mask: Mask) -> str:
    """A request in lines for people, its secrets masked."""
    lines = [f"{outgoing.method} {mask(outgoing.url)}"]
    lines += [f"{name}: {_shown(name, text, mask)}" for name, text in outgoing.headers.items()]
    if outgoing.content:
        lines += ["", mask(outgoing.content.decode("utf-8", "replace"))]
    return "\n".join(lines)


def _shown(name: str, text: str, mask: Mask) -> str:
    """A header's text; of one that is there to prove who we are, no more than the scheme."""
    masked = mask(text)
    if MASK not in masked and _IS_PROOF.search(name) and name.lower() != "idempotency-key":
        scheme, space, rest = masked.partition(" ")
        return f"{scheme} {MASK}" if space and rest else MASK
    return masked
