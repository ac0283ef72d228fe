"""What is current, told as it changes: server-sent events.

Each process looks at the ledger about once a second while anybody listens, whoever wrote to it,
and all streams share that look.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import suppress
from itertools import islice
from weakref import WeakKeyDictionary

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from meterctl.domain.exact import to_json
from meterctl.errors import MeterctlError
from meterctl.http.endpoints import current_form
from meterctl.http.gate import READ, Caller
from meterctl.http.problems import Refused
from meterctl.http.shim import Shim, shim_of
from meterctl.services.session import Session

LOOK_EVERY = 1.0  # seconds
PING_EVERY = 15.0  # what lies between ends a silent connection after a minute or so
TELL_EVERY = 60.0  # what is due changes with the hour too
MOST_STREAMS = 8  # of one client
PING = b": ping\n\n"
_NEWEST = (
    50  # submissions: one that is older changes by a person's hand, and is told a minute later
)


def event(name: str, form: object) -> bytes:
    """One event; JSON has no line end outside its strings, and none unescaped within."""
    return f"event: {name}\ndata: {to_json(form)}\n\n".encode()


def mark(session: Session, sheet: str | None) -> Hashable:
    """What changes whenever something is recorded, or a delivery's state does; cheap to get."""
    ledger = session.ledger
    submissions = islice(ledger.submissions(), _NEWEST)
    return (
        ledger.last_entry(),
        0 if sheet is None else ledger.cursor(sheet),
        tuple((one.number, one.state, one.changed_at) for one in submissions),
    )


class Hub:
    """The looking, and who listens; one for each worker."""

    def __init__(self, shim: Shim) -> None:
        self._shim = shim
        self._listeners: Counter[str] = Counter()
        self._news = asyncio.Event()  # set at a change, and another one put in its place
        self._task: asyncio.Task[None] | None = None

    def check(self, client: str) -> None:
        """Let a client's stream begin.

        Raises:
            Refused: it has as many as it may.
        """
        if self._listeners[client] >= MOST_STREAMS:
            raise Refused(
                429,
                "too_many_requests",
                f"this client has {MOST_STREAMS} streams open already",
                headers={"Retry-After": "30"},
            )

    async def stream(self, caller: Caller) -> AsyncIterator[bytes]:
        """What one client is told, until it may not be told any more, or the server ends."""
        loop = asyncio.get_running_loop()
        self._enter(caller.client.id)
        try:
            news = self._news
            yield await self._told(caller)
            last = loop.time()
            while await self._may_go_on(caller, news):
                if news.is_set():
                    news = self._news
                    yield await self._told(caller)
                    last = loop.time()
                elif loop.time() - last >= PING_EVERY:
                    yield PING
                    last = loop.time()
        finally:
            self._leave(caller.client.id)

    def _enter(self, client: str) -> None:
        self._listeners[client] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look_on())

    def _leave(self, client: str) -> None:
        self._listeners[client] -= 1
        if not +self._listeners and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _may_go_on(self, caller: Caller, news: asyncio.Event) -> bool:
        """Wait for news, but not for long: whoever was revoked meanwhile is to be found out."""
        with suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), LOOK_EVERY)
        if self._shim.stopping.is_set() or self._task is None or self._task.done():
            return False
        try:
            return self._shim.gate.is_still_good(caller)
        except MeterctlError:  # a ledger that cannot be read just now revokes nothing
            return True

    async def _told(self, caller: Caller) -> bytes:
        """The event; a ping where the ledger cannot be read just now."""
        try:
            return event("current", await current_form(self._shim, caller))
        except MeterctlError:
            return PING

    async def _look_on(self) -> None:
        """Look at the ledger again and again, and wake those who listen when it has changed."""
        loop = asyncio.get_running_loop()
        before = self._mark()
        told = loop.time()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            found = self._mark()
            if found is not None and (found != before or loop.time() - told >= TELL_EVERY):
                before, told = found, loop.time()
                news, self._news = self._news, asyncio.Event()
                news.set()

    def _mark(self) -> Hashable:
        try:
            return mark(self._shim.glance(), self._shim.wiring.local.sheet)
        except MeterctlError:
            return None


_hubs: WeakKeyDictionary[Shim, Hub] = WeakKeyDictionary()


def hub_of(shim: Shim) -> Hub:
    """The worker's hub."""
    if shim not in _hubs:
        _hubs[shim] = Hub(shim)
    return _hubs[shim]


async def events(request: Request) -> Response:
    """What is current, now and whenever it changes."""
    shim = shim_of(request)
    caller = shim.gate.admit(request, READ)
    hub = hub_of(shim)
    hub.check(caller.client.id)
    return StreamingResponse(
        hub.stream(caller),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},  # nginx would hold it back
    )


ROUTES = [Route("/dashboard/events", events)]
