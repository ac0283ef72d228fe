"""A display that goes on until a person leaves: `current --watch`."""

from __future__ import annotations

import os
import select
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
# The other screen, so that what was there before comes back; without the cursor, and with lines
# that end where the screen does, or what is drawn would scroll.
_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l\x1b[?7l", "\x1b[?7h\x1b[?25h\x1b[?1049l"
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
    with _other_screen() as rest:
        while True:
            _draw(lines(seen), ["", trouble] if trouble else [""])
            rest(EVERY)
            if time.monotonic() - looked < seconds:
                continue
            try:
                seen, trouble = look(), ""
            except (Busy, LedgerUnreachable) as error:
                trouble = out.styled(out.plain(f"{error.message}; looking again"), "doubtful")
            looked = time.monotonic()


def _draw(lines: list[str], end: list[str]) -> None:
    """Over what is there, line by line, so that nothing flickers; what has no room is left out."""
    room = shutil.get_terminal_size().lines - len(end)
    shown = lines if len(lines) <= room else [*lines[: max(room - 1, 0)], "..."]
    out.write(_HOME + f"{_END_OF_LINE}\r\n".join([*shown, *end]) + _END_OF_LINE + _REST)
    out.flush()


@contextmanager
def _other_screen() -> Iterator[Callable[[float], None]]:
    """The terminal's other screen, left however the block ends; a pause, in which Ctrl-Z stops us.

    It is the pause that does it, not the handler of the signal: that one may come in the middle of
    what is being written.
    """
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    asked = False

    def ask(_number: int, _frame: object) -> None:
        nonlocal asked
        asked = True

    def rest(seconds: float) -> None:
        nonlocal asked
        if select.select([woken], [], [], seconds)[0]:
            os.read(woken, 100)
        if not asked:
            return
        asked = False
        out.write(_LEAVE)
        out.flush()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, ask)  # from here on we go on
        out.write(_ENTER)

    before = (
        signal.signal(signal.SIGTSTP, ask),
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False),
    )
    try:
        out.write(_ENTER)
        yield rest
    finally:
        signal.set_wakeup_fd(before[1])
        signal.signal(signal.SIGTSTP, before[0])
        os.close(woken)
        os.close(wake)
        with suppress(out.PipeClosed):
            out.write(_LEAVE)
            out.flush()
