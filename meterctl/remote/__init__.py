"""What all share that talk to other machines: where one may send, what theirs may say, waits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LONGEST = 86_400.0  # a day; whoever asks for more is asked again tomorrow

_SECONDS = re.compile(r"([+-]?)([0-9]+)(?:\.[0-9]*)?")
# Addresses in the one form that every library reads alike. Where a text could be read in two ways
# (a backslash, two @, digits of other scripts), what was checked is not where it would be sent.
_USER = r"[!$%&'()*+,.0-9:;=A-Z_a-z~-]*@"
_HOST = r"(?:[0-9A-Za-z_-]+\.)*[0-9A-Za-z_-]+\.?|\[[0-9A-Fa-f:.]+\]"
_ADDRESS = re.compile(rf"(?i:(https?))://(?:{_USER})?({_HOST})(?::([0-9]{{1,5}}))?(?:[/?#].*)?")
_WRITE = "write it as https://example.org/path"


def why_not(url: str) -> str | None:
    """Why nothing may be sent to an address; None where it may.

    Its text is not in what is said: it may hold a password or a token.
    """
    match = _ADDRESS.fullmatch(url)
    if match is None or not url.isprintable() or " " in url or "\\" in url:
        return f"not an http(s) URL; {_WRITE}"
    if match[3] and not 0 < int(match[3]) <= 65_535:
        return f"not a URL, by its port; {_WRITE}"
    if match[1].lower() == "http" and not is_here(url):
        return f"plain http:// to {match[2].lower()} can be read by everyone between: use https://"
    return None


def is_here(url: str) -> bool:
    """Whether an address is this machine's own, by one of three names: no other counts."""
    match = _ADDRESS.fullmatch(url)
    return match is not None and match[2].lower().strip("[]") in LOOPBACK


def one_line(text: str, limit: int = 200) -> str:
    """A text of the other side's, as it may stand in a message of ours."""
    flat = "".join(c if c.isprintable() else " " for c in text[: 4 * limit])
    short = " ".join(flat.split())
    return short if len(short) <= limit else f"{short[: limit - 1]}…"


def retry_after(headers: Mapping[str, str], read_at: int) -> float | None:
    """The seconds of a Retry-After, in any of its forms; None where there is none to be read.

    A date is taken as so long after the answer's own Date: whose clock is wrong does not matter.

    Args:
        headers: By names in lower case, or whatever the case.
        read_at: When the answer was read, by this machine's clock.
    """
    text = headers.get("retry-after", "").strip()
    match = _SECONDS.fullmatch(text)
    if match:
        if match[1] == "-":
            return 0.0
        return LONGEST if len(match[2]) > 9 else min(float(text), LONGEST)
    then = http_date(text)
    if then is None:
        return None
    base = http_date(headers.get("date", "")) or datetime.fromtimestamp(read_at / 1000, UTC)
    return min(max((then - base).total_seconds(), 0.0), LONGEST)


def http_date(text: str) -> datetime | None:
    """When a date of HTTP is; None where it is none. Without a zone it is UTC's."""
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
