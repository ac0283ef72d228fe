"""Keeping on disk, for as long as it is read, what can be read only once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from meterctl.errors import LedgerUnwritable


@contextmanager
def spooled(pieces: Iterable[bytes], name: str) -> Iterator[BinaryIO]:
    """A copy on disk of these pieces, at its start; gone when it is closed.

    Raises:
        LedgerUnwritable: there is no room for it.
    """
    import tempfile

    with tempfile.TemporaryFile(prefix="meterctl-") as copy:
        for piece in pieces:
            try:
                copy.write(piece)
                copy.flush()
            except OSError as error:
                raise LedgerUnwritable(
                    f"{name} could not be kept while it is read: {error.strerror}",
                    f"free some space in {tempfile.gettempdir()}, or name another with TMPDIR",
                ) from error
        copy.seek(0)
        yield copy
