"""A writer that a power cut meets: it records on and on, says each number once acknowledged.

Arguments: the ledger's path, and optionally a value of SQLite's `synchronous` to prove the test by.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from meterctl.domain.meters import Zones
from meterctl.domain.readings import Source
from meterctl.domain.times import zone_named
from meterctl.ledger.sqlite import open_for_writing
from meterctl.services.record import prepare, store
from meterctl.services.session import Session
from tests.helpers import NOW


def main() -> None:
    """Write until killed."""
    ledger = open_for_writing(Path(sys.argv[1]), NOW)
    for level in sys.argv[2:]:
        ledger._db.run(f"PRAGMA synchronous = {level}")
    session = Session(ledger, Zones(zone_named("Europe/Berlin")), NOW, Source.CLI)
    for number in count():
        at = f"2026-01-{1 + number // 1440:02d}T{number // 60 % 24:02d}:{number % 60:02d}:00Z"
        values = {"meter": str(number)}
        record = prepare(ledger.meters(), session.zones, values, NOW, Source.CLI, at=at)
        store(session, record)
        print(number, flush=True)  # noqa: T201 (the acknowledgement)


if __name__ == "__main__":
    main()
