"""Ledger files in every state, for the tests that open them."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from meterctl.ledger import migrate
from meterctl.ledger.lock import lock_path
from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from meterctl.ledger.store import SqlLedger
from tests.helpers import METER, NOW, reading
from tests.ledger.contract import record

_WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from tests.ledger.files import fill
fill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), close=False)
os.kill(os.getpid(), signal.SIGKILL)
"""
_EXECUTE_AND_DIE = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement)
os.kill(os.getpid(), signal.SIGKILL)
"""


def fill(path: Path, readings: int = 3, first: int = 0, *, close: bool = True) -> SqlLedger:
    """Make a ledger with readings of the main meter, one entry each; or add to it."""
    ledger = open_for_writing(path, NOW)
    for number in range(first, first + readings):
        record(
            ledger, reading(str(number), "2026-01-01 00:00")._replace(at=number, starts_at=number)
        )
    if close:
        ledger.close()
    return ledger


def fill_many(path: Path, readings: int) -> None:
    """The same of many readings, made once: each of them is a wait for the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for place, content in zip((path, lock_path(path)), _filled(readings), strict=True):
        place.touch(mode=0o600)
        place.write_bytes(content)


@cache
def _filled(readings: int) -> tuple[bytes, bytes]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        fill(path, readings)
        return path.read_bytes(), lock_path(path).read_bytes()


def fill_and_kill(path: Path, readings: int = 3, first: int = 0) -> None:
    """The same by a process that is killed before it closes: its log stays, hot."""
    ended = subprocess.run(
        [sys.executable, "-c", _WRITE_AND_DIE, str(path), str(readings), str(first)],
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert ended.returncode == -signal.SIGKILL
    assert log_of(path).stat().st_size > 0


def fill_as_of(version: int, path: Path, readings: int = 3) -> None:
    """A ledger with readings, as the meterctl of a schema version left it."""
    scripts = [one for one in migrate._scripts() if one[0] <= version]
    with pytest.MonkeyPatch.context() as older:
        older.setattr(migrate, "_scripts", lambda: scripts)
        older.setattr("meterctl.ledger.sqlite.NEWEST_VERSION", version)
        older.setattr(SqlLedger, "_refuse_moved", lambda _: None)  # which asks a later table
        fill(path, readings)
    assert asked(path, "PRAGMA user_version") == [(version,)]


def asked(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What the file itself says."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def held(path: Path) -> list[int]:
    """The main meter's values, read without writing."""
    ledger = open_for_reading(path)
    try:
        return [one.amount // 1_000_000 for one in ledger.current(METER.id)]
    finally:
        ledger.close()


def log_of(path: Path) -> Path:
    """Where SQLite keeps the file's log."""
    return path.with_name(path.name + "-wal")


def contents(path: Path) -> dict[str, bytes]:
    """A database and its log, byte by byte; SQLite leaves an empty one wherever it looks."""
    both = [one for one in (path, log_of(path)) if one.exists()]
    return {one.name: one.read_bytes() for one in both if one == path or one.stat().st_size}


def execute(path: Path, *statements: str) -> None:
    """Another program's writes, in a log or not as the file has it; nothing is left in a log."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def execute_and_kill(path: Path, *statements: str) -> None:
    """The same by a process that is killed at its end, so that all of it stays in the log."""
    ended = subprocess.run(
        [sys.executable, "-c", _EXECUTE_AND_DIE, str(path), *statements], check=False
    )
    assert ended.returncode == -signal.SIGKILL
    assert log_of(path).stat().st_size > 0
