"""What PVOutput's answers mean. They are texts, such as `Bad request 400: Moon Powered`. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable

from meterctl.redact import Mask
from meterctl.remote import LONGEST, http_date
from meterctl.utility.answers import Reply
from meterctl.utility.exchange import Ending
from meterctl.utility.port import Lost, NotTaken, NotThere, Outcome, Rejected
from meterctl.utility.sending import unanswered
from meterctl.utility.statuses import Heard, by_status

_CHECK_KEY = (
    "check METERCTL_UTILITY_TOKEN, a key that may write, and METERCTL_UTILITY_USER, the system's id"
)
_OK = ("OK 200: Added Output", "OK 200: Updated Output")
_NONE_FOUND = re.compile(r"Bad request 400: No (?:\w+ ){1,2}found\b", re.IGNORECASE)
_EXCEEDED = re.compile(r"\bexceeded \d+ requests\b", re.IGNORECASE)
_FUTURE = re.compile(r"\b(?:is in the future|invalid future date)\b", re.IGNORECASE)
_NO_GENERATION = "missing required generation field"


def heard_of(ending: Ending, mask: Mask) -> Heard | Outcome:
    """An answer with 200, whose text counts; or what is known without one."""
    if not isinstance(ending, Reply):
        return unanswered(ending)
    heard = Heard(ending, mask)
    if ending.status == 400 and heard.text.lower().startswith("bad request 400:"):
        return _not_as_it_is(heard)
    if ending.status == 403 and _EXCEEDED.search(heard.text):
        return NotTaken(heard.words, wait=_until_reset(ending), answer=heard.answer)
    if (outcome := by_status(heard, _CHECK_KEY)) is not None:
        return outcome
    return heard if ending.status == 200 else heard.nonsense(f"it answered {heard.line}")


def looked_up(
    ending: Ending, mask: Mask, read: Callable[[list[list[str]], Heard], Outcome]
) -> Outcome:
    """What is shown of a reading.

    Args:
        ending: Of the request.
        mask: For secrets.
        read: Reads the rows of comma-separated values that came.
    """
    if isinstance(ending, Reply):
        heard = Heard(ending, mask)
        if ending.status == 400 and _NONE_FOUND.match(heard.text):
            return NotThere(heard.answer)
    found = heard_of(ending, mask)
    if isinstance(found, Rejected):  # of the question, which says nothing of the reading
        return Heard(ending, mask).nonsense(found.reason) if isinstance(ending, Reply) else found
    return read(rows_in(found.text), found) if isinstance(found, Heard) else found


def cannot_ask(unfit: NotTaken) -> Lost:
    """A reading that was sent once, and cannot be asked about as the settings are now."""
    return Lost(
        f"it cannot be asked about with these settings: {unfit.why}",
        "set them back; or settle it with: meterctl submissions resolve",
        nonsense=True,
    )


def says_added(heard: Heard) -> bool:
    """Whether a day's output was taken in."""
    return heard.text in _OK


def rows_in(text: str) -> list[list[str]]:
    """Rows of comma-separated values, separated by semicolons."""
    return [[cell.strip() for cell in row.split(",")] for row in text.split(";") if row.strip()]


def shown_number(row: list[str], place: int) -> int | None:
    """A whole number in a row; None where nothing is known there."""
    cell = row[place] if place < len(row) else ""
    return int(cell) if re.fullmatch(r"[0-9]{1,15}", cell) else None


def _not_as_it_is(heard: Heard) -> NotTaken | Rejected:
    """A 400 with PVOutput's own words: provably nothing was taken."""
    reason = heard.words.partition(": ")[2] or heard.words
    if _NO_GENERATION in reason.lower():
        hint = "mark the meter of the generation too: meterctl meters set METER --submit"
        why = "it has no generation of that day yet"
        return NotTaken(why, hint, answer=heard.answer, alone=True)
    if _FUTURE.search(reason):  # by its own clock and zone; it will not be for long
        hint = "check METERCTL_UTILITY_TIMEZONE"
        return NotTaken(reason, hint, answer=heard.answer, alone=True)
    return Rejected(reason, heard.answer)


def _until_reset(reply: Reply) -> float | None:
    """Seconds until the limit is lifted, by the answer's own clock."""
    reset = reply.headers.get("x-rate-limit-reset", "").strip()
    if not re.fullmatch(r"[0-9]{1,12}", reset):
        return None
    told = http_date(reply.headers.get("date", ""))
    now = reply.read_at / 1000 if told is None else told.timestamp()
    return min(max(int(reset) - now, 0.0), LONGEST)
