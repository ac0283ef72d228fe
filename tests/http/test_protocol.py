"""A connection: what nobody may hold, what is refused before the app hears of it, what stays."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from uvicorn.config import Config
from uvicorn.server import Server as UvicornServer

from meterctl.http.headers import HSTS, SECURITY
from meterctl.http.protocol import OVERLOADED, TOO_SLOW, StrictProtocol, answer

HOST = b"Host: meter\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
BRIEF = 0.3
GONE = (BrokenPipeError, ConnectionResetError)


class Impatient(StrictProtocol):
    """The same connection, with a test's patience."""

    HEAD_SECONDS = BRIEF
    DRAIN_SECONDS = BRIEF
    LINGER_SECONDS = BRIEF


class Heard(NamedTuple):
    """A request as the app has heard it."""

    path: str
    headers: list[tuple[bytes, bytes]]
    body: bytes | None


class App:
    """Echoes the body; /early and /enough do not wait for it, /slow takes its time.

    /enough is the last of its connection; what /begin answers never ends, nor what /stream does.
    """

    def __init__(self, slowness: float) -> None:
        self.slowness = slowness
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.heard: list[Heard] = []
        self.disconnected = threading.Event()
        self.begun = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
        path = scope["path"]
        self.begun.set()
        body = b""
        if path in ("/early", "/enough"):
            self.heard.append(Heard(path, scope["headers"], None))
        else:
            if path == "/begin":
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"begun", "more_body": True})
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    self.disconnected.set()
                    return
                body += message.get("body", b"")
                if not message.get("more_body"):
                    break
            if path == "/stream":
                await self._stream(receive, send)
                return
            if path == "/slow":
                await asyncio.sleep(self.slowness)
            self.heard.append(Heard(path, scope["headers"], body))
        headers = [(b"content-length", str(len(body)).encode()), (b"x-path", path.encode())]
        if path == "/enough":
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _stream(self, receive: Any, send: Any) -> None:  # noqa: ANN401
        await send({"type": "http.response.start", "status": 200, "headers": []})
        gone = asyncio.ensure_future(receive())
        while not gone.done():
            await send({"type": "http.response.body", "body": b"x" * 50_000, "more_body": True})
            await asyncio.sleep(0)
        self.disconnected.set()


class Answer(NamedTuple):
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """What a problem is called."""
        assert self.headers["content-type"] == "application/problem+json"
        return str(json.loads(self.body)["code"])


