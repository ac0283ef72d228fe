"""Answers that nobody reads: they hold no connection for long, nor the server at its end."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from meterctl.http.protocol import StrictProtocol
from meterctl.http.unread import unsent
from tests.http.served import service_environment, started
from tests.http.test_protocol import BRIEF, GET, HOST, LOOPS, Connection, Server
from tests.utility.wild import certificate

KEPT = 16_384  # bytes, for a connection, by the server's kernel; the other side's keeps more
LARGE = 2_000_000
STREAM = b"GET /stream HTTP/1.1\r\n" + HOST + b"\r\n"


class Curt(StrictProtocol):
    """The same connection, with little time to read."""

    WRITE_SECONDS = BRIEF
    DRAIN_SECONDS = 30.0
    LINGER_SECONDS = 30.0


class Easy(StrictProtocol):
    """One that has time until the server ends."""

    WRITE_SECONDS = 60.0
    LAST_WRITE_SECONDS = BRIEF


def echo(size: int) -> bytes:
    """A request whose answer is as large as itself."""
    return b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size + b"x" * size


def all_gone(server: Server, seconds: float = 5) -> bool:
    """Whether the server lets go of all connections soon."""
    end = time.monotonic() + seconds
    while server.server.server_state.connections:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def begun(server: Server) -> None:
    """Wait until the server has more to send than is read."""
    end = time.monotonic() + 5
    while not any(
        one.flow.write_paused
        for one in list(server.server.server_state.connections)
        if isinstance(one, StrictProtocol)
    ):
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(scope="module", params=LOOPS)
def curt(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server on either event loop."""
    running = Server(request.param, http=Curt, kept=KEPT)
    yield running
    running.stop()


@pytest.fixture
def connection(curt: Server) -> Iterator[Connection]:
    """A connection to it."""
    curt.app.forget()
    yield curt.connect()
    curt.hang_up()


@pytest.fixture
def narrow(curt: Server) -> Iterator[socket.socket]:
    """One whose kernel takes in little."""
    curt.app.forget()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", curt.port))
        yield connection


def waits(server: Server) -> StrictProtocol:
    """The connection, on which something waits that is too little to hold an answer back."""
    time.sleep(0.3)
    (one,) = server.server.server_state.connections
    assert isinstance(one, StrictProtocol)
    assert one.transport.get_write_buffer_size()
    assert not one.flow.write_paused
    return one


@pytest.mark.fault("D")
class TestNobodyReads:
    """What is written waits in vain: the connection ends."""

    def test_an_answer(self, curt: Server, connection: Connection) -> None:
        """Though it is complete, and its connection closed as an idle one is."""
        connection.send(echo(LARGE))
        begun(curt)
        assert all_gone(curt)

    def test_requests_behind_it(
        self, curt: Server, connection: Connection, caplog: pytest.LogCaptureFixture
    ) -> None:
        """They wait for it, and it for its reader; none of them stumbles over its end."""
        connection.send(echo(LARGE), GET * 20)
        begun(curt)
        assert all_gone(curt)
        time.sleep(0.1)
        assert not [one for one in caplog.records if one.levelname == "ERROR"]

    def test_a_stream(self, curt: Server, connection: Connection) -> None:
        """It ends, and whoever makes it is told."""
        connection.send(STREAM)
        assert all_gone(curt)
        assert curt.app.disconnected.wait(2)

    def test_little_that_waits(self, curt: Server, narrow: socket.socket) -> None:
        """So little that no answer has to wait: it is the end of the connection that does."""
        narrow.sendall(echo(90_000))
        assert waits(curt).cycle.response_complete
        assert all_gone(curt)

    def test_the_sender_has_finished(self, curt: Server, narrow: socket.socket) -> None:
        """To send no more is to close, which waits for what is written."""
        narrow.sendall(
            echo(90_000) + b"POST /begin HTTP/1.1\r\nContent-Length: 3\r\n" + HOST + b"\r\n"
        )
        assert not waits(curt).cycle.response_complete
        narrow.shutdown(socket.SHUT_WR)
        assert all_gone(curt)
        assert curt.app.disconnected.wait(2)

    @pytest.mark.parametrize("loop", LOOPS)
    def test_under_tls(self, loop: str, tmp_path: Path) -> None:
        """There, too."""
        certificate(tmp_path)
        server = Server(loop, http=Curt, kept=KEPT, certificate=tmp_path / "server.pem")
        try:
            server.connect().send(STREAM)
            assert all_gone(server)
        finally:
            server.stop()


