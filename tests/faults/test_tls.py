"""Nothing makes TLS weaker: no certificate that does not hold, no variable, no proxy, no redirect.

Each is tried on the way to Google and on the way to the utility (by which heartbeats go as well),
against real servers.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from meterctl.errors import ConfigError, MeterctlError, Nonsense, Unreachable
from meterctl.remote import tls
from meterctl.sheet.answers import Who
from meterctl.sheet.credentials import credentials
from meterctl.sheet.transport import FAILURES, not_sent, session
from meterctl.utility.answers import Reply
from meterctl.utility.exchange import NotSent, Outgoing, Unformed, exchange
from tests.conftest import Program
from tests.faults.authority import HOST, Authority, tunnel
from tests.utility.wild import Behaviour, answer, until_gone, wild

TOKEN = b'{"access_token": "the-bearers-token", "expires_in": 3600, "token_type": "Bearer"}'
SECRET = "the-proxys-password"
OF_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def answering_all(raw: bytes) -> Behaviour:
    """Answer, and leave after the client: who leaves with a request half read resets it."""

    def behave(end: socket.socket) -> None:
        end.sendall(raw)
        until_gone(end)

    return behave


FINE = answering_all(answer("200 OK", TOKEN, "Content-Type: application/json"))


class Way(Protocol):
    """How one side is reached: the error that a person is told, or None; and whether it left."""

    def __call__(self, url: str) -> MeterctlError | None: ...


def utility(url: str) -> MeterctlError | None:
    """As a reading is submitted."""
    headers = {"Authorization": "Bearer the-bearers-token"}
    match exchange(Outgoing("POST", url, headers, b"a reading"), 10):
        case Reply():
            return None
        case NotSent(why, nonsense):
            return Nonsense(why, "") if nonsense else Unreachable(why, "")
        case Unformed(why, hint):
            return ConfigError(why, hint)
        case other:
            raise AssertionError(other)


@cache
def private_key() -> str:
    """A service account's: made once, for it takes its time."""
    made = rsa.generate_private_key(65_537, 2048)
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def google(url: str, token_url: str = "") -> MeterctlError | None:
    """As the Sheet is written: a token first, then the request that it signs."""
    key = {
        "client_email": "robot@example.invalid",
        "private_key": private_key(),
        "token_uri": token_url or url,
    }
    made = session(credentials(key, "key"))
    try:
        post = cast("Callable[..., object]", made.request)
        post("POST", url, data=b"a reading", timeout=10)
    except FAILURES as problem:
        error, may_have_left = not_sent(problem, Who("id", "robot@example.invalid"))
        assert not may_have_left
        return error
    except ConfigError as error:
        return error
    finally:
        made.adapters.clear()
    return None


WAYS = [pytest.param(utility, id="utility"), pytest.param(google, id="Google")]


class Pki(NamedTuple):
    """An authority that is believed, and one that is not."""

    ours: Authority
    unknown: Authority


