"""Work that would hold up the loop, in threads that do not hold up the end.

Not the standard library's pool: it is waited for when Python ends, however long a utility takes.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

from meterctl.http.problems import Refused

AT_ONCE = 8

T = TypeVar("T")


class Threads:
    """A bounded number of threads, and of those who wait for one."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = 1_000) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._left = at_once + waiting

    async def run(self, work: Callable[[], T]) -> T:
        """What the work returns, done in a thread; it sees the caller's context.

        Raises:
            Refused: too many wait already.
        """
        if not self._left:
            detail = "too much of this kind is under way; try again in a moment"
            raise Refused(503, "overloaded", detail, headers={"Retry-After": "2"})
        self._left -= 1
        try:
            return await self._run(work)
        finally:
            self._left += 1

    async def _run(self, work: Callable[[], T]) -> T:
        async with self._free:
            loop = asyncio.get_running_loop()
            future: asyncio.Future[T] = loop.create_future()
            context = contextvars.copy_context()

            def tell(result: T | None, error: BaseException | None) -> None:
                if future.done():
                    return
                if error is None:
                    future.set_result(result)  # type: ignore[arg-type] # without an error it is a T
                else:
                    future.set_exception(error)

            def done() -> None:
                result, error = None, None
                try:
                    result = context.run(work)
                except BaseException as caught:  # noqa: BLE001 (it goes to whoever waits)
                    error = caught
                if not loop.is_closed():
                    loop.call_soon_threadsafe(tell, result, error)

            threading.Thread(target=done, daemon=True).start()
            return await future
