"""A server whose disk fails, or that is killed, at exactly the call we name."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.faults.disks import need
from tests.faults.table import Table
from tests.faults.trace import Call, of_each_thread
from tests.http.posting import Poster, entries, record, stored, token_of_new
from tests.http.served import Server, service_environment, started

KINDS = ("pwrite64", "fdatasync", "flock", "sendto", "write", "openat", "unlink", "ftruncate")
LISTENS = "Process .* attached"


@contextmanager
def attached(server: Server, log: Path, *options: str) -> Iterator[None]:
    """strace looks at a running server."""
    need("strace", root=False)
    command = ["strace", "-f", "-y", "-o", str(log), "-p", str(server.process.pid), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        assert re.search(LISTENS, told := tracer.stderr.readline()), told
        try:
            yield
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.communicate(timeout=20)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[Server, Poster, dict[str, str]]]:
    """A server of a ledger with one reading, which it has open to write."""
    environment = service_environment(folder)
    with started(environment, "--port", "0", "--no-dashboard") as server:
        token = token_of_new(server.url, environment)
        with closing(Poster(server.url, token)) as poster:
            assert poster.single(record(0)).status_code == 201
            yield server, poster, environment


def values(environment: dict[str, str]) -> list[int]:
    """What is stored."""
    return [one.amount // 1_000_000 for one in stored(environment)]


@pytest.mark.fault(7)
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("call", ["fdatasync", "pwrite64"])
def test_a_disk_that_fails_under_a_server(call: str, error: str, tmp_path: Path) -> None:
    """P1, P4, P5: 503, not stored, and its connection is given up; the same request then works."""
    with serving(tmp_path) as (server, poster, environment):
        inject = f"inject={call}:error={error}:when=1"
        with attached(server, tmp_path / "log", "-e", f"trace={call},openat", "-e", inject):
            answer = poster.single(record(1), "key")
            assert answer.status_code == 503, answer.text
            assert "Retry-After" in answer.headers
            assert values(environment) == [0]
            deadline = time.monotonic() + 10
            while (answer := poster.single(record(1), "key")).status_code == 503:
                assert time.monotonic() < deadline
            assert answer.status_code == 201, answer.text
        server.process.terminate()
        assert server.ended() == 0, server.said()
    log = (tmp_path / "log").read_text()
    failed = log.index("(INJECTED)")
    # SQLite may take up its old descriptor again; the ledger was opened anew all the same.
    assert '/ledger.db.lock"' in log[failed:], "the old connection was kept"
    assert values(environment) == [0, 1]


def calls(folder: Path) -> list[Call]:
    """What a server does for one post."""
    with (
        serving(folder) as (server, poster, _),
        attached(server, folder / "log", "-e", f"trace={','.join(KINDS)}"),
    ):
        assert poster.single(record(1), "key").status_code == 201
    return [*of_each_thread(folder / "log")]


def kill(call: Call, folder: Path) -> tuple[int, int]:
    """Kill it at this call of a post, begin anew, repeat the post; acknowledged, and stored."""
    environment = service_environment(folder)
    acknowledged = 1
    with serving(folder) as (server, poster, _):
        token = poster.token
        inject = f"inject={call.name}:signal=SIGKILL:when={call.number}"
        with attached(server, folder / "log", "-e", f"trace={call.name}", "-e", inject):
            with suppress(httpx.TransportError):
                acknowledged += poster.single(record(1), "key").is_success
            if server.process.poll() is None:  # it does that a little later, or only at its end
                server.process.terminate()
            server.ended()
    found = values(environment)
    assert found in ([0], [0, 1])
    assert len(found) >= acknowledged
    with (
        started(environment, "--port", "0", "--no-dashboard") as server,
        closing(Poster(server.url, token)) as poster,
    ):
        answer = poster.single(record(1), "key")
        assert answer.status_code == 201
        assert ("Idempotency-Replayed" in answer.headers) == (found == [0, 1])
        server.process.terminate()
        assert server.ended() == 0
    assert values(environment) == [0, 1]
    assert entries(environment) == 2
    return acknowledged, len(found)


@pytest.mark.fault(1)
@pytest.mark.parametrize("call", [Call("pwrite64", 2), Call("fdatasync", 1), Call("flock", 2)])
def test_a_server_killed_at_a_call(call: Call, tmp_path: Path) -> None:
    """P1, P2, P5: whoever repeats the request with its key gets the first answer, or stores it."""
    kill(call, tmp_path)


@pytest.mark.soak
def test_a_server_killed_at_every_call(tmp_path: Path, table: Table) -> None:
    """All that a post takes."""
    (tmp_path / "undisturbed").mkdir()
    for call in calls(tmp_path / "undisturbed"):
        folder = tmp_path / f"{call.name}-{call.number}"
        folder.mkdir()
        table.add(f"server killed at {call.name}", *kill(call, folder), 2)
        shutil.rmtree(folder)
