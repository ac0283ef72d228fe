"""`backup`: a verified copy of the ledger, also while others write to it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from meterctl.domain.times import DAY, iso_utc
from meterctl.errors import LedgerUnwritable
from meterctl.ledger.port import Counts, Ledger


class BackedUp(NamedTuple):
    """Where the copy is, and what it holds."""

    path: Path
    counts: Counts
    size: int


def backup(ledger: Ledger, folder: Path, now: int) -> BackedUp:
    """Copy the ledger into a folder, under a name with the time.

    Raises:
        LedgerUnwritable: the folder cannot be written to.
        LedgerDamaged: the copy does not hold what the ledger holds.
    """
    stamp = iso_utc(now).replace("-", "").replace(":", "").replace(".", "")
    path = folder / f"meterctl-{stamp}.db"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(folder, now)
        if path.exists():
            raise LedgerUnwritable(f"{path} is there already", "try again: names hold the time")
    except OSError as error:
        raise LedgerUnwritable(
            f"{folder} cannot hold backups: {error.strerror}", "name another folder"
        ) from error
    counts = ledger.backup_to(path)
    return BackedUp(path, counts, path.stat().st_size)


def _sweep(folder: Path, now: int) -> None:
    """Remove what a backup that was killed has left; none takes a day."""
    for partial in folder.glob(".meterctl-*.db.part*"):
        if partial.stat().st_mtime * 1000 < now - DAY:
            partial.unlink(missing_ok=True)
