"""A line to a far place: what goes through it takes half a round trip each way."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_CHUNK = 65_536  # bytes


class Line:
    """It stands at `url`; opening a connection takes some round trips as well."""

    def __init__(self, port: int, trip: float, opening: int) -> None:
        self.url = ""
        self.answered = 0.0  # when the far side said something last, by time.perf_counter
        self.connections = 0
        self._port = port
        self._trip = trip
        self._opening = opening

    async def serve(self, ready: threading.Event, end: asyncio.Event) -> None:
        """Until the end."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await end.wait()
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await asyncio.sleep(self._opening * self._trip)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        with contextlib.suppress(OSError):
            await asyncio.gather(
                self._carry(reader, far_writer, is_answer=False),
                self._carry(far_reader, writer, is_answer=True),
            )
        for one in (writer, far_writer):
            one.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        """Each piece arrives half a trip after it was sent, however many are on the way."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        async def arrive() -> None:
            while True:
                due, piece = await waiting.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not piece:
                    writer.close()
                    return
                writer.write(piece)
                await writer.drain()

        arriving = asyncio.ensure_future(arrive())
        while piece := await reader.read(_CHUNK):
            if is_answer:
                self.answered = time.perf_counter()
            waiting.put_nowait((loop.time() + self._trip / 2, piece))
        waiting.put_nowait((loop.time() + self._trip / 2, b""))
        await arriving


@contextmanager
def line_to(port: int, trip: float, opening: int) -> Iterator[Line]:
    """A line for the length of a block; a round trip takes `trip` seconds.

    Opening a connection takes `opening` of them: HTTPS two, for TCP and TLS 1.3.
    """
    line = Line(port, trip, opening)
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    end = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(line.serve(ready, end),))
    thread.start()
    ready.wait()
    try:
        yield line
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