@pytest.fixture
def pki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pki]:
    """The first one is named by SSL_CERT_FILE, as a company's own is; no proxy is."""
    for name in (*OF_PROXIES, *(one.lower() for one in OF_PROXIES)):
        monkeypatch.delenv(name, raising=False)
    for name in ("SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    made = Pki(Authority(tmp_path), Authority(tmp_path, "unknown"))
    monkeypatch.setenv("SSL_CERT_FILE", str(made.ours.file))
    tls.context.cache_clear()
    yield made
    tls.context.cache_clear()


@pytest.mark.fault(17)
@pytest.mark.parametrize("way", WAYS)
class TestCertificates:
    """Verified, always."""

    @pytest.mark.parametrize("of", ["a file", "a folder", "one of two folders"])
    def test_one_that_holds(
        self, way: Way, pki: Pki, of: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By an authority that the environment names: SSL_CERT_FILE, or SSL_CERT_DIR."""
        if of != "a file":
            folder, other = tmp_path / "authorities", tmp_path / "none"
            folder.mkdir()
            other.mkdir()
            (folder / _hash_of(pki.ours.file)).symlink_to(pki.ours.file)
            monkeypatch.delenv("SSL_CERT_FILE")
            monkeypatch.setenv(
                "SSL_CERT_DIR", str(folder) if of == "a folder" else f"{other}:{folder}"
            )
        with wild(FINE, pki.ours.server()) as server:
            assert way(f"https://localhost:{server.port}/x") is None
        assert server.requests

    @pytest.mark.parametrize(
        "what", ["of an unknown authority", "expired", "of another host", "TLS 1.1 alone"]
    )
    def test_one_that_does_not(self, way: Way, pki: Pki, what: str) -> None:
        """Nothing is sent, and it is no passing failure: 76."""
        servers: dict[str, Callable[[], ssl.SSLContext]] = {
            "of an unknown authority": pki.unknown.server,
            "expired": lambda: pki.ours.server(days=-1),
            "of another host": lambda: pki.ours.server("localhost.example"),
            "TLS 1.1 alone": lambda: pki.ours.server(newest=ssl.TLSVersion.TLSv1_1),
        }
        with wild(FINE, servers[what]()) as server:
            error = way(f"https://localhost:{server.port}/x")
        assert isinstance(error, Nonsense), error
        assert server.requests == []

    @pytest.mark.usefixtures("pki")
    def test_no_tls_there(self, way: Way) -> None:
        """Whatever answers in the clear is not who it should be."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]

            def answer_in_the_clear() -> None:
                with suppress(OSError):  # until it listens no more
                    while True:
                        connection, _ = listener.accept()
                        with connection, suppress(OSError):
                            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                            connection.recv(65_536)

            thread = threading.Thread(target=answer_in_the_clear)
            thread.start()
            assert isinstance(way(f"https://localhost:{port}/x"), Nonsense)
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)

    def test_the_scheme_in_capitals(self, way: Way, pki: Pki) -> None:
        """It is the same scheme, with the same care."""
        with wild(FINE, pki.ours.server()) as server:
            assert way(f"HTTPS://localhost:{server.port}/x") is None
        with wild(FINE, pki.unknown.server()) as server:
            assert isinstance(way(f"HTTPS://localhost:{server.port}/x"), Nonsense)

    @pytest.mark.parametrize("content", [None, "", "no certificate"])
    def test_authorities_that_cannot_be_read(self, way: Way, pki: Pki, content: str | None) -> None:
        """Others do not stand in for them: it is said which variable is wrong."""
        pki.ours.file.unlink()
        if content is not None:
            pki.ours.file.write_text(content)
        error = way("https://localhost:9/x")
        assert isinstance(error, ConfigError), error
        assert f"SSL_CERT_FILE names {pki.ours.file}" in error.message

    def test_authorities_that_others_can_write(self, way: Way, pki: Pki) -> None:
        """Who can add an authority there can read everything: it is not trusted."""
        pki.ours.file.chmod(0o666)
        error = way("https://localhost:9/x")
        assert isinstance(error, ConfigError), error
        assert f"{pki.ours.file} can be written by others" in error.message


def _hash_of(certificate: Path) -> str:
    """The name by which OpenSSL finds an authority in a folder."""
    command = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(certificate)]
    return f"{subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()}.0"


