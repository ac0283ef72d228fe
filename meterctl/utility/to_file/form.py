"""What the formats of a file have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from meterctl.utility.port import NotTaken, Request


class Form(Protocol):
    """How readings are written into a file. The same readings always make the same bytes."""

    @property
    def suffix(self) -> str:
        """How the file's name ends: `.csv`."""

    @property
    def by_day(self) -> bool:
        """Whether it tells the day of a reading and not its time."""

    def refusal(self, request: Request) -> NotTaken | None:
        """Why a reading cannot be written as the settings have it; None where it can."""

    def content(self, requests: Sequence[Request]) -> bytes:
        """The file; none of the readings is one that is refused."""
