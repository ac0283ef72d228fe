"""Keeping on disk, for as long as it is read, what can be read only once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from meterctl.errors import LedgerUnwritable

_SPARE = 64 << 20  # bytes left free for others, the ledger among them; of a small disk a tenth


@contextmanager
def spooled(pieces: Iterable[bytes], name: str) -> Iterator[BinaryIO]:
    """A copy on disk of these pieces, at its start; gone when it is closed.

    What never ends does not take the disk from those who record meanwhile.

    Raises:
        LedgerUnwritable: there is no room for it.
    """
    import tempfile

    with tempfile.TemporaryFile(prefix="meterctl-") as copy:
        for piece in pieces:
            try:
                why = "" if _is_room_for(piece, copy) else "the disk would be full"
                if not why:
                    copy.write(piece)
                    copy.flush()
            except OSError as error:
                why = error.strerror or "it cannot be written"
            if why:
                raise LedgerUnwritable(
                    f"{name} could not be kept while it is read: {why}",
                    f"free some space in {tempfile.gettempdir()}, or name another with TMPDIR",
                )
        copy.seek(0)
        yield copy


def _is_room_for(piece: bytes, copy: BinaryIO) -> bool:
    if not hasattr(os, "fstatvfs"):  # Windows
        return True
    disk = os.fstatvfs(copy.fileno())
    if not disk.f_blocks:  # it does not tell its size, as a tmpfs without a limit
        return True
    spare = min(_SPARE, disk.f_blocks * disk.f_frsize // 10)
    return disk.f_bavail * disk.f_frsize >= len(piece) + spare
