"""How an answer leaves: head and body as one piece."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

from meterctl.http.headers import HSTS, PAGE, SECURITY

Message = Any  # of ASGI's; uvicorn and starlette have types of their own for it

# Ours, and the same in nearly every answer: nobody put anything into them.
_CONSTANT = {header: b"%b: %b\r\n" % header for header in (*SECURITY, *PAGE, HSTS)}
_BODILESS = frozenset((204, 304))


class Answering(RequestResponseCycle):
    """A request and its answer: that is sent at once if it is a whole one, else as by uvicorn.

    uvicorn writes twice for each answer, and looks through each header by two regular expressions.
    """

    _held: Message = None  # the beginning of an answer, whose body follows

    async def send(self, message: Message) -> None:
        """Take a part of the answer, as ASGI has them."""
        is_start = message["type"] == "http.response.start"
        if is_start and not self.response_started and _says_length(message):
            self._held = message  # or another answer, in place of one that failed
            return
        start, self._held = self._held, None
        if start is None:
            await super().send(message)
            return
        head = None if message.get("more_body", False) else _head(self, start, message)
        if head is None or self.flow.write_paused or self.disconnected:
            await super().send(start)
            await super().send(message)
            return
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(head + message.get("body", b""))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def _says_length(start: Message) -> bool:
    return any(name.lower() == b"content-length" for name, _ in start["headers"])


def _head(cycle: RequestResponseCycle, start: Message, message: Message) -> bytes | None:
    """The head of a whole answer that says its length; None where it is not so simple."""
    if cycle.scope["method"] == "HEAD" or start["status"] in _BODILESS:
        return None
    lines = [STATUS_LINE[start["status"]]]
    length = None
    for header in (*cycle.default_headers, *start["headers"]):
        constant = _CONSTANT.get(header)
        if constant is not None:
            lines.append(constant)
            continue
        name, value = header[0].lower(), header[1]
        if name == b"content-length":
            length = value
        elif name in (b"connection", b"transfer-encoding"):
            return None
        elif HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
            return None  # uvicorn says what is wrong
        lines.append(b"%b: %b\r\n" % header)
    if length is None or int(length) != len(message.get("body", b"")):
        return None
    lines.append(b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
    return b"".join(lines)
