"""What a ledger's store says of itself: its version, its size, and what makes it keep its word."""

from __future__ import annotations

import sqlite3
import time

from meterctl.errors import LedgerError
from meterctl.ledger.care import StoreFacts
from meterctl.ledger.connection import Connection, Row
from meterctl.ledger.sqlite_connection import SqliteConnection

_PRAGMAS = ("page_count", "page_size", "freelist_count", "journal_mode", "user_version")

# Any role may ask all of this: of other sessions, only how many there are. A setting that a version
# does not know is left out.
_SETTINGS = (
    "server_version_num",
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "autovacuum",
    "max_connections",
    "superuser_reserved_connections",
    "reserved_connections",
)
_FACTS = (
    "SELECT current_setting('server_version'),"
    " (SELECT CAST(coalesce(sum(pg_total_relation_size(c.oid)), 0) AS BIGINT) FROM pg_class AS c"
    " WHERE c.relkind = 'r' AND c.relnamespace = (SELECT oid FROM pg_namespace"
    " WHERE nspname = current_schema())),"
    " CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT),"
    # A socket, a loopback, or this very machine's own address: no network is passed.
    " inet_client_addr() IS NULL OR inet_client_addr() = inet_server_addr()"
    " OR inet_client_addr() <<= inet '127.0.0.0/8' OR inet_client_addr() = inet '::1',"
    " (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()),"
    " pg_is_in_recovery(),"
    " (SELECT CAST(sum(numbackends) AS BIGINT) FROM pg_stat_database),"
    " has_table_privilege('entry', 'INSERT')"
)


def facts_of(db: Connection) -> StoreFacts:
    """What a connection's store says of itself."""
    return _of_sqlite(db) if isinstance(db, SqliteConnection) else _of_postgres(db)


def _of_sqlite(db: Connection) -> StoreFacts:
    settings = {name: str(_row(db, f"PRAGMA {name}")[0]) for name in _PRAGMAS}
    size = int(settings["page_count"]) * int(settings["page_size"])
    return StoreFacts("SQLite", sqlite3.sqlite_version, size, settings, None, None)


def _of_postgres(db: Connection) -> StoreFacts:
    before = _now()
    version, size, clock, is_near, ssl, is_standby, sessions, writes = _row(db, _FACTS)
    ours = (before + _now()) // 2
    known = db.all(
        f"SELECT name, setting FROM pg_settings WHERE name IN ({', '.join('?' * len(_SETTINGS))})",  # noqa: S608 (question marks)
        _SETTINGS,
    )
    settings = {
        **dict(known),
        "standby": _on(is_standby),
        "writes": _on(writes),
        "sessions": str(sessions or 0),
    }
    is_encrypted = None if is_near else bool(ssl)
    return StoreFacts("PostgreSQL", version, size, settings, clock - ours, is_encrypted)


def _on(value: object) -> str:
    return "on" if value else "off"  # as the server's own settings say it


def _row(db: Connection, sql: str) -> Row:
    row = db.one(sql)
    if row is None:
        raise LedgerError("the ledger's store says nothing of itself", "run the same again")
    return row


def _now() -> int:
    return time.time_ns() // 1_000_000
