"""What the endpoints work with; one for each worker."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from meterctl.access.tokens import Tokens
from meterctl.domain.exact import to_json
from meterctl.domain.readings import Source
from meterctl.errors import LedgerError, LedgerUnreachable
from meterctl.http.addresses import Network
from meterctl.http.audit import Audit, Lines
from meterctl.http.courier import Courier
from meterctl.http.gate import Gate
from meterctl.http.limits import Limiter, Rate
from meterctl.http.threads import Threads
from meterctl.http.writer import Writer
from meterctl.ledger.access import Event
from meterctl.ledger.address import Address, FileAddress
from meterctl.ledger.port import Ledger
from meterctl.services.session import Session
from meterctl.wiring import Wiring, now

HEAVY_AT_ONCE, HEAVY_WAITING = 1, 8
# Seconds for which a thread that computes may keep Python from the loop. With the usual ten times
# as long, a small request beside a large body takes seconds, since it needs some dozen turns.
_TURN = 0.0005
# Seconds: the loop waits no longer for a server of the ledger's that has to be looked for anew, and
# after it was not there it is not looked for again for as long; or for as long as that look took,
# so that half of the time is left for all else.
_PATIENCE, _AWAY = 0.2, 0.5
_PATIENCE_IN_THREADS = 2.0

T = TypeVar("T")


class Options(NamedTuple):
    """How `serve` was asked to serve."""

    rate: int  # requests a minute, of each client
    trusted: tuple[Network, ...] = ()
    dashboard: bool = True
    secure: bool = False  # under TLS


class Shim:
    """A worker's parts, made before its loop runs and started within it."""

    def __init__(self, wiring: Wiring, limits: Limiter, options: Options) -> None:
        self.wiring = wiring
        self.options = options
        self.stopping = asyncio.Event()  # answers that go on for long end now
        self.threads = Threads()
        self.heavy = Threads(HEAVY_AT_ONCE, HEAVY_WAITING)  # large bodies: they hold up nobody else
        self.writer = Writer(self._open_for_writing, self._session)
        self.courier = Courier(wiring, self._open_for_writing, self.say)
        self.in_flight: set[tuple[str, str]] = set()  # idempotency keys, by client
        self._reader = _Reader(wiring)
        self._ledgers = _Ledgers(wiring)
        self._lines = Lines()
        self.audit = Audit(limits, self._lines, self._keep)
        settings = wiring.http_settings
        ledger_id = self._reader().id
        self.gate = Gate(
            asking=self.asking,
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
        self._ledgers.close()
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

    def asking(self) -> AbstractContextManager[Ledger]:
        """The same for one question; if it is not there for it, others are told so at once."""
        return self._reader.asking()

    async def reading(self, work: Callable[[Session], T], *, heavy: bool = False) -> T:
        """What some work on the ledger returns, done in a thread; it must not write."""

        def look() -> T:
            with self._ledgers.lent() as ledger:
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
    """A ledger that stays open for reading, in the thread that first asks for it.

    Where it is at a server that does not answer, nobody who asks is kept waiting: for a moment
    after a question that failed, all others fail at once.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._ledger: Ledger | None = None
        self._file: tuple[int, int] | None = None
        self._away: LedgerUnreachable | None = None
        self._away_until = 0.0

    def __call__(self) -> Ledger:
        """The ledger that is at its place now: one put back from a backup is another file."""
        if self._away is not None and time.monotonic() < self._away_until:
            raise LedgerUnreachable(self._away.message, self._away.hint)
        file = _file(self._wiring.local.ledger)
        if self._ledger is None or file != self._file:
            self.close()
            with self._noticing():
                patience = _PATIENCE if file is None else None  # a file is read without waiting
                self._ledger = self._wiring.open_for_reading(patience)
            self._file = file
        return self._ledger

    @contextmanager
    def asking(self) -> Iterator[Ledger]:
        """The ledger for one question; whether its server was there for it is remembered."""
        ledger = self()
        with self._noticing():
            yield ledger
        self._away = None

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        except LedgerUnreachable as error:
            self.close()
            noticed = time.monotonic()
            self._away, self._away_until = error, noticed + max(_AWAY, noticed - began)
            raise

    def close(self) -> None:
        ledger, self._ledger = self._ledger, None
        if ledger is not None:
            ledger.close()


class _Ledgers:
    """Ledgers for the threads that read. Those at a server stay open: a session takes its time."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._free: list[Ledger] = []
        self._is_closed = False

    @contextmanager
    def lent(self) -> Iterator[Ledger]:
        """One, judged if it can be; another thread's turn comes when the block is left."""
        if isinstance(self._wiring.local.ledger, FileAddress):
            with self._wiring.judged() as ledger:
                yield ledger
            return
        try:
            kept = self._free.pop()
        except IndexError:
            kept = self._wiring.open_for_reading(_PATIENCE_IN_THREADS)
        try:
            if kept.unjudged():
                with self._wiring.judged() as ledger:
                    yield ledger
            else:
                yield kept
        except BaseException:  # it may be in the middle of something
            kept.close()
            raise
        self._free.append(kept)
        if self._is_closed:
            self.close()

    def close(self) -> None:
        """Let go of those that nobody has, and of the others when they come back."""
        self._is_closed = True
        while self._free:
            self._free.pop().close()


def _file(ledger: Address) -> tuple[int, int] | None:
    """Which file the ledger is: `serve` has made it, and no other one begins in its place.

    Raises:
        LedgerError: there is none any more.
    """
    if not isinstance(ledger, FileAddress):
        return None  # a schema stays what it is
    try:
        status = os.stat(ledger.path)  # noqa: PTH116 (asked at each request)
    except OSError as error:
        raise LedgerError(
            f"the ledger {ledger} is not there any more: {error.strerror}",
            "put it back, or restart",
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
