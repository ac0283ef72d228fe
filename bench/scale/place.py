"""The server that is measured, and what all parts do with it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.measuring import METERCTL, Ran, machine, run
from meterctl.domain.meters import Zones
from meterctl.domain.readings import Source
from meterctl.ledger.address import parse_database
from meterctl.ledger.postgres import open_for_writing
from meterctl.ledger.store import SqlLedger
from meterctl.services.session import Session
from tests.postgres import Server, programs

SETTINGS = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "effective_cache_size": "4GB",
}
ZONES = Zones(ZoneInfo("UTC"))
WAITS = 60.0  # seconds for the lock, and for a server that is away


@contextmanager
def server() -> Iterator[Server]:
    """A server that waits for the disk, for the length of a block."""
    one = Server(fsync=True, settings=SETTINGS)
    try:
        one.start()
        yield one
    finally:
        one.close()


def about(one: Server) -> str:
    """What all figures depend on."""
    ((version,),) = one.execute("SHOW server_version")
    settings = ", ".join(f"{name} = {value}" for name, value in SETTINGS.items())
    return f"{machine()}, PostgreSQL {version} on the same machine (fsync on, {settings})"


def opened(url: str) -> SqlLedger:
    """A ledger, made if it is not there yet."""
    return open_for_writing(parse_database(url), now(), WAITS)


def session(ledger: SqlLedger) -> Session:
    """As a service takes it."""
    return Session(ledger, ZONES, now(), Source.CLI)


def now() -> int:
    """Milliseconds."""
    return time.time_ns() // 1_000_000


def environment(folder: Path, url: str, **more: str) -> Mapping[str, str]:
    """Of a command that works with a ledger."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "METERCTL_TIMEZONE": "UTC",
        "METERCTL_LEDGER": url,
        **more,
    }


def meterctl(folder: Path, url: str, *words: str, codes: Sequence[int] = (0,), **more: str) -> Ran:
    """A command of ours."""
    around = environment(folder, url, **more)
    return run([METERCTL, *words], around, codes=codes, where=folder)


def psql(folder: Path, one: Server, text: str) -> float:
    """How long a script of psql's takes."""
    command = [str(programs() / "psql"), "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1", one.url()]
    around = {"PATH": os.environ["PATH"], "PGTZ": "UTC"}
    return run(command, around, stdin=text, where=folder).seconds


def drop(one: Server, *schemas: str) -> None:
    """Take ledgers away, and give their room back."""
    for schema in schemas:
        one.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')


def written(one: Server) -> int:
    """How many bytes of WAL the server has written."""
    ((bytes_written,),) = one.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")
    return int(bytes_written)
