"""One request and its answer over HTTP, with an end to everything: time, size, redirects.

What matters most is whether the request had begun to leave when something went wrong: before, it
was provably not taken; after, nobody knows.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from meterctl import log
from meterctl.errors import ConfigError
from meterctl.remote import why_not
from meterctl.remote.clock import heard
from meterctl.utility.answers import Reply

if TYPE_CHECKING:  # loaded by the first request: a push with nothing to send spares the 50 ms
    import httpx

BODY_LIMIT = 1 << 20  # bytes, also after inflation
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0  # between two pieces of an answer


class Outgoing(NamedTuple):
    """A request, ready to leave."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes


class NotSent(NamedTuple):
    """Nothing of the request left this machine."""

    why: str
    nonsense: bool = False  # the other side is not who it should be


class Unformed(NamedTuple):
    """The request cannot even be written down as HTTP, or its way there cannot be gone."""

    why: str
    hint: str = "check METERCTL_UTILITY_URL and METERCTL_UTILITY_TOKEN"


class NoAnswer(NamedTuple):
    """The request left, at least in part, and no whole answer came."""

    why: str
    nonsense: bool = False  # more than an answer can be


Ending = Reply | NotSent | Unformed | NoAnswer


def exchange(outgoing: Outgoing, seconds: float) -> Ending:
    """Send a request once, and read its answer.

    It runs in a thread that is left behind when the time is up: no timeout of a client ends an
    answer that comes byte by byte, or a name that does not resolve.
    """
    import httpx  # noqa: F401 (here, not in the thread: an import must not be left half-way)

    with log.request(outgoing.method, outgoing.url) as told:
        ending = _exchanged(outgoing, seconds)
        if isinstance(ending, Reply):
            told["status"] = ending.status
        else:
            told["failed"] = ending.why
    return ending


def _exchanged(outgoing: Outgoing, seconds: float) -> Ending:
    seconds = max(seconds, 0.1)  # the clock may have run on since it was looked at
    attempt = _Attempt(outgoing, seconds)
    thread = threading.Thread(target=attempt.run, name="utility", daemon=True)
    thread.start()
    try:
        thread.join(seconds)
    finally:  # also when a signal ends the wait
        had_left = attempt.abandon()
    thread.join(1)  # it was woken: nearly always it has ended by now
    if attempt.error is not None:
        raise attempt.error
    if attempt.ending is not None:
        return attempt.ending
    place = _place(outgoing.url)
    if had_left:
        return NoAnswer(f"{place} gave no whole answer within {seconds:.3g} s")
    return NotSent(f"{place} was not reached within {seconds:.3g} s")


class _Abandoned(Exception):
    """The time is up: nothing may leave any more."""


class _Attempt:
    """One exchange, shared by the thread that makes it and the one that waits for it."""

    def __init__(self, outgoing: Outgoing, seconds: float) -> None:
        self.ending: Ending | None = None
        self.error: Exception | None = None
        self._outgoing = outgoing
        self._seconds = seconds
        self._lock = threading.Lock()
        self._left = False
        self._abandoned = False
        self._socket: Any = None

    def abandon(self) -> bool:
        """Let nothing leave from here on, wake the thread; whether something had left."""
        with self._lock:
            self._abandoned = True
            if self._socket is not None:
                with suppress(OSError):  # it is closed already
                    self._socket.shutdown(2)
            return self._left

    def run(self) -> None:
        """Make the exchange."""
        try:
            self.ending = self._told()
        except _Abandoned:
            pass
        except Exception as error:  # noqa: BLE001 (handed over to the thread that waits)
            self.error = error

    def _told(self) -> Ending | None:
        import httpx

        outgoing = self._outgoing
        # Whatever the settings' own checks have let through: here it would leave.
        if problem := why_not(outgoing.url):
            return Unformed(f"the address of a request: {problem}")
        try:
            return self._talk()
        except (
            httpx.InvalidURL,
            httpx.UnsupportedProtocol,
            httpx.LocalProtocolError,
            UnicodeError,
        ):
            # A head that is no HTTP is refused here, by h11, before its first byte.
            return Unformed("a request cannot be formed of these settings")
        except ConfigError as error:  # of the environment's authorities, or of its proxy
            return Unformed(error.message, error.hint)
        except (httpx.TransportError, OSError) as error:
            if self._abandoned:
                return None  # its end is the deadline's, not the network's
            place = _place(outgoing.url)
            if self._left:
                return NoAnswer(_why_lost(place, error))
            return _why_not_sent(place, error)

    def _talk(self) -> Ending:
        import ssl

        import httpx

        from meterctl.remote import tls

        outgoing = self._outgoing
        is_tls = outgoing.url[:6].lower() == "https:"
        timeout = httpx.Timeout(
            min(READ_SECONDS, self._seconds), connect=min(CONNECT_SECONDS, self._seconds)
        )
        with (
            httpx.Client(
                verify=tls.context() if is_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
                trust_env=False,  # what of the environment counts, `remote.tls` says
                proxy=_proxy(outgoing.url),
                follow_redirects=False,
                timeout=timeout,
                # A connection kept alive may be closed just as the next request leaves: that
                # would be in doubt for nothing.
                limits=httpx.Limits(max_keepalive_connections=0),
            ) as client,
            client.stream(
                outgoing.method,
                outgoing.url,
                headers=outgoing.headers,
                content=outgoing.content,
                extensions={"trace": self._watch},
            ) as response,
        ):
            return _reply(response)

    def _watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Note what httpcore says it is about to do; the last moment to keep it from it."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
        elif event.endswith("send_request_headers.started"):
            if info["request"].method == b"CONNECT":  # to a proxy, which is not asked to pass it on
                return
            with self._lock:
                if self._abandoned:
                    raise _Abandoned
                self._left = True


