"""The browser and its driver: no weaker TLS by the environment, no proxy to this machine."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from meterctl.utility.port import Accepted, Lost, Misconfigured, NotTaken, Outcome
from meterctl.utility.portal.worker import proxy_settings
from tests.faults.authority import HOST, Authority, tunnel
from tests.utility.portal.conftest import Stage
from tests.utility.portal.tiny import FORM, OUT, QUICKER, described, given, request, way_to
from tests.utility.wild import answer, answering, wild

WEAKENING = {
    "CHROMIUM_FLAGS": "--ignore-certificate-errors",
    "NODE_OPTIONS": "--tls-min-v1.0 --tls-keylog={folder}/node.log",
    "NODE_TLS_REJECT_UNAUTHORIZED": "0",
    "SSLKEYLOGFILE": "{folder}/keys.log",
}
PAGE = answering(answer("200 OK", b"<h1>Thank you</h1>", "Content-Type: text/html"))


@pytest.fixture
def weakening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Path]]:
    """All of it at once; what of it was written down, in the end."""
    for name, text in WEAKENING.items():
        monkeypatch.setenv(name, text.format(folder=tmp_path))
    return lambda: list(tmp_path.glob("*.log"))


def of_portal(url: str, folder: Path) -> Outcome:
    """What comes of a reading for a portal there."""
    from meterctl.utility.portal import adapter

    settings = given(url, folder, described(step=5))._replace(browser=QUICKER)
    way = adapter("portal", settings)
    try:
        (outcome,) = way.submit([request()], 30)
        return outcome
    finally:
        way.close()


def test_a_certificate_that_does_not_hold(
    tmp_path: Path, weakening: Callable[[], list[Path]]
) -> None:
    """Nothing is typed there; that will not pass by itself."""
    with wild(PAGE, Authority(tmp_path).server()) as server:
        outcome = of_portal(f"https://localhost:{server.port}", tmp_path)
    assert isinstance(outcome, NotTaken), outcome
    assert outcome.nonsense
    assert "ERR_CERT" in outcome.why
    assert server.requests == []
    assert weakening() == []


@pytest.mark.usefixtures("weakening")
def test_a_certificate_of_where_a_form_is_sent(stage: Stage, tmp_path: Path) -> None:
    """What is submitted leaves by the browser's driver, which is as strict."""
    with wild(PAGE, Authority(tmp_path).server()) as server:
        there = f"localhost:{server.port}"
        stage.tiny.pages["/form"] = OUT + FORM.replace("/save", f"https://{there}/save")
        way = way_to(stage.tiny, stage.folder, f'hosts = ["{there}"]\n' + described())
        try:
            (outcome,) = way.submit([request()], 30)
        finally:
            way.close()
    assert isinstance(outcome, Lost), outcome
    assert server.requests == []


@pytest.mark.parametrize("where", ["a redirect", "a form"])
def test_plain_http_on_the_way(stage: Stage, where: str) -> None:
    """Not even to a host that the description names: its pages are the portal's by https alone."""
    away = f"http://{HOST}/form"
    if where == "a redirect":
        stage.tiny.pages["/form"] = lambda handler: handler.go(away)
    else:
        stage.tiny.pages["/form"] = OUT + FORM.replace("/save", away)
    way = way_to(stage.tiny, stage.folder, f'hosts = ["{HOST}:80"]\n' + described())
    try:
        (outcome,) = way.submit([request()], 30)
    finally:
        way.close()
    assert isinstance(outcome, Misconfigured | Lost), outcome
    assert f"it leads to another host: {HOST}" in outcome.why


class TestProxies:
    """As for all else: a tunnel, and none to this machine."""

    def test_a_tunnel(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The portal is asked for through it; its password stands in no list of processes."""
        with wild(PAGE, Authority(tmp_path).server()) as server, tunnel(server.port) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            outcome = of_portal(f"https://{HOST}", tmp_path)
        assert isinstance(outcome, NotTaken), outcome
        assert outcome.nonsense  # its certificate is nobody's, through the proxy as well
        assert any(head.startswith(f"CONNECT {HOST}:443 ".encode()) for head in proxy.heads)
        assert server.requests == []

    def test_one_that_asks_who_it_is(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is told name and password as its address has them."""
        refusal = (
            b"HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=proxy\r\n"
            b"Content-Length: 0\r\nConnection: close\r\n\r\n"
        )
        with tunnel(9, refusal) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://me:p%40ss@"))
            outcome = of_portal(f"https://{HOST}", tmp_path)
        assert isinstance(outcome, NotTaken), outcome
        told = b"Proxy-Authorization: Basic " + b64encode(b"me:p@ss")
        assert any(told in head for head in proxy.heads)

    def test_who_logs_in_there(self) -> None:
        """It is told to the browser apart from the address, which its command line shows."""
        assert proxy_settings("http://me:p%40ss@proxy.example:3128") == {
            "server": "http://proxy.example:3128",
            "username": "me",
            "password": "p@ss",
        }
        assert proxy_settings("http://proxy.example:3128") == {
            "server": "http://proxy.example:3128"
        }
        assert proxy_settings(None) is None

    def test_none_to_this_machine(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        """A portal here is spoken to directly."""
        with tunnel(9) as proxy:
            for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url)
            way = way_to(stage.tiny, stage.folder)
            try:
                (outcome,) = way.submit([request()], 30)
            finally:
                way.close()
        assert isinstance(outcome, Accepted), outcome
        assert proxy.heads == []

    def test_one_that_speaks_something_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is a setting to correct; the browser does not find a way of its own."""
        monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
        outcome = of_portal(f"https://{HOST}", tmp_path)
        assert isinstance(outcome, Misconfigured), outcome
        assert "socks5" in outcome.why
