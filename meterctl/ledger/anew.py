"""The port's part for a ledger that is put back from a backup, and begins anew."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Anew(Protocol):
    """What becomes of a copy that another machine's ledger may still go on beside."""

    def writing_anyway(self) -> AbstractContextManager[None]:
        """As `writing`, also where the ledger was moved, or is a copy that is not whole yet."""

    def renew_id(self, id_: str) -> None:
        """Give the ledger another id, so that nothing it writes is taken for the other's."""

    def forget_memos(self, beginning: str) -> None:
        """Forget all that was noted under names that begin so."""
