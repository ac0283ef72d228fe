"""A push that is cut short: by the server's end, by a kill, by a utility that falls silent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.helpers import run_program
from tests.http.served import Server, service_environment, started

GIVEN_UP = 30.0  # seconds
SUBMITTING = 'service = "utility"\nmethod = "POST"\n'


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Rehearsal]:
    """A utility."""
    with rehearsing(tmp_path / "rehearsal") as ready:
        yield ready


@pytest.fixture
def environment(tmp_path: Path, rehearsal: Rehearsal) -> dict[str, str]:
    """A ledger with one reading that is due there."""
    found = service_environment(tmp_path) | rehearsal.utility
    assert run_program(["record", "5"], found).code == 0
    return found


class Pushing:
    """A push that is under way."""

    def __init__(self, server: Server, environment: dict[str, str]) -> None:
        added = run_program(["clients", "add", "tester", "--scope", "push", "--json"], environment)
        login = {"clientId": added.json["id"], "clientSecret": added.json["secret"]}
        token = httpx.post(f"{server.url}/auth/token", json=login, timeout=GIVEN_UP).json()["token"]
        self.answer: httpx.Response | None = None
        self._url = f"{server.url}/utility/push"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        try:
            self.answer = httpx.post(self._url, headers=self._headers, timeout=GIVEN_UP)
        except httpx.TransportError:
            return

    def end(self) -> httpx.Response | None:
        """Its answer, once there is one or never will be."""
        self._thread.join(GIVEN_UP)
        assert not self._thread.is_alive()
        return self.answer


def is_sent(environment: dict[str, str]) -> None:
    """Wait until the submission has left."""
    end = time.monotonic() + GIVEN_UP
    while True:
        ran = run_program(["submissions", "list", "--json"], environment)
        if any(one["state"] == "sending" for one in ran.json["submissions"]):
            return
        assert time.monotonic() < end


def test_the_server_is_told_to_end(rehearsal: Rehearsal, environment: dict[str, str]) -> None:
    """A push that is under way is finished and answered; then the server leaves with 0."""
    rehearsal.goes_wrong(SUBMITTING + 'do = "delay"\nseconds = 4')
    with started(environment, "--port", "0") as server:
        pushing = Pushing(server, environment)
        is_sent(environment)
        server.process.terminate()
        answer = pushing.end()
        assert answer is not None
        assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
        assert server.ended() == 0
    assert len(rehearsal.accepted()) == 1


@pytest.mark.parametrize("do", ["hang-before", "hang-after"])
def test_the_server_is_killed(rehearsal: Rehearsal, environment: dict[str, str], do: str) -> None:
    """Whether it came there is asked before it is sent again: it is there once, whoever goes on."""
    rehearsal.goes_wrong(SUBMITTING + f'do = "{do}"')
    with started(environment, "--port", "0") as server:
        pushing = Pushing(server, environment)
        is_sent(environment)
        server.process.kill()
        assert pushing.end() is None
    rehearsal.goes_wrong("")
    ran = run_program(["push-utility", "--json"], environment)
    assert ran.code == 0, ran.err
    assert (ran.json["unknown"], ran.json["pending"]) == (0, 0)
    assert [one["value"] for one in rehearsal.accepted()] == [5]


def test_records_meanwhile(rehearsal: Rehearsal, environment: dict[str, str]) -> None:
    """A slow utility holds up no log-in, no health, no record."""
    rehearsal.goes_wrong(SUBMITTING + 'do = "delay"\nseconds = 4')
    added = run_program(["clients", "add", "phone", "--scope", "record", "--json"], environment)
    login = {"clientId": added.json["id"], "clientSecret": added.json["secret"]}
    with started(environment, "--port", "0") as server:
        pushing = Pushing(server, environment)
        is_sent(environment)
        with httpx.Client(base_url=server.url, timeout=3) as client:
            token = client.post("/auth/token", json=login).json()["token"]
            done = client.post(
                "/records/single",
                json={"timestamp": "2026-01-01T08:00:00Z", "inverterKWh": 1},
                headers={"Authorization": f"Bearer {token}"},
            )
            assert done.status_code == 201
            assert client.get("/health").status_code == 200
        assert pushing.answer is None
        answer = pushing.end()
        assert answer is not None
        assert answer.json()["accepted"] == 1
        server.process.terminate()
        assert server.ended() == 0
