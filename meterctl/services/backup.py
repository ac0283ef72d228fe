"""`backup`: a verified copy of the ledger, also while others write to it; the oldest ones go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from meterctl import log
from meterctl.domain.times import DAY, iso_utc, parse_time
from meterctl.errors import LedgerUnwritable, TimeError
from meterctl.ledger.port import Counts, Ledger

KEPT = 30  # how many are, unless it is said otherwise; each week one is half a year

_NAME = re.compile(r"meterctl-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})?Z\.db", re.ASCII)


class BackedUp(NamedTuple):
    """Where the copy is, what it holds, and which older ones went for it."""

    path: Path
    counts: Counts
    size: int
    removed: tuple[Path, ...] = ()
    stuck: tuple[Path, ...] = ()  # should have gone, and could not be removed


def folder_in(folder: Path) -> Path:
    """Where a ledger's backups go unless it is said otherwise, by the folder of its files."""
    return folder / "backups"


def stamp_of(instant: int) -> str:
    """A time as it stands in a file's name: `20261122T110000Z`."""
    return iso_utc(instant).replace("-", "").replace(":", "").replace(".", "")


def taken_at(path: Path) -> int | None:
    """When a backup was begun, as its name says; None for a name that is none of ours."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction = match.groups("000")
    text = f"{year}-{month}-{day}T{hour}:{minute}:{second}.{fraction}Z"
    try:
        return parse_time(text, UTC)
    except TimeError:
        return None


def backups_in(folder: Path) -> list[Path]:
    """The files of a folder that are named as backups are, the newest first.

    Raises:
        OSError: it cannot be read, or nobody may look at what is in it.
    """
    dated = ((at, path) for path in folder.iterdir() if (at := taken_at(path)) is not None)
    return [path for _, path in sorted(dated, reverse=True) if path.is_file()]


def backup(ledger: Ledger, folder: Path, now: int, keep: int | None = None) -> BackedUp:
    """Copy the ledger into a folder, under a name with the time.

    Args:
        ledger: What is copied.
        folder: Where to; made if it is not there.
        now: The time.
        keep: How many of this ledger's backups are to be there then, the new one among them; None
            removes none.

    Raises:
        LedgerUnwritable: the folder cannot be written to.
        LedgerDamaged: the copy does not hold what the ledger holds.
    """
    path = folder / f"meterctl-{stamp_of(now)}.db"
    try:
        _sweep(folder, now)
        if path.exists():
            raise LedgerUnwritable(f"{path} is there already", "try again: names hold the time")
    except OSError as error:
        raise LedgerUnwritable(
            f"{folder} cannot hold backups: {error.strerror}", "name another folder"
        ) from error
    older = _listed(folder)  # not what another run makes meanwhile: each would remove the other's
    counts = ledger.backup_to(path)
    done = BackedUp(path, counts, path.stat().st_size)
    log.event("backup.made", file=str(path), entries=counts.entries, bytes=done.size)
    if keep is None:
        return done
    removed, stuck = [], []
    for old in _too_many(ledger, older, keep):
        try:
            old.unlink(missing_ok=True)  # another run may rotate just now
        except OSError:
            stuck.append(old)
        else:
            removed.append(old)
    return done._replace(removed=tuple(removed), stuck=tuple(stuck))


def _listed(folder: Path) -> list[Path]:
    """The backups that are there; none where that cannot be told."""
    with suppress(OSError):
        return backups_in(folder)
    return []


def _too_many(ledger: Ledger, older: list[Path], keep: int) -> Iterator[Path]:
    """This ledger's oldest backups. What does not say that it is one, nobody removes."""
    left = keep - 1  # beside the one just made
    with suppress(OSError):  # what cannot be looked at is not removed
        for path in older:
            if ledger.is_copy(path):
                left -= 1
                if left < 0:
                    yield path


def _sweep(folder: Path, now: int) -> None:
    """Remove what a backup that was killed has left; none takes a day."""
    for partial in folder.glob(".meterctl-*.db.part*"):
        with suppress(FileNotFoundError):  # another one sweeps too
            if partial.stat().st_mtime * 1000 < now - DAY:
                partial.unlink()
