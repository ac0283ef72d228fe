"""How a bug is told to whoever runs the server: its kind and the lines of code, without values."""

from __future__ import annotations

import traceback

from meterctl import log


def told(where: str, error: Exception, *, is_last: bool = False) -> str:
    """A bug that was met somewhere, for stderr; the log is told of it too.

    Args:
        where: What was being done.
        error: It.
        is_last: Whether this process ends with it.
    """
    log.bug(error, where, is_last=is_last)
    lines = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    return f"meterctl: a bug in {where}: {type(error).__name__}\n{lines}"
