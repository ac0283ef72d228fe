"""The part of the port that is for many readings at once, without an object for each."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from meterctl.ledger.port import Stretch

Bare = tuple[int, int, int, int | None]  # time, span, revision, value; None: void


class Bulk(Protocol):
    """What an import of a million rows needs beside the verbs that others use."""

    def writing_much(self) -> AbstractContextManager[None]:
        """While much is written: what is known to be right is not checked row by row again.

        Outside of any write; each write within is as durable as ever.
        """

    def bare(self, meter: str, device: int, first_at: int, last_at: int, most: int) -> list[Bare]:
        """The revisions of a stretch, at most so many, in the order time, span, revision."""

    def open_findings(self, stretch: Stretch) -> int:
        """How many current readings of a stretch `flagged` would give as open."""