class Connection:
    """A raw connection to the server."""

    def __init__(self, port: int, trust: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        if trust is not None:
            self.socket = trust.wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rb")

    def send(self, *parts: bytes) -> None:
        """Send something, whatever it is."""
        self.socket.sendall(b"".join(parts))

    def drip(self, data: bytes, pause: float) -> None:
        """Send it byte by byte."""
        for byte in data:
            self.send(bytes([byte]))
            time.sleep(pause)

    def answer(self) -> Answer:
        """The next answer."""
        line = self.file.readline()
        assert line.startswith(b"HTTP/1.1 "), line
        headers: dict[str, str] = {}
        while (field := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = field.decode().partition(":")
            assert name not in headers
            headers[name] = value.strip()
        body = self.file.read(int(headers["content-length"]))
        return Answer(int(line.split()[1]), headers, body)

    def is_closed(self) -> bool:
        """Whether nothing more comes, which is waited for."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        """Hang up."""
        self.file.close()
        self.socket.close()


class Server:
    """A real server in a thread."""

    def __init__(
        self,
        loop: str,
        slowness: float = 0.1,
        *,
        http: type[StrictProtocol] = StrictProtocol,
        limit_concurrency: int | None = None,
        certificate: Path | None = None,
        kept: int | None = None,
    ) -> None:
        """Begin; `kept` is how many bytes the kernel keeps for whoever does not read."""
        self.app = App(slowness)
        self.connections: list[Connection] = []
        self.trust = None
        if certificate is not None:
            self.trust = ssl.create_default_context(cafile=certificate)
        listening = socket.create_server(("127.0.0.1", 0))
        if kept is not None:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, kept)
        self.port = listening.getsockname()[1]
        self.server = UvicornServer(
            Config(
                self.app,
                loop=loop,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                http=http,
                limit_concurrency=limit_concurrency,
                ssl_certfile=certificate,
                timeout_keep_alive=1,
                timeout_graceful_shutdown=2,
            )
        )
        self.thread = threading.Thread(target=self.server.run, args=([listening],))
        self.thread.start()
        while not self.server.started:
            time.sleep(0.002)

    def connect(self) -> Connection:
        """A new connection."""
        connection = Connection(self.port, self.trust)
        self.connections.append(connection)
        return connection

    def hang_up(self) -> None:
        """Close all connections."""
        while self.connections:
            self.connections.pop().close()

    def stop(self) -> None:
        """End it."""
        self.hang_up()
        self.server.should_exit = True
        self.thread.join(10)
        assert not self.thread.is_alive()


LOOPS = [pytest.param(loop, id=loop) for loop in ("asyncio", "uvloop")]


@pytest.fixture(scope="module", params=LOOPS)
def patient(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server on either event loop."""
    running = Server(request.param)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def impatient() -> Iterator[Server]:
    """One with short limits, and an app that takes longer than them."""
    running = Server("uvloop", 2 * BRIEF, http=Impatient)
    yield running
    running.stop()


@pytest.fixture
def server(patient: Server) -> Iterator[Server]:
    """The server, with nothing heard yet."""
    patient.app.forget()
    yield patient
    patient.hang_up()


@pytest.fixture
def connection(server: Server) -> Connection:
    """A connection to it."""
    return server.connect()


@pytest.fixture
def hurried(impatient: Server) -> Iterator[Connection]:
    """A connection to the one with short limits."""
    impatient.app.forget()
    yield impatient.connect()
    impatient.hang_up()


def refused(connection: Connection, status: int, code: str) -> Answer:
    """The connection's last answer, which looks like every other problem."""
    last = connection.answer()
    assert (last.status, last.code) == (status, code)
    assert connection.is_closed()
    assert last.headers["connection"] == "close"
    for name, value in SECURITY:
        assert last.headers[name.decode()] == value.decode()
    problem = json.loads(last.body)
    assert problem["status"] == status
    assert problem["type"] == f"urn:meterctl:problem:{code}"
    assert problem["requestId"] == last.headers["x-request-id"]
    return last


# What stays as it is


def test_a_plain_request(server: Server, connection: Connection) -> None:
    """It is answered, and the connection is good for more."""
    for _ in range(3):
        connection.send(GET)
        assert connection.answer().status == 200
    assert [heard.path for heard in server.app.heard] == ["/"] * 3


def test_requests_in_one_piece(connection: Connection) -> None:
    """Pipelined requests are answered in their order."""
    connection.send(*(b"GET /%d HTTP/1.1\r\n" % n + HOST + b"\r\n" for n in range(20)))
    assert [connection.answer().headers["x-path"] for _ in range(20)] == [
        f"/{n}" for n in range(20)
    ]


def test_a_chunked_body(server: Server, connection: Connection) -> None:
    """It is allowed, with chunks' extensions; what trails it reaches nobody."""
    connection.send(
        b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: Chunked\r\n\r\n",
        b"3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nAuthorization: Bearer x\r\nX-More: y\r\n\r\n",
        GET,
    )
    assert connection.answer().body == b"abcde"
    assert connection.answer().status == 200
    assert b"authorization" not in dict(server.app.heard[0].headers)


def test_a_large_body(connection: Connection) -> None:
    """Its size is the app's matter, and no limit of heads."""
    body = b"x" * 1_000_000
    connection.send(
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body), body, GET
    )
    assert connection.answer().body == body
    assert connection.answer().status == 200


def test_an_idle_connection(hurried: Connection) -> None:
    """It is closed without a word after uvicorn's keep-alive, not after the time of a head."""
    hurried.send(GET)
    hurried.answer()
    time.sleep(2 * BRIEF)
    hurried.send(GET)
    hurried.answer()
    begin = time.monotonic()
    assert hurried.is_closed()
    assert 0.5 < time.monotonic() - begin < 3


def test_a_request_that_takes_long(hurried: Connection) -> None:
    """The time of a head ends with the head."""
    hurried.send(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n")
    assert hurried.answer().status == 200


def test_an_offer_of_another_protocol(server: Server, connection: Connection) -> None:
    """It is not taken up: the request is answered as it stands, and is the connection's last."""
    connection.send(
        b"GET / HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", GET
    )
    assert connection.answer().headers["connection"] == "close"
    assert connection.is_closed()
    assert len(server.app.heard) == 1


# Time


@pytest.mark.fault("D")
def test_a_connection_that_says_nothing(hurried: Connection) -> None:
    """It is closed without a word."""
    begin = time.monotonic()
    assert hurried.is_closed()
    assert BRIEF / 2 < time.monotonic() - begin < 2


def test_a_head_that_does_not_end(hurried: Connection) -> None:
    """It is told that it took too long."""
    hurried.send(b"GET / HTTP/1.1\r\nHost: me")
    refused(hurried, 408, "request_timeout")


def test_a_head_that_drips(impatient: Server, hurried: Connection) -> None:
    """Each byte that comes does not buy more time."""
    begin = time.monotonic()
    with pytest.raises(GONE):
        hurried.drip(GET * 100, BRIEF / 10)
    assert time.monotonic() - begin < 3
    assert not impatient.app.heard


def test_a_second_head_that_does_not_end(hurried: Connection) -> None:
    """It has as long as the first one, from its first byte."""
    hurried.send(GET)
    hurried.answer()
    time.sleep(2 * BRIEF)
    hurried.send(b"GET /")
    refused(hurried, 408, "request_timeout")


@pytest.mark.parametrize("first", [b"", GET], ids=["at first", "between requests"])
def test_empty_lines(first: bytes, hurried: Connection) -> None:
    """They keep no connection open, however often they come."""
    if first:
        hurried.send(first)
        hurried.answer()
    begin = time.monotonic()
    with pytest.raises(GONE):
        hurried.drip(b"\r\n" * 100, BRIEF / 5)
    assert time.monotonic() - begin < 3


def test_a_second_head_that_does_not_end_behind_a_slow_request(hurried: Connection) -> None:
    """The request under way gets its answer, and nothing that could be taken for another."""
    hurried.send(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n" + b"GET /")
    assert hurried.answer().status == 200
    assert hurried.is_closed()


def test_a_body_that_was_answered_before_it_came(hurried: Connection) -> None:
    """It may still come, and the connection goes on."""
    hurried.send(b"POST /early HTTP/1.1\r\n" + HOST + b"Content-Length: 6\r\n\r\nabc")
    assert hurried.answer().status == 200
    hurried.send(b"def", GET)
    assert hurried.answer().headers["x-path"] == "/"
    hurried.send(b"POST /early HTTP/1.1\r\n" + HOST + b"Content-Length: 6\r\n\r\nabc")
    assert hurried.answer().status == 200
    hurried.send(b"def")
    time.sleep(2 * BRIEF)
    hurried.send(GET)
    assert hurried.answer().headers["x-path"] == "/"
    assert hurried.is_closed()


def test_a_body_that_drips_after_its_answer(hurried: Connection) -> None:
    """Its time is over soon, however it drips."""
    hurried.send(b"POST /early HTTP/1.1\r\n" + HOST + b"Content-Length: 999\r\n\r\n")
    assert hurried.answer().status == 200
    begin = time.monotonic()
    with pytest.raises(GONE):
        hurried.drip(b"x" * 200, BRIEF / 10)
    assert time.monotonic() - begin < 3


def test_a_body_that_the_app_has_had_enough_of(connection: Connection) -> None:
    """The answer arrives, however much is still on its way: it is thrown away."""
    connection.send(b"POST /enough HTTP/1.1\r\n" + HOST + b"Content-Length: 30000000\r\n\r\n")
    for _ in range(300):
        connection.send(b"x" * 100_000)
    assert connection.answer().headers["connection"] == "close"
    assert connection.is_closed()


def test_requests_behind_a_last_answer(server: Server, connection: Connection) -> None:
    """They are not begun, not even one whose body is still to come."""
    connection.send(
        b"POST /enough HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc",
        GET,
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\n",
    )
    assert connection.answer().headers["x-path"] == "/enough"
    assert connection.is_closed()
    assert [heard.path for heard in server.app.heard] == ["/enough"]


def test_a_body_that_drips_though_the_app_has_had_enough(hurried: Connection) -> None:
    """Its time is over soon here, too."""
    hurried.send(b"POST /enough HTTP/1.1\r\n" + HOST + b"Content-Length: 999\r\n\r\n")
    assert hurried.answer().headers["connection"] == "close"
    assert hurried.is_closed()
    begin = time.monotonic()
    with pytest.raises(GONE):
        hurried.drip(b"x" * 200, BRIEF / 10)
    assert time.monotonic() - begin < 3


# Size


def test_headers_that_are_too_large(server: Server, connection: Connection) -> None:
    """All of them together have a limit, and the answer arrives though not all was read."""
    connection.send(
        b"GET / HTTP/1.1\r\n" + HOST, *(b"X-%d: " % n + b"x" * 980 + b"\r\n" for n in range(70))
    )
    connection.send(b"\r\n")
    refused(connection, 431, "headers_too_large")
    assert not server.app.heard


@pytest.mark.parametrize(
    ("size", "status"),
    [pytest.param(16_000, 200, id="under"), pytest.param(16_400, 431, id="over")],
)
def test_the_limit_of_a_head(size: int, status: int, connection: Connection) -> None:
    """16 KiB."""
    connection.send(b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * size + b"\r\n\r\n")
    assert connection.answer().status == status


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"GET /", id="request line"),
        pytest.param(b"GET / HTTP/1.1\r\nX: ", id="value"),
        pytest.param(b"GET / HTTP/1.1\r\nX", id="name"),
        pytest.param(GET + b"GET / HTTP/1.1\r\nX: ", id="second request"),
        pytest.param(b"GET / HTTP/1.1\r\nX:", id="white space"),
    ],
)
def test_a_field_without_an_end(start: bytes, server: Server, connection: Connection) -> None:
    """It is refused before its end, so that nobody fills the memory with it."""
    connection.send(start)
    if start.startswith(GET):
        assert connection.answer().status == 200
    before = len(server.app.heard)
    filler = b" " if start.endswith(b"X:") else b"a"
    connection.send(filler * 40_000)
    refused(connection, 431, "headers_too_large")
    assert len(server.app.heard) == before


