"""Threads beside the loop: so many at once, so many waiting, and no more."""

from __future__ import annotations

import asyncio
import threading

import pytest

from meterctl.http.problems import Refused
from meterctl.http.threads import Threads


def test_too_many_that_wait() -> None:
    """Who comes to a full waiting room is sent away with the time to come again; others go on."""

    async def ask() -> None:
        threads = Threads(1, waiting=1)
        gate = threading.Event()
        first = asyncio.ensure_future(threads.run(gate.wait))
        second = asyncio.ensure_future(threads.run(lambda: "done"))
        await asyncio.sleep(0.05)
        with pytest.raises(Refused) as refused:
            await threads.run(lambda: "never")
        assert (refused.value.status, refused.value.code) == (503, "overloaded")
        assert refused.value.headers["Retry-After"] == "2"
        gate.set()
        assert await first is True
        assert await second == "done"
        assert await threads.run(lambda: "again") == "again"

    asyncio.run(ask())


def test_work_that_fails() -> None:
    """Its error goes to whoever waits, and its place is free again."""

    async def ask() -> None:
        threads = Threads(1, waiting=0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await threads.run(lambda: 1 // 0)

    asyncio.run(ask())
