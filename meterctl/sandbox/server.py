"""A service on a port of this machine: HTTP/1.1, a thread for each connection, faults on demand."""

from __future__ import annotations

import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from meterctl.sandbox.faults import Faults, service_of
from meterctl.sandbox.journal import Journal, Line
from meterctl.sandbox.message import Request, Response, Service, as_json
from meterctl.sandbox.misbehave import misbehave
from meterctl.sandbox.wire import (
    Arrived,
    Reader,
    Refused,
    body_of,
    head_of,
    read_request,
)

HOST = "127.0.0.1"
BACKLOG = 256
GRACE = 2.0  # seconds that an answer under way may still take when the server closes

_PROCEED = b"HTTP/1.1 100 Continue\r\n\r\n"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def serve(
    service: Service,
    port: int = 0,
    *,
    faults: Faults | None = None,
    name: str = "sheets",
    report: Callable[[str], None] = lambda _message: None,
) -> Running:
    """Serve until closed, on the loopback interface alone.

    Args:
        service: What answers; called by many threads at once.
        port: The port; 0 picks a free one.
        faults: What is to go wrong.
        name: `sheets`, `utility` or `portal`: which of a fault's services this is.
        report: Is told of each exception that the service let through.

    Raises:
        OSError: the port cannot be had.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a restart, at once
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return Running(listener, service, faults, name, report)


class Running:
    """A server that runs; a context manager that closes it."""

    def __init__(
        self,
        listener: socket.socket,
        service: Service,
        faults: Faults | None,
        name: str,
        report: Callable[[str], None],
    ) -> None:
        self.port: int = listener.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        self.errors: list[Exception] = []
        self.journal = Journal()
        self.closing = threading.Event()
        self._listener = listener
        self._service = service
        self._faults = faults
        self._name = name
        self._report = report
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._waking, self._woken = socket.socketpair()
        self._accepting = threading.Thread(target=self._accept, name=f"{name}: accept", daemon=True)
        self._accepting.start()

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take no more, let answers under way end, close what is kept alive; then return."""
        if self.closing.is_set():
            return
        self.closing.set()
        self._waking.send(b"x")
        self._accepting.join()
        for end in (self._listener, self._waking, self._woken):
            end.close()
        self._hang_up(socket.SHUT_RD, GRACE)
        self._hang_up(socket.SHUT_RDWR, GRACE)

    def apply(self, request: Request) -> Response:
        """Ask the service; a bug of its own is answered as a server does, and remembered."""
        try:
            return self._service(request)
        except ConnectionAbortedError:  # it breaks the connection off, instead of an answer
            raise
        except Exception as error:  # noqa: BLE001 (whatever a service lets through)
            self.errors.append(error)
            self._report(f"{request.method} {request.path}: {type(error).__name__}: {error}")
            return Response(500, b"Internal Server Error\n", "text/plain; charset=UTF-8")

    def _hang_up(self, how: int, patience: float) -> None:
        """Shut every connection, and wait for their threads to see it."""
        with self._lock:
            left = dict(self._connections)
        for connection in left:
            with suppress(OSError):  # it has gone by itself
                connection.shutdown(how)
        deadline = time.monotonic() + patience
        for thread in left.values():
            thread.join(max(0.0, deadline - time.monotonic()))

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self.closing.is_set():
                selector.select()
                try:
                    connection, _address = self._listener.accept()
                except BlockingIOError:
                    continue
                except OSError:  # too many open files: those that are open will end
                    self.closing.wait(0.05)
                    continue
                self._begin(connection)

    def _begin(self, connection: socket.socket) -> None:
        connection.setblocking(True)
        with suppress(OSError):  # it may be gone already
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = threading.Thread(
            target=self._converse, args=(connection,), name=self._name, daemon=True
        )
        with self._lock:
            self._connections[connection] = thread
        try:
            thread.start()
        except RuntimeError:  # this machine has no more threads: the client may try again
            with self._lock:
                del self._connections[connection]
            connection.close()

    def _converse(self, connection: socket.socket) -> None:
        """One request after the other, until either side has enough."""
        try:
            reader = Reader(connection)
            with suppress(OSError, EOFError):  # the client has left
                while not self.closing.is_set() and self._one(connection, reader):
                    pass
        finally:
            with self._lock:
                del self._connections[connection]
            connection.close()

    def _one(self, connection: socket.socket, reader: Reader) -> bool:
        """Read a request and answer it; whether the connection is good for another."""
        try:
            arrived = read_request(reader, lambda: connection.sendall(_PROCEED))
        except Refused as refused:
            connection.sendall(head_of(refused.response, keep_alive=False) + refused.response.body)
            _linger(connection)
            return False
        request = arrived.request
        exchange = Exchange(self, connection, arrived)
        if request.path.startswith("/sandbox/"):  # a test's own questions: no faults, no record
            exchange.answer(self._own(request))
            return exchange.open
        exchange.line = self.journal.begin(request.method, request.path)
        fault = self._faults and self._faults.pick(
            service_of(self._name, request.path), request.method, request.path
        )
        if fault:
            exchange.line.fault = fault.do.value
            misbehave(fault, exchange)
        else:
            exchange.answer(exchange.apply())
        return exchange.open

    def _own(self, request: Request) -> Response:
        if (request.method, request.path) == ("GET", "/sandbox/requests"):
            return as_json(200, self.journal.fields())
        return self.apply(request)


class Exchange:
    """A request that has been read, and the connection on which it came."""

    def __init__(self, server: Running, connection: socket.socket, arrived: Arrived) -> None:
        self.open = arrived.keep_alive and not server.closing.is_set()
        self.line: Line | None = None
        self._server = server
        self._connection = connection
        self._arrived = arrived

    def apply(self) -> Response:
        """Let the service do what is asked; what it answers."""
        return self._server.apply(self._arrived.request)

    def answer(self, response: Response) -> None:
        """Send an answer, whole."""
        self.open = self.open and not self._server.closing.is_set()
        head, body = self.parts_of(response)
        self.send(head + body)

    def parts_of(self, response: Response) -> tuple[bytes, bytes]:
        """The head and the body that would be sent."""
        if self.line:
            self.line.status = response.status
        head = head_of(response, keep_alive=self.open)
        return head, body_of(response, head_only=self._arrived.head_only)

    def send(self, part: bytes) -> None:
        """Send some bytes."""
        self._connection.sendall(part)

    def reset(self) -> None:
        """Break the connection off, so that the client sees it reset."""
        self.open = False
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._connection.close()

    def end(self) -> None:
        """Send no more on this connection."""
        self.open = False

    def pause(self, seconds: float) -> bool:
        """Wait; False where the server closes meanwhile."""
        return not self._server.closing.wait(seconds)

    def outlast_client(self) -> None:
        """Wait until the client leaves, or the server closes."""
        self.open = False
        while self._connection.recv(64 * 1024):
            pass


def _linger(connection: socket.socket) -> None:
    """Read on for a while: closed at once, the refusal would be lost in a reset."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(GRACE)
    deadline = time.monotonic() + GRACE
    while connection.recv(256 * 1024) and time.monotonic() < deadline:
        pass
