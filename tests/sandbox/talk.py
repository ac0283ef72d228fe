"""Ways to talk to a server as a client that knows nothing of it."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.server import Running


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 (whatever was answered)
        """The body, as JSON."""
        return json.loads(self.body)


@contextmanager
def connected(server: Running | int, timeout: float = 10) -> Iterator[http.client.HTTPConnection]:
    """A connection that is kept alive until the end of the block."""
    port = server if isinstance(server, int) else server.port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        yield connection
    finally:
        connection.close()


def ask_on(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request on an open connection."""
    data = body.encode() if isinstance(body, str) else body
    connection.request(method, path, data, dict(headers or {}))
    with connection.getresponse() as response:
        found = {name.lower(): text for name, text in response.getheaders()}
        return Answer(response.status, found, response.read())


def ask(
    server: Running | int,
    method: str,
    path: str,
    body: bytes | str | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    timeout: float = 10,
) -> Answer:
    """One request on a connection of its own."""
    with connected(server, timeout) as connection:
        return ask_on(connection, method, path, body, headers)


def send_raw(server: Running, sent: bytes, timeout: float = 10) -> bytes:
    """Send these bytes, then read until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(65536):
            received += part
        return received


class Recorder:
    """A service that keeps what it was asked, and answers with it."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        """Echo the body."""
        self.requests.append(request)
        return Response(200, request.body or b"empty", "text/plain", {"X-Method": request.method})