class TestVariables:
    """What in the environment of other programs would weaken TLS."""

    @pytest.fixture
    def weakening(self, tmp_path: Path, pki: Pki) -> dict[str, str]:
        """All of them at once: none of them makes any other one stronger."""
        lax = tmp_path / "openssl.cnf"
        lax.write_text(
            "openssl_conf = o\n[o]\nssl_conf = s\n[s]\nsystem_default = d\n"
            "[d]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\nVerifyMode = 0\n"
        )
        netrc = tmp_path / "home" / ".netrc"
        netrc.parent.mkdir(exist_ok=True)
        netrc.write_text(
            "machine localhost login u password netrc-secret\ndefault login v password w\n"
        )
        netrc.chmod(0o600)
        return {
            "CURL_CA_BUNDLE": str(pki.unknown.file),
            "GIT_SSL_NO_VERIFY": "1",
            "GOOGLE_API_USE_CLIENT_CERTIFICATE": "true",
            "GOOGLE_API_USE_MTLS_ENDPOINT": "always",
            "NODE_TLS_REJECT_UNAUTHORIZED": "0",
            "OPENSSL_CONF": str(lax),
            "PYTHONHTTPSVERIFY": "0",
            "REQUESTS_CA_BUNDLE": str(pki.unknown.file),
            "SSL_CERT_FILE": str(pki.ours.file),
            "SSLKEYLOGFILE": str(tmp_path / "keys.log"),
        }

    @pytest.mark.parametrize(
        "case", ["unknown, utility", "unknown, Google", "TLS 1.1, utility", "TLS 1.1, Google"]
    )
    def test_none_lets_a_server_in(
        self, program: Program, tmp_path: Path, pki: Pki, weakening: dict[str, str], case: str
    ) -> None:
        """The command ends with 76, and its request never leaves."""
        program("record", "142.3", "--at", "2026-03-01T06:00:00Z")
        what, where = case.split(", ")
        false = {
            "unknown": pki.unknown.server,
            "TLS 1.1": lambda: pki.ours.server(newest=ssl.TLSVersion.TLSv1_1),
        }
        with wild(FINE, false[what]()) as server:
            settings, command = _settings(tmp_path, where, f"https://localhost:{server.port}")
            ran = program(*command, **settings, **weakening)
        assert ran.code == 76, ran
        assert server.requests == []
        assert not (tmp_path / "keys.log").exists()

    @pytest.mark.parametrize("where", ["utility", "Google"])
    def test_none_tells_more_than_it_should(
        self, program: Program, tmp_path: Path, pki: Pki, weakening: dict[str, str], where: str
    ) -> None:
        """No keys of a connection are written down, and nobody's .netrc is sent along."""
        program("record", "142.3", "--at", "2026-03-01T06:00:00Z")
        with wild(FINE, pki.ours.server()) as server:
            settings, command = _settings(tmp_path, where, f"https://localhost:{server.port}")
            program(*command, **settings, **weakening)
        assert len(server.requests) >= (2 if where == "Google" else 1)
        assert not (tmp_path / "keys.log").exists()
        assert b"Basic" not in b"".join(server.requests)


def _settings(tmp_path: Path, where: str, url: str) -> tuple[dict[str, str], tuple[str, ...]]:
    if where == "utility":
        since = {"METERCTL_UTILITY_SINCE": "2026-01-01"}
        return {"METERCTL_UTILITY_URL": url, **since}, ("push-utility",)
    key = tmp_path / "key.json"
    key.write_text(
        json.dumps(
            {
                "type": "service_account",
                "client_email": "robot@example.invalid",
                "private_key": private_key(),
                "token_uri": f"{url}/token",
            }
        )
    )
    key.chmod(0o600)
    return {
        "METERCTL_SHEET_ID": "1AbC",
        "METERCTL_SHEETS_URL": url,
        "METERCTL_GOOGLE_CREDENTIALS": str(key),
    }, ("sync",)


