"""Where an error came from: frames and messages, without local variables, secrets and readings."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator

_HEAD = "Traceback (most recent call last):\n"
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_FRAME = re.compile(r'^\s+File "')  # of a trace within a message: its lines keep their numbers


def trace_of(error: BaseException, mask: Callable[[str], str], *, numbers: bool = True) -> str:
    """A traceback, also of what caused it.

    Args:
        error: It.
        mask: Replaces secrets.
        numbers: Whether messages keep their numbers, which may be readings.
    """
    parts = []
    for one in causes(error):
        frames = "".join(traceback.format_tb(one.__traceback__))
        said = mask(message_of(one))
        if not numbers:
            said = "\n".join(
                line if _FRAME.match(line) else _NUMBER.sub("#", line) for line in said.split("\n")
            )
        parts.append(f"{_HEAD}{frames}{type(one).__name__}: {said}\n")
    return mask("which led to\n".join(reversed(parts)))


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error, what it came from, and so on; each once."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def message_of(error: BaseException) -> str:
    """What an error says, with its notes; some cannot say it."""
    try:
        return "\n".join((str(error), *getattr(error, "__notes__", ())))
    except Exception:  # noqa: BLE001 (its own bug must not hide the first one)
        return "(it cannot say what)"
