"""What is told of a ledger's place: which store, which version, how large, who works there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing

from meterctl.errors import LedgerError
from meterctl.ledger.address import Address, DatabaseAddress, FileAddress
from meterctl.ledger.connect import real
from meterctl.ledger.connection import Connection
from meterctl.ledger.copying import moving, plan
from meterctl.ledger.copying_marks import marks_of
from meterctl.ledger.copying_port import Held, Look, Migrated, Mover, Plan
from meterctl.ledger.faults import os_errors
from meterctl.ledger.files import log_path, size_of
from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.opened import open_for_reading, open_for_writing, version_at

_SIZE = (
    "SELECT CAST(coalesce(sum(pg_total_relation_size(c.oid)), 0) AS BIGINT) FROM pg_class AS c"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relkind = 'r'"
)
_LEASES = (
    "SELECT job, who, CAST(extract(epoch FROM since) * 1000 AS BIGINT),"
    " CAST(extract(epoch FROM until) * 1000 AS BIGINT) FROM lease"
    " WHERE until > statement_timestamp() ORDER BY job"
)


class SqlKeeper:
    """Implements `meterctl.ledger.copying_port.Keeper`."""

    def __init__(self, now: Callable[[], int], timeout: float) -> None:
        self._now = now
        self._timeout = timeout

    def look(self, address: Address) -> Look:
        """A ledger and its place."""
        return look(address, self._timeout)

    def migrate(self, address: Address) -> Migrated:
        """Bring a ledger to this meterctl's schema, or make it there."""
        return migrate(address, self._now(), self._timeout)

    def demand_newest(self, address: Address) -> int:
        """The schema's version, where nothing is to be done."""
        return demand_newest(address, self._timeout)

    def plan(self, source: Address, target: Address) -> Plan:
        """What moving a ledger would do."""
        return plan(source, target, self._timeout)

    def moving(self, source: Address, target: Address) -> AbstractContextManager[Mover]:
        """A move, with both places open."""
        return moving(source, target, self._now, self._timeout)


def look(address: Address, timeout: float) -> Look:
    """A ledger and its place; nothing is written, also where there is none yet.

    Raises:
        LedgerError, LedgerNewer: it cannot be read.
    """
    version = version_at(address, timeout)
    is_older_server = isinstance(address, DatabaseAddress) and version < NEWEST_VERSION
    if not version or is_older_server:
        return Look(str(address), _kind(address), version, NEWEST_VERSION)
    with closing(open_for_reading(address, timeout)) as ledger:
        db = ledger._db  # noqa: SLF001 (it is of this package)
        marks = marks_of(db, str(address))
        created = db.one("SELECT created_at FROM ledger") or (None,)
        return Look(
            str(address),
            _store(address, db),
            version,
            NEWEST_VERSION,
            marks.ledger_id,
            created[0],
            marks.amount,
            _size(address, db),
            _held(address, db),
            marks.copying,
            marks.moved_to,
            marks.moved_at if marks.moved_to is not None else None,
        )


def _kind(address: Address) -> str:
    return "SQLite" if isinstance(address, FileAddress) else "PostgreSQL"


def _store(address: Address, db: Connection) -> str:
    if isinstance(address, FileAddress):
        return f"SQLite {sqlite3.sqlite_version}"
    row = db.one("SELECT current_setting('server_version')")
    return f"PostgreSQL {row[0] if row else ''}".strip()


def _size(address: Address, db: Connection) -> int | None:
    if isinstance(address, DatabaseAddress):
        row = db.one(_SIZE, (address.schema,))
        return None if row is None else int(row[0])
    path = real(address.path)
    with os_errors(path):
        return sum(max(0, size_of(one)) for one in (path, log_path(path)))


def _held(address: Address, db: Connection) -> tuple[Held, ...]:
    if isinstance(address, FileAddress):
        return ()  # locks of the kernel's, which tell nobody
    return tuple(Held(*row) for row in db.all(_LEASES))


def migrate(address: Address, now: int, timeout: float) -> Migrated:
    """Bring a ledger to this meterctl's schema, or make it there.

    Raises:
        LedgerForbidden: the role may not make tables there.
        LedgerNewer: a later meterctl wrote it.
    """
    before = version_at(address, timeout)
    if before < NEWEST_VERSION:
        open_for_writing(address, now, timeout).close()
    return Migrated(before, version_at(address, timeout))


def demand_newest(address: Address, timeout: float) -> int:
    """The schema's version, where nothing is to be done.

    Raises:
        LedgerError: it has to be brought to this meterctl's schema, or there is no ledger yet.
        LedgerNewer: a later meterctl wrote it.
    """
    version = version_at(address, timeout)
    if version == NEWEST_VERSION:
        return version
    what = f"is of schema {version}, this meterctl's is {NEWEST_VERSION}"
    raise LedgerError(
        f"the ledger {address} {what}" if version else f"there is no ledger at {address} yet",
        "meterctl ledger migrate" + ("" if version else " makes it, as the first reading does"),
    )
