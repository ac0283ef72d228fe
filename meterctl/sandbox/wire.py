"""HTTP/1.1 as bytes: a request read whole from a connection, an answer made ready to be sent."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from socket import socket
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from meterctl.sandbox.message import Request, Response

MAX_HEAD = 64 * 1024
MAX_BODY = 12 * 1024 * 1024

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_BODILESS = (204, 304)


class Refused(Exception):
    """A request that is not understood, or too big: it is answered, then the connection closed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.response = Response(status, f"{message}\n".encode(), "text/plain; charset=UTF-8")


class Arrived(NamedTuple):
    """A request, and how its answer is to be sent."""

    request: Request
    head_only: bool  # it was a HEAD; the service is asked as by a GET
    keep_alive: bool


class Reader:
    """What comes in on a connection, by the line or by the byte."""

    def __init__(self, connection: socket) -> None:
        self._connection = connection
        self._held = bytearray()

    def line(self, limit: int = MAX_HEAD) -> bytes:
        """The next line without its end.

        Raises:
            EOFError: the client has left; with what it had sent of the line.
            Refused: it is longer than the limit.
        """
        searched = 0
        while (end := self._held.find(b"\n", searched)) < 0 and searched <= limit:
            searched = len(self._held)
            self._receive()
        if not 0 <= end <= limit:
            raise Refused(431, "the head is too long")
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        return line.removesuffix(b"\r")

    def exactly(self, length: int) -> bytes:
        """So many bytes.

        Raises:
            EOFError: the client left before it had sent them.
        """
        while len(self._held) < length:
            self._receive()
        found = bytes(self._held[:length])
        del self._held[:length]
        return found

    def _receive(self) -> None:
        found = self._connection.recv(256 * 1024)
        if not found:
            raise EOFError(bytes(self._held))
        self._held += found


def read_request(reader: Reader, proceed: Callable[[], object]) -> Arrived:
    """The next request, whole.

    Args:
        reader: The connection.
        proceed: Tells a client that waits for it (`Expect: 100-continue`) to send the body.

    Raises:
        EOFError: the client has left.
        Refused: what came is no request, or too big.
    """
    first = reader.line() or reader.line()  # an empty line before a request is forgiven
    try:
        method, target, version = first.decode("ascii").split(" ")
    except ValueError:
        raise Refused(400, "no request line") from None
    if version not in ("HTTP/1.0", "HTTP/1.1"):
        raise Refused(505 if version.startswith("HTTP/") else 400, "HTTP/1.1, please")
    headers = _headers(reader)
    if version == "HTTP/1.1" and "host" not in headers:
        raise Refused(400, "no Host")
    body = _decoded(_body(reader, headers, proceed), headers)
    if not _TOKEN.fullmatch(method):
        raise Refused(400, "no method")
    parts = _split(target)
    wishes = headers.get("connection", "").lower()
    return Arrived(
        Request(
            method="GET" if method == "HEAD" else method.upper(),
            path=parts[0],
            query=parse_qs(parts[1], keep_blank_values=True),
            headers=headers,
            body=body,
        ),
        head_only=method == "HEAD",
        keep_alive="close" not in wishes and (version == "HTTP/1.1" or "keep-alive" in wishes),
    )


def _split(target: str) -> tuple[str, str]:
    """The path as it was sent, and the query."""
    if target.startswith("/"):  # urlsplit would take //a/b for a host
        path, _, query = target.partition("#")[0].partition("?")
        return path, query
    try:
        parts = urlsplit(target)  # the form that a proxy is sent
    except ValueError:
        raise Refused(400, "no path") from None
    return parts.path or "/", parts.query


def _headers(reader: Reader) -> dict[str, str]:
    found: dict[str, str] = {}
    left = MAX_HEAD
    while line := reader.line(left):
        left -= len(line)
        name, colon, text = line.decode("latin-1").partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            raise Refused(400, "a header is malformed")
        text = text.strip(" \t")
        name = name.lower()
        if name == "content-length" and found.get(name, text) != text:
            raise Refused(400, "two lengths")
        if name in found and name != "content-length":
            text = f"{found[name]}, {text}"
        found[name] = text
    return found


def _body(reader: Reader, headers: dict[str, str], proceed: Callable[[], object]) -> bytes:
    coding = headers.get("transfer-encoding", "").lower()
    length = headers.get("content-length")
    waits = headers.get("expect", "").lower() == "100-continue"
    if coding:
        if coding != "chunked" or length is not None:
            raise Refused(400, "a body is sent chunked, or with its length")
        if waits:
            proceed()
        return _chunked(reader)
    if length is None:
        return b""
    if not re.fullmatch(r"\d{1,18}", length, re.ASCII):
        raise Refused(400, "Content-Length is no number")
    if int(length) > MAX_BODY:
        raise Refused(413, f"the body is larger than {MAX_BODY} bytes")
    if waits:
        proceed()
    return reader.exactly(int(length))


def _chunked(reader: Reader) -> bytes:
    body = bytearray()
    while True:
        size = reader.line().split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size):
            raise Refused(400, "a chunk has no size")
        length = int(size, 16)
        if len(body) + length > MAX_BODY:
            raise Refused(413, f"the body is larger than {MAX_BODY} bytes")
        if length == 0:
            while reader.line():  # trailers say nothing that is needed here
                pass
            return bytes(body)
        body += reader.exactly(length)
        if reader.line():
            raise Refused(400, "a chunk is longer than its size")


def _decoded(body: bytes, headers: dict[str, str]) -> bytes:
    coding = headers.get("content-encoding", "identity").lower()
    if coding in ("identity", ""):
        return body
    if coding not in ("gzip", "x-gzip"):
        raise Refused(415, "a body is sent as it is, or gzipped")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(body, MAX_BODY + 1)
    except zlib.error:
        raise Refused(400, "the body is not gzipped") from None
    if len(unpacked) > MAX_BODY:
        raise Refused(413, f"the body is larger than {MAX_BODY} bytes")
    if not unpacker.eof:
        raise Refused(400, "the gzipped body ends too early")
    return unpacked


def head_of(response: Response, *, keep_alive: bool) -> bytes:
    """The head of an answer, to the empty line; no header names this program."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    fields = {"Date": formatdate(usegmt=True)}
    if response.status not in _BODILESS:
        fields["Content-Type"] = response.content_type
        fields["Content-Length"] = str(len(response.body))
    if not keep_alive:
        fields["Connection"] = "close"
    fields.update(response.headers)
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {' '.join(text.splitlines())}" for name, text in fields.items()]
    return "\r\n".join((*lines, "", "")).encode("latin-1", "replace")


def body_of(response: Response, *, head_only: bool) -> bytes:
    """What follows the head."""
    return b"" if head_only or response.status in _BODILESS else response.body
