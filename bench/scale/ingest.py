"""How fast `bulk-import` brings a file into PostgreSQL, against `psql` and its `\\copy`."""

# ruff: noqa: S608 (the schemas are named here)
from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from bench.imports import lines, write
from bench.measuring import Row
from bench.scale.place import drop, meterctl, psql
from tests.postgres import Server

_SCHEMA = "ingest"
# The same work by hand: the file as it is, then two readings of each row under the ledger's key.
_STAGED = """\
DROP TABLE IF EXISTS staging, keyed;
CREATE TABLE staging ("timestamp" timestamptz, inverter numeric, meter numeric);
CREATE TABLE keyed (LIKE {schema}.reading INCLUDING ALL);
\\copy staging FROM '{file}' CSV HEADER
INSERT INTO keyed (meter, device, read_at, span, revision, value, entry)
SELECT id, 1, (extract(epoch FROM "timestamp") * 1000)::bigint, 0, 1, (v * 1000000)::bigint, 1
FROM staging, LATERAL (VALUES (1, meter), (2, inverter)) AS two (id, v);
"""
_PLAIN = """\
DROP TABLE IF EXISTS plain;
CREATE TABLE plain ("timestamp" timestamptz PRIMARY KEY, inverter numeric, meter numeric);
\\copy plain FROM '{file}' CSV HEADER
"""


def measure(server: Server, folder: Path, *, is_quick: bool) -> Iterator[Row]:
    """Ours, and both ways by hand, in turn."""
    rows, rounds = (100_000, 1) if is_quick else (1_000_000, 3)
    took = sample(server, folder, rows, rounds)
    middle = {name: statistics.median(times) for name, times in took.items()}
    yield Row(
        f"`bulk-import` of {rows:,} rows of two values",
        f"{middle['ours']:.1f} s: {rows / middle['ours']:,.0f} rows a second",
    )
    ratio = middle["ours"] / middle["staged"]
    yield Row(
        "the same by `psql`: `\\copy` to a staging table, then `INSERT .. SELECT` under the same"
        " key, nothing validated",
        f"{middle['staged']:.1f} s: {rows / middle['staged']:,.0f} rows a second; ours to it:"
        f" **{ratio:.2f}**",
    )
    yield Row(
        "`psql`'s `\\copy` alone, a row as it is under its time",
        f"{middle['plain']:.1f} s: {rows / middle['plain']:,.0f} rows a second; ours to it:"
        f" **{middle['ours'] / middle['plain']:.2f}**",
    )


def sample(server: Server, folder: Path, rows: int, rounds: int) -> dict[str, list[float]]:
    """Seconds that each side took, round by round."""
    file = folder / "rows.csv"
    write(file, lines(rows))
    took: dict[str, list[float]] = {"ours": [], "staged": [], "plain": []}
    for _ in range(rounds):
        drop(server, _SCHEMA)
        ran = meterctl(folder, server.url(_SCHEMA), "bulk-import", "--json", str(file))
        took["ours"].append(ran.seconds)
        ((stored,),) = server.execute(f"SELECT count(*) FROM {_SCHEMA}.reading")
        if stored != 2 * rows:
            raise SystemExit(f"{stored} readings of {2 * rows} are stored")
        took["staged"].append(psql(folder, server, _STAGED.format(schema=_SCHEMA, file=file)))
        took["plain"].append(psql(folder, server, _PLAIN.format(file=file)))
    server.execute("DROP TABLE staging, keyed, plain")
    drop(server, _SCHEMA)
    file.unlink()
    return took
