"""The server, killed while phones post: every 2xx is in the ledger, and nothing is there twice."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from meterctl.domain.times import iso_utc
from tests.faults.disks import Disk
from tests.faults.table import Table
from tests.helpers import instant
from tests.http.posting import Poster, entries, events, stored, token_of_new
from tests.http.served import service_environment, started

FIRST = instant("2026-01-01 00:00")
PHONES = 6
PER_BULK = 7
KILLED_BEFORE_IT_ANSWERS = """
import os, signal
from meterctl.http.writer import Writer
answer = Writer._answer
def killed(self, outcomes):
    if any(one.future is not None for one in outcomes):
        os.kill(os.getpid(), signal.SIGKILL)
    answer(self, outcomes)
Writer._answer = killed
"""


def record(number: int) -> dict[str, object]:
    """A record with a time and a value of its own."""
    return {"timestamp": iso_utc(FIRST + number * 1_000), "meterValue": number}


class Phones:
    """Post without end, each with one request under way; repeat what got no good answer."""

    def __init__(self) -> None:
        self.acknowledged: set[int] = set()
        self.writes = self.replayed = 0
        self.wrong: list[str] = []
        self._next = 0
        self._url = ""
        self._token = ""
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(PHONES)]

    def start(self, token: str) -> None:
        """Begin."""
        self._token = token
        for thread in self._threads:
            thread.start()

    def serve_at(self, url: str) -> None:
        """The server is there now."""
        self._url = url

    def so_far(self) -> set[int]:
        """What is acknowledged by now."""
        with self._lock:
            return set(self.acknowledged)

    def end(self) -> None:
        """Each gets the answer that it waits for, and ends."""
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _work(self, phone: int) -> None:
        while not self._ending.is_set():
            size = PER_BULK if phone == 0 else 1
            with self._lock:
                first, self._next = self._next, self._next + size
            numbers = range(first, first + size)
            answer = self._until_good(f"key-{first}", [record(number) for number in numbers])
            told = answer.json()
            new = [one["status"] for one in told["readings"]] if size == 1 else told["recorded"]
            with self._lock:
                self.acknowledged.update(numbers)
                self.writes += 1
                self.replayed += "Idempotency-Replayed" in answer.headers
                if (answer.status_code, new) not in ((201, ["recorded"]), (200, PER_BULK)):
                    self.wrong.append(answer.text)

    def _until_good(self, key: str, records: list[dict[str, object]]) -> httpx.Response:
        while True:
            poster = Poster(self._url, self._token)
            try:
                single = len(records) == 1
                answer = poster.single(records[0], key) if single else poster.bulk(records, key)
                if answer.is_success:
                    return answer
                if answer.status_code not in (409, 503):
                    self.wrong.append(answer.text)
            except httpx.TransportError:
                pass
            finally:
                poster.close()
            time.sleep(0.01)


def kill_under_load(
    tmp_path: Path, rounds: int, moment: Callable[[], float], *arguments: str
) -> Phones:
    """Let phones post, and kill the server again and again; what they were told at the end."""
    environment = service_environment(tmp_path)
    phones = Phones()
    for number in range(rounds + 1):
        with started(environment, "--port", "0", *arguments) as server:
            phones.serve_at(server.url)
            if number == 0:
                phones.start(token_of_new(server.url, environment))
            if number < rounds:
                time.sleep(moment())
                server.process.kill()
                continue
            phones.end()
            server.process.terminate()
            assert server.ended() == 0, server.said()
    found = [one.amount // 1_000_000 for one in stored(environment)]
    assert phones.wrong == []
    assert found == sorted(phones.acknowledged)
    # As many writes as answers, not more: none was done again in silence.
    assert entries(environment) == phones.writes
    told = events(environment, "record") + events(environment, "bulk")
    assert sorted(event.entry or 0 for event in told) == list(range(1, phones.writes + 1))
    return phones


@pytest.mark.fault(1)
def test_server_that_is_killed_under_load(tmp_path: Path) -> None:
    """Who repeats with the same key is told what the first try did; all are stored once."""
    moments = random.Random(5)
    phones = kill_under_load(tmp_path, 8, lambda: moments.uniform(0.05, 0.5))
    assert len(phones.acknowledged) > 100


@pytest.mark.fault(1)
@pytest.mark.parametrize("path", ["/records/single", "/records/bulk"])
def test_server_that_is_killed_before_it_answers(tmp_path: Path, path: str) -> None:
    """The reading is stored by then; the repeated request gets the answer that never left."""
    environment = service_environment(tmp_path)
    body = record(7) if path.endswith("single") else {"records": [record(7)]}
    with started(environment, "--port", "0", before=KILLED_BEFORE_IT_ANSWERS) as server:
        token = token_of_new(server.url, environment)
        with closing(Poster(server.url, token)) as poster, pytest.raises(httpx.TransportError):
            poster.post(path, body, "key")
        assert server.ended() == -signal.SIGKILL
    assert [one.amount // 1_000_000 for one in stored(environment)] == [7]
    with (
        started(environment, "--port", "0") as server,
        closing(Poster(server.url, token)) as poster,
    ):
        answer = poster.post(path, body, "key")
        assert answer.headers["Idempotency-Replayed"] == "true"
        assert answer.status_code == (201 if path.endswith("single") else 200)
        assert "recorded" in answer.text
        without = poster.post(path, body)
        assert without.status_code == 200
        assert "duplicate" in without.text
    assert entries(environment) == 1
    assert len(events(environment, path.removeprefix("/records/").replace("single", "record"))) == 2


@pytest.mark.fault(2)
def test_power_cut_while_phones_post(tmp_path: Path) -> None:
    """What was acknowledged a moment before is on the disk; what is there is whole records."""
    disk = Disk.new(tmp_path / "disk.img")
    phones = Phones()
    with disk.mounted(tmp_path / "disk") as folder:
        environment = service_environment(tmp_path)
        environment["METERCTL_LEDGER"] = f"sqlite:///{folder}/new/ledger.db"
        with started(environment, "--port", "0") as server:
            phones.serve_at(server.url)
            phones.start(token_of_new(server.url, environment))
            while len(phones.acknowledged) < 200:
                time.sleep(0.01)
            acknowledged = phones.so_far()
            pause(server.process.pid)
            after = disk.after_power_cut(tmp_path / "after.img")
            os.kill(server.process.pid, signal.SIGCONT)
            phones.end()
    with after.mounted(tmp_path / "after") as folder:
        found = stored({"METERCTL_LEDGER": f"sqlite:///{folder}/new/ledger.db"})
    values = [one.amount // 1_000_000 for one in found]
    assert acknowledged <= set(values)
    assert len(set(values)) == len(values)


def pause(pid: int) -> None:
    """Let a process stand still: copying a disk takes longer than a power cut."""
    os.kill(pid, signal.SIGSTOP)
    status = Path(f"/proc/{pid}/stat")
    while status.read_text().rsplit(")", 1)[1].split()[0] != "T":
        time.sleep(0.001)


@pytest.mark.soak
def test_server_that_is_killed_over_and_over(tmp_path: Path, table: Table) -> None:
    """A hundred kills; some of them fall between the commit and the answer."""
    moments = random.Random()
    phones = kill_under_load(tmp_path, 100, lambda: moments.uniform(0.01, 1.5))
    assert phones.replayed > 0
    table.add("server killed", phones.writes, phones.writes, phones.writes)
