"""Deliveries to the Sheet from several workers: each reading comes there once."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from tests.helpers import run_program
from tests.http.dashboard.stage import PATIENCE, staged

RECORDS = 12


def test_several_workers(tmp_path: Path) -> None:
    """Whichever worker took it; a later sync finds nothing to bring and nothing that is new."""
    with staged(tmp_path, "--workers", "3", sandbox=True) as stage:
        token = stage.token(stage.client("tester", "read,record"))
        headers = {"Authorization": f"Bearer {token}"}
        for minute in range(RECORDS):  # a connection each, so that all workers get some
            record = {"timestamp": f"2026-01-01T08:{minute:02}:00Z", "meterValue": minute}
            url = f"{stage.url}/records/single"
            done = httpx.post(url, headers=headers, json=record, timeout=PATIENCE)
            assert (done.status_code, done.json()["sheet"]) == (201, "queued")
        end = time.monotonic() + PATIENCE
        while stage.run("current", "--json").json["pending"]["sheet"]:
            assert time.monotonic() < end
            time.sleep(0.2)
        stage.run("sync")
        assert stage.values("meter") == list(range(RECORDS))
        # Another household's ledger on the same Sheet reads what is there.
        other = stage.environment | {"METERCTL_LEDGER": f"sqlite:///{tmp_path}/other.db"}
        found = run_program(["sync", "--json"], other).json
        assert (found["landed"], found["conflicts"], found["notices"]) == (RECORDS, 0, [])
        there = run_program(["history", "meter", "--json"], other).json["readings"]
        assert [one["value"] for one in there] == list(range(RECORDS))
