"""What can go wrong at a PostgreSQL server, said in meterctl's own errors."""

from __future__ import annotations

import re

import psycopg

from meterctl.errors import (
    Busy,
    ConfigError,
    LedgerDamaged,
    LedgerError,
    LedgerForbidden,
    LedgerUnreachable,
    LedgerUnwritable,
    MeterctlError,
)
from meterctl.ledger.address import DatabaseAddress

_STARTING = "57P03"  # or ending: it takes no sessions just now
_FULL_HOUSE = "53300"
_CONFLICTS = ("40001", "40P01")  # two transactions that cannot both be, a deadlock
_LOCKED = "55P03"
_LET_IN, _NO_DATABASE, _NO_TLS = "28000", "3D000", "TLS"
_NOT_PREPARED = ("42P05", "26000")  # a statement that another session has, or that ours has not
# Before there is a session, libpq gives no code, only words. In another language than English it is
# told that the server does not answer, with the server's own words.
_WORDS = {
    "the database system is ": _STARTING,
    "too many clients": _FULL_HOUSE,
    "too many connections": _FULL_HOUSE,
    "remaining connection slots": _FULL_HOUSE,
    "authentication failed": _LET_IN,
    "no pg_hba.conf entry": _LET_IN,
    "pg_hba.conf rejects": _LET_IN,
    "no password supplied": _LET_IN,
    "not permitted to log in": _LET_IN,
    "permission denied for database": _LET_IN,
    'database "': _NO_DATABASE,
    'role "': _LET_IN,
    "does not support SSL": _NO_TLS,
    "verified SSL": _NO_TLS,
    "certificate": _NO_TLS,
    "SSL error": _NO_TLS,
}


_AT_THE_DOOR = ("connection failed", "connection timeout", "failed to resolve")


def state_of(error: psycopg.Error) -> str:
    """SQL's code of an error, or what its words say in the place of one; empty for neither."""
    text = str(error)
    if error.sqlstate or not text.startswith(_AT_THE_DOOR):
        return error.sqlstate or ""
    return next((state for words, state in _WORDS.items() if words in text), "")


def is_lost(error: psycopg.Error) -> bool:
    """Whether the session is gone, so that another one may do better."""
    state = state_of(error)
    if state:
        return state.startswith(("08", "57P0")) or state in ("25P03", "25P04")
    return isinstance(error, psycopg.OperationalError)


def is_conflict(error: psycopg.Error) -> bool:
    """Whether the very same, done again, may well succeed."""
    return error.sqlstate in _CONFLICTS


def is_not_yet(error: MeterctlError) -> bool:
    """Whether a server is there that takes no sessions just now: it begins, or has too many."""
    cause = error.__cause__
    return isinstance(cause, psycopg.Error) and state_of(cause) in (_STARTING, _FULL_HOUSE)


def passes(error: MeterctlError) -> bool:
    """Whether a server that was there a moment ago may be there again in another."""
    return isinstance(error, LedgerUnreachable)


def not_ours(address: DatabaseAddress) -> MeterctlError:
    """The error for a session that is not the one that was set up for this ledger."""
    return ConfigError(
        f"{address}: a pooler gives our session to others, whose ledger may be another",
        "let it pool whole sessions (pgbouncer: pool_mode = session), or connect past it",
    )


def is_bug(error: psycopg.Error) -> bool:
    """Whether no person can act on it: data or a statement that should never have come so far."""
    state = error.sqlstate or ""
    is_known = state == "42501" or state in _NOT_PREPARED
    is_ours = state.startswith(("22", "23", "25P02", "34", "42")) and not is_known
    return is_ours or not (state or isinstance(error, psycopg.OperationalError))


def translate(error: psycopg.Error, address: DatabaseAddress) -> MeterctlError:
    """The error that a person can act on; of a bug, what the server said."""
    state, said = state_of(error), _said(error)
    if state == _LOCKED:
        return Busy(
            f"another run has been writing to {address} for too long",
            "nothing was stored; try again when it has ended",
        )
    if state in _CONFLICTS:
        return Busy(
            f"{address}: what others wrote meanwhile came in between: {said}",
            "nothing was stored; run the same again",
        )
    if state == _FULL_HOUSE:
        return LedgerUnreachable(
            f"{address}: the server has as many sessions as it takes",
            "nothing was stored; try again, or raise max_connections",
        )
    if state.startswith("28"):
        return LedgerForbidden(
            f"{address}: the server does not let us in: {said}",
            "check the user, the password (in the address, or ~/.pgpass) and pg_hba.conf",
        )
    if state == "42501":
        return LedgerForbidden(
            f"{address}: the role may not do that: {said}",
            "docs/postgres.md lists what a role needs; who owns the schema runs: meterctl ledger"
            " migrate",
        )
    if state in _NOT_PREPARED:
        return not_ours(address)
    if state == _NO_TLS:
        return LedgerForbidden(
            f"{address}: no TLS that can be trusted: {said}",
            "say in the address whose certificates count (sslrootcert=FILE), or what is enough:"
            " sslmode=require, or sslmode=disable on a network of your own",
        )
    if state == _NO_DATABASE:
        return LedgerError(
            f"{address}: there is no such database", "make it: createdb; or correct the address"
        )
    if state == "25006" or (state == "0A000" and "recovery" in said):  # a standby
        return LedgerUnwritable(
            f"{address}: the server takes no writes: {said}",
            "name the primary; with several hosts in the address: target_session_attrs=read-write",
        )
    if state in ("53100", "53200", "53400"):
        return LedgerUnwritable(
            f"{address}: the server has no room left: {said}",
            "nothing was stored; free some there and run the same again",
        )
    if state in ("XX001", "XX002"):
        return LedgerDamaged(
            f"the ledger {address} is damaged: {said}",
            "nothing was changed; see docs/postgres.md, and the server's own log",
        )
    if is_lost(error):
        return LedgerUnreachable(
            f"{address}: the server does not answer: {said}",
            "nothing was stored; check the server and the address (METERCTL_LEDGER), then run the"
            " same again",
        )
    return LedgerError(f"{address}: {said}", "nothing was stored; see the server's own log")


def _said(error: psycopg.Error) -> str:
    """What the server or libpq said, in one line; libpq names no password."""
    text = error.diag.message_primary or str(error) or type(error).__name__
    text = text.rpartition("FATAL:")[2].rpartition("failed: ")[2]
    return re.sub(r"\s+", " ", text).strip()[:300]