@pytest.mark.usefixtures("pki")
@pytest.mark.parametrize("way", WAYS)
class TestProxies:
    """A proxy passes on what it cannot read."""

    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
    def test_a_tunnel(self, way: Way, pki: Pki, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is told the host, and who we are to it; all else is TLS to the other side itself."""
        with wild(FINE, pki.ours.server()) as server, tunnel(server.port) as proxy:
            monkeypatch.setenv(name, proxy.url.replace("http://", f"http://us:{SECRET}@"))
            assert way(f"https://{HOST}/x") is None
        assert proxy.heads
        for head in proxy.heads:
            assert head.startswith(f"CONNECT {HOST}:443 HTTP/1.".encode())
            assert b"proxy-authorization: Basic" in head.replace(b"Proxy-A", b"proxy-a")
            assert b"Bearer" not in head
        assert proxy.passed
        assert b"the-bearers-token" not in proxy.passed
        assert b"a reading" not in proxy.passed
        assert SECRET.encode() not in b"".join(server.requests)
        assert any(b"the-bearers-token" in head for head in server.requests)

    @pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
    def test_one_that_is_spoken_to_in_tls(
        self, way: Way, pki: Pki, monkeypatch: pytest.MonkeyPatch, *, is_known: bool
    ) -> None:
        """Its certificate has to hold as well, before it is told who we are to it."""
        its_own = (pki.ours if is_known else pki.unknown).server()
        with wild(FINE, pki.ours.server()) as server, tunnel(server.port, b"", its_own) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"https://us:{SECRET}@localhost:{proxy.port}")
            error = way(f"https://{HOST}/x")
        assert bool(server.requests) is bool(proxy.heads) is is_known
        assert (error is None) is is_known
        assert is_known or isinstance(error, Nonsense)

    def test_one_that_reads_along(
        self, way: Way, pki: Pki, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its certificate is of no authority that is believed: nothing is sent."""
        with wild(FINE, pki.unknown.server()) as server, tunnel(server.port) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            assert isinstance(way(f"https://{HOST}/x"), Nonsense)
        assert proxy.heads
        assert server.requests == []

    @pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway"])
    def test_one_that_refuses(self, way: Way, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A passing failure: nothing was sent. Its password is not told."""
        refusal = answer(status, b"", 'Proxy-Authenticate: Basic realm="x"')
        with tunnel(9, refusal) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", f"http://us:{SECRET}@"))
            error = way(f"https://{HOST}/x")
        assert isinstance(error, Unreachable), error
        assert proxy.heads
        assert SECRET not in f"{error.message} {error.hint}"

    def test_none_to_this_machine(
        self, way: Way, pki: Pki, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is said to this machine in plain HTTP, or in TLS, is not said to a proxy."""
        with tunnel(9) as proxy, wild(FINE) as plain, wild(FINE, pki.ours.server()) as safe:
            for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.url)
            assert way(f"http://127.0.0.1:{plain.port}/x") is None
            assert way(f"https://localhost:{safe.port}/x") is None
        assert proxy.heads == []
        assert plain.requests
        assert safe.requests

    def test_none_for_plain_http(self, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
        """What goes further than this machine goes in TLS or not at all, proxy or none."""
        with tunnel(9) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("ALL_PROXY", proxy.url)
            assert isinstance(way(f"http://{HOST}/x"), ConfigError)
        assert proxy.heads == []

    @pytest.mark.parametrize("names", ["*", HOST, f".{HOST.partition('.')[2]}"])
    def test_hosts_without_it(self, way: Way, names: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """NO_PROXY names them."""
        with tunnel(9) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            monkeypatch.setenv("NO_PROXY", names)
            assert isinstance(way(f"https://{HOST}/x"), Unreachable)
        assert proxy.heads == []

    def test_one_that_speaks_something_else(
        self, way: Way, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is a setting to correct; nothing goes around it."""
        monkeypatch.setenv("ALL_PROXY", f"socks5://us:{SECRET}@127.0.0.1:9")
        error = way(f"https://{HOST}/x")
        assert isinstance(error, ConfigError), error
        assert "socks5" in error.message
        assert SECRET not in f"{error.message} {error.hint}"


@pytest.mark.fault(25)
class TestRedirects:
    """None is followed: with a token or a reading it could lead anywhere."""

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("at", ["the token", "the Sheet"])
    def test_google(self, status: int, at: str) -> None:
        """Neither the signed assertion nor the bearer's token goes elsewhere, not by GET either."""
        with wild(FINE) as elsewhere:
            gone = f"HTTP/1.1 {status} Moved".removeprefix("HTTP/1.1 ")
            away = answering_all(answer(gone, b"", f"Location: {elsewhere.url}"))
            with wild(away) as moved, wild(FINE) as tokens:
                token_url = moved.url if at == "the token" else tokens.url
                google(moved.url, token_url)
                assert moved.requests
        assert elsewhere.requests == []

    @pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary"])
    def test_the_utility(self, status: str) -> None:
        """It is an answer like another."""
        with wild(FINE) as elsewhere, wild(_to(elsewhere.url, status)) as moved:
            assert utility(moved.url) is None
        assert elsewhere.requests == []
        assert len(moved.requests) == 1


def _to(url: str, status: str) -> Behaviour:
    return answering_all(answer(status, b"", f"Location: {url}"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/x",
        "http://127.0.0.1.evil.example/x",
        "http://evil.example\\@127.0.0.1/x",
        "http://127.1/x",
        "http://2130706433/x",
        "http://0.0.0.0/x",
    ],
)
def test_plain_http_at_the_last_door(way: Way, url: str) -> None:
    """Whatever let such an address through: no request leaves for it."""
    error = way(url)
    assert isinstance(error, ConfigError), error
    assert os.environ.get("HTTPS_PROXY") is None
