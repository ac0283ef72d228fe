"""Posts that come together share a commit, and their answers leave after it; others get a turn."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.faults.disks import need
from tests.helpers import run_program
from tests.http.posting import (
    Poster,
    nobody_writes,
    posted_to,
    record,
    stored,
)
from tests.http.served import Served

TOGETHER = 32


@contextmanager
def traced(pid: int, log: Path) -> Iterator[None]:
    """What a process writes and syncs meanwhile, in a log."""
    need("strace", root=False)
    calls = "trace=fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg"
    tracer = subprocess.Popen(
        ["strace", "-f", "-y", "-s", "40", "-o", str(log), "-e", calls, "-p", str(pid)],
        stderr=subprocess.PIPE,
    )
    try:
        assert tracer.stderr is not None
        assert b"attached" in tracer.stderr.readline()
        yield
    finally:
        tracer.terminate()
        tracer.communicate(timeout=10)


def happened(log: Path) -> list[str]:
    """What was done in turn: `log` written to the ledger's log, `sync`ed, an `answer` sent."""
    found = []
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if "HTTP/1.1 20" in line:
            found.append("answer")
        elif re.search(r"(fdatasync|fsync)\(.*-wal", line):
            found.append("sync")
        elif re.search(r"pwrite64\(.*-wal", line):
            found.append("log")
    return found


@pytest.mark.fault(2)
def test_what_reaches_the_disk_before_an_answer(tmp_path: Path) -> None:
    """A post's answer leaves when its part of the log is synced; 32 at once share the syncs."""
    with posted_to(tmp_path) as (server, pid, poster):
        with traced(pid, tmp_path / "one"):
            assert poster.single(record(1), "key").status_code == 201
        with traced(pid, tmp_path / "many"), ThreadPoolExecutor(TOGETHER) as threads:
            with nobody_writes(server.environment):
                sent = [threads.submit(poster.single, record(n)) for n in range(2, 2 + TOGETHER)]
                time.sleep(0.3)
            assert {one.result().status_code for one in sent} == {201}
    one = happened(tmp_path / "one")
    assert "log" in one
    assert one[-2:] == ["sync", "answer"]
    many = happened(tmp_path / "many")
    assert many.count("answer") == TOGETHER
    assert 1 <= many.count("sync") <= 8
    for place, call in enumerate(many):
        if call == "answer":
            before = many[:place]
            assert before[::-1].index("sync") < [*before[::-1], "log"].index("log")


def test_refusals_among_others(poster: Poster, ledger_server: Served) -> None:
    """Of posts that share a commit, each is answered for itself."""
    assert poster.single(record(500)).status_code == 201
    cases = [(record(501), 201), (record(500) | {"meterValue": 1}, 409), (record(502), 201)]
    cases += [(record(503) | {"gas": 1}, 422), (record(500), 200), (record(504), 201)]
    with ThreadPoolExecutor(len(cases)) as threads:
        with nobody_writes(ledger_server.environment):
            sent = [threads.submit(poster.single, body) for body, _ in cases]
            time.sleep(0.2)
        assert [one.result().status_code for one in sent] == [status for _, status in cases]
    values = {one.amount // 1_000_000 for one in stored(ledger_server.environment)}
    assert {500, 501, 502, 504} <= values
    assert 503 not in values


def test_many_records_beside_one(poster: Poster, ledger_server: Served) -> None:
    """A record is not kept waiting by ten thousand for as long as a second."""
    many = [record(10_000 + n) for n in range(10_000)]
    slowest = 0.0
    with (
        ThreadPoolExecutor(1) as threads,
        closing(Poster(ledger_server.url, poster.token)) as beside,
    ):
        bulk = threads.submit(poster.bulk, many)
        number = 600
        while not bulk.done():
            began = time.monotonic()
            assert beside.single(record(number)).status_code == 201
            slowest = max(slowest, time.monotonic() - began)
            number += 1
        assert bulk.result().json()["recorded"] == 10_000
    assert number > 601
    assert slowest < 2, slowest  # far less than one on a machine that does nothing else


@pytest.mark.fault(9)
def test_other_programs_while_posts_come_without_end(tmp_path: Path) -> None:
    """Each gets its turn at the ledger soon; nobody is starved by the server."""
    ending = threading.Event()
    with posted_to(tmp_path) as (server, _, poster):

        def post(first: int) -> int:
            with closing(Poster(server.url, poster.token)) as mine:
                number = first
                while not ending.is_set():
                    assert mine.single(record(number)).status_code == 201
                    number += 1
                return number - first

        file = tmp_path / "readings.csv"
        file.write_text("timestamp,inverterKWh\n2025-06-02 10:00,5\n2025-06-03 10:00,6\n")
        with ThreadPoolExecutor(8) as threads:
            sent = [threads.submit(post, first) for first in range(0, 400_000, 50_000)]
            try:
                for command in (
                    ("record", "inverter=1", "--at", "2025-06-01 10:00"),
                    ("bulk-import", str(file)),
                    ("correct", "inverter@2025-06-01T08:00:00Z", "2", "--reason", "misread"),
                    ("record", "inverter=2", "--at", "2025-06-04 10:00"),
                ):
                    began = time.monotonic()
                    ran = run_program(command, server.environment)
                    assert ran.code == 0, ran.err
                    assert time.monotonic() - began < 2  # of which most is the program's start
            finally:
                ending.set()
            assert sum(one.result() for one in sent) == len(stored(server.environment))
