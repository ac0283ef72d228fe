"""The server that is measured, and what all parts do with it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bench.measuring import METERCTL, machine
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


class Entry(NamedTuple):
    """A row of the report."""

    what: str
    measured: str
    goal: str = ""
    is_met: bool | None = None


class Ran(NamedTuple):
    """What a command took, and what it said."""

    seconds: float
    mebibytes: float  # at its peak
    out: str


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
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    settings = ", ".join(f"{name} = {value}" for name, value in SETTINGS.items())
    return (
        f"{machine()}, {memory:.0f} GiB, PostgreSQL {version} on the same machine (fsync on,"
        f" {settings})"
    )


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


def run(
    folder: Path,
    command: Sequence[str],
    around: Mapping[str, str],
    text: str = "",
    codes: Sequence[int] = (0,),
) -> Ran:
    """Run a command once, and see what it took."""
    said = folder / "said"
    with said.open("w+b") as out:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env=around, cwd=folder, stdin=subprocess.PIPE, stdout=out, stderr=out
        )
        assert process.stdin is not None
        process.stdin.write(text.encode())
        process.stdin.close()
        _, status, used = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    words = said.read_text(errors="replace")
    if process.returncode not in codes:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {words[-2000:]}")
    return Ran(took, used.ru_maxrss / 1024, words)


def meterctl(folder: Path, url: str, *words: str, codes: Sequence[int] = (0,), **more: str) -> Ran:
    """A command of ours."""
    return run(folder, [METERCTL, *words], environment(folder, url, **more), codes=codes)


def psql(folder: Path, one: Server, text: str) -> float:
    """How long a script of psql's takes."""
    command = [str(programs() / "psql"), "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1", one.url()]
    return run(folder, command, {"PATH": os.environ["PATH"], "PGTZ": "UTC"}, text).seconds


def drop(one: Server, *schemas: str) -> None:
    """Take ledgers away, and give their room back."""
    for schema in schemas:
        one.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')


def written(one: Server) -> int:
    """How many bytes of WAL the server has written."""
    ((bytes_written,),) = one.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")
    return int(bytes_written)
