"""What all share that talk to other machines: which is this one, what theirs may say, waits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LONGEST = 86_400.0  # a day; whoever asks for more is asked again tomorrow

_SECONDS = re.compile(r"([+-]?)([0-9]+)(?:\.[0-9]*)?")


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
    then = _date(text)
    if then is None:
        return None
    base = _date(headers.get("date", "")) or datetime.fromtimestamp(read_at / 1000, UTC)
    return min(max((then - base).total_seconds(), 0.0), LONGEST)


def _date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
