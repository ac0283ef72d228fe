"""How often somebody may do something, counted for all machines in the ledger's table `bucket`.

A bucket is one time (GCRA, as in http/limits.py), by the server's clock: when it is full again.
Each take is one statement, so that takes from everywhere follow each other. A full bucket is as
good as none: full ones are swept now and then, and the table holds what was asked for lately.

Who asks must not hang: an answer is waited for a moment only, and a session that was lost is made
anew in a thread. Meanwhile there is no answer, and who asks goes by what it knows itself.
"""

from __future__ import annotations

import selectors
import threading
import time
from hashlib import blake2b
from typing import NamedTuple

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from meterctl.errors import MeterctlError
from meterctl.ledger.address import DatabaseAddress
from meterctl.ledger.postgres_session import Session, connect

PATIENCE = 1.0  # seconds for an answer
_AGAIN = 1.0  # seconds between two tries to reach the server
SWEEP_EACH = 256  # takes, after which full buckets are removed: so many at once
_SWEPT = 1_024

_BUCKET = "decode($1::text, 'hex')"
_COST = "$2::float8 * interval '1 second'"
_BURST = "$3::float8 * interval '1 second'"
_NOW = "statement_timestamp()"
# A clock that was set back, or a smaller limit than before, keeps nobody out for longer than a
# whole burst takes to come back.
_FULL_AT = f"greatest({_NOW}, least(b.full_at, {_NOW} + {_BURST}))"
_LATE = (
    f"SELECT extract(epoch FROM {_FULL_AT} + {_COST} - {_NOW} - {_BURST})::float8"  # noqa: S608 (constants)
    f" FROM bucket AS b WHERE bucket = {_BUCKET}"
)
_TAKE = (
    "WITH taken AS (INSERT INTO bucket AS b (bucket, full_at)"  # noqa: S608 (constants)
    f" VALUES ({_BUCKET}, {_NOW} + {_COST}) ON CONFLICT (bucket) DO UPDATE SET"
    f" full_at = {_FULL_AT} + {_COST} WHERE {_FULL_AT} + {_COST} <= {_NOW} + {_BURST} RETURNING 1)"
    f" SELECT (SELECT 1 FROM taken), ({_LATE})"
)
_PEEK = f"SELECT NULL, ({_LATE})"
_SWEEP = (
    "DELETE FROM bucket WHERE bucket IN (SELECT bucket FROM bucket"  # noqa: S608 (constants)
    f" WHERE full_at < {_NOW} ORDER BY full_at LIMIT {_SWEPT} FOR UPDATE SKIP LOCKED)"
)
_STATEMENTS = {b"take": _TAKE, b"peek": _PEEK, b"sweep": _SWEEP}


class Told(NamedTuple):
    """What the server says: `wait` is None where there is enough in the bucket."""

    wait: float | None


class PostgresBuckets:
    """The buckets of one ledger. One object a process; threads may share it, no fork may."""

    def __init__(self, address: DatabaseAddress) -> None:
        """Connect, if the server is there."""
        self._address = address
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._connecting: threading.Thread | None = None
        self._closed = threading.Event()
        self._takes = 0
        try:
            self._session = self._opened()
        except (MeterctlError, psycopg.Error):
            self._connect_soon()

    def take(self, name: str, subject: str, seconds: float, burst: float) -> Told | None:
        """Take from a bucket what takes so many seconds to come back, if there is enough in it.

        Args:
            name: Of what is limited.
            subject: Whom it limits.
            seconds: How much is taken.
            burst: How much fits in, at least as much; in seconds too.

        Returns:
            How long to wait, and then nothing was taken; None where the server cannot be asked.
        """
        return self._visit(b"take", name, subject, seconds, burst)

    def peek(self, name: str, subject: str, seconds: float, burst: float) -> Told | None:
        """What `take` would say; nothing is taken."""
        return self._visit(b"peek", name, subject, seconds, burst)

    def close(self) -> None:
        """Let go of the server."""
        self._closed.set()
        with self._lock:
            session, self._session = self._session, None
            if session is not None:
                session.close()

    def _visit(
        self, statement: bytes, name: str, subject: str, seconds: float, burst: float
    ) -> Told | None:
        text = f"{name}\0{subject}".encode("utf-8", "surrogatepass")
        bucket = blake2b(text, digest_size=16).hexdigest()
        values = (bucket.encode(), b"%.9f" % seconds, b"%.9f" % burst)
        with self._lock:
            if self._session is None:
                return None
            try:
                answer = _asked(self._session, statement, values)
                self._takes += statement == b"take"
                if self._takes >= SWEEP_EACH:
                    self._takes = 0
                    _asked(self._session, b"sweep", ())
            except (psycopg.Error, OSError):
                self._session.close()
                self._session = None
                self._connect_soon()
                return None
        taken, late = answer
        if statement == b"take":
            # Between the look and the take another one may have come: then it is soon enough.
            return Told(None if taken is not None else max(late or seconds, 0.001))
        return Told(late if late is not None and late > 0 else None)

    def _connect_soon(self) -> None:
        if self._connecting is None or not self._connecting.is_alive():
            self._connecting = threading.Thread(target=self._connect, name="limits", daemon=True)
            self._connecting.start()

    def _connect(self) -> None:
        while not self._closed.wait(_AGAIN):
            try:
                session = self._opened()
            except (MeterctlError, psycopg.Error):
                continue
            with self._lock:
                # Nobody begins another thread as long as this one has not put its session there.
                self._connecting = None
                if self._closed.is_set():
                    session.close()
                else:
                    self._session = session
            return

    def _opened(self) -> Session:
        session = connect(self._address, PATIENCE, writes=True)
        try:
            for name, sql in _STATEMENTS.items():
                _refuse_errors(session.pgconn.prepare(name, sql.encode()))
        except BaseException:
            session.close()
            raise
        return session


def _asked(
    session: Session, statement: bytes, values: tuple[bytes, ...]
) -> tuple[float | None, float | None]:
    """A statement's one row of two numbers, if it tells any; not waited for longer than a moment.

    Raises:
        psycopg.Error, OSError: none came.
    """
    server = session.pgconn
    until = time.monotonic() + PATIENCE
    server.send_query_prepared(statement, values)
    found: tuple[float | None, float | None] = None, None
    with selectors.DefaultSelector() as ready:
        ready.register(server.socket, selectors.EVENT_READ)
        server.flush()
        while True:
            while server.is_busy():
                if not ready.select(max(0.0, until - time.monotonic())):
                    raise TimeoutError("the server is silent")
                server.consume_input()
            result = server.get_result()
            if result is None:
                return found
            if result.status == ExecStatus.TUPLES_OK:
                one, other = (result.get_value(0, column) for column in range(2))
                found = _number(one), _number(other)
            else:
                _refuse_errors(result)


def _refuse_errors(result: PGresult) -> None:
    if result.status != ExecStatus.COMMAND_OK:
        raise psycopg.OperationalError(result.error_message.decode(errors="replace"))


def _number(value: bytes | None) -> float | None:
    return None if value is None else float(value)
