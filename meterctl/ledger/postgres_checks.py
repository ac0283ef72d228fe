"""Is what a PostgreSQL ledger holds sound? What the server does not check by itself."""

from __future__ import annotations

from meterctl.errors import LedgerDamaged
from meterctl.ledger.connection import Connection

# Each finds nothing in a sound ledger; all rows are read, so that a bad page shows too.
_CHECKS = {
    "{} readings belong to no entry": (
        "SELECT count(*) FROM reading AS r"
        " WHERE NOT EXISTS (SELECT 1 FROM entry AS e WHERE e.entry = r.entry)"
    ),
    "{} readings belong to no device of a meter": (
        "SELECT count(*) FROM reading AS r WHERE NOT EXISTS (SELECT 1 FROM device AS d"
        " WHERE d.meter = r.meter AND d.device = r.device)"
    ),
    "{} entries do not hold the readings that they once wrote": (
        "SELECT count(*) FROM (SELECT entry, meter, device, count(*) AS readings,"
        " min(read_at) AS first_at, max(read_at) AS last_at FROM reading"
        " GROUP BY entry, meter, device) AS r FULL JOIN entry_span AS s"
        " USING (entry, meter, device) WHERE (r.readings, r.first_at, r.last_at)"
        " IS DISTINCT FROM (s.readings, s.first_at, s.last_at)"
    ),
    "{} entries are not numbered one after the other": (
        "SELECT count(*) FROM (SELECT row_number() OVER (ORDER BY entry) AS place, entry"
        " FROM entry) AS e WHERE place <> entry"
    ),
    "it has lost its id": "SELECT CASE WHEN count(*) = 1 THEN 0 ELSE 1 END FROM ledger",
}


def damage_of(db: Connection) -> list[str]:
    """What is wrong, in words; empty when the ledger is sound."""
    found = []
    for text, sql in _CHECKS.items():
        try:
            row = db.one(sql)
        except LedgerDamaged as error:
            return [error.message]
        if row is not None and row[0]:
            found.append(text.format(row[0]))
    return found
