"""How a bug is told to whoever runs the server: its kind and the lines of code, without values."""

from __future__ import annotations

import traceback


def told(where: str, error: Exception) -> str:
    """A bug that was met somewhere, for stderr."""
    lines = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    return f"meterctl: a bug in {where}: {type(error).__name__}\n{lines}"
