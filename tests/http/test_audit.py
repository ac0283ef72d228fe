"""The audit log: each security event and each write: one line, one row, no secret."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx

from tests.helpers import run_program
from tests.http.gates import current, events, eventually, log_in
from tests.http.served import KEY, Served, served, service_environment, started


class TestAudit:
    """Each security event and each write: one line, one row, no secret."""

    def test_what_is_told(self, tmp_path: Path) -> None:
        """The same in both, and nothing that opens anything."""
        environment = service_environment(tmp_path)
        ran = run_program(
            ["clients", "add", "tester", "--scope", "read,record", "--json"], environment
        )
        client, secret = ran.json["id"], ran.json["secret"]
        with started(environment, "--port", "0") as server:
            at = Served(server.url, environment, client, secret)
            token = at.token()
            headers = {"Authorization": f"Bearer {token}"}
            record = {"timestamp": "2026-01-01T08:00:00Z", "meterValue": 1, "note": "a note"}
            done = httpx.post(f"{at.url}/records/single", headers=headers, json=record)
            httpx.post(f"{at.url}/records/single", headers=headers, json=record)
            httpx.post(f"{at.url}/records/bulk", headers=headers, json={"records": [record]})
            log_in(at, client, "a wrong secret")
            current(at, token[:-4] + "AAAA")
            httpx.post(f"{at.url}/utility/push", headers=headers)
            server.process.terminate()
            assert server.ended() == 0
            lines = [json.loads(line) for line in server.said().splitlines()]
            everything = server.said() + "".join(map(str, events(at)))
        rows = [event for event in reversed(events(at)) if event.request is not None]
        names = [
            "token_issued",
            "record",
            "record",
            "bulk",
            "login_failed",
            "token_refused",
            "insufficient_scope",
        ]
        assert [row.name for row in rows] == names
        assert [line["event"] for line in lines] == names
        assert [row.request for row in rows] == [line["request"] for line in lines]
        assert rows[1].request == done.headers["x-request-id"]
        assert [row.entry for row in rows[1:4]] == [1, None, None]
        for hidden in (secret, token, "a wrong secret", "a note", KEY):
            assert hidden not in everything

    def test_nobody_reads_the_lines(self, tmp_path: Path) -> None:
        """A full pipe stops nothing; the ledger has the rows all the same."""
        environment = service_environment(tmp_path)
        ran = run_program(["clients", "add", "tester", "--scope", "record", "--json"], environment)
        process = subprocess.Popen(
            [sys.executable, "-m", "meterctl", "serve", "--port", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        url = process.stdout.readline().decode().split()[-1]
        at = Served(url, environment, ran.json["id"], ran.json["secret"])
        try:
            with httpx.Client(headers={"Authorization": f"Bearer {at.token()}"}) as client:
                record = {"timestamp": "2026-01-01T08:00:00Z", "meterValue": 1}
                for _ in range(600):  # some 200 bytes each, and a pipe holds 64 KiB
                    answer = client.post(f"{url}/records/single", json=record, timeout=10)
                    assert answer.status_code in (200, 201)
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.communicate()
        assert sum(event.name == "record" for event in events(at)) == 600

    def test_a_flood_of_strangers(self, tmp_path: Path) -> None:
        """What strangers do does not fill the ledger; the limit is told once a minute."""
        with served(tmp_path) as serving:
            with httpx.Client(headers={"Authorization": "Bearer a.b.c"}) as client:
                statuses = [client.get(f"{serving.url}/health").status_code for _ in range(300)]
            assert set(statuses) == {401, 429}
            assert eventually(lambda: any(e.name == "rate_limited" for e in events(serving)))
            names = [event.name for event in events(serving)]
        assert names.count("rate_limited") == 1
        assert names.count("token_refused") <= 62

    def test_a_client_that_keeps_asking_for_what_it_may_not(self, tmp_path: Path) -> None:
        """Each is refused, and a minute's worth of it is kept."""
        with served(tmp_path, scope="read") as serving:
            headers = {"Authorization": f"Bearer {serving.token()}"}
            with httpx.Client(headers=headers) as client:
                url = f"{serving.url}/utility/push"
                assert {client.post(url).status_code for _ in range(150)} == {403}
        names = [event.name for event in events(serving)]
        assert 60 <= names.count("insufficient_scope") < 150
