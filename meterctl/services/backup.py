"""`backup`: a verified copy of the ledger, also while others write to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from meterctl.domain.times import iso_utc
from meterctl.errors import LedgerUnwritable
from meterctl.ledger.port import Counts, Ledger


class BackedUp(NamedTuple):
    """Where the copy is, and what it holds."""

    path: Path
    counts: Counts
    size: int


def backup(ledger: Ledger, folder: Path, now: int) -> BackedUp:
    """Copy the ledger into a folder, under a name with the time; it appears when it is verified.

    Raises:
        LedgerUnwritable: the folder cannot be written to.
        LedgerDamaged: the copy does not hold what the ledger holds.
    """
    stamp = iso_utc(now).replace("-", "").replace(":", "").replace(".", "")
    path = folder / f"meterctl-{stamp}.db"
    partial = folder / f".{path.name}.{os.getpid()}.part"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerUnwritable(
            f"{folder} cannot hold backups: {error.strerror}", "name another folder"
        ) from error
    try:
        counts = ledger.backup_to(partial)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return BackedUp(path, counts, path.stat().st_size)
