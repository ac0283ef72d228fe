"""A session at a PostgreSQL server, set so that what it acknowledges is kept.

TLS is the address's own affair (`sslmode` and its like), or the environment's (PGSSLMODE). Where
neither says anything, a server on another machine has to prove by TLS who it is.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Generator, Mapping
from functools import lru_cache
from ipaddress import ip_address
from math import ceil
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import psycopg
from psycopg.rows import tuple_row

from meterctl.ledger.address import DatabaseAddress
from meterctl.ledger.postgres_faults import not_ours, translate

R = TypeVar("R")


class Session(psycopg.Connection[tuple[Any, ...]]):
    """A session, and how it is told from others: a pooler may give a transaction to any of them."""

    mark = ""
    is_pooled = False
    patience: float | None = None  # seconds for an answer; None: as long as the network is well

    def wait(self, gen: Generator[Any, Any, R], *how: Any, **more: Any) -> R:  # noqa: ANN401 (psycopg's)
        """What the server answers; one that is silent for too long is as good as gone."""
        if self.patience is not None:
            gen = _within(gen, self.patience)
        return super().wait(gen, *how, **more)

    def refuse_another(self, mark: object, address: DatabaseAddress) -> None:
        """Nothing, where the transaction's mark is ours; else it is in another session.

        Raises:
            ConfigError: it would be read or written there, maybe in another ledger.
        """
        if mark != self.mark:
            raise not_ours(address)


MARK = "current_setting('meterctl.session', true)"
# It tells of sessions that were lost in its own words, on stderr where nobody listens.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

_CONNECTING = 10  # seconds for a server's first answer
# Who has gone without a word (a machine without power) holds the ledger no longer than this takes;
# and a server that is silent is given up as soon. All in seconds, but the last in milliseconds.
_KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_SILENCE = 25_000
# Who reads and waits less than that for a server has others behind it, and waits no longer for an
# answer: of a server that stands still (a frozen machine, a disk that hangs) no network tells.
_BRIEF, _PATIENCE = 1.0, 2.0

_SETTINGS = (
    "SELECT pg_backend_pid(), set_config('meterctl.session', $4, false),"
    " set_config('search_path', $1, false), set_config('lock_timeout', $2, false),"
    " set_config('default_transaction_read_only', $3, false),"
    # Who reads may be slow about it; a write has a time-out of its own.
    " set_config('idle_in_transaction_session_timeout', '0', false),"
    " set_config('statement_timeout', '0', false),"
    " set_config('default_transaction_isolation', 'read committed', false),"
    # Asynchronous, it would acknowledge what a crash can still take; waiting for others is more.
    " set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
    " WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false),"
    # The server's side of the keepalives, where there is a network at all.
    " CASE WHEN inet_client_addr() IS NOT NULL THEN set_config('tcp_keepalives_idle', '10', false)"
    " || set_config('tcp_keepalives_interval', '5', false)"
    " || set_config('tcp_keepalives_count', '3', false) END"
)


def connect(address: DatabaseAddress, timeout: float, *, writes: bool) -> Session:
    """A session whose statements find the ledger's schema, each durable by itself.

    Args:
        address: Where the ledger is.
        timeout: How many seconds a statement waits for another session's lock.
        writes: Whether it may write at all.

    Raises:
        LedgerError: see `postgres_faults`.
    """
    try:
        session = Session.connect(
            address.url,
            autocommit=True,
            row_factory=tuple_row,
            cursor_factory=psycopg.RawCursor,  # which takes $1, $2 ... as PostgreSQL does
            **_parameters(address, timeout, os.environ),
        )
    except psycopg.Error as error:
        raise translate(error, address) from error
    try:
        session.mark = uuid4().hex
        if timeout < _BRIEF and not writes:
            session.patience = _PATIENCE
        row = session.execute(
            _SETTINGS,
            (
                f'"{address.schema}"',
                str(max(1, int(timeout * 1000))),
                "off" if writes else "on",
                session.mark,
            ),
        ).fetchone()
        # Poolers tell a number of their own; in which way they pool, they do not tell.
        session.is_pooled = row is not None and row[0] != session.info.backend_pid
    except psycopg.Error as error:
        session.close()
        raise translate(error, address) from error
    return session


def _within(gen: Generator[Any, Any, R], seconds: float) -> Generator[Any, Any, R]:
    """The same, given up after so many seconds without an end."""
    until = time.monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() >= until:
                raise psycopg.OperationalError("the server is silent")
            wanted = gen.send(ready)
    except StopIteration as end:
        answer: R = end.value
        return answer


def _parameters(
    address: DatabaseAddress, timeout: float, environ: Mapping[str, str]
) -> dict[str, Any]:
    """What libpq is told beside the address, where neither it nor the environment says it."""
    defaults: dict[str, Any] = {
        "application_name": "meterctl",
        "client_encoding": "UTF8",
        # Who waits briefly for a lock waits as briefly for a network.
        "connect_timeout": max(2, min(_CONNECTING, ceil(timeout))),
        **_KEEPALIVE,
        "tcp_user_timeout": max(3_000, min(_SILENCE, int(timeout * 1_000))),
    }
    said_elsewhere = {
        "application_name": "PGAPPNAME",
        "connect_timeout": "PGCONNECT_TIMEOUT",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
    }
    mode = address.value("sslmode") or environ.get("PGSSLMODE")
    if mode is None and _is_far(address, environ):
        mode = defaults["sslmode"] = "verify-full"
    # By libpq's own default it would have nobody to believe, where there is no such file.
    if mode == "verify-full" and not (Path.home() / ".postgresql" / "root.crt").exists():
        from meterctl.remote.tls import authorities

        defaults["sslrootcert"] = authorities()
    return {
        name: value
        for name, value in defaults.items()
        if address.value(name) is None and said_elsewhere.get(name, "") not in environ
    }


def _is_far(address: DatabaseAddress, environ: Mapping[str, str]) -> bool:
    """Whether what is said to the server passes a network."""
    if address.value("service") or "PGSERVICE" in environ:
        return False  # its file says all of that
    hosts = address.hosts or tuple(filter(None, environ.get("PGHOST", "").split(",")))
    told = address.value("hostaddr") or environ.get("PGHOSTADDR", "")
    return not all(map(_is_here, (*hosts, *filter(None, told.split(",")))))


def _is_here(host: str) -> bool:
    """Whether a host is this machine: a socket, `localhost`, an address of the loopback."""
    if host.startswith(("/", "@")) or host.lower() in ("", "localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=512)
def numbered(sql: str) -> str:
    """A statement with $1, $2 ... for each `?`; none of ours has a ? of another meaning."""
    first, *others = sql.split("?")
    return first + "".join(f"${number}{text}" for number, text in enumerate(others, 1))