class TestSomebodyReads:
    """Slowly, but on and on."""

    @pytest.mark.parametrize("loop", LOOPS)
    def test_an_answer(self, loop: str) -> None:
        """It gets all of it, however long that takes."""
        server = Server(loop, http=Curt, kept=KEPT)
        try:
            connection = server.connect()
            connection.send(echo(LARGE))
            while connection.file.readline() != b"\r\n":
                pass
            begin = time.monotonic()
            for _ in range(20):
                assert len(connection.file.read(LARGE // 20)) == LARGE // 20
                time.sleep(0.05)
            assert time.monotonic() - begin > 2 * BRIEF
        finally:
            server.stop()

    def test_a_stream(self, curt: Server, connection: Connection) -> None:
        """It goes on while it is read, and ends when it is not."""
        connection.send(STREAM)
        begin = time.monotonic()
        while time.monotonic() - begin < 4 * BRIEF:
            assert connection.socket.recv(100_000)
            time.sleep(0.02)
        assert curt.server.server_state.connections
        assert all_gone(curt)


class TestTheEnd:
    """The server ends while somebody does not read."""

    @pytest.mark.parametrize("loop", LOOPS)
    @pytest.mark.parametrize("request_bytes", [echo(LARGE), echo(LARGE) + GET, STREAM])
    def test_it_is_not_held_up(self, loop: str, request_bytes: bytes) -> None:
        """Who does not read has less time now."""
        server = Server(loop, http=Easy, kept=KEPT)
        server.connect().send(request_bytes)
        begun(server)
        begin = time.monotonic()
        server.server.should_exit = True
        server.thread.join(5)
        assert not server.thread.is_alive()
        assert time.monotonic() - begin < 1.8  # a second less than its grace
        server.stop()

    def test_of_serve(self, tmp_path: Path) -> None:
        """A stranger who asks for the page's parts, and reads none."""
        sooner = (
            "import socket\n"
            "from meterctl.http import protocol, serving\n"
            "protocol.StrictProtocol.LAST_WRITE_SECONDS = 0.5\n"
            "listen = serving._listen\n"
            "def keeping_little(place):\n"
            "    listener = listen(place)\n"
            f"    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, {KEPT})\n"
            "    return listener\n"
            "serving._listen = keeping_little"
        )
        with (
            started(service_environment(tmp_path), "--port", "0", before=sooner) as server,
            socket.socket() as stranger,
        ):
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stranger.connect(("127.0.0.1", httpx.URL(server.url).port or 0))
            stranger.sendall(b"GET /static/app.js HTTP/1.1\r\nHost: x\r\n\r\n" * 60)
            time.sleep(0.5)
            server.process.terminate()
            began = time.monotonic()
            assert server.ended() == 0
            assert time.monotonic() - began < 10
            assert not server.said()


def test_a_tls_connection_that_was_closed_twice(tmp_path: Path) -> None:
    """Nothing waits to be sent there: its transport cannot be asked any more."""

    async def closed_twice() -> int:
        there = certificate(tmp_path)
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=there)
        port = server.sockets[0].getsockname()[1]
        here = ssl.create_default_context(cafile=str(tmp_path / "server.pem"))
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(
            asyncio.Protocol, "localhost", port, ssl=here, family=socket.AF_INET
        )
        transport.close()
        transport.close()
        left = unsent(transport)
        server.close()
        return left

    assert asyncio.run(closed_twice()) == 0
