"""The ledger is moved under a service that runs: nothing more is written at the old place."""

from __future__ import annotations

from pathlib import Path

import httpx

from meterctl.ledger.copies import TABLES
from tests.helpers import run_program
from tests.http.posting import ledger_of, posted_to, record
from tests.ledger.files import asked

MOVED = (503, "ledger_moved")
LOG_IN = {"clientId": "mc_0", "clientSecret": "nobody's"}


def rows(path: Path) -> dict[str, object]:
    """How many rows each table of a ledger has."""
    return {table: asked(path, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}  # noqa: S608 (names of our own)


def test_moved_while_it_runs(tmp_path: Path) -> None:
    """503, which a phone tries again; no reading, event or idempotency key is added; it is read."""
    with posted_to(tmp_path) as (server, _, poster):
        here, there = ledger_of(server.environment), tmp_path / "there.db"
        assert poster.single(record(1), "first").status_code == 201
        moved = run_program(["ledger", "copy", str(here), str(there)], server.environment)
        assert moved.code == 0, moved.err
        before = rows(here)
        answers = [
            poster.single(record(2), "second"),
            poster.single(record(1), "first"),
            poster.bulk([record(3)]),
        ]
        assert [(one.status_code, one.json()["code"]) for one in answers] == [MOVED] * 3
        assert httpx.post(f"{server.url}/auth/token", json=LOG_IN).status_code == 401
        assert httpx.get(f"{server.url}/health").status_code == 503
        assert poster.http.get("/readings/current").json()["meterValue"] == 1
        assert rows(here) == before
        assert rows(there)["reading"] == 1
        assert str(there) not in "".join(one.text for one in answers)
