"""One run of a job at a time, whichever machine: a lease, held by compare-and-set.

A lease belongs to one holder until a time by the server's clock, and a thread of the holder's moves
that time on. Another one may take it when that time has passed: a machine that died gives it back
so. A process that died has lost its session as well, which the server knows at once: each holder's
session has an advisory lock of its own, and whoever gets that lock knows that its session is gone.
Where the server itself began anew since, that says nothing, and the lease has to run out.

Each write of the holder looks whether the lease is still its (`postgres`): one that was taken for
dead writes nothing more, and every request to a Sheet or a utility follows a write.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple
from uuid import uuid4

import psycopg

from meterctl.domain.times import age_text
from meterctl.errors import Busy, MeterctlError
from meterctl.ledger.address import DatabaseAddress
from meterctl.ledger.postgres_faults import translate
from meterctl.ledger.postgres_session import Session, connect

SECONDS = 60.0  # for which a lease holds, unless it is renewed
_OFTEN = 6  # times within them it is
_SESSION_WAITS = 5.0  # for another one's lock, of which there should be none
_PAUSE = 0.1  # seconds between two looks of one that waits

_SEEN = (
    "SELECT holder, renewed, who, until <= statement_timestamp(),"
    " renewed > pg_postmaster_start_time(),"
    " CAST(extract(epoch FROM statement_timestamp() - since) * 1000 AS BIGINT)"
    " FROM lease WHERE job = $1"
)
_LOCK = "hashtextextended('meterctl lease ' || $1::text, 0)"


class Lease(NamedTuple):
    """A job, and the run that holds it for so many seconds from each time it is renewed."""

    job: str
    holder: str
    seconds: float


def renew(session: Session, lease: Lease) -> bool:
    """Move a lease's end on; False where another run has it by now."""
    changed = session.execute(
        "UPDATE lease SET renewed = statement_timestamp(),"
        " until = statement_timestamp() + make_interval(secs => $3) WHERE job = $1 AND holder = $2",
        lease,
    )
    return changed.rowcount == 1


@contextmanager
def held(
    address: DatabaseAddress, job: str, wait: float, seconds: float = SECONDS
) -> Iterator[Lease]:
    """Hold a job's lease.

    Raises:
        Busy: another run has held it for `wait` seconds.
        LedgerError: the server cannot be reached, or does not let us.
    """
    lease = Lease(job, uuid4().hex, seconds)
    session = connect(address, _SESSION_WAITS, writes=True)
    try:
        session.execute(f"SELECT pg_advisory_lock({_LOCK})", (lease.holder,))
        _take(session, lease, wait)
    except psycopg.Error as error:
        session.close()
        raise translate(error, address) from error
    except BaseException:
        session.close()
        raise
    renewing = _Renewing(address, session, lease)
    renewing.start()
    try:
        yield lease
    finally:
        renewing.end()


def _take(session: Session, lease: Lease, wait: float) -> None:
    deadline = time.monotonic() + wait
    while True:
        seen = session.execute(_SEEN, (lease.job,)).fetchone()
        if seen is None or _may_take(session, seen):
            if _set(session, lease, (None, None) if seen is None else seen[:2]):
                return
            if seen is None:
                continue  # another one was quicker: look who
        if time.monotonic() >= deadline:
            _, _, who, _, _, age = seen
            raise Busy(
                f"another {lease.job} is already running ({who}, for {age_text(max(0, age))})",
                "it goes on by itself; try again later",
            )
        time.sleep(_PAUSE)


def _may_take(session: Session, seen: tuple[object, ...]) -> bool:
    """Whether a lease has run out, or its holder's session is gone."""
    other, _, _, has_run_out, is_of_this_server, _ = seen
    if has_run_out:
        return True
    if not is_of_this_server:
        return False
    row = session.execute(f"SELECT pg_try_advisory_lock({_LOCK})", (other,)).fetchone()
    if row is None or not row[0]:
        return False
    session.execute(f"SELECT pg_advisory_unlock({_LOCK})", (other,))
    return True


def _set(session: Session, lease: Lease, seen: tuple[object, ...]) -> bool:
    """Compare and set: False when another one has it by now, or its holder is heard of again."""
    who = f"{socket.gethostname()}, pid {os.getpid()}"
    until = "statement_timestamp() + make_interval(secs => $4)"
    sql = (
        "INSERT INTO lease (job, holder, who, since, renewed, until) VALUES ($1, $2, $3,"  # noqa: S608 (constants)
        f" statement_timestamp(), statement_timestamp(), {until}) ON CONFLICT (job) DO UPDATE SET"
        " holder = excluded.holder, who = excluded.who, since = excluded.since,"
        " renewed = excluded.renewed, until = excluded.until"
        " WHERE lease.holder = $5 AND lease.renewed = $6"
    )
    try:
        return (
            session.execute(sql, (lease.job, lease.holder, who, lease.seconds, *seen)).rowcount == 1
        )
    except psycopg.errors.LockNotAvailable:
        return False  # a write of its holder's is under way


class _Renewing:
    """Moves a lease's end on, in a thread of its own, and gives it back in the end."""

    def __init__(self, address: DatabaseAddress, session: Session, lease: Lease) -> None:
        self._address = address
        self._session = session
        self._lease = lease
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._work, name=f"lease of {lease.job}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Give the lease back, if it is still held."""
        self._ended.set()
        self._thread.join()
        try:
            self._give_back()
        except psycopg.Error:
            self._anew()
            with suppress(psycopg.Error):  # then it runs out
                self._give_back()
        self._session.close()

    def _give_back(self) -> None:
        self._session.execute("DELETE FROM lease WHERE job = $1 AND holder = $2", self._lease[:2])

    def _work(self) -> None:
        while not self._ended.wait(self._lease.seconds / _OFTEN):
            try:
                renew(self._session, self._lease)
            except psycopg.errors.LockNotAvailable:
                continue  # a write of ours is under way, which nobody takes the lease from
            except psycopg.Error:
                self._anew()

    def _anew(self) -> None:
        """After the session was lost: another one, while the lease may still be ours."""
        with suppress(MeterctlError, psycopg.Error):  # it is tried again until somebody takes it
            self._session.close()
            session = connect(self._address, _SESSION_WAITS, writes=True)
            try:
                session.execute(f"SELECT pg_advisory_lock({_LOCK})", (self._lease.holder,))
            except BaseException:
                session.close()
                raise
            self._session = session
            renew(session, self._lease)
