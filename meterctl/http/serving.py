"""The server: one listening socket, one worker or several, a graceful end."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.server import Server

from meterctl import jobs
from meterctl.domain.exact import to_json
from meterctl.domain.times import iso_utc
from meterctl.errors import Busy, ConfigError
from meterctl.http.app import build
from meterctl.http.crowd import Crowd
from meterctl.http.limits import Limiter, Limits
from meterctl.http.protocol import StrictProtocol
from meterctl.http.shared_limits import SharedLimits
from meterctl.http.shim import Options, Shim
from meterctl.http.workers import supervise
from meterctl.stopping import listen, temporary_folder
from meterctl.wiring import Wiring, now

GRACE = 25  # seconds for what is in flight; a supervisor kills after 30
_BACKLOG = 1_024
# Often and little: each look keeps all requests waiting.
_GARBAGE = (700, 10, 10)
CONNECTIONS = 1_000  # to one worker
DESCRIPTORS = 8_192  # for connections, and what the ledger and its threads open
# Seconds for a handshake of TLS; and for the end of it, in which a last answer is still read.
TLS_SECONDS = 10.0


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
    check_certificate(place)
    _take_descriptors()
    with wiring.writing() as session:  # the ledger is made, or brought up to date
        jobs.note_serving(wiring, session, place.key)
    listener = _listen(place)
    with temporary_folder("meterctl-serve-") as folder, listener:
        limits = folder / "limits"
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
            supervise(work, workers, ready)


def check_certificate(place: Place) -> None:
    """Nothing, where it can be used, whoever has written it: who reads the key matters.

    Raises:
        ConfigError: it cannot.
    """
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


def _take_descriptors() -> None:
    """Allow this process as many open files as it may have; 1,024 are usual, and too few."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # some systems have a limit beyond their limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _limits(wiring: Wiring, file: Path) -> Limiter:
    """The buckets of all workers; of all machines, where they share the ledger."""
    here, everywhere = _join(file), wiring.buckets()
    return here if everywhere is None else SharedLimits(here, everywhere)


def _join(limits: Path) -> Limits:
    """The buckets of all workers; new ones where the file is gone, as swept up after days."""
    try:
        return Limits.open(limits)
    except FileNotFoundError:
        limits.parent.mkdir(mode=0o700, exist_ok=True)
        # Made beside its place: of several workers that begin at once, all get the first one's.
        made = limits.with_name(f"{limits.name}-{os.getpid()}")
        Limits.create(made).close()
        with suppress(FileExistsError):
            os.link(made, limits)
        made.unlink()
        return Limits.open(limits)


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
            f"cannot listen on {place.host}:{place.port}: {os.strerror(error.errno or 0)}",
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
            made.append(Shim(wiring, _limits(wiring, limits), options))
        except Exception as error:
            failed.append(error)
            raise
        return made[0]

    def say(detail: str, address: str | None) -> None:
        told = {"event": "crowded", "detail": detail} | ({"address": address} if address else {})
        for shim in made:
            shim.say(to_json({"at": iso_utc(now()), **told}))

    class Connection(StrictProtocol):
        crowd = Crowd(options.trusted, say)

    config = Config(
        build(make),
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=place.certificate,
        ssl_keyfile=place.key,
    )

    def ending() -> None:
        for shim in made:
            shim.stopping.set()

    # What uvicorn would say of requests may hold what was sent; what matters is in the audit log.
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    server = _Server(config, Connection, ending, *begun)
    gc.set_threshold(*_GARBAGE)
    gc.freeze()  # what is loaded by now stays: nothing to look through for garbage again
    try:
        server.run(sockets=[listener])
    except SystemExit:  # uvicorn's way to say that the app did not begin; it keeps the reason
        if failed:
            raise failed[0] from None
        raise


class _Server(Server):
    """Ends as asked: a signal is an order that was carried out, not an accident."""

    def __init__(
        self,
        config: Config,
        connection: type[StrictProtocol],
        ending: Callable[[], object],
        *begun: Callable[[], object],
    ) -> None:
        super().__init__(config)
        self._connection = connection
        self._begun = begun
        self._ending = ending
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and say so; uvicorn's own would leave a handshake a minute."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(STARTUP_FAILURE)
        config = self.config

        def connect() -> StrictProtocol:
            return self._connection(config, self.server_state, self.lifespan.state)

        patience = None if config.ssl is None else TLS_SECONDS
        self.servers = [
            await asyncio.get_running_loop().create_server(
                connect,
                sock=listener,
                ssl=config.ssl,
                backlog=config.backlog,
                ssl_handshake_timeout=patience,
                ssl_shutdown_timeout=patience,
            )
            for listener in sockets or ()
        ]
        self.started = True
        for tell in self._begun:
            tell()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals for as long as it serves; unlike uvicorn's, they are not raised anew."""
        self._loop = asyncio.get_running_loop()
        before = listen(self.handle_exit)
        try:
            yield
        finally:
            self._loop = None
            if not self.should_exit:  # else it is carried out, and told again it stays so
                for number, handler in before.items():
                    signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 (uvicorn's)
        """Begin to end; also what would go on for ever.

        A second signal changes nothing: of a terminal's Ctrl-C each worker hears twice.
        """
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending)
