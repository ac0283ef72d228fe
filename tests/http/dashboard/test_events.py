"""The stream of what is current: what it tells, when, and how it ends."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from meterctl.access.tokens import Claims
from meterctl.http.dashboard import events
from meterctl.http.dashboard.events import MOST_STREAMS, PING, Hub, event
from meterctl.http.gate import Caller
from meterctl.http.limits import Limits
from meterctl.http.shim import Options, Shim
from meterctl.ledger.access import Client, Secret
from meterctl.wiring import Wiring
from tests.http.dashboard.stage import PATIENCE, Stage, staged
from tests.http.served import KEY

VALUES = count(1000)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server with one worker."""
    with staged(tmp_path_factory.mktemp("events")) as running:
        yield running


class Stream:
    """A stream that is listened to."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def next(self) -> Any:  # noqa: ANN401 (whatever it tells)
        """The next event's form; None: the stream has ended."""
        for line in self._lines:
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))
        return None


@contextmanager
def listening_to(client: httpx.Client) -> Iterator[Stream]:
    """A stream that has begun, with its first event told."""
    with client.stream("GET", "/dashboard/events") as answer:
        assert answer.status_code == 200
        stream = Stream(answer)
        assert "readings" in stream.next()
        yield stream


def record(stage: Stage) -> int:
    """Another process stores a reading; its value."""
    value = next(VALUES)
    stage.run("record", str(value), "--offline", "--yes")
    return value


def test_what_is_told(stage: Stage) -> None:
    """At once what is current; then again when anybody, in any process, has stored anything."""
    with (
        stage.api(stage.client("one", "read")) as client,
        listening_to(client) as stream,
    ):
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        value = record(stage)
        began = time.monotonic()
        form = stream.next()
        assert time.monotonic() - began < PATIENCE / 3
        now = client.get("/readings/current").json()
        assert form["meterValue"] == value
        assert form.keys() == now.keys()
        assert form["readings"][0].keys() == now["readings"][0].keys()


def test_a_client_of_other_meters(stage: Stage) -> None:
    """It is told of its own meters alone."""
    login = stage.client("sun", "read", "--meters", "inverter")
    with stage.api(login) as client, listening_to(client) as stream:
        record(stage)
        form = stream.next()
        assert form["meterValue"] is None
        assert form["readings"] == []


def test_a_client_that_is_revoked(stage: Stage) -> None:
    """Its stream ends within seconds, the others go on."""
    with (
        stage.api(stage.client("lost", "read")) as client,
        stage.api(stage.client("kept", "read")) as other,
        listening_to(client) as stream,
        listening_to(other) as going_on,
    ):
        stage.run("clients", "revoke", "lost")
        assert stream.next() is None
        record(stage)
        assert going_on.next() is not None


def test_many_streams_of_one_client(stage: Stage) -> None:
    """Beyond some it is told to wait; when one ends, another may begin."""
    with stage.api(stage.client("many", "read")) as client:
        with ExitStack() as streams:
            for _ in range(MOST_STREAMS):
                streams.enter_context(listening_to(client))
            refused = client.get("/dashboard/events")
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) > 0
        end = time.monotonic() + PATIENCE
        while True:  # that they have gone shows when they are written to
            with client.stream("GET", "/dashboard/events") as answer:
                if answer.status_code == 200:
                    return
            assert time.monotonic() < end
            time.sleep(0.1)


def test_a_server_that_ends(stage: Stage) -> None:
    """It does not wait for those who listen: their streams end, and so does it."""
    with stage.api(stage.client("last", "read")) as client, listening_to(client) as stream:
        began = time.monotonic()
        stage.end()
        assert time.monotonic() - began < PATIENCE / 3
        assert stream.next() is None
    stage.begin()


def test_several_workers(tmp_path: Path) -> None:
    """Whichever of them stores a reading, the streams of all tell it; and all of them end."""
    with staged(tmp_path, "--workers", "2") as stage:
        login = stage.client("two", "read,record")
        with ExitStack() as stack:
            clients = [stack.enter_context(stage.api(login)) for _ in range(4)]
            streams = [stack.enter_context(listening_to(client)) for client in clients]
            record = {"timestamp": "2026-03-01T07:00:00Z", "meter": 7.5}
            with stage.api(login) as writer:
                assert writer.post("/records/single", json=record).status_code == 201
            assert [stream.next()["meterValue"] for stream in streams] == [7.5] * 4


def test_a_text_with_line_ends() -> None:
    """It is one line of the event: nothing that is stored can begin another one."""
    told = event("current", {"note": "a\n\ndata: b\r\u2028"})
    assert told.count(b"\n") == 3
    assert b"\r" not in told
    assert told.endswith(b"\n\n")


def test_a_silent_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment is sent now and then, so that nothing between takes the connection for dead."""
    monkeypatch.setenv("METERCTL_JWT_SECRET", KEY)
    monkeypatch.setattr(events, "PING_EVERY", 0.05)
    monkeypatch.setattr(events, "LOOK_EVERY", 0.02)
    wiring = Wiring({})
    now = 1_800_000_000_000
    client = Client("mc_1", "one", ("read",), None, now, None, None)
    with wiring.writing() as session, session.ledger.writing():
        session.ledger.add_client(client, Secret("x", now, None))

    async def listen() -> list[bytes]:
        shim = Shim(wiring, Limits.create(tmp_path / "limits"), Options(60))
        stream = Hub(shim).stream(
            Caller(client, Claims(client.id, "jti", now, 1 << 53), "127.0.0.1", "request")
        )
        told = [await anext(stream) for _ in range(3)]
        shim.stopping.set()
        return [*told, *[more async for more in stream]]

    first, *rest = asyncio.run(listen())
    assert first.startswith(b"event: current\ndata: {")
    assert rest == [PING, PING]
