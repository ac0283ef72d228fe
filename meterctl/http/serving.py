"""The server: one listening socket, one worker or several, a graceful end."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from meterctl.domain.times import DAY
from meterctl.errors import Busy, ConfigError, Interrupted, MeterctlError
from meterctl.http.app import build
from meterctl.http.limits import Limits
from meterctl.http.protocol import StrictProtocol
from meterctl.http.shim import Options, Shim
from meterctl.http.writing import ANSWERS_KEPT
from meterctl.wiring import Wiring

STRANGERS_KEPT = 90 * DAY  # what they did, in the audit log
GRACE = 25  # seconds for what is in flight; a supervisor kills after 30
_BACKLOG = 1_024
_CONNECTIONS = 1_000
_BREATHER = 1.0  # seconds before a worker that died is begun anew


class Place(NamedTuple):
    """Where to listen."""

    host: str
    port: int  # 0: a free one
    certificate: Path | None = None
    key: Path | None = None


def serve(
    wiring: Wiring, place: Place, options: Options, workers: int, tell: Callable[[str], None]
) -> None:
    """Serve until a signal comes; `tell` is told where, once connections are taken.

    Raises:
        ConfigError: settings, the certificate.
        LedgerError, Busy: the ledger cannot be used; or the port is another's.
    """
    _ = wiring.http_settings
    _check_certificate(place)
    # Made, or brought up to date, before anybody asks.
    with wiring.writing() as session, session.ledger.writing():
        session.ledger.forget_answers(session.now - ANSWERS_KEPT)
        session.ledger.forget_strangers(session.now - STRANGERS_KEPT)
    listener = _listen(place)
    with tempfile.TemporaryDirectory(prefix="meterctl-serve-") as folder, listener:
        limits = Path(folder) / "limits"
        Limits.create(limits).close()
        scheme = "http" if place.certificate is None else "https"
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        address = f"{scheme}://{shown}:{port}"

        def ready() -> None:
            tell(address)

        def work(*begun: Callable[[], None]) -> None:
            _work(wiring, place, options, listener, limits, *begun)

        # It is told once a signal ends it as it should: whoever is told may end it at once.
        if workers == 1:
            work(ready)
        else:
            _supervise(work, workers, ready)


def _check_certificate(place: Place) -> None:
    if place.certificate is None:
        return
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(place.certificate, place.key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"the certificate {place.certificate} cannot be used: {error.strerror or error}",
            "give a certificate in PEM form, and the key that belongs to it",
        ) from None


def _listen(place: Place) -> socket.socket:
    try:
        family = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server(
            (place.host, place.port), family=family, backlog=_BACKLOG, reuse_port=False
        )
    except socket.gaierror as error:
        raise ConfigError(
            f"there is no address {place.host}: {error.strerror}", "--host 127.0.0.1"
        ) from None
    except OSError as error:
        raise Busy(
            f"cannot listen on {place.host}:{place.port}: {error.strerror}",
            "--port 0 picks a free one",
        ) from None


def _work(
    wiring: Wiring,
    place: Place,
    options: Options,
    listener: socket.socket,
    limits: Path,
    *begun: Callable[[], None],
) -> None:
    """One worker, until a signal comes."""
    made: list[Shim] = []
    failed: list[Exception] = []

    def make() -> Shim:
        try:
            made.append(Shim(wiring, Limits.open(limits), options))
        except Exception as error:
            failed.append(error)
            raise
        return made[0]

    config = uvicorn.Config(
        build(make),
        http=StrictProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=place.certificate,
        ssl_keyfile=place.key,
    )

    def ending() -> None:
        for shim in made:
            shim.stopping.set()

    # What uvicorn would say of requests may hold what was sent; what matters is in the audit log.
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    server = _Server(config, ending, *begun)
    gc.collect()
    gc.freeze()  # what is loaded by now stays: nothing to look through for garbage again
    try:
        server.run(sockets=[listener])
    except SystemExit:  # uvicorn's way to say that the app did not begin; it keeps the reason
        if failed:
            raise failed[0] from None
        raise


class _Server(uvicorn.Server):
    """Ends as asked: a signal is an order that was carried out, not an accident."""

    def __init__(
        self, config: uvicorn.Config, ending: Callable[[], object], *begun: Callable[[], object]
    ) -> None:
        super().__init__(config)
        self._begun = begun
        self._ending = ending
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and say so."""
        await super().startup(sockets=sockets)
        for tell in self._begun:
            tell()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals for as long as it serves; unlike uvicorn's, they are not raised anew."""
        self._loop = asyncio.get_running_loop()
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end; also what would go on for ever."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending)


def _supervise(work: Callable[[], None], workers: int, begun: Callable[[], object]) -> None:
    """Fork workers, begin those anew that die, and pass a signal on to all."""
    if sys.platform == "win32":
        raise ConfigError("there is one worker on Windows", "leave --workers out")
    running: set[int] = set()
    ending = False

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal ending
        ending = True
        for pid in running:
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(pid, number)

    for number in HANDLED_SIGNALS:
        signal.signal(number, end)
    begun()
    alive, held = os.pipe()  # whose end tells the workers that this process is gone

    def begin() -> None:
        # No signal may come between: a worker that is not yet known would not be told of it.
        signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED_SIGNALS)
        if not ending:
            running.add(_fork(work, alive, held))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED_SIGNALS)

    while not ending and len(running) < workers:
        begin()
    while running:
        pid, status = os.wait()
        running.discard(pid)
        if not ending:
            code = os.waitstatus_to_exitcode(status)
            sys.stderr.write(f"meterctl: a worker ended ({code}); another one begins\n")
            time.sleep(_BREATHER)
            begin()


def _fork(work: Callable[[], None], alive: int, held: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.close(held)
        for number in HANDLED_SIGNALS:  # until the worker serves: the supervisor's are not its
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED_SIGNALS)
        threading.Thread(target=_end_with, args=(alive,), daemon=True).start()
        work()
        code = 0
    except Interrupted as signalled:
        code = signalled.exit_code
    except MeterctlError as error:
        code = error.exit_code
        sys.stderr.write(f"meterctl: {error}\n")
    finally:
        os._exit(code)


def _end_with(alive: int) -> None:
    """End this worker when its supervisor is gone, however that ended."""
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)
