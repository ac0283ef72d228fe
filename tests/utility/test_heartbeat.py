"""The heartbeat: what a monitor is told of a job, and that the job does not depend on it."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

import pytest

from meterctl.errors import Busy, Interrupted, MeterctlError, NotAllowed, PartlyDone
from meterctl.utility import heartbeat
from meterctl.utility.heartbeat import Heartbeat
from tests.utility.wild import answer, answering, dripping, reset, until_gone, wild

CHECK = "/ping/5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278"


class Ping(NamedTuple):
    """One that arrived."""

    method: str
    path: str
    query: str
    body: str


class Monitor:
    """It, listening: what it was told, in order."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pings: list[Ping] = []

    @property
    def told(self) -> list[tuple[str, str]]:
        """Of each ping what follows the check's address, and its body."""
        return [(ping.path.removeprefix(CHECK), ping.body) for ping in self.pings]


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    """A monitor that is content with everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            path, _, query = self.path.partition("?")
            listening.pings.append(Ping(self.command, path, query, body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"OK")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening = Monitor(f"http://127.0.0.1:{server.server_port}{CHECK}")
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield listening
    server.shutdown()
    thread.join()
    server.server_close()


def never(line: str) -> None:
    """No warning is expected."""
    pytest.fail(line)


def test_a_job_that_ends_well(monitor: Monitor) -> None:
    """Its beginning and its end are told, as one run's."""
    with Heartbeat(monitor.url, never):
        assert monitor.told == [("/start", "")]
    assert monitor.told == [("/start", ""), ("", "")]
    first, second = (ping.query for ping in monitor.pings)
    assert first == second
    assert re.fullmatch(r"rid=[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", first)


def test_two_runs(monitor: Monitor) -> None:
    """Each is a run of its own."""
    for _ in range(2):
        with Heartbeat(monitor.url, never):
            pass
    assert len({ping.query for ping in monitor.pings}) == 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(
            NotAllowed("it does not let us: unknown token", "check it"),
            ("/fail", "exit code 77: it does not let us: unknown token"),
            id="not allowed",
        ),
        pytest.param(
            PartlyDone("1 rejected"), ("/fail", "exit code 3: 1 rejected"), id="partly done"
        ),
        pytest.param(
            Busy("push-utility is at it already"),
            ("/log", "push-utility is at it already"),
            id="another run is at it",
        ),
        pytest.param(Interrupted(15, "stopped"), ("/fail", "exit code 143: stopped"), id="stopped"),
        pytest.param(KeyError("s3cret"), ("/fail", "a bug: KeyError"), id="a bug"),
        pytest.param(
            MeterctlError("two\nlines\x1b[31m"),
            ("/fail", "exit code 1: two lines [31m"),
            id="control characters",
        ),
    ],
)
def test_a_job_that_fails(monitor: Monitor, error: BaseException, told: tuple[str, str]) -> None:
    """Why is told in one line, and the error goes on as it was."""
    with pytest.raises(type(error)) as raised, Heartbeat(monitor.url, never):
        raise error
    assert raised.value is error
    assert monitor.told == [("/start", ""), told]


def test_an_address_with_a_query(monitor: Monitor) -> None:
    """What the monitor gave out is kept: `?create=1` makes the check on its first ping."""
    with pytest.raises(NotAllowed), Heartbeat(f"{monitor.url}/?create=1&x=%2F", never):
        raise NotAllowed("no")
    assert [path for path, _ in monitor.told] == ["/start", "/fail"]
    assert all(ping.query.startswith("create=1&x=%2F&rid=") for ping in monitor.pings)


def test_nobody_to_tell() -> None:
    """Without an address nothing happens, and an error goes on."""
    with Heartbeat(None, never):
        pass
    with pytest.raises(NotAllowed), Heartbeat(None, never):
        raise NotAllowed("no")


def _closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_monitor_that_is_away() -> None:
    """The job runs, and one warning says so, without the address."""
    warnings: list[str] = []
    done = False
    with Heartbeat(f"http://127.0.0.1:{_closed()}/s3cret?key=s3cret", warnings.append):
        done = True
    assert done
    (line,) = warnings
    assert "refused the connection" in line
    assert "s3cret" not in line


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(until_gone, id="silent"),
        pytest.param(dripping(answer("200 OK", b"OK")), id="byte by byte"),
    ],
)
def test_a_monitor_that_is_slow(
    behave: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for a few seconds and no longer, and the job's error is still the job's."""
    assert heartbeat.SECONDS == 5
    monkeypatch.setattr(heartbeat, "SECONDS", 0.2)
    warnings: list[str] = []
    with wild(behave) as server:
        before = time.monotonic()
        with pytest.raises(NotAllowed), Heartbeat(server.url, warnings.append):
            raise NotAllowed("no")
        assert time.monotonic() - before < 3
        assert len(server.requests) == 2
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        pytest.param(answer("404 Not Found", b"not found"), "404 Not Found", id="no such slug"),
        pytest.param(answer("200 OK", b"OK (not found)"), "OK (not found)", id="no such check"),
        pytest.param(answer("200 OK", b"OK (rate limited)"), "OK (rate limited)", id="too often"),
        pytest.param(
            answer("302 Found", b"", "Location: http://127.0.0.1:9/"), "302 Found", id="elsewhere"
        ),
        pytest.param(b"no HTTP at all\r\n\r\n", "broke off", id="nonsense"),
    ],
)
def test_a_monitor_that_did_not_take_it(raw: bytes, why: str) -> None:
    """A warning says what it answered."""
    warnings: list[str] = []
    with wild(answering(raw)) as server, Heartbeat(server.url, warnings.append):
        pass
    (line,) = warnings
    assert why in line
    assert "readings" not in line


def test_a_monitor_that_breaks_off() -> None:
    """One warning for the run."""
    warnings: list[str] = []
    with wild(reset) as server, Heartbeat(server.url, warnings.append):
        pass
    assert len(warnings) == 1


def test_an_address_that_is_none() -> None:
    """It cannot stop the job either."""
    warnings: list[str] = []
    with Heartbeat("http://[s3cret/", warnings.append):
        pass
    (line,) = warnings
    assert "s3cret" not in line