def test_too_many_headers(connection: Connection) -> None:
    """A hundred are enough."""
    many = b"".join(b"X-%d: x\r\n" % n for n in range(99))
    connection.send(b"GET / HTTP/1.1\r\n" + HOST + many + b"\r\n")
    assert connection.answer().status == 200
    connection.send(b"GET / HTTP/1.1\r\n" + HOST + many + b"X: x\r\n\r\n")
    refused(connection, 431, "headers_too_large")


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param(b"0\r\nX: " + b"x" * 40_000, id="one trailer"),
        pytest.param(b"0\r\n" + b"X: x\r\n" * 8_000, id="many trailers"),
        pytest.param(b"1;" + b"x" * 40_000, id="an extension"),
    ],
)
def test_what_trails_a_chunked_body(tail: bytes, server: Server, connection: Connection) -> None:
    """It has the limits of a head; the app is told that the rest does not come."""
    connection.send(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
    connection.send(b"3\r\nabc\r\n", tail)
    refused(connection, 431, "headers_too_large")
    assert server.app.disconnected.wait(2)


def test_more_requests_than_may_wait(server: Server, connection: Connection) -> None:
    """Those that may wait are answered; the connection ends behind them."""
    connection.send(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n", GET * 200)
    for _ in range(1 + StrictProtocol.PIPELINE):
        assert connection.answer().status == 200
    assert connection.is_closed()
    assert len(server.app.heard) == 1 + StrictProtocol.PIPELINE


def test_more_connections_than_allowed() -> None:
    """A limit of concurrency speaks as everything else does."""
    server = Server("asyncio", limit_concurrency=2)
    try:
        first, second = server.connect(), server.connect()
        second.send(GET)
        last = refused(second, 503, "overloaded")
        assert last.headers["retry-after"] == "1"
        second.close()
        time.sleep(0.1)
        first.send(GET)
        assert first.answer().status == 200
    finally:
        server.stop()


# Bad HTTP, and what two servers could read in two ways

POST = b"POST / HTTP/1.1\r\n" + HOST
CHUNKS = b"3\r\nabc\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01", id="TLS"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"GET /\r\n\r\n", id="HTTP/0.9"),
        pytest.param(b"FETCH / HTTP/1.1\r\n" + HOST + b"\r\n", id="method"),
        pytest.param(b"CONNECT meter:80 HTTP/1.1\r\n" + HOST + b"\r\n", id="CONNECT"),
        pytest.param(b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n", id="path"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no Host"),
        pytest.param(b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", id="two Hosts"),
        pytest.param(b"GET / HTTP/1.1\nHost: meter\n\n", id="bare LF"),
        pytest.param(POST + b"X: a\rY: b\r\n\r\n", id="bare CR"),
        pytest.param(POST + b"X: a\0b\r\n\r\n", id="NUL"),
        pytest.param(POST + b"X: a\r\n b\r\n\r\n", id="folded line"),
        pytest.param(POST + b"X : a\r\n\r\n", id="space before the colon"),
        pytest.param(
            POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
            id="length and chunks",
        ),
        pytest.param(
            POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + CHUNKS,
            id="chunks and length",
        ),
        pytest.param(POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", id="two lengths"),
        pytest.param(POST + b"Content-Length: 3, 3\r\n\r\nabc", id="list of lengths"),
        pytest.param(POST + b"Content-Length: +3\r\n\r\nabc", id="signed length"),
        pytest.param(POST + b"Content-Length: 1" + b"0" * 30 + b"\r\n\r\n", id="endless length"),
        pytest.param(POST + b"Transfer-Encoding: identity\r\n\r\nabc", id="identity"),
        pytest.param(POST + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS, id="xchunked"),
        pytest.param(POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS, id="gzip"),
        pytest.param(POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKS, id="list"),
        pytest.param(
            b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, id="chunks in 1.0"
        ),
        pytest.param(
            POST + b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
            id="upgrade with a body",
        ),
    ],
)
def test_what_is_not_one_plain_request(
    request_bytes: bytes, server: Server, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """It is refused, the app does not hear of it, and the log holds nothing of it."""
    caplog.set_level(logging.INFO)
    connection.send(request_bytes)
    refused(connection, 400, "bad_request")
    assert not server.app.heard
    assert not server.app.begun.is_set()
    assert not caplog.records or "Started" in caplog.text


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(b"0x3\r\nabc\r\n0\r\n\r\n", id="hexadecimal prefix"),
        pytest.param(b"3\nabc\n0\n\n", id="bare LF"),
        pytest.param(b"f" * 17 + b"\r\n", id="endless size"),
        pytest.param(b"-3\r\nabc\r\n0\r\n\r\n", id="negative size"),
    ],
)
def test_a_body_that_breaks(chunks: bytes, server: Server, connection: Connection) -> None:
    """The app is told that the rest does not come, and the sender that it is no HTTP."""
    connection.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    assert server.app.begun.wait(2)
    connection.send(chunks)
    refused(connection, 400, "bad_request")
    assert server.app.disconnected.wait(2)
    assert not server.app.heard


