"""A ledger that comes back from a backup, while the one it was made of may go on."""

from __future__ import annotations

import shutil
from pathlib import Path

from meterctl.ledger.sqlite import open_for_writing
from meterctl.ledger.store import SqlLedger
from meterctl.services.restored import begin_anew
from tests.helpers import NOW


def put_back(backup: Path, place: Path, backup_at: int = NOW, now: int = NOW) -> SqlLedger:
    """A backup's content at another place, as `restore` makes it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(backup, place)
    ledger = open_for_writing(place, now)
    with ledger.writing():
        begin_anew(ledger, backup_at, now)
    return ledger
