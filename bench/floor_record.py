"""The floor under `record`: the least that stores one reading durably in SQLite.

Parses its arguments with argparse, commits one row (WAL, synchronous=FULL), closes, says so.
"""

from __future__ import annotations

import argparse
import sqlite3


def main() -> None:
    """Store one reading."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("value")
    parser.add_argument("--at", required=True)
    arguments = parser.parse_args()
    connection = sqlite3.connect(arguments.path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS reading (read_at TEXT PRIMARY KEY, value TEXT)")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO reading VALUES (?, ?)", (arguments.at, arguments.value))
    connection.execute("COMMIT")
    connection.close()
    print(f"{arguments.at} {arguments.value} recorded")


if __name__ == "__main__":
    main()
