"""Numbered migrations, all in one transaction with the version; from nothing they make a ledger."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

APPLICATION_ID = 0x4D544552  # "MTER", so that the file says whose it is
NEWEST_VERSION = 4

_FOLDER = Path(__file__).parent / "migrations"


def create_or_migrate(connection: sqlite3.Connection, fill: Callable[[], None]) -> None:
    """Bring a database to the newest version, or leave it as it is; `fill` writes the first rows.

    The caller holds the writers' lock. Another process may have done it all while we waited.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for version, script in _scripts():
            if connection.execute("PRAGMA user_version").fetchone()[0] < version:
                for statement in _statements(script.read_text(encoding="utf-8")):
                    connection.execute(statement)
                if version == 1:
                    fill()
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):  # the first error is the one to tell
                connection.execute("ROLLBACK")
        raise


def _scripts() -> list[tuple[int, Path]]:
    return sorted((int(path.name[:4]), path) for path in _FOLDER.glob("[0-9]*.sql"))


def _statements(script: str) -> list[str]:
    """The script's statements one by one: executescript would commit before it begins."""
    statements, lines = [], ""
    for line in script.splitlines(keepends=True):
        lines += line
        if sqlite3.complete_statement(lines):
            statements.append(lines)
            lines = ""
    return statements
