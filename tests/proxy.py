"""A proxy between a client and a server: what becomes of each request is said by its number.

Unlike the sandbox's own faults it knows nothing of what passes through it, keeps a request back
until a test lets it land, refuses connections, and kills who sent a request at that very moment.
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
from queue import Queue
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlsplit

LONG = 30.0  # seconds until a test that forgot something is let go
QUEUE = 64  # connections that wait to be taken
TOKEN = "/token"
Act = Callable[["Exchange"], None]


class Answer(NamedTuple):
    """What the server answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


JSON = [("Content-Type", "application/json")]
EXPIRED = Answer(401, JSON, b'{"error":{"code":401,"message":"x","status":"UNAUTHENTICATED"}}')
REVOKED = Answer(400, JSON, b'{"error":"invalid_grant","error_description":"account not found"}')


class Sent(NamedTuple):
    """A request, as the client sent it."""

    target: str
    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]

    def forward(self) -> Answer:
        """Let the server have it."""
        parts = urlsplit(self.target)
        there = HTTPConnection(parts.hostname or "", parts.port, timeout=LONG)
        try:
            there.connect()
            there.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            there.request(self.method, self.path, self.body, dict(self.headers))
            answer = there.getresponse()
            drop = ("connection", "transfer-encoding", "content-length", "date", "server")
            headers = [one for one in answer.getheaders() if one[0].lower() not in drop]
            return Answer(answer.status, headers, answer.read())
        finally:
            there.close()


