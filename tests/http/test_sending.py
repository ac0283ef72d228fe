"""An answer in one piece is the answer that uvicorn would have given in two."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from meterctl.http.headers import PAGE, SECURITY
from meterctl.http.sending import Answering

DATE = (b"date", b"Sat, 28 Nov 2026 00:00:00 GMT")
TYPE = (b"content-type", b"application/json")


class Wire(asyncio.Transport):
    """What was written, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.is_closed = False

    def write(self, data: Any) -> None:  # noqa: ANN401 (as the library has it)
        """Keep a piece."""
        self.pieces.append(bytes(data))

    def close(self) -> None:
        """Note it."""
        self.is_closed = True

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.is_closed

    def resume_reading(self) -> None:
        """Nothing was paused."""


def start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    """The beginning of an answer."""
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(content: bytes, *, more: bool = False) -> dict[str, Any]:
    """A part of its body."""
    return {"type": "http.response.body", "body": content, "more_body": more}


def length(number: int) -> tuple[bytes, bytes]:
    """The header that says it."""
    return b"content-length", str(number).encode()


def sent(
    kind: type[RequestResponseCycle],
    messages: list[dict[str, Any]],
    method: str = "GET",
    *,
    keep_alive: bool = True,
) -> tuple[list[bytes], bool, int, str]:
    """The pieces, whether the connection was closed, how often it was over, and the error."""
    wire = Wire()
    over: list[int] = []
    log = logging.getLogger("test")

    async def send() -> str:
        cycle = kind(
            scope={"method": method},  # type: ignore[typeddict-item] # what is looked at
            transport=wire,
            flow=FlowControl(wire),
            logger=log,
            access_logger=log,
            access_log=False,
            default_headers=[DATE],
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=keep_alive,
            on_response=lambda: over.append(1),
        )
        try:
            for message in messages:
                await cycle.send(message)  # type: ignore[arg-type] # as apps send it
        except RuntimeError as error:
            return str(error)
        assert cycle.response_complete
        return ""

    error = asyncio.run(send())
    return wire.pieces, wire.is_closed, len(over), error


ANSWERS = {
    "a whole one": [start(TYPE, length(2), *SECURITY), body(b"{}")],
    "a page": [start(length(0), *PAGE), body(b"")],
    "of another length": [start(length(3)), body(b"{}")],
    "of no length": [start(TYPE), body(b"{}")],
    "in parts": [start(length(4)), body(b"{}", more=True), body(b"{}")],
    "chunked": [start((b"transfer-encoding", b"chunked")), body(b"{}")],
    "the last one": [start(length(2), (b"connection", b"close")), body(b"{}")],
    "nothing": [start(status=204), body(b"")],
    "a header in two lines": [start(length(2), (b"x", b"a\r\nb: c")), body(b"{}")],
    "a bad name": [start(length(2), (b"x y", b"a")), body(b"{}")],
    "a name in capitals": [start((b"Content-Length", b"2")), body(b"{}")],
    "too much": [start(length(2)), body(b"{}"), body(b"{}")],
}


@pytest.mark.parametrize("messages", ANSWERS.values(), ids=list(ANSWERS))
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("keep_alive", [True, False])
def test_the_same_bytes(messages: list[dict[str, Any]], method: str, keep_alive: bool) -> None:
    """The same in the end, the same connection, the same error."""
    ours = sent(Answering, messages, method, keep_alive=keep_alive)
    theirs = sent(RequestResponseCycle, messages, method, keep_alive=keep_alive)
    assert b"".join(ours[0]).lower() == b"".join(theirs[0]).lower()
    assert ours[1:] == theirs[1:]


def test_in_one_piece() -> None:
    """One write for each answer."""
    pieces, *_ = sent(Answering, ANSWERS["a whole one"])
    assert len(pieces) == 1


def test_what_begins_without_a_length() -> None:
    """A stream: its head leaves at once, whenever its first part comes."""
    pieces, *_ = sent(Answering, ANSWERS["of no length"])
    assert pieces[0].startswith(b"HTTP/1.1 200 OK")
    assert pieces[0].endswith(b"\r\n\r\n")


def test_another_answer_instead() -> None:
    """Where the first one failed before its body came, nothing of it has left."""
    pieces, _, over, error = sent(
        Answering, [start(length(2)), start(length(5), status=500), body(b"a bug")]
    )
    assert b"".join(pieces).startswith(b"HTTP/1.1 500 ")
    assert (over, error) == (1, "")
