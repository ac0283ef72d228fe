"""The signals that end a run: SIGINT (Ctrl-C), SIGTERM, SIGHUP. Beneath all, as errors are.

A run is ended by an exception, `Interrupted`, raised wherever it just is, so that all that was
begun is undone on its way out. This module sees to what Python leaves open:

- before the commands are loaded it waits until they are (`meterctl.early`);
- one order to stop raises once: a second Ctrl-C does not disturb what is being undone. Who is not
  out within `GRACE` seconds is ended as by `kill -9`, which the next run heals as well;
- raised where nothing can pass it on (a finalizer), it is raised anew a moment later;
- where a signal would leave something behind that nobody knows of, it waits (`whole`);
- once all is done and told, a signal changes nothing.

A signal that whoever started us had ignored (nohup, a job in the background) stays ignored.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from meterctl import early
from meterctl.errors import Interrupted

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

GRACE = 20.0  # seconds; a service manager kills after 30 or more

_AGAIN = 0.01  # seconds until it is raised anew
_TO_TELL = 2.0  # seconds that a last line may take: of a pipe that is full nobody may read ever

Handler = Callable[[int, FrameType | None], Any] | signal.Handlers


class _State:
    """What is known of this process's end."""

    number: int | None = None  # the signal that came
    is_program = False  # the process is ours alone: it may be ended
    kept = 0  # how many blocks it has to wait for
    is_waiting = False  # it came within such a block
    is_lost = False  # it was raised where nothing passed it on
    thread = _thread.get_ident()  # the main one: Python runs handlers nowhere else


def begin() -> None:
    """From here on a signal raises `Interrupted` in the main thread.

    Raises:
        Interrupted: one has come already.
    """
    _State.number, _State.kept = None, 0
    _State.is_waiting = _State.is_lost = False
    _State.thread = _thread.get_ident()
    listen(_stop)
    if early.came:
        _stop(early.came[0], None)


def own() -> None:
    """This process is the program's alone: it may be ended, whatever else is in it."""
    _State.is_program = True
    sys.unraisablehook = _unraisable


def came() -> int | None:
    """The signal that came, if one did: whatever error the run ends with is its doing."""
    return _State.number


def will_leave(code: int) -> None:
    """All is undone, and only a last line is to be told: that takes no longer than a moment."""
    _State.is_lost = False
    if _State.is_program:
        _thread.start_new_thread(_end, (_TO_TELL, code))


def over() -> None:
    """All is done and told: what comes now is too late to change anything."""
    listen(signal.SIG_IGN)
    _State.is_lost = False


@contextmanager
def whole() -> Iterator[None]:
    """Let a signal wait until the end of a block, which must be short."""
    if _thread.get_ident() != _State.thread:  # no signal is raised here
        yield
        return
    _State.kept += 1
    try:
        yield
    finally:
        _State.kept -= 1
        if _State.is_waiting and not _State.kept and _State.number is not None:
            _State.is_waiting = False
            raise Interrupted(_State.number)


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """A folder that is gone at the end of the block, also where a signal ends that.

    Raises:
        OSError: there is no place for it.
    """
    from tempfile import TemporaryDirectory

    with whole():
        made = TemporaryDirectory(prefix=prefix)
    try:
        yield Path(made.name)
    finally:
        with whole():
            made.cleanup()


def listen(handler: Handler) -> dict[int, Any]:
    """Have a handler called for each of the signals that is not ignored; the ones before."""
    before = {number: signal.getsignal(number) for number in early.SIGNALS}
    taken = {number: one for number, one in before.items() if one is not signal.SIG_IGN}
    for number in taken:
        signal.signal(number, handler)
    return taken


def _stop(number: int, _frame: FrameType | None) -> None:
    if _State.number is not None:  # it is under way
        return
    _State.number = number
    if _State.is_program:
        _thread.start_new_thread(_end, (GRACE, Interrupted(number).exit_code))
    if _State.kept:
        _State.is_waiting = True
        return
    raise Interrupted(number)


def _end(seconds: float, code: int) -> None:
    """The end of a process that does not come to it by itself."""
    time.sleep(seconds)
    os._exit(code)


def _unraisable(lost: UnraisableHookArgs) -> None:
    """Python's last resort for an exception that nothing can pass on."""
    if not isinstance(lost.exc_value, Interrupted):
        sys.__unraisablehook__(lost)
    elif hasattr(signal, "setitimer"):
        _State.is_lost = True
        signal.signal(signal.SIGALRM, _raise_anew)
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
    else:
        _State.number = None  # the next one that comes


def _raise_anew(_number: int, _frame: FrameType | None) -> None:
    if _State.is_lost and _State.number is not None:
        _State.is_lost = False
        raise Interrupted(_State.number)
