"""What a fault does to a request, on its connection."""

from __future__ import annotations

import threading
from typing import Protocol

from meterctl.sandbox.faults import Do, Fault
from meterctl.sandbox.message import Response


class Exchange(Protocol):
    """A request that has been read, and the connection on which it came."""

    def apply(self) -> Response:
        """Let the service do what is asked; what it answers."""

    def answer(self, response: Response) -> None:
        """Send an answer, whole."""

    def parts_of(self, response: Response) -> tuple[bytes, bytes]:
        """The head and the body that would be sent."""

    def send(self, part: bytes) -> None:
        """Send some bytes."""

    def reset(self) -> None:
        """Break the connection off, so that the client sees it reset."""

    def end(self) -> None:
        """Send no more on this connection."""

    def pause(self, seconds: float) -> bool:
        """Wait; False where the server closes meanwhile."""

    def outlast_client(self) -> None:
        """Wait until the client leaves, or the server closes."""


def misbehave(fault: Fault, exchange: Exchange) -> None:
    """Treat a request as the fault says."""
    match fault.do:
        case Do.STATUS | Do.REDIRECT:
            exchange.answer(fault.instead())
        case Do.BODY:
            exchange.answer(fault.instead(exchange.apply()))
        case Do.DELAY:
            _delay(exchange, fault.seconds)
        case Do.RESET_BEFORE:
            exchange.reset()
        case Do.RESET_AFTER:
            exchange.apply()
            exchange.reset()
        case Do.LATE:
            _late(exchange, fault.seconds)
        case Do.HANG_BEFORE:
            exchange.outlast_client()
        case Do.HANG_AFTER:
            exchange.apply()
            exchange.outlast_client()
        case Do.DRIP:
            _drip(exchange, fault.seconds)
        case Do.TRUNCATE:
            _truncate(exchange)


def _delay(exchange: Exchange, seconds: float) -> None:
    if exchange.pause(seconds):
        exchange.answer(exchange.apply())
    else:
        exchange.end()


def _late(exchange: Exchange, seconds: float) -> None:
    """Apply a request whose client has long been told that the connection is gone."""

    def land() -> None:
        if exchange.pause(seconds):
            exchange.apply()

    exchange.reset()
    threading.Thread(target=land, name="late", daemon=True).start()


def _drip(exchange: Exchange, seconds: float) -> None:
    """The head at once, then a byte at a time: no wait for the next byte ever lasts long."""
    head, body = exchange.parts_of(exchange.apply())
    exchange.send(head)
    for byte in body:
        if not exchange.pause(seconds):
            exchange.end()
            return
        exchange.send(bytes((byte,)))


def _truncate(exchange: Exchange) -> None:
    """Half the body, where the head has promised it all; half the head where there is no body."""
    exchange.end()
    head, body = exchange.parts_of(exchange.apply())
    exchange.send(head + body[: len(body) // 2] if body else head[: len(head) // 2])
