"""Deliveries to the Sheet from several workers: each reading comes there once."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from tests.helpers import run_program
from tests.http.dashboard.stage import PATIENCE, Stage, staged
from tests.http.posting import ledger_of
from tests.http.served import started

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
        stage.sync()
        assert stage.values("meter") == list(range(RECORDS))
        # Another household's ledger on the same Sheet reads what is there.
        other = stage.environment | {"METERCTL_LEDGER": f"sqlite:///{tmp_path}/other.db"}
        found = run_program(["sync", "--json"], other).json
        assert (found["landed"], found["conflicts"], found["notices"]) == (RECORDS, 0, [])
        there = run_program(["history", "meter", "--json"], other).json["readings"]
        assert [one["value"] for one in there] == list(range(RECORDS))


# What an earlier server left, a ledger that is gone, an answer that nobody thought of.


def queued(stage: Stage) -> int:
    """How many readings wait for the Sheet."""
    return int(stage.run("current", "--json").json["pending"]["sheet"])


def until_none_waits(stage: Stage) -> None:
    """Wait for a courier that has something to bring."""
    end = time.monotonic() + PATIENCE
    while queued(stage):
        assert time.monotonic() < end
        time.sleep(0.2)


def test_what_an_earlier_server_left(tmp_path: Path) -> None:
    """It is brought by the next one, without anybody posting anything."""
    with staged(tmp_path, sandbox=True) as stage:
        stage.end()
        stage.run("record", "142.3", "--offline")
        assert queued(stage) == 1
        stage.begin()
        until_none_waits(stage)


def test_ledger_that_is_gone(tmp_path: Path) -> None:
    """A delivery does not begin another one in its place."""
    with staged(tmp_path) as stage:
        stage.end()
        settings = {
            "METERCTL_SHEET_ID": "none",
            "METERCTL_SHEETS_URL": "http://127.0.0.1:9",
            "METERCTL_GOOGLE_CREDENTIALS": "{}",
        }
        sooner = "from meterctl.http import courier; courier._AGAIN = courier._APART = 0.1"
        stage.run("record", "142.3", "--offline")
        environment = stage.environment | settings
        with started(environment, "--port", "0", before=sooner) as server:
            path = ledger_of(environment)
            for file in path.parent.iterdir():
                file.rename(tmp_path / file.name)
            time.sleep(1.5)
            assert not path.exists()
            assert httpx.get(f"{server.url}/health").status_code == 503


def test_answer_that_nobody_thought_of(tmp_path: Path) -> None:
    """A bug in one delivery is told, and does not end the deliveries."""
    with staged(tmp_path, sandbox=True) as stage:
        stage.end()
        stage.run("record", "142.3", "--offline")
        before = (
            "from meterctl.http import courier; courier._AGAIN = courier._APART = 0.1\n"
            "from meterctl.wiring import Wiring; real, tries = Wiring.deliver, []\n"
            "def deliver(*given, **more):\n"
            "    tries.append(1)\n"
            "    if len(tries) < 3: raise ValueError('a secret')\n"
            "    return real(*given, **more)\n"
            "Wiring.deliver = deliver\n"
        )
        with started(stage.environment, "--port", "0", before=before) as server:
            until_none_waits(stage)
            assert "a bug in a delivery: ValueError" in server.said()
            assert "a secret" not in server.said()
