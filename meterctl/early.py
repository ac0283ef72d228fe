"""The first thing that runs: a signal waits until the program can say that it was stopped.

Before that, Python would end on SIGINT with a traceback. `meterctl.stopping` goes on from here.
"""

import _signal as signal  # type: ignore[import-not-found] # C's part, at once there: no enumerations

came: list[int] = []  # the signals, in order

# Windows has no SIGHUP.
SIGNALS: tuple[int, ...] = (
    signal.SIGINT,
    signal.SIGTERM,
    *filter(None, [getattr(signal, "SIGHUP", None)]),
)


def listen() -> None:
    """Take note of what comes; what whoever started us had ignored stays ignored."""
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _frame: came.append(number))
