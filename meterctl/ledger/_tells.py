"""What a ledger tells the log of: its writes, once they are durable, and never sooner."""

from __future__ import annotations

from meterctl import log
from meterctl.log import Field


class Tells:
    """The part of a ledger that keeps events until the write is over that they belong to."""

    _told: list[tuple[bool, str, dict[str, Field]]]  # by the write that is under way

    def _tell(self, name: str, *, is_usual: bool = False, **fields: Field) -> None:
        """Tell of something when this write is durable; what is usual, only to who asks for all."""
        if log.is_on(log.DEBUG if is_usual else log.INFO):
            self._told.append((is_usual, name, fields))

    def _tell_all(self) -> None:
        told = self._told[:]
        self._told.clear()
        for is_usual, name, fields in told:
            (log.debug if is_usual else log.event)(name, **fields)
