"""Several processes behind one socket: begun, begun anew when they die, ended together."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FrameType

from meterctl.errors import ConfigError, Interrupted, MeterctlError
from meterctl.http import bugs
from meterctl.stopping import listen

BREATHER = 1.0  # seconds before a worker that died is begun anew
_SOON = 5.0  # seconds: who lives no longer has hardly begun
_MANY = 10  # deaths that soon, and
_TOGETHER = 90.0  # seconds within which they follow each other


class Deaths:
    """Whether it is of any use to begin another worker."""

    def __init__(self) -> None:
        self._soon: deque[float] = deque(maxlen=_MANY)

    def add(self, born: float, died: float) -> bool:
        """Count a death; True: one follows the other, and none of the workers came to serve."""
        if died - born > _SOON:
            self._soon.clear()
            return False
        self._soon.append(died)
        return len(self._soon) == _MANY and died - self._soon[0] <= _TOGETHER


def supervise(work: Callable[[], None], workers: int, begun: Callable[[], object]) -> None:
    """Fork workers, begin those anew that die, and pass a signal on to all.

    Raises:
        SystemExit: they die as soon as they begin, again and again; with the last one's code.
    """
    if sys.platform == "win32":
        raise ConfigError("there is one worker on Windows", "leave --workers out")
    running: dict[int, float] = {}  # and when they were born
    ending = False

    def end(number: int, _frame: FrameType | None = None) -> None:
        nonlocal ending
        ending = True
        for pid in running:
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(pid, number)

    taken = listen(end)
    begun()
    alive, held = os.pipe()  # whose end tells the workers that this process is gone
    deaths = Deaths()
    failure: int | None = None

    def begin() -> None:
        # No signal may come between: a worker that is not yet known would not be told of it.
        signal.pthread_sigmask(signal.SIG_BLOCK, taken)
        if not ending:
            running[_fork(work, alive, held, taken)] = time.monotonic()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, taken)

    while not ending and len(running) < workers:
        begin()
    while running:
        pid, status = os.wait()
        born = running.pop(pid)
        if ending:
            continue
        code = os.waitstatus_to_exitcode(status)
        if deaths.add(born, time.monotonic()):
            sys.stderr.write(f"meterctl: {_MANY} workers ended as soon as they began; it ends\n")
            # As a shell says it; 0 would tell a service manager that all is well.
            failure = 128 - code if code < 0 else code or 1
            end(signal.SIGTERM)
        else:
            sys.stderr.write(f"meterctl: a worker ended ({code}); another one begins\n")
            time.sleep(BREATHER)
            begin()
    if failure is not None:
        sys.exit(failure)


def _fork(work: Callable[[], None], alive: int, held: int, signals: Iterable[int]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.close(held)
        for number in signals:  # until the worker serves: the supervisor's are not its
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        threading.Thread(target=_end_with, args=(alive,), daemon=True).start()
        work()
        code = 0
    except Interrupted as signalled:
        code = signalled.exit_code
    except MeterctlError as error:
        code = error.exit_code
        sys.stderr.write(f"meterctl: {error}\n")
    except Exception as error:  # noqa: BLE001 (nobody else could say why this process ends)
        sys.stderr.write(f"{bugs.told('a worker', error, is_last=True)}\n")
    finally:
        os._exit(code)


def _end_with(alive: int) -> None:
    """End this worker when its supervisor is gone, however that ended."""
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)
