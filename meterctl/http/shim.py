"""What the endpoints work with; one for each worker."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from meterctl.access.tokens import Tokens
from meterctl.domain.exact import to_json
from meterctl.domain.readings import Source
from meterctl.errors import LedgerError
from meterctl.http.addresses import Network
from meterctl.http.audit import Audit, Lines
from meterctl.http.courier import Courier
from meterctl.http.gate import Gate
from meterctl.http.limits import Limits, Rate
from meterctl.http.threads import Threads
from meterctl.http.writer import Writer
from meterctl.ledger.access import Event
from meterctl.ledger.port import Ledger
from meterctl.services.session import Session
from meterctl.wiring import Wiring, now

HEAVY_AT_ONCE, HEAVY_WAITING = 1, 8
# Seconds for which a thread that computes may keep Python from the loop. With the usual ten times
# as long, a small request beside a large body takes seconds, since it needs some dozen turns.
_TURN = 0.0005

T = TypeVar("T")


class Options(NamedTuple):
    """How `serve` was asked to serve."""

    rate: int  # requests a minute, of each client
    trusted: tuple[Network, ...] = ()
    dashboard: bool = True
    secure: bool = False  # under TLS


class Shim:
    """A worker's parts, made before its loop runs and started within it."""

    def __init__(self, wiring: Wiring, limits: Limits, options: Options) -> None:
        self.wiring = wiring
        self.options = options
        self.stopping = asyncio.Event()  # answers that go on for long end now
        self.threads = Threads()
        self.heavy = Threads(HEAVY_AT_ONCE, HEAVY_WAITING)  # large bodies: they hold up nobody else
        self.writer = Writer(self._open_for_writing, self._session)
        self.courier = Courier(wiring, self._open_for_writing, self.say)
        self.in_flight: set[tuple[str, str]] = set()  # idempotency keys, by client
        self._reader = _Reader(wiring)
        self._lines = Lines()
        self.audit = Audit(limits, self._lines, self._keep)
        settings = wiring.http_settings
        ledger_id = self._reader().id
        self.gate = Gate(
            reader=self._reader,
            tokens=Tokens(settings.key, settings.previous, f"meterctl:{ledger_id}"),
            limits=limits,
            audit=self.audit,
            rate=Rate("client", options.rate, options.rate),
            trusted=options.trusted,
            clock=now,
        )

    source = Source.HTTP

    @property
    def sheet_standing(self) -> str:
        """How what was just stored stands at the Sheet: the courier has not gone yet."""
        return "off" if self.wiring.local.sheet is None else "queued"

    def start(self) -> None:
        """Begin, within the loop."""
        sys.setswitchinterval(_TURN)
        self.writer.start()
        self.courier.start()

    def stop(self) -> None:
        """Finish what has come in."""
        self.writer.stop()
        self.courier.stop()
        self._reader.close()
        self._lines.close()

    def say(self, text: str) -> None:
        """Tell whoever runs the server."""
        self._lines.put(text)

    def _open_for_writing(self) -> Ledger:
        _file(self.wiring.local.ledger)
        return self.wiring.open_for_writing()

    def _session(self, ledger: Ledger) -> Session:
        return Session(ledger, self.wiring.zones, now(), self.source)

    def glance(self) -> Session:
        """The ledger for questions that take microseconds, in the loop's own thread."""
        return self._session(self._reader())

    async def reading(self, work: Callable[[Session], T], *, heavy: bool = False) -> T:
        """What some work on the ledger returns, done in a thread; it must not write."""

        def look() -> T:
            with self.wiring.judged() as ledger:
                return work(self._session(ledger))

        return await (self.heavy if heavy else self.threads).run(look)

    @contextmanager
    def writing(self, wiring: Wiring, source: Source) -> Iterator[Session]:
        """The ledger for writing in another thread, with parts of its own; if it is there."""
        _file(self.wiring.local.ledger)
        with wiring.writing(source) as session:
            yield session

    def _keep(self, event: Event, forgotten: int) -> None:
        def keep(session: Session) -> None:
            session.ledger.forget_strangers(forgotten)
            session.ledger.note(event)

        self.writer.post(keep)


class _Reader:
    """A ledger that stays open for reading, in the thread that first asks for it."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._ledger: Ledger | None = None
        self._file: tuple[int, int] | None = None

    def __call__(self) -> Ledger:
        """The ledger that is at its place now: one put back from a backup is another file."""
        file = _file(self._wiring.local.ledger)
        if self._ledger is None or file != self._file:
            self.close()
            self._ledger = self._wiring.open_for_reading()
            self._file = file
        return self._ledger

    def close(self) -> None:
        ledger, self._ledger = self._ledger, None
        if ledger is not None:
            ledger.close()


def _file(path: Path) -> tuple[int, int]:
    """Which file the ledger is: `serve` has made it, and no other one begins in its place.

    Raises:
        LedgerError: there is none any more.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 (asked at each request)
    except OSError as error:
        raise LedgerError(
            f"the ledger {path} is not there any more: {error.strerror}", "put it back, or restart"
        ) from None
    return status.st_dev, status.st_ino


def shim_of(request: Request) -> Shim:
    """The worker's parts."""
    shim = request.scope["shim"]
    if not isinstance(shim, Shim):
        raise TypeError("the app was not built by app.py")
    return shim


def answer(form: object, status: int = 200) -> Response:
    """A form as JSON, its numbers exact."""
    return Response(to_json(form).encode(), status, media_type="application/json")
