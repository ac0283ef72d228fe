"""The time that the other side has to read what is sent to it.

Nothing else ends a connection whose answers are not read: while bytes wait to be sent, a server
waits with the next answer, and even a connection that was closed stays until they are gone.
"""

from __future__ import annotations

import asyncio

_SLOWEST = 1 << 10  # bytes a second: slower than any line on which a page could be used


def unsent(transport: asyncio.Transport) -> int:
    """How many bytes wait to be sent."""
    try:
        return transport.get_write_buffer_size()
    except AttributeError:  # asyncio's TLS, once it is torn down, asks nobody
        return 0


class Unread:
    """Ends a connection where what waits to be sent becomes hardly less."""

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        seconds: float,
        at_the_end: float,
    ) -> None:
        """Watch nothing yet.

        Args:
            transport: The connection's.
            loop: Whose time it is.
            seconds: How long it may go on.
            at_the_end: The same, once the server ends.
        """
        self._transport = transport
        self._loop = loop
        self._seconds = seconds
        self._at_the_end = at_the_end
        self._before = 0
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Something waits to be sent, and must become less from now on."""
        if self._timer is None:
            self._begin()

    def forget(self) -> None:
        """It has been read; or the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def hurry(self) -> None:
        """The server ends, and does not wait as long."""
        self._seconds = min(self._seconds, self._at_the_end)
        if self._timer is not None:
            self.forget()
            self._begin()

    def _begin(self) -> None:
        self._before = unsent(self._transport)
        self._timer = self._loop.call_later(self._seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._before - unsent(self._transport) < _SLOWEST * self._seconds:
            self._transport.abort()
        else:
            self._begin()
