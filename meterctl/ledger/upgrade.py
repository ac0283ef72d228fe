"""Before an older ledger is migrated, it is kept as it was: the way back, if there must be one.

A migration is one transaction, so that a kill or a power cut leaves the old schema or the new one.
The copy is for what no transaction helps against: a migration that is wrong, or an older meterctl
that has to take over again.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from meterctl.errors import LedgerDamaged, LedgerUnwritable
from meterctl.ledger.connect import connect
from meterctl.ledger.connection import Connection
from meterctl.ledger.faults import os_errors, sqlite_errors
from meterctl.ledger.files import sync_folder
from meterctl.ledger.migrate import NEWEST_VERSION


def kept_path(path: Path, version: int) -> Path:
    """Where a ledger of that schema is kept: `ledger.db.schema-3`."""
    return path.with_name(f"{path.name}.schema-{version}")


def is_of_today(path: Path) -> bool:
    """Whether a ledger is there that is opened for writing without being made, or upgraded."""
    with suppress(sqlite3.Error), closing(connect(path, "ro", 0)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        return bool(version == NEWEST_VERSION)
    return False


def keep_older(connection: Connection, path: Path, version: int) -> None:
    """Keep a whole, checked copy beside the ledger, on disk before this returns.

    A copy of the same schema that is there already is one that a killed run has left, or of a
    ledger that was put back since: the present one takes its place.

    Args:
        connection: To the ledger; the caller holds the writers' lock.
        path: The ledger's file.
        version: Its schema; 0 is a new ledger, of which there is nothing to keep.

    Raises:
        LedgerUnwritable: there is no room for it; nothing was migrated.
        LedgerDamaged: what was copied is not sound; nothing was migrated.
    """
    if not version:
        return
    kept = kept_path(path, version)
    partial = kept.with_name(kept.name + ".part")
    try:
        _remove(partial)
        connection.copy_to(partial)
        _check(partial, path)
        with os_errors(kept):
            partial.replace(kept)
            sync_folder(kept.parent)
    finally:
        with suppress(LedgerUnwritable):  # what went wrong is told already
            _remove(partial)


def _remove(partial: Path) -> None:
    """A run that was killed may have left it, with the journal of its making."""
    for leftover in (partial, partial.with_name(partial.name + "-journal")):
        with os_errors(leftover):
            leftover.unlink(missing_ok=True)


def _check(copy: Path, path: Path) -> None:
    with sqlite_errors(path), closing(connect(copy, "ro", 0)) as connection:
        wrong = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if wrong != "ok":
        raise LedgerDamaged(
            f"the ledger {path} is damaged: {wrong}; it was not brought to this meterctl's schema",
            "see: meterctl health; then restore the newest backup",
        )