class Exchange(BaseHTTPRequestHandler):
    """One request on its way, and what an act may do with it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = (
        True  # else each answer is 40 ms late: its head and body are two sends
    )
    proxy: ClassVar[Proxy]
    sent: Sent

    @property
    def brings_rows(self) -> bool:
        """Whether it is the one that counts."""
        return b"appendCells" in self.sent.body

    def forward(self) -> Answer:
        """Let the server have it."""
        return self.sent.forward()

    def answer(self, answer: Answer, *, promised: int | None = None) -> None:
        """Answer the client; `promised` bytes of a body, where that is not what comes."""
        self.send_response(answer.status)
        for name, text in answer.headers:
            self.send_header(name, text)
        length = len(answer.body) if promised is None else promised
        self.send_header("Content-Length", str(length))
        if self.proxy.refuses:  # what comes next has to come by a connection of its own
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)

    def reset(self) -> None:
        """Break the connection off."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def outlast_client(self) -> None:
        """Say nothing until the client has left."""
        self.close_connection = True
        self.connection.settimeout(LONG)
        while self.connection.recv(65_536):
            pass

    def setup(self) -> None:
        """Be known to the proxy, which ends what is idle."""
        super().setup()
        self.proxy.connections.add(self.connection)

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
        self.proxy.connections.discard(self.connection)

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kept = {name: text for name, text in self.headers.items() if name.lower() != "host"}
        self.sent = Sent(self.proxy.target, self.command, self.path, body, kept)
        with self.proxy.under_way():
            self.proxy.act_for(self)(self)

    do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815 (http.server's names)

    def log_message(self, *_: object) -> None:
        """Silent."""


# -- acts: each one is what becomes of a request ----------------------------------


def pass_on(exchange: Exchange) -> None:
    """Nothing special."""
    exchange.answer(exchange.forward())


def pass_on_twice(exchange: Exchange) -> None:
    """Some box on the way has sent it again by itself; the client gets the second answer."""
    exchange.forward()
    exchange.answer(exchange.forward())


def refuse(exchange: Exchange) -> None:
    """No connection is taken for it, so that it never comes here; unless by one that is open."""
    exchange.reset()


def reset_before(exchange: Exchange) -> None:
    """The server never sees it."""
    exchange.reset()


def reset_after(exchange: Exchange) -> None:
    """The client never sees the answer."""
    exchange.forward()
    exchange.reset()


def late(exchange: Exchange) -> None:
    """The connection breaks; the server sees the request when the test lets it land."""
    exchange.proxy.kept.append(exchange.sent)
    exchange.reset()


def hold_before(exchange: Exchange) -> None:
    """The same, but the client is left to wait for as long as it can bear."""
    exchange.proxy.kept.append(exchange.sent)
    exchange.outlast_client()


def hold_after(exchange: Exchange) -> None:
    """The server has done it, the client waits for as long as it can bear."""
    exchange.forward()
    exchange.outlast_client()


def overtaken(exchange: Exchange) -> None:
    """What was kept back lands first."""
    exchange.proxy.land()
    exchange.answer(exchange.forward())


def truncate(exchange: Exchange) -> None:
    """Half an answer, then the end."""
    answer = exchange.forward()
    half = answer._replace(body=answer.body[: len(answer.body) // 2])
    exchange.answer(half, promised=len(answer.body))
    exchange.close_connection = True


def cut_short(exchange: Exchange) -> None:
    """Half an answer, which says of itself that it is whole."""
    answer = exchange.forward()
    exchange.answer(answer._replace(body=answer.body[: len(answer.body) // 2]))


def drip(exchange: Exchange) -> None:
    """A byte at a time: no single wait is long, the whole never ends."""
    answer = exchange.forward()
    exchange.answer(answer._replace(body=b""), promised=len(answer.body))
    exchange.connection.settimeout(0.05)
    for byte in answer.body[:-1]:
        exchange.wfile.write(bytes([byte]))
        with suppress(TimeoutError):
            if not exchange.connection.recv(1):
                break
    exchange.outlast_client()


def revoke(exchange: Exchange) -> None:
    """The key is not accepted any more, until the proxy is mended."""
    exchange.proxy.revoked = True
    exchange.answer(REVOKED if urlsplit(exchange.path).path == TOKEN else EXPIRED)


def kill_before(exchange: Exchange) -> None:
    """Who sent it is killed, and the server never sees it."""
    exchange.proxy.kill_sender()
    exchange.reset()


def kill_after(exchange: Exchange) -> None:
    """Who sent it is killed before the answer comes."""
    answer = exchange.forward()
    exchange.proxy.kill_sender()
    exchange.answer(answer)


def kill_late(exchange: Exchange) -> None:
    """Who sent it is killed, and the server sees it when the test lets it land."""
    exchange.proxy.kept.append(exchange.sent)
    exchange.proxy.kill_sender()
    exchange.reset()


def kill_answered(exchange: Exchange) -> None:
    """Who sent it has the answer, and is killed before it can do much with it."""
    exchange.answer(exchange.forward())
    exchange.proxy.kill_sender()


def answer_as(answer: Answer) -> Act:
    """That, instead of the server's answer."""
    return lambda exchange: exchange.answer(answer)


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

    def __init__(self, target: str, listener: socket.socket) -> None:
        self.target = target
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.seen: list[str] = []
        self.hit: list[int] = []  # the numbers of the requests to which the script did something
        self.kept: list[Sent] = []  # what is to land late
        self.connections: set[socket.socket] = set()
        self.revoked = False
        self.refuses = False
        # Chooses what becomes of what the script leaves open; without it, and its choice, nothing.
        self.chance: Callable[[Exchange], Act | None] | None = None
        self._listener = listener
        self._under_way = 0
        self._script: dict[int, Act] = {}
        self._lock = threading.RLock()
        self._senders: Queue[Callable[[], None]] = Queue()

    def script(self, acts: Mapping[int, Act] | None = None) -> None:
        """What becomes of the requests from now on, counted from 0."""
        with self._lock:
            self._take_connections()
            self.revoked = False
            self.seen.clear()
            self.hit.clear()
            self._script = dict(acts or {})
            self._refuse_if_due()

    def mend(self, said: str = "") -> None:
        """Between two runs: the key is good again, connections are taken again.

        `said` is what the run said that has ended. If it has not met the connection that is
        refused, the next one does.
        """
        with self._lock:
            self.revoked = False
            if self.refuses and "no connection" in said:
                self.hit.append(len(self.seen))
                self.seen.append("refused")
                self._take_connections()
                self._refuse_if_due()

    def _take_connections(self) -> None:
        if self.refuses:
            self.refuses = False
            self._listener.listen(QUEUE)

    def _refuse_if_due(self) -> None:
        if self._script.get(len(self.seen)) is refuse:
            self.refuses = True
            self._listener.shutdown(socket.SHUT_RDWR)  # on Linux it can listen again afterwards

    def act_for(self, exchange: Exchange) -> Act:
        """What is due for a request."""
        path = urlsplit(exchange.path).path
        with self._lock:
            act = self._script.get(len(self.seen))
            if act is not None:
                self.hit.append(len(self.seen))
            elif self.revoked:
                act = answer_as(REVOKED if path == TOKEN else EXPIRED)
            elif self.chance is not None:
                act = self.chance(exchange)
            self.seen.append(f"{exchange.command} {path}")
            self._refuse_if_due()
        return act or pass_on

    # -- who sends

    def sent_by(self, kill: Callable[[], None]) -> None:
        """How the one is killed who sends what comes next."""
        while not self._senders.empty():
            self._senders.get()
        self._senders.put(kill)

    def kill_sender(self) -> None:
        """Kill it; who it is may be told a moment later."""
        self._senders.get(timeout=LONG)()

    # -- what is under way

    def land(self) -> None:
        """What was kept back comes to the server, one after the other; nobody has the answers."""
        with self._lock:
            kept, self.kept = self.kept, []
        for one in kept:
            one.forward()

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

    def settled(self) -> None:
        """Until nothing is under way; what was kept back has landed."""
        self.land()
        end = time.monotonic() + LONG
        while self._under_way:
            assert time.monotonic() < end, self.seen
            time.sleep(0.002)

    def wait_for(self, count: int, seconds: float = 20) -> None:
        """Until it has seen so many requests."""
        end = time.monotonic() + seconds
        while len(self.seen) < count:
            assert time.monotonic() < end, self.seen
            time.sleep(0.01)


@contextmanager
def standing_between(target: str) -> Iterator[Proxy]:
    """A proxy for the length of a block."""

    class Server(ThreadingHTTPServer):
        daemon_threads = False
        block_on_close = True
        request_queue_size = QUEUE

        def server_bind(self) -> None:
            """Bind to a port by its number: only such a one is kept while the listener is shut."""
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.server_address = free.getsockname()
            super().server_bind()

        def get_request(self) -> Any:  # noqa: ANN401 (socketserver's)
            """Take a connection; a listener that is shut says all the time that there is one."""
            try:
                return super().get_request()
            except OSError:
                time.sleep(0.005)
                raise

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that left is no error."""

        def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 (socketserver's)
            """Close, also what has been reset already."""
            with suppress(OSError):
                super().shutdown_request(request)

    server = Server(("127.0.0.1", 0), Exchange)
    proxy = Proxy(target, server.socket)
    server.RequestHandlerClass = type("Handler", (Exchange,), {"proxy": proxy})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        for connection in tuple(proxy.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        thread.join()
        server.server_close()
