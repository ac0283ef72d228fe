"""The ledger's server begins anew under the shims: 2xx is stored, all else is sent again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.http.gates import current
from tests.http.posting import Poster, record
from tests.http.served import Served
from tests.http.several import Several, several
from tests.postgres import Server

LONGEST = 12.0  # seconds: as long as a write waits for its turn, and a little
PEOPLE = 6


class Running(NamedTuple):
    """A server of the test's own, and shims of a ledger there."""

    server: Server
    at: Several


@pytest.fixture
def running(own_postgres: Callable[..., Server], tmp_path: Path) -> Iterator[Running]:
    """Two shims."""
    server = own_postgres(fsync=False)
    with several(tmp_path, server.url("ledger"), count=2) as at:
        yield Running(server, at)


class Traffic:
    """People who record one thing after the other, each sent again until it is acknowledged."""

    def __init__(self, at: Several) -> None:
        self.acknowledged: list[int] = []
        self.statuses: set[int] = set()
        self.longest = 0.0
        self._at = at
        self._numbers = count()
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._token = at.shims[0].token()

    def run(self, meanwhile: Callable[[], None]) -> None:
        """Let them record for as long as something else goes on, and a moment after it."""
        with ThreadPoolExecutor(PEOPLE) as pool:
            people = [pool.submit(self._record) for _ in range(PEOPLE)]
            try:
                time.sleep(0.5)
                meanwhile()
                time.sleep(1)
            finally:
                self._ending.set()
            for one in people:
                one.result()

    def _record(self) -> None:
        with ExitStack() as stack:
            posters = [stack.enter_context(closing(one)) for one in self._at.posters(self._token)]
            while not self._ending.is_set():
                number = next(self._numbers)
                for again in count():
                    began = time.monotonic()
                    shim = posters[(number + again) % len(posters)]
                    answer = shim.single(record(number), f"traffic-{number}")
                    with self._lock:
                        self.statuses.add(answer.status_code)
                        self.longest = max(self.longest, time.monotonic() - began)
                    if answer.status_code == 201:
                        self.acknowledged.append(number)
                        break
                    time.sleep(0.05)


def check(running: Running, traffic: Traffic) -> None:
    """Each that was acknowledged is stored once, with one entry and one row of the audit log."""
    at = running.at
    stored = [one.amount // 1_000_000 for one in at.stored()]
    assert sorted(traffic.acknowledged) == stored
    assert at.entries() == len(stored)
    assert len(at.events("record")) == len(stored)
    assert traffic.statuses <= {201, 409, 503}
    assert traffic.longest < LONGEST


def healthy(shim: Served) -> bool:
    """What a balancer sees, within a second."""
    return httpx.get(f"{shim.url}/health", timeout=2).status_code == 200


def soon(condition: Callable[[], bool], seconds: float = 10) -> None:
    """It comes true by itself."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("how", ["fast", "immediate", "kill"])
def test_restarts_under_traffic(running: Running, how: str) -> None:
    """Nothing lost, nothing doubled, no other answer than 503; three times in a row."""
    traffic = Traffic(running.at)

    def restart() -> None:
        for _ in range(3):
            if how == "kill":
                running.server.kill()
            else:
                running.server.stop(how)
            running.server.start()
            goal = len(traffic.acknowledged) + 10
            soon(lambda goal=goal: len(traffic.acknowledged) > goal)  # type: ignore[misc]

    traffic.run(restart)
    assert len(traffic.acknowledged) > 30
    check(running, traffic)
    soon(lambda: all(map(healthy, running.at.shims)))


def test_a_server_that_is_away_for_a_while(running: Running) -> None:
    """503 at once, health too; no question hangs. When it is there again, so are the shims."""
    traffic = Traffic(running.at)
    token = running.at.shims[0].token()
    took: list[float] = []

    def away() -> None:
        running.server.stop()
        soon(lambda: not any(map(healthy, running.at.shims)))
        end = time.monotonic() + 4
        while time.monotonic() < end:
            for shim in running.at.shims:
                began = time.monotonic()
                assert not healthy(shim)
                answer = current(shim, token)
                took.append(time.monotonic() - began)
                assert answer.status_code == 503
                assert answer.headers["Retry-After"] == "1"
        running.server.start()
        soon(lambda: all(map(healthy, running.at.shims)))

    traffic.run(away)
    assert max(took) < 2
    check(running, traffic)


def test_every_session_is_ended(running: Running) -> None:
    """As an administrator may do at any time: nobody notices."""
    poster = Poster(running.at.shims[0].url, running.at.shims[0].token())
    with closing(poster):
        for number in range(5):
            assert poster.single(record(number), f"k{number}").status_code == 201
            running.server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'meterctl'"
            )
            assert poster.http.get("/readings/current").json()["meterValue"] == number
            assert healthy(running.at.shims[0])
    assert running.at.entries() == 5
