"""What can go wrong between us and Google: the libraries' errors, and whether anything was sent."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import AuthorizedSession, Request
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from meterctl.errors import MeterctlError, Nonsense, NotAllowed, Unreachable
from meterctl.remote import LOOPBACK, one_line
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


def session(signing: Credentials, origin: str | None) -> AuthorizedSession:
    """Requests signed by a service account; none is redirected, and no .netrc signs them too."""
    for_tokens = _Direct()
    made = _Signed(signing, auth_request=_ForTokens(for_tokens))  # type: ignore[no-untyped-call] # google-auth's
    for one in (made, for_tokens):
        one.mount("https://", _Adapter())
        one.mount("http://", _Adapter())
    made.auth = lambda request: request  # else a .netrc of this machine would take over
    if origin is not None and urlsplit(origin).hostname in LOOPBACK:
        made.trust_env = for_tokens.trust_env = False  # no proxy leads back to this machine
    return made


class _Direct(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """No redirect is followed: it could lead a token, or readings, anywhere."""


class _Signed(_Direct, AuthorizedSession):
    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:  # noqa: ANN401 (requests')
        """As requests does, in time: one that had to wait for a token is not sent long after.

        Whoever gave it up counts on its landing soon, or never.
        """
        if is_over():
            raise requests.Timeout("its time was over before it was sent")
        return super().send(request, **more)


class _Adapter(HTTPAdapter):
    """Connections that give up what the other side does not confirm, as soon as Google would."""

    def init_poolmanager(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 (requests')
        """A pool for direct connections."""
        return super().init_poolmanager(*args, **more, socket_options=_SOCKET)

    def proxy_manager_for(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 (as above)
        """A pool for those through a proxy."""
        return super().proxy_manager_for(*args, **more, socket_options=_SOCKET)


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
                "check the clock, and whether a proxy or a login page stands between",
            ), False
        refused = any(isinstance(one, (NewConnectionError, ConnectTimeoutError)) for one in chain)
        why = "no connection" if refused else "the connection broke"
        return unreachable(why), not refused and not isinstance(problem, TransportError)
    return unreachable(one_line(str(problem), 100)), False


def unreachable(why: str) -> Unreachable:
    """Google is out of reach just now."""
    return Unreachable(f"Google Sheets cannot be reached: {why}", QUEUED)


def _no_token(problem: RefreshError, who: Who) -> MeterctlError:
    said = str(problem.args[0]) if problem.args else ""
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
