"""PostgreSQL as the ledger's store, when several machines share it: a ledger is a schema.

Every write is one transaction that takes an advisory lock of its ledger when it begins. So writes
follow each other, whichever machine they come from, a lower number never commits after a higher
one, and two of ours can neither dead-lock nor fail for each other's sake.
"""

from __future__ import annotations

from contextlib import closing

from meterctl.errors import LedgerError
from meterctl.ledger.address import DatabaseAddress
from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.postgres_connection import PostgresConnection
from meterctl.ledger.sqlite import LOCK_TIMEOUT, empty
from meterctl.ledger.store import SqlLedger


def open_for_writing(
    address: DatabaseAddress, now: int, lock_timeout: float = LOCK_TIMEOUT
) -> SqlLedger:
    """Open a ledger for writing; made on first use, where the role may do that.

    Raises:
        LedgerError: see meterctl.errors; among them LedgerNewer, LedgerForbidden.
        Busy: others write for longer than the time-out.
    """
    connection = PostgresConnection(address, lock_timeout, writes=True)
    try:
        ledger = SqlLedger(connection, str(address))
        if connection.version() < NEWEST_VERSION:
            connection.migrate(lambda: ledger.begin(now))
    except BaseException:
        connection.close()
        raise
    return ledger


def open_for_reading(address: DatabaseAddress, lock_timeout: float = LOCK_TIMEOUT) -> SqlLedger:
    """Open a ledger without ever writing to it; an empty one where there is none."""
    connection = PostgresConnection(address, lock_timeout, writes=False)
    try:
        version = connection.version()
        if version == NEWEST_VERSION:
            return SqlLedger(connection, str(address))
    except BaseException:
        connection.close()
        raise
    connection.close()
    if version:
        raise LedgerError(
            f"the ledger {address} is of an older meterctl (schema {version})",
            "who owns the schema runs: meterctl ledger migrate",
        )
    return empty(str(address))


def version_at(address: DatabaseAddress, lock_timeout: float = LOCK_TIMEOUT) -> int:
    """The version of the ledger that is there; 0: none yet. Nothing is written."""
    with closing(PostgresConnection(address, lock_timeout, writes=False)) as connection:
        return connection.version()
