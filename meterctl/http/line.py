"""What a request has of its connection, in the place of the transport."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Line(asyncio.Transport):
    """Writes as the transport does; uvicorn would close that with bytes unread."""

    def __init__(self, transport: asyncio.Transport, end: Callable[[], None]) -> None:
        super().__init__()
        self._end = end
        self.write = transport.write  # type: ignore[method-assign]
        self.is_closing = transport.is_closing  # type: ignore[method-assign]

    def close(self) -> None:
        """End the connection, so that the answer arrives."""
        self._end()

    def cut(self) -> None:
        """The connection is lost: what is written from now on reaches nobody.

        uvicorn tells it to the newest request alone, and uvloop's transport is not to be written
        to any more.
        """
        self.write = _lose  # type: ignore[method-assign]


def _lose(data: object) -> None:
    """Write to nobody."""
