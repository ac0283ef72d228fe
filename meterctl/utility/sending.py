"""What every adapter over HTTP shares: a request shown, an answer that never came."""

from __future__ import annotations

from meterctl.utility.answers import Reply
from meterctl.utility.exchange import Ending, NoAnswer, NotSent, Outgoing, Unformed
from meterctl.utility.port import Lost, Misconfigured, NotTaken
from meterctl.utility.redact import Mask


def unanswered(ending: Ending) -> NotTaken | Lost | Misconfigured:
    """What is known where no answer came."""
    match ending:
        case NotSent(why, nonsense):
            hint = "check METERCTL_UTILITY_URL, and this machine's clock" if nonsense else ""
            return NotTaken(why, hint, nonsense=nonsense, unreached=True)
        case NoAnswer(why, nonsense):
            return Lost(why, nonsense=nonsense)
        case Unformed(why):
            return Misconfigured(why, "check METERCTL_UTILITY_URL and METERCTL_UTILITY_TOKEN")
        case Reply():
            raise TypeError("an answer is read elsewhere")


def shown_request(outgoing: Outgoing, mask: Mask) -> str:
    """A request in lines for people, its secrets masked."""
    lines = [
        f"{outgoing.method} {outgoing.url}",
        *(f"{name}: {value}" for name, value in outgoing.headers.items()),
    ]
    if outgoing.content:
        lines += ["", outgoing.content.decode("utf-8", "replace")]
    return mask("\n".join(lines))
