"""What can go wrong between us and Google: the libraries' errors, and whether anything was sent."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import AuthorizedSession, Request
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from meterctl import log
from meterctl.errors import ConfigError, MeterctlError, Nonsense, NotAllowed, Unreachable
from meterctl.redact import strangers
from meterctl.remote import one_line, tls, why_not
from meterctl.remote.clock import heard
from meterctl.sheet.answers import QUEUED, Who, decoded
from meterctl.sheet.deadline import is_over

if TYPE_CHECKING:
    from google.oauth2.service_account import Credentials


# TCP sends again what was not confirmed, for a quarter of an hour by default: a request would land
# long after its number in the chain is forgotten. Only Linux can be told.
_SOCKET = [
    *HTTPConnection.default_socket_options,
    *(
        [(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 180_000)]
        if hasattr(socket, "TCP_USER_TIMEOUT")
        else []
    ),
]
FAILURES = (GoogleAuthError, requests.RequestException)
# Ten thousand rows with long notes are some 20 MB. What is packed may be a thousand times as much.
_LARGEST = 64 << 20
_CHECK = "check METERCTL_SHEETS_URL, and the token_uri in the key file"


def session(signing: Credentials) -> AuthorizedSession:
    """Requests signed by a service account; none is redirected, and no .netrc signs them too."""
    for_tokens = _Direct()
    made = _Signed(signing, auth_request=_ForTokens(for_tokens))  # type: ignore[no-untyped-call] # google-auth's
    for one in (made, for_tokens):
        one.adapters.clear()  # none is made before it is needed: one for TLS reads all authorities
        one.trust_env = False  # what of the environment counts, `remote.tls` says
        one.auth = lambda request: request  # no name and password of an address takes over
    return made


class _Direct(requests.Session):
    def get_adapter(self, url: str) -> BaseAdapter:
        """The connections of a scheme; those of TLS as `remote.tls` has it."""
        scheme = f"{url.partition('://')[0].lower()}://"
        if scheme not in self.adapters:
            self.mount(scheme, _OverTls() if scheme == "https://" else _Adapter())
        return super().get_adapter(url)

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:  # noqa: ANN401 (requests')
        """As requests does; but nothing can be read on the way, whatever was set or said."""
        url = request.url or ""
        if problem := why_not(url):
            raise ConfigError(f"the address of a request to Google: {problem}", _CHECK)
        proxy = tls.proxy_for(url)
        more |= {"verify": True, "proxies": {} if proxy is None else {"https": proxy}}
        log.hide(str(request.headers.get("Authorization", "")).partition(" ")[2])
        with log.request(request.method or "", url) as told:
            answer = super().send(request, **more | {"stream": True})
            heard.listen(answer.headers, time.time_ns() // 1_000_000)
            told["status"] = answer.status_code
            _read(answer)
        return answer

    def get_redirect_target(self, resp: requests.Response) -> None:
        """No redirect is followed: it could lead a token, or readings, anywhere."""


class _TooLarge(requests.RequestException):
    """An answer that no Google gives; what asked for it may have been done."""


def _read(answer: requests.Response) -> None:
    """Read the body, as requests does by itself; but no more of it than a machine can hold."""
    body = bytearray()
    for piece in answer.iter_content(1 << 16):
        body += piece
        if len(body) > _LARGEST:
            answer.close()
            raise _TooLarge(request=answer.request)
    answer._content = bytes(body)  # noqa: SLF001 (where requests keeps what it has read)


class _Signed(_Direct, AuthorizedSession):
    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:  # type: ignore[override] # noqa: ANN401 (google-auth's)
        """As google-auth does; the connection is opened while a token is still being fetched.

        By TLS that takes two round trips, which need not wait for a third one.
        """
        if not (self.credentials.valid or why_not(url) or tls.proxy_for(url)):
            adapter = self.get_adapter(url)
            if isinstance(adapter, _Adapter):
                threading.Thread(target=adapter.open, args=(url,), daemon=True).start()
        return super().request(method, url, *args, **more)  # type: ignore[no-untyped-call] # google-auth's

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:  # noqa: ANN401 (requests')
        """As requests does, in time: one that had to wait for a token is not sent long after.

        Whoever gave it up counts on its landing soon, or never.
        """
        if is_over():
            raise requests.Timeout("its time was over before it was sent")
        return super().send(request, **more)


class _Adapter(HTTPAdapter):
    """Connections that give up what the other side does not confirm, as soon as Google would."""

    def open(self, url: str) -> None:
        """Have a connection ready for the next request; that one tells what prevents it."""
        with suppress(OSError, ValueError, HTTPError):
            asked = requests.Request("GET", url).prepare()
            pool = self.get_connection_with_tls_context(asked, verify=True)
            self.cert_verify(pool, url, True, None)
            connection = pool._get_conn()  # noqa: SLF001 (urllib3 opens none early by itself)
            try:
                if connection.is_closed:
                    connection.connect()
            except (OSError, ValueError, HTTPError):
                connection.close()  # it may have come as far as TLS; who takes it next begins anew
            finally:
                pool._put_conn(connection)  # noqa: SLF001 (as above)

    def init_poolmanager(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 (requests')
        """A pool for direct connections."""
        return super().init_poolmanager(*args, **more, socket_options=_SOCKET)

    def proxy_manager_for(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 (as above)
        """A pool for those through a proxy."""
        return super().proxy_manager_for(*args, **more, socket_options=_SOCKET)


class _OverTls(_Adapter):
    """Connections whose TLS is ours, and nobody else's to change."""

    def init_poolmanager(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 (as above)
        """A pool for direct connections."""
        return super().init_poolmanager(*args, **more, ssl_context=tls.context())

    def proxy_manager_for(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 (as above)
        """A pool for those through a proxy, whose own TLS is no weaker."""
        ours = {"ssl_context": tls.context(), "proxy_ssl_context": tls.context()}
        return super().proxy_manager_for(*args, **more, **ours)

    def cert_verify(self, conn: Any, *_args: Any, **_more: Any) -> None:  # noqa: ANN401 (as above)
        """Always; by the authorities of our own context, to which requests would add others."""
        conn.cert_reqs = "CERT_REQUIRED"


class _ForTokens(Request):
    def __call__(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 (google-auth's)
        """As google-auth's, which trips over a login page that comes as a success."""
        answer = super().__call__(*args, **more)  # type: ignore[no-untyped-call] # google-auth's
        said = decoded(answer.data)
        if not isinstance(said, dict) and (said is not None or answer.status == 200):
            raise RefreshError("no JSON object")  # type: ignore[no-untyped-call] # google-auth's
        return answer


def not_sent(problem: Exception, who: Who) -> tuple[MeterctlError, bool]:
    """The error that a person can act on, and whether a request may have left before it."""
    if isinstance(problem, RefreshError):
        return _no_token(problem, who), False
    if isinstance(problem, (TransportError, requests.RequestException)):
        chain = list(_causes(problem))
        if any(isinstance(one, ssl.SSLCertVerificationError) for one in chain):
            return Nonsense(
                f"{_host(chain)} shows no certificate that this machine trusts",
                "check the clock, and whether a proxy or a login page stands between; an authority"
                " of your own is named by SSL_CERT_FILE",
            ), False
        if any(isinstance(one, _TooLarge) for one in chain):
            return Nonsense(
                f"{_host(chain)} answers more than {_LARGEST >> 20} MiB",
                "check METERCTL_SHEETS_URL, and whether a login page stands between",
            ), not isinstance(problem, TransportError)
        if any(isinstance(one, requests.exceptions.ProxyError) for one in chain):
            return unreachable("the proxy did not let it through"), False
        if any(isinstance(one, ssl.SSLError) for one in chain):
            return Nonsense(
                f"{_host(chain)} does not speak TLS as it should",
                "check whether a proxy or a login page stands between",
            ), not isinstance(problem, TransportError)
        refused = any(isinstance(one, (NewConnectionError, ConnectTimeoutError)) for one in chain)
        why = "no connection" if refused else "the connection broke"
        return unreachable(why), not refused and not isinstance(problem, TransportError)
    return unreachable(one_line(str(problem), 100)), False


def unreachable(why: str) -> Unreachable:
    """Google is out of reach just now."""
    return Unreachable(f"Google Sheets cannot be reached: {why}", QUEUED)


def _no_token(problem: RefreshError, who: Who) -> MeterctlError:
    said = strangers(str(problem.args[0])) if problem.args else ""
    if problem.retryable:
        return unreachable("its token service failed")
    if "timeframe" in said or "iat" in said:
        return NotAllowed(
            "Google refuses the key for its time: this machine's clock is wrong", "set the clock"
        )
    if "invalid_grant" in said or "invalid_client" in said:
        return NotAllowed(
            f"Google does not accept the key of {who.account}: {one_line(said, 120)}",
            "the key was deleted, or is another account's: make a new one in the Google console,"
            " and name its file: METERCTL_GOOGLE_CREDENTIALS",
        )
    return Nonsense(
        f"Google's token service answers what it never should: {one_line(said, 120)}",
        "check the token_uri in the key file, and whether a login page stands between",
    )


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    """An exception and what caused it; the libraries keep that in four places."""
    seen: set[int] = set()
    waiting = [problem]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _host(chain: list[BaseException]) -> str:
    for one in chain:
        request = getattr(one, "request", None)
        if request is not None and request.url:
            return urlsplit(request.url).hostname or "Google"
    return "Google"
