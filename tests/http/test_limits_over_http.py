"""What a log-in costs the server, and that nobody can make it spend more: counted, not timed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.helpers import run_program
from tests.http.served import Server, service_environment, started

GIVEN_UP = 30.0  # seconds
# Says of each verification how many run at that moment.
COUNTED = """
import sys, threading
from argon2 import PasswordHasher
verify, lock, running = PasswordHasher.verify, threading.Lock(), []
def counted(self, *given):
    with lock:
        running.append(1)
        sys.stderr.write(f"hashing {len(running)}\\n")
    try:
        return verify(self, *given)
    finally:
        running.pop()
PasswordHasher.verify = counted
"""


class Counting(NamedTuple):
    """A server that tells each of its verifications, and a client of its."""

    server: Server
    environment: dict[str, str]
    client: str
    secret: str

    def log_in(self, client: str, secret: str, **headers: str) -> int:
        """A log-in; its status."""
        given = {"clientId": client, "clientSecret": secret}
        url = f"{self.server.url}/auth/token"
        return httpx.post(url, json=given, headers=headers, timeout=GIVEN_UP).status_code

    def hashed(self) -> list[int]:
        """For each verification so far, how many ran as it began."""
        return [
            int(one) for one in re.findall(r"^hashing (\d+)$", self.server.said(), re.MULTILINE)
        ]


@contextmanager
def counting(folder: Path, *arguments: str) -> Iterator[Counting]:
    """Such a server until the end of the block."""
    environment = service_environment(folder)
    ran = run_program(["clients", "add", "tester", "--scope", "read", "--json"], environment)
    with started(environment, "--port", "0", *arguments, before=COUNTED) as server:
        yield Counting(server, environment, ran.json["id"], ran.json["secret"])
        server.process.terminate()
        assert server.ended() == 0


def test_wrong_secrets(tmp_path: Path) -> None:
    """After ten from an address no more work is spent on it, whoever it says it is."""
    with counting(tmp_path) as at:
        wrong = [at.log_in("mc_nobody", "x") for _ in range(15)]
        right = [at.log_in(at.client, at.secret) for _ in range(5)]
        hashed = len(at.hashed())
    assert wrong[:10] == [401] * 10
    assert set(wrong[11:] + right) == {429}
    assert hashed <= 11  # one comes back each six seconds


def test_another_address(tmp_path: Path) -> None:
    """One that guesses keeps out nobody else, behind the same proxy."""
    with counting(tmp_path, "--trusted-proxy", "127.0.0.1") as at:
        here, there = {"X-Forwarded-For": "198.51.100.7"}, {"X-Forwarded-For": "198.51.100.8"}
        assert 429 in [at.log_in("mc_nobody", "x", **here) for _ in range(15)]
        assert at.log_in(at.client, at.secret, **here) == 429
        assert at.log_in(at.client, at.secret, **there) == 200


def test_all_ways_of_not_knowing(tmp_path: Path) -> None:
    """A wrong secret, an unknown client and a revoked one cost the same: one verification."""
    with counting(tmp_path) as at:
        words = ["clients", "add", "revoked", "--scope", "read", "--json"]
        revoked = run_program(words, at.environment).json
        assert run_program(["clients", "revoke", "revoked"], at.environment).code == 0
        logins = [(at.client, "x"), ("mc_x", "x"), (revoked["id"], revoked["secret"])]
        for number, login in enumerate(logins, 1):
            assert at.log_in(*login) == 401
            assert len(at.hashed()) == number


def test_many_at_once(tmp_path: Path) -> None:
    """Two verifications at a time; who would wait too long is told so; others are answered."""
    with counting(tmp_path) as at, ThreadPoolExecutor(60) as pool:
        logging_in = [pool.submit(at.log_in, at.client, at.secret) for _ in range(100)]
        health = [httpx.get(f"{at.server.url}/health", timeout=5).status_code for _ in range(10)]
        statuses = [one.result() for one in logging_in]
        hashed = at.hashed()
    assert health == [200] * 10
    assert set(statuses) <= {200, 429, 503}
    assert statuses.count(200) == len(hashed)
    assert max(hashed) <= 2


def test_guesses_at_once(tmp_path: Path) -> None:
    """Sixty wrong secrets sent in the same moment get no more tries than one after the other."""
    with counting(tmp_path) as at, ThreadPoolExecutor(60) as pool:
        statuses = list(pool.map(lambda _: at.log_in("mc_nobody", "x"), range(60)))
        hashed = len(at.hashed())
    assert 401 in statuses
    assert set(statuses) <= {401, 429, 503}
    assert hashed <= 10 + 2 + 1  # those that had begun, and what came back meanwhile