def test_a_body_that_breaks_when_its_answer_has_begun(
    server: Server, connection: Connection
) -> None:
    """Nothing is written into the answer; it just does not end."""
    connection.send(b"POST /begin HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
    while connection.file.readline() != b"begun\r\n":
        pass
    connection.send(b"3\r\nabc\r\nnonsense")
    assert connection.is_closed()
    assert server.app.disconnected.wait(2)


def test_bad_http_behind_a_request(server: Server, connection: Connection) -> None:
    """The request gets its answer, and no second one that belongs to nobody."""
    connection.send(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n", GET, b"nonsense\r\n\r\n", GET)
    assert connection.answer().headers["x-path"] == "/slow"
    assert connection.answer().headers["x-path"] == "/"
    assert connection.is_closed()
    assert len(server.app.heard) == 2


def test_a_body_that_breaks_behind_a_request(server: Server, connection: Connection) -> None:
    """The request before it gets its answer; the broken one is never begun."""
    connection.send(
        b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense",
    )
    assert connection.answer().headers["x-path"] == "/slow"
    assert connection.is_closed()
    assert [heard.path for heard in server.app.heard] == ["/slow"]


def test_the_end_of_the_server_while_a_head_is_incomplete() -> None:
    """It does not wait for it."""
    server = Server("asyncio")
    server.connect().send(b"GET / HT")
    begin = time.monotonic()
    server.server.should_exit = True
    server.thread.join(5)
    assert not server.thread.is_alive()
    assert time.monotonic() - begin < 2
    server.stop()


# The answer


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of localhost, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.mark.parametrize("loop", LOOPS)
def test_under_tls(loop: str, certificate: Path) -> None:
    """The limits are the same."""
    server = Server(loop, http=Impatient, certificate=certificate)
    try:
        connection = server.connect()
        connection.send(GET)
        assert connection.answer().status == 200
        connection.send(b"nonsense\r\n\r\n")
        last = refused(connection, 400, "bad_request")
        assert last.headers[HSTS[0].decode()] == HSTS[1].decode()
        connection = server.connect()
        connection.send(b"GET / HTTP/1.1\r\nX: ", b"x" * 60_000)
        refused(connection, 431, "headers_too_large")
        connection = server.connect()
        connection.send(b"GET /")
        refused(connection, 408, "request_timeout")
        connection = server.connect()
        connection.send(b"POST /enough HTTP/1.1\r\n" + HOST + b"Content-Length: 3000000\r\n\r\n")
        connection.send(b"x" * 3_000_000)
        assert connection.answer().headers["connection"] == "close"
        assert connection.is_closed()
        connection = server.connect()
        assert connection.is_closed()
    finally:
        server.stop()


def test_what_an_early_answer_says_of_tls() -> None:
    """It says so to browsers; over plain HTTP it says nothing of the kind."""
    line = b"%b: %b\r\n" % HSTS
    assert line in answer(TOO_SLOW, [], secure=True)
    assert line not in answer(TOO_SLOW, [], secure=False)


def test_an_early_answer_carries_the_servers_own_headers() -> None:
    """Such as its date; and when to come back, where that is known."""
    text = answer(OVERLOADED, [(b"date", b"now")], secure=False)
    head, _, body = text.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\ndate: now\r\n")
    assert b"\r\nretry-after: 1" in head
    assert b"\r\ncontent-length: %d\r\n" % len(body) in head
