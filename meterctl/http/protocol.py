"""One connection: uvicorn's, which in addition ends what nobody should be able to hold.

uvicorn waits for ever for the rest of a header, keeps headers of any size, and answers bad HTTP
with words of its own. Here a head has a time, a size and a number of headers; a request that was
answered before its body had come has a time for the rest of it; answers have a time to be read; and
every early answer looks like the others.

What llhttp takes but another server in front of this one may read otherwise (the stuff of request
smuggling) is refused before the app hears of it. Nothing of a refused request is logged.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from meterctl.http.bodies import ARRIVED, Arrival
from meterctl.http.crowd import Crowd
from meterctl.http.headers import HSTS, SECURITY
from meterctl.http.line import Line
from meterctl.http.problems import PROBLEM_TYPE
from meterctl.http.sending import Answering
from meterctl.http.unread import Unread, unsent


class Refusal(NamedTuple):
    """An answer that is given before there is a request to speak of."""

    status: int
    code: str
    detail: str
    retry_after: int | None = None


BAD_REQUEST = Refusal(400, "bad_request", "this is not one plain request of HTTP/1.1")
NO_UPGRADE = Refusal(400, "bad_request", "send a request with a body without Upgrade")
TOO_SLOW = Refusal(408, "request_timeout", "the headers took too long to come")
TOO_LARGE = Refusal(431, "headers_too_large", "the request line and the headers are too large")
TOO_MANY = Refusal(431, "headers_too_large", "there are too many headers")
OVERLOADED = Refusal(503, "overloaded", "too many requests at once; try again in a moment", 1)


def answer(refusal: Refusal, common: Iterable[tuple[bytes, bytes]], *, secure: bool) -> bytes:
    """A refusal as it goes over the wire: problem+json, the last answer of its connection.

    Args:
        refusal: What to say.
        common: The server's headers for every answer.
        secure: Whether the connection is under TLS.
    """
    request_id = os.urandom(16).hex()
    body = json.dumps(
        {
            "type": PROBLEM_TYPE + refusal.code,
            "title": HTTPStatus(refusal.status).phrase,
            "status": refusal.status,
            "detail": refusal.detail,
            "code": refusal.code,
            "requestId": request_id,
        },
        separators=(",", ":"),
    ).encode()
    headers = [
        *common,
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"x-request-id", request_id.encode()),
        *SECURITY,
    ]
    if secure:
        headers.append(HSTS)
    if refusal.retry_after is not None:
        headers.append((b"retry-after", str(refusal.retry_after).encode()))
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return STATUS_LINE[refusal.status] + lines + b"\r\n" + body


# What of a request is expected next. Plain numbers: they are looked at for each header.
_FIRST_BYTE, _HEAD, _BODY = range(3)


class StrictProtocol(HttpToolsProtocol):
    """A connection with limits; a subclass may have other ones."""

    HEAD_BYTES = 16_384  # request line and headers; while incomplete up to twice that is held
    HEAD_COUNT = 100
    HEAD_SECONDS = 10.0  # from the connection, or from the first byte of a further request
    DRAIN_SECONDS = 5.0  # for the rest of a body that was answered already, read or not
    LINGER_SECONDS = 1.0  # for the other side to read a last answer
    WRITE_SECONDS = 30.0  # for the other side to read on, while answers wait for it
    LAST_WRITE_SECONDS = 5.0  # the same, once the server ends
    PIPELINE = 64  # requests that may wait behind the one under way

    crowd: ClassVar[Crowd] = Crowd()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._stage = _FIRST_BYTE
        self._deaf = False  # what comes from now on is thrown away
        self._has_hung_up = False
        self._deadline: asyncio.TimerHandle | None = None
        self._silent = 0  # bytes in a row in which no head began or ended, and no body came
        self._arrival = Arrival()
        self._spoke = False
        self._completed = False  # a request, in what was received last
        self._has_entered = False
        self._is_surplus = False  # its request is told that there are too many
        # uvicorn, too, would answer one too many, with words of its own.
        self._most, self.limit_concurrency = self.limit_concurrency, None

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request, for a while; unless there are too many."""
        super().connection_made(transport)
        self._line = Line(transport, self._end_of_answers)
        self._unread = Unread(transport, self.loop, self.WRITE_SECONDS, self.LAST_WRITE_SECONDS)
        total = len(self.connections)
        self._peer = None if self.client is None else self.client[0]
        self._has_entered = self.crowd.enter(self._peer, total, self._most)
        if self._has_entered:
            self._is_surplus = self._most is not None and total >= self._most
            self._arm(self.HEAD_SECONDS)
        else:
            self._deaf = True
            self.connections.discard(self)  # it takes nobody's place
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._disarm()
        self._unread.forget()
        self._line.cut()
        if self._has_entered:
            self.crowd.leave(self._peer)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Much waits to be sent: the other side has a while to read on."""
        super().pause_writing()
        self._unread.watch()

    def resume_writing(self) -> None:
        """It has."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._unread.forget()

    def eof_received(self) -> None:
        """The other side sends no more, and the transport closes."""
        self._unread.watch()

    def data_received(self, data: bytes) -> None:
        """Read on, in pieces so small that no piece can hide a head that is too large."""
        if self._deaf:
            return
        self._unset_keepalive_if_required()
        self._completed = False
        for start in range(0, len(data), self.HEAD_BYTES):
            if not self._feed(data[start : start + self.HEAD_BYTES]):
                return
        if self._stage == _HEAD or (self._stage == _FIRST_BYTE and not self._completed):
            # An empty line before a request counts as its beginning: it ended the keep-alive.
            if self._deadline is None:
                self._arm(self.HEAD_SECONDS)
        elif self._stage == _FIRST_BYTE and self.cycle.response_complete:
            # The rest of a body that was answered already; now the connection is idle.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _feed(self, piece: bytes) -> bool:
        """Parse a piece; whether anything that follows it matters."""
        self._spoke = False
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            # We speak nothing else: it is answered as the request it is, and is the last one.
            if not self._deaf:
                self._deaf = True
                self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self._refuse(BAD_REQUEST)
        else:
            self._silent = 0 if self._spoke else self._silent + len(piece)
            if self._silent > self.HEAD_BYTES:
                self._refuse(TOO_LARGE)
        return not self._deaf

    # The parser's callbacks. After a refusal it still runs to the end of its piece.

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._stage = _HEAD
        self._spoke = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. What trails a chunked body is none: it could pretend to be one."""
        if self._stage == _HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is complete: the app begins, unless something forbids it."""
        if self._deaf:
            return
        refusal = self._objection()
        if refusal is not None:
            self._refuse(refusal)
            return
        super().on_headers_complete()
        self.cycle.transport = self._line
        self.cycle.__class__ = Answering  # uvicorn has made one of its own kind
        self._arrival = Arrival()
        self.scope["extensions"] = {ARRIVED: self._arrival}  # type: ignore[dict-item] # ours
        self._stage = _BODY
        self._spoke = True
        self._disarm()

    def _objection(self) -> Refusal | None:
        size, hosts, encoding, length = len(self.url), 0, None, b""
        for name, value in self.headers:
            size += len(name) + len(value) + 4
            if name == b"host":
                hosts += 1
            elif name == b"content-length":
                length = value.strip(b"0 \t")
            elif name == b"transfer-encoding":
                encoding = value.strip().lower()
        if size > self.HEAD_BYTES:
            return TOO_LARGE
        if len(self.headers) > self.HEAD_COUNT:
            return TOO_MANY
        version = self.parser.get_http_version()
        if hosts != 1 and (version == "1.1" or hosts > 1):
            return BAD_REQUEST
        if version not in ("1.0", "1.1"):
            return BAD_REQUEST
        # llhttp would find fault with some of these only after the app has begun.
        if encoding is not None and (encoding != b"chunked" or version == "1.0"):
            return BAD_REQUEST
        if self.parser.should_upgrade() and (length or encoding):
            return NO_UPGRADE  # its body would be read as the next request
        if len(self.pipeline) >= self.PIPELINE:
            return OVERLOADED
        # Whoever is let in is served, however many come after it.
        if self._is_surplus or (self._most is not None and len(self.tasks) >= self._most):
            return OVERLOADED
        return None

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._deaf:
            return
        super().on_body(body)
        self._spoke = True

    def on_message_complete(self) -> None:
        """The request is complete."""
        if self._deaf:
            return
        super().on_message_complete()
        self._arrival.is_over = True
        self._stage = _FIRST_BYTE
        self._completed = True
        self._spoke = True
        self._disarm()

    def _should_upgrade(self) -> bool:
        return False

    def on_response_complete(self) -> None:
        """An answer has been given; if it came before the end of its request, that has a time."""
        is_last = not self.pipeline
        super().on_response_complete()
        if self.transport.is_closing() or not is_last:
            return
        if self._deaf:
            self._hang_up()
        elif self._stage == _BODY:
            self._unset_keepalive_if_required()
            self._arm(self.DRAIN_SECONDS)

    # The end

    def _refuse(self, refusal: Refusal) -> None:
        """Read nothing more, and say why, unless that could be taken for another answer.

        Whoever has requests under way gets their answers, and no word of what came after them.
        """
        if self._deaf:  # the parser goes on to its own complaint
            return
        self._deaf = True
        self._disarm()
        if self._stage == _BODY:  # the very request that the app has begun with, or will
            cycle = self.cycle
            cycle.disconnected = True
            cycle.message_event.set()
            if self.pipeline:
                self.pipeline.popleft()
            elif cycle.response_started:
                self._hang_up()
            else:
                self._say(refusal)
        elif not _is_under_way(self.cycle):
            self._say(refusal)

    def _say(self, refusal: Refusal) -> None:
        common = self.server_state.default_headers
        self.transport.write(answer(refusal, common, secure=self.scheme == "https"))
        self._hang_up()

    def shutdown(self) -> None:
        """The server ends: so does this connection, with the answers that are under way."""
        super().shutdown()
        self._unread.hurry()
        if self.transport.is_closing():
            self._close()

    def timeout_keep_alive_handler(self) -> None:
        """It was idle for long enough."""
        self._close()

    def _close(self) -> None:
        """Close, once what is written has gone out; for that there is a time, too."""
        self.transport.close()
        if unsent(self.transport):
            self._unread.watch()

    def _end_of_answers(self) -> None:
        """An answer is the last one; its request may not have been read to the end."""
        if self._stage == _BODY and not self.pipeline:
            self._hang_up(self.DRAIN_SECONDS)
        else:
            self._close()

    def _hang_up(self, seconds: float | None = None) -> None:
        """Close, but hear the other side out for a moment.

        To close with bytes unread is to reset: the last answer might never be seen.
        """
        self._unset_keepalive_if_required()
        if self._has_hung_up or self.transport.is_closing():
            return
        self._deaf = self._has_hung_up = True
        if self.transport.can_write_eof():  # not under TLS
            self.transport.write_eof()
        self.flow.resume_reading()
        self._arm(self.LINGER_SECONDS if seconds is None else seconds)

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(seconds, self._time_is_up)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _time_is_up(self) -> None:
        self._deadline = None
        if self._deaf and self.transport.can_write_eof():
            self.transport.abort()
        elif self._deaf:
            self._close()
        elif self._stage == _HEAD:
            self._refuse(TOO_SLOW)
        elif self._stage == _BODY:
            self._hang_up()
        elif not _is_under_way(self.cycle):
            self._close()


def _is_under_way(cycle: RequestResponseCycle | None) -> bool:
    return cycle is not None and not cycle.response_complete
