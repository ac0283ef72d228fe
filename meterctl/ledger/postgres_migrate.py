"""Numbered migrations of a PostgreSQL ledger, all in one transaction with the version.

From nothing they make a ledger: the schema, its tables, the first rows. Whoever comes at the same
time waits for the lock of the one who writes, and finds it done.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from meterctl.errors import LedgerError, LedgerForbidden, LedgerNewer, MeterctlError
from meterctl.ledger.address import DatabaseAddress
from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.postgres_faults import is_bug, translate
from meterctl.ledger.postgres_session import MARK, Session

TABLE = "meterctl_schema"  # says that a schema is a ledger, and of which version
# The server ends a write that its writer has left open for longer: everybody else waits for it.
_BEGIN = (
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
    " SET LOCAL idle_in_transaction_session_timeout = '60s'"
)
_FOLDER = Path(__file__).parent / "migrations_postgres"


def take_turn(session: Session, address: DatabaseAddress, look: str = "NULL") -> Any:  # noqa: ANN401 (a value of SQL's)
    """Begin a transaction that has the turn to write to a ledger; what a look finds then.

    Raises:
        ConfigError: it is not in this session.
    """
    turn = f"hashtextextended('meterctl write {address.schema}', 0)"
    # All at once: each statement for itself would be a round trip.
    sql = f"{_BEGIN}; SELECT pg_advisory_xact_lock({turn}); SELECT {MARK}, {look}"
    cursor = session.execute(sql, prepare=False)
    while cursor.nextset():
        pass  # several statements tell something each
    row = cursor.fetchone() or (None, None)
    session.refuse_another(row[0], address)
    return row[1]


def version_of(session: Session, address: DatabaseAddress) -> int:
    """The ledger's version; 0 where there is none yet.

    Raises:
        LedgerNewer: a later meterctl wrote it.
        LedgerError: the schema is another program's, or cannot be looked at.
    """
    schema = address.schema
    try:
        row = session.execute(
            "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = n.oid AND relkind = 'r'),"
            " EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = n.oid AND relname = $2)"
            " FROM pg_namespace AS n WHERE nspname = $1",
            (schema, TABLE),
        ).fetchone()
        tables, is_ours = row or (0, False)
        if not is_ours:
            if tables:
                raise LedgerError(
                    f"{address}: the schema {schema} holds tables of another program",
                    "name another schema: ?schema=NAME",
                )
            return 0
        found = session.execute(f'SELECT version FROM "{schema}".{TABLE}').fetchone()  # noqa: S608 (a checked name)
    except psycopg.Error as error:
        raise translate(error, address) from error
    version = int(found[0]) if found else 0
    refuse_newer(version, address)
    return version


def refuse_newer(version: int, address: DatabaseAddress) -> None:
    """Nothing, where this meterctl knows the version; a LedgerNewer where it does not."""
    if version > NEWEST_VERSION:
        raise LedgerNewer(
            f"the ledger {address} is newer (schema {version}) than this meterctl (schema"
            f" {NEWEST_VERSION}); it was not touched",
            "update meterctl on this machine",
        )


def migrate(session: Session, address: DatabaseAddress, fill: Callable[[], None]) -> None:
    """Bring a ledger to the newest version, or leave it as it is; `fill` writes the first rows.

    Raises:
        LedgerForbidden: the role may not make tables there.
        LedgerError: as `version_of` says.
    """
    schema = address.schema
    try:
        take_turn(session, address)
        version = version_of(session, address)
        if not version:
            _refuse_encoding(session, address)
        if version < NEWEST_VERSION:
            _advance(session, schema, version, fill)
        session.execute("COMMIT")
    except BaseException as error:
        if not session.closed:
            session.rollback()
        if isinstance(error, psycopg.Error) and not is_bug(error):
            raise _told(translate(error, address), address) from error
        raise


def _refuse_encoding(session: Session, address: DatabaseAddress) -> None:
    """A ledger holds any text: one that the database has no letters for could not be recorded."""
    row = session.execute("SELECT current_setting('server_encoding')").fetchone()
    encoding = row[0] if row else ""
    if encoding not in ("UTF8", "SQL_ASCII"):
        raise LedgerError(
            f"{address}: the database keeps its texts in {encoding}, which lacks most letters",
            "make one with: createdb --encoding=UTF8 --template=template0 NAME",
        )


def _advance(session: Session, schema: str, version: int, fill: Callable[[], None]) -> None:
    found = session.execute("SELECT 1 FROM pg_namespace WHERE nspname = $1", (schema,)).fetchone()
    if found is None:
        session.execute(f'CREATE SCHEMA "{schema}"')
    session.execute(f'SET LOCAL search_path = "{schema}"')
    if not version:
        session.execute(f"CREATE TABLE {TABLE} (version BIGINT NOT NULL)")
        session.execute(f"INSERT INTO {TABLE} VALUES (0)")  # noqa: S608 (a name of our own)
    for number, script in sorted(_scripts().items()):
        if number > version:
            session.execute(script.read_bytes(), prepare=False)
    if not version:
        fill()
    session.execute(f"UPDATE {TABLE} SET version = {NEWEST_VERSION}")  # noqa: S608 (as above)


def _scripts() -> dict[int, Path]:
    return {int(path.name[:4]): path for path in _FOLDER.glob("[0-9]*.sql")}


def _told(error: MeterctlError, address: DatabaseAddress) -> MeterctlError:
    if not isinstance(error, LedgerForbidden):
        return error
    return LedgerForbidden(
        f"{error.message}; the ledger is not there yet, or of an older meterctl",
        f"who may make schemas in this database runs: meterctl --ledger '{address}' ledger migrate",
    )