def _reply(response: httpx.Response) -> Ending:
    body = b""
    for piece in response.iter_raw():
        body += piece
        if len(body) > BODY_LIMIT:
            return NoAnswer("it answered with more than a megabyte", nonsense=True)
    headers = {name.lower(): text for name, text in response.headers.items()}
    heard.listen(headers, time.time_ns() // 1_000_000)
    packing = headers.get("content-encoding", "identity").strip().lower()
    if packing in ("gzip", "x-gzip", "deflate"):  # it was asked not to
        try:
            body = _inflated(body, packing)
        except zlib.error:
            return NoAnswer("it answered with a body that cannot be unpacked", nonsense=True)
        if len(body) > BODY_LIMIT:
            return NoAnswer("it answered with more than a megabyte, packed", nonsense=True)
    return Reply(
        response.status_code, response.reason_phrase, headers, body, time.time_ns() // 1_000_000
    )


def _inflated(body: bytes, packing: str) -> bytes:
    """At most one byte more than the limit, however much is packed in it."""
    window = zlib.MAX_WBITS if packing == "deflate" else zlib.MAX_WBITS | 16
    return zlib.decompressobj(window).decompress(body, BODY_LIMIT + 1)


def _proxy(url: str) -> httpx.Proxy | None:
    import httpx

    from meterctl.remote import tls

    proxy = tls.proxy_for(url)
    if proxy is None:
        return None
    is_tls = proxy[:6].lower() == "https:"
    return httpx.Proxy(proxy, ssl_context=tls.context() if is_tls else None)


def _place(url: str) -> str:
    """Host and port: what may be shown of a URL."""
    parts = urlsplit(url)
    return f"{parts.hostname}" if parts.port is None else f"{parts.hostname}:{parts.port}"


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found:
        found.append(one)
        one = one.__cause__ or one.__context__
    return found


def _why_not_sent(place: str, error: Exception) -> NotSent:
    import socket
    import ssl

    import httpx

    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = cause.verify_message.rstrip(".")
            return NotSent(f"the certificate of {place} does not hold: {reason}", nonsense=True)
        if isinstance(cause, ssl.SSLError):
            return NotSent(f"{place} does not speak TLS as it should", nonsense=True)
        if isinstance(cause, socket.gaierror):
            return NotSent(f"there is no host {place.rsplit(':', 1)[0]} to be found just now")
        if isinstance(cause, ConnectionRefusedError):
            return NotSent(f"{place} refused the connection")
    if isinstance(error, httpx.TimeoutException):
        return NotSent(f"{place} did not take the connection in time")
    if isinstance(error, httpx.ProxyError):
        return NotSent("the proxy did not let it through")
    reasons = (c.strerror for c in causes if isinstance(c, OSError) and c.strerror)
    return NotSent(f"{place} was not reached: {next(reasons, 'the connection broke')}")


def _why_lost(place: str, error: Exception) -> str:
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return f"{place} took the request and gave no answer in time"
    return f"{place} took the request and broke off before its answer was whole"
