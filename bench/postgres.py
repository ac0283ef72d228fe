"""`bulk-import` into PostgreSQL, against `psql`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.measuring import AT_MOST, Goal, Row, compared, in_seconds
from bench.scale.ingest import sample
from bench.scale.place import server

TITLE = "Imports into PostgreSQL"
ABOUT = (
    "A million rows of two values into a server on this machine that waits for the disk, both sides"
    " in turn; medians, with the smallest and the largest. psql validates nothing: it stages the"
    " file by `\\copy`, then inserts under the ledger's own key."
)


def measure(folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """Ours by both ways of psql's."""
    with server() as one:
        took = sample(one, folder, *((50_000, 1) if is_quick else (1_000_000, 3)))
        ((version,),) = one.execute("SHOW server_version")
    yield compared(
        f"a first import, to psql's with a staging table (PostgreSQL {version})",
        took["ours"],
        took["staged"],
        in_seconds,
        Goal(AT_MOST, 1.3),
    )
    yield compared(
        "the same, to `\\copy` alone, a row as it is under its time",
        took["ours"],
        took["plain"],
        in_seconds,
    )
