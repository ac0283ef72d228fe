"""The marks that a move leaves at both places, and what they mean together.

The new place is marked first (`ledger.copying`), with how far the copy is; while it is, nobody can
record there. When all is there and verified, the old place is marked (`ledger.moved`), and nobody
can record there any more; only then the new one loses its mark. So whenever a move is stopped,
at most one of the two takes readings; and the marks tell the next run where to go on.
"""

from __future__ import annotations

from typing import NamedTuple

from meterctl.domain.meters import DEFAULT_METERS
from meterctl.domain.times import iso_utc
from meterctl.errors import LedgerError, LedgerMoved
from meterctl.ledger.connection import Connection
from meterctl.ledger.copying_port import Amount, Step
from meterctl.ledger.copying_tables import LOG, REST
from meterctl.ledger.store import COPYING, MOVED

# The memo COPYING at the new place is the id of the ledger that is being copied there; the memo
# MOVED at the old place says where it went.
PROGRESS = f"{COPYING}.progress"  # at the new place
MOVED_AS = f"{MOVED}.as"  # at the old place: by which copy
OF_THE_COPY = (COPYING, PROGRESS)  # what the new place has of its own for as long as it lasts

_BEGUN = ("ledger", "meter", "device")  # tables in which a new ledger has rows


class Progress(NamedTuple):
    """How far a copy is."""

    copy: str  # tells it from all others
    done: int  # all up to this entry is there
    until: int  # and up to this one some of it
    table: int = 0  # which of the log's tables it has come to
    after: tuple[int, ...] = ()  # and after which key

    def text(self) -> str:
        """As it is noted."""
        return " ".join(map(str, (*self[:4], *self.after)))


def parse_progress(text: str) -> Progress:
    """What `Progress.text` has written."""
    copy, *numbers = text.split()
    done, until, table, *after = map(int, numbers)
    return Progress(copy, done, until, table, tuple(after))


class Marks(NamedTuple):
    """What a ledger says of itself, as far as a move has to know."""

    place: str
    ledger_id: str
    amount: Amount
    last_entry: int
    holds: str  # of what was done with it since it was begun, something; empty: it is as new
    copying: str | None = None
    progress: Progress | None = None
    moved_to: str | None = None
    moved_at: int = 0
    moved_as: str | None = None


def marks_of(db: Connection, place: str) -> Marks:
    """What a ledger says of itself."""
    row = db.one("SELECT id FROM ledger")
    if row is None:
        raise LedgerError(f"{place} has lost its id", "restore the newest backup")
    noted = {
        name: (value, at)
        for name, value, at in db.all(
            "SELECT name, value, written_at FROM memo WHERE name IN (?, ?, ?, ?)",
            (COPYING, PROGRESS, MOVED, MOVED_AS),
        )
    }
    copying, progress = noted.get(COPYING), noted.get(PROGRESS)
    moved, moved_as = noted.get(MOVED), noted.get(MOVED_AS)
    amount = amount_of(db)
    if copying is not None:  # what is to come is entered before it comes
        values = db.one("SELECT count(*) FROM reading") or (0,)
        amount = amount._replace(values=values[0])
    return Marks(
        place,
        str(row[0]),
        amount,
        last_entry(db),
        _held(db, amount),
        copying and copying[0],
        progress and parse_progress(progress[0]),
        moved and moved[0],
        moved[1] if moved else 0,
        moved_as and moved_as[0],
    )


def last_entry(db: Connection) -> int:
    """The number of the newest entry; 0 for none."""
    row = db.one("SELECT coalesce(max(entry), 0) FROM entry")
    return int(row[0]) if row else 0


def amount_of(db: Connection) -> Amount:
    """How much a ledger holds."""
    row = db.one(
        "SELECT (SELECT count(*) FROM entry), (SELECT CAST(coalesce(sum(readings), 0) AS BIGINT)"
        " FROM entry_span), (SELECT count(*) FROM meter)"
    )
    return Amount(*row) if row else Amount(0, 0, 0)


def _held(db: Connection, amount: Amount) -> str:
    if amount.entries:
        return f"{amount.entries} entries with {amount.values} values"
    for table in (*LOG, *REST):
        if table.name not in _BEGUN and db.one(f"SELECT 1 FROM {table.name} LIMIT 1"):  # noqa: S608 (names of our own)
            return f"no readings, but what is kept in its table {table.name}"
    meters = [
        (meter.id, meter.column, meter.unit, meter.zone, int(meter.submitted))
        for meter in DEFAULT_METERS
    ]
    found = db.all('SELECT id, "column", unit, zone, submitted FROM meter ORDER BY meter')
    return "" if found == meters else "no readings, but meters of its own"


def step_of(source: Marks | None, target: Marks | None, places: tuple[str, str]) -> Step:
    """How far a move from one place to another is.

    Args:
        source: What is at the old place; None: no ledger.
        target: The same of the new place.
        places: Where both are.

    Raises:
        LedgerMoved: it was moved to another place already.
        LedgerError: there is nothing to move, or no place for it.
    """
    here, there = places
    if source is None:
        raise LedgerError(f"there is no ledger at {here}", "meterctl ledger copy FROM TO")
    if source.copying is not None:
        raise LedgerError(
            f"{here} is itself a copy that was stopped on its way",
            f"first bring that one to its end: meterctl ledger copy FROM '{here}'",
        )
    if source.moved_to is not None:
        return _step_after(source, target)
    if target is None:
        return Step.NEW
    if target.copying is None:
        return _step_into(source, target)
    if target.copying != source.ledger_id or target.progress is None:
        raise LedgerError(
            f"{there} is a copy of another ledger that was stopped on its way",
            "name another place, or remove what is there",
        )
    if target.last_entry > source.last_entry:
        raise LedgerError(
            f"{there} has entries that {here} lacks: that one is not any more what it was",
            f"remove what is at {there}, and run it again",
        )
    return Step.HALF


def _step_after(source: Marks, target: Marks | None) -> Step:
    """How far it is where the old place is closed."""
    if target is not None and target.moved_to is None:
        if target.copying is None:
            if target.ledger_id == source.ledger_id and target.last_entry >= source.last_entry:
                return Step.DONE
        elif target.progress is not None and target.progress.copy == source.moved_as:
            return Step.CLOSED
    raise LedgerMoved(
        f"{source.place} was moved to {source.moved_to} on {iso_utc(source.moved_at)}",
        f"move it on from there: meterctl ledger copy '{source.moved_to}' TO",
    )


def _step_into(source: Marks, target: Marks) -> Step:
    """Whether a place without a mark can take it."""
    if target.ledger_id == source.ledger_id:
        raise LedgerError(
            f"{target.place} and {source.place} are the same ledger, or one is a copy of the other",
            "name a place where no ledger is yet",
        )
    if target.moved_to is not None:
        raise LedgerError(
            f"{target.place} holds another ledger, which was moved to {target.moved_to}",
            "name a place where no ledger is yet",
        )
    if target.holds:
        raise LedgerError(
            f"{target.place} holds a ledger of its own: {target.holds}",
            "name a place where no ledger is yet; nothing was copied",
        )
    return Step.NEW
