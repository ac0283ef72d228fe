"""A proxy between a client and a server: what becomes of each request is said by its number.

Unlike the sandbox's own faults it knows nothing of what passes through it, keeps a request back
until a test lets it go, and calls a test at the very moment of a request: to kill who sent it.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlsplit

LONG = 30.0  # seconds until a test that forgot to let go is let go
Act = Callable[["Exchange"], None]


class Answer(NamedTuple):
    """What the server answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Exchange(BaseHTTPRequestHandler):
    """One request on its way, and what an act may do with it."""

    protocol_version = "HTTP/1.1"
    proxy: ClassVar[Proxy]
    sent: bytes

    def forward(self) -> Answer:
        """Let the server have it."""
        parts = urlsplit(self.proxy.target)
        there = HTTPConnection(parts.hostname or "", parts.port, timeout=LONG)
        try:
            kept = {name: text for name, text in self.headers.items() if name.lower() != "host"}
            there.request(self.command, self.path, self.sent, kept)
            answer = there.getresponse()
            drop = ("connection", "transfer-encoding", "content-length", "date", "server")
            headers = [one for one in answer.getheaders() if one[0].lower() not in drop]
            return Answer(answer.status, headers, answer.read())
        finally:
            there.close()

    def answer(self, answer: Answer, *, promised: int | None = None) -> None:
        """Answer the client; `promised` bytes of a body, where that is not what comes."""
        self.send_response(answer.status)
        for name, text in answer.headers:
            self.send_header(name, text)
        length = len(answer.body) if promised is None else promised
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(answer.body)

    def reset(self) -> None:
        """Break the connection off."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def setup(self) -> None:
        """Be known to the proxy, which ends what is idle."""
        super().setup()
        self.proxy.connections.append(self.connection)

    def handle_one_request(self) -> None:
        """Read one, and do with it what is due."""
        with suppress(OSError, ValueError):  # the client left; the file of a reset one is closed
            super().handle_one_request()
            return
        self.close_connection = True

    def finish(self) -> None:
        """Close, whether or not the client has gone."""
        with suppress(OSError, ValueError):
            super().finish()

    def _do(self) -> None:
        self.sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.proxy.under_way():
            self.proxy.act_for(self)(self)

    do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815 (http.server's names)

    def log_message(self, *_: object) -> None:
        """Silent."""


# -- acts: each one is what becomes of a request ----------------------------------


def pass_on(exchange: Exchange) -> None:
    """Nothing special."""
    exchange.answer(exchange.forward())


def reset_before(exchange: Exchange) -> None:
    """The server never sees it."""
    exchange.reset()


def reset_after(exchange: Exchange) -> None:
    """The client never sees the answer."""
    exchange.forward()
    exchange.reset()


def truncate(exchange: Exchange) -> None:
    """Half an answer, then the end."""
    answer = exchange.forward()
    half = answer._replace(body=answer.body[: len(answer.body) // 2])
    exchange.answer(half, promised=len(answer.body))
    exchange.close_connection = True


def drip(exchange: Exchange) -> None:
    """A byte at a time: no single wait is long, the whole never ends."""
    answer = exchange.forward()
    exchange.answer(answer._replace(body=b""), promised=len(answer.body))
    for byte in answer.body:
        exchange.wfile.write(bytes([byte]))
        if exchange.proxy.gate.wait(0.3):
            break


def hold_before(exchange: Exchange) -> None:
    """The server sees it when the test lets go: late, with nobody there for the answer."""
    exchange.proxy.gate.wait(LONG)
    exchange.forward()
    exchange.reset()


def hold_after(exchange: Exchange) -> None:
    """The server has done it, the client waits in vain."""
    exchange.forward()
    exchange.proxy.gate.wait(LONG)
    exchange.reset()


def answer_with(
    status: int,
    body: str = "",
    kind: str = "application/json",
    headers: Mapping[str, str] | None = None,
    *,
    applied: bool = False,
) -> Act:
    """Something else instead of the server's answer."""

    def act(exchange: Exchange) -> None:
        if applied:
            exchange.forward()
        exchange.answer(
            Answer(status, [("Content-Type", kind), *(headers or {}).items()], body.encode())
        )

    return act


# -- the proxy -------------------------------------------------------------------


class Proxy:
    """It stands at `url` and leads to `target`."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.url = ""
        self.gate = threading.Event()  # what is kept back goes on when it opens
        self._under_way = 0
        self.seen: list[str] = []
        self.connections: list[socket.socket] = []
        self._script: dict[int, Act] = {}
        self._lock = threading.Lock()

    def script(self, acts: Mapping[int, Act] | None = None) -> None:
        """What becomes of the requests from now on, counted from 0; tokens are not counted."""
        with self._lock:
            self.seen.clear()
            self._script = dict(acts or {})

    def act_for(self, exchange: Exchange) -> Act:
        """What is due for a request."""
        path = urlsplit(exchange.path).path
        with self._lock:
            if path == "/token":
                return pass_on
            self.seen.append(f"{exchange.command} {path}")
            return self._script.get(len(self.seen) - 1, pass_on)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """For the time in which a request is."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def settled(self, seconds: float = 20) -> None:
        """Until nothing is under way; what was kept back is let go."""
        self.gate.set()
        end = time.monotonic() + seconds
        while self._under_way:
            assert time.monotonic() < end, self.seen
            time.sleep(0.01)

    def wait_for(self, count: int, seconds: float = 20) -> None:
        """Until it has seen so many requests."""
        end = time.monotonic() + seconds
        while len(self.seen) < count:
            assert time.monotonic() < end, self.seen
            time.sleep(0.01)


@contextmanager
def standing_between(target: str) -> Iterator[Proxy]:
    """A proxy for the length of a block."""
    proxy = Proxy(target)
    handler = type("Handler", (Exchange,), {"proxy": proxy})

    class Server(ThreadingHTTPServer):
        daemon_threads = False
        block_on_close = True
        request_queue_size = 64

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that left is no error."""

        def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 (socketserver's)
            """Close, also what has been reset already."""
            with suppress(OSError):
                super().shutdown_request(request)

    server = Server(("127.0.0.1", 0), handler)
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.gate.set()
        server.shutdown()
        for connection in proxy.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        thread.join()
        server.server_close()
