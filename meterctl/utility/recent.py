"""What was handed over a short while ago: its other side may not show it yet."""

from __future__ import annotations

from collections.abc import Callable


class Recent:
    """The keys of readings that one client handed over, and when.

    Args:
        settles: Seconds after which what is not shown was not taken.
        clock: Seconds since 1970.
    """

    def __init__(self, settles: float, clock: Callable[[], float]) -> None:
        self._settles = settles
        self._clock = clock
        self._handed: dict[str, float] = {}

    def note(self, key: str) -> None:
        """A reading leaves now."""
        self._handed[key] = self._clock()

    def left(self, key: str) -> float:
        """Seconds for which a reading may still be on its way into what is shown; 0: none."""
        handed = self._handed.get(key)
        return 0.0 if handed is None else max(handed + self._settles - self._clock(), 0.0)
