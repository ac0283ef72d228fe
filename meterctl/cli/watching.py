"""A display that goes on until a person leaves: `current --watch`."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from meterctl.cli import out
from meterctl.errors import Busy, LedgerUnreachable

T = TypeVar("T")

EVERY = 1.0  # seconds between two drawings: an age of seconds is right
# The other screen, so that what was there before comes back; without the cursor.
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _END_OF_LINE, _REST = "\x1b[H", "\x1b[K", "\x1b[J"


def watch(look: Callable[[], T], lines: Callable[[T], list[str]], seconds: float) -> None:
    """Draw again each second what was last seen, and look again every few seconds.

    A ledger that is busy, or cannot be reached, for a while is told of, and waited for.

    Args:
        look: Asks for what is shown.
        lines: What is shown of it now, line by line; the ages go on.
        seconds: Between two looks.
    """
    seen = look()
    looked, trouble = time.monotonic(), ""
    with _other_screen():
        while True:
            _draw([*lines(seen), "", *([trouble] if trouble else [])])
            time.sleep(EVERY)
            if time.monotonic() - looked < seconds:
                continue
            try:
                seen, trouble = look(), ""
            except (Busy, LedgerUnreachable) as error:
                trouble = out.styled(out.plain(f"{error.message}; looking again"), "doubtful")
            looked = time.monotonic()


def _draw(lines: list[str]) -> None:
    """Over what is there, line by line, so that nothing flickers; what has no room is left out."""
    height = shutil.get_terminal_size().lines
    shown = lines if len(lines) <= height else [*lines[: height - 1], "..."]
    out.write(_HOME + f"{_END_OF_LINE}\r\n".join(shown) + _END_OF_LINE + _REST)
    out.flush()


@contextmanager
def _other_screen() -> Iterator[None]:
    """The terminal's other screen, left however the block ends, and while Ctrl-Z has stopped us."""

    def stop(number: int, _frame: object) -> None:
        out.write(_LEAVE)
        out.flush()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, stop)  # from here on we go on
        out.write(_ENTER)

    before = signal.signal(signal.SIGTSTP, stop)
    out.write(_ENTER)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)
        with suppress(out.PipeClosed):
            out.write(_LEAVE)
            out.flush()
