"""Where something may be sent: https, or this machine itself; read alike by whoever reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
import requests
import urllib3
from hypothesis import example, given
from hypothesis import strategies as st
from playwright.sync_api import sync_playwright

from meterctl.config.table import KNOWN, SETTINGS
from meterctl.errors import ConfigError
from meterctl.remote import LOOPBACK, is_here, why_not
from meterctl.sheet import credentials
from meterctl.utility.described.read_calls import check_url
from meterctl.utility.portal import browsers
from meterctl.utility.portal.addresses import checked, is_safe

FINE = (
    "https://utility.example",
    "https://utility.example/v1?key=a%20b#c",
    "https://me:p%40ss@utility.example:8443/v1",
    "HTTPS://Utility.Example./",
    "https://192.0.2.1/x",
    "https://[2001:db8::1]:8443/x",
    "http://127.0.0.1:8701",
    "http://localhost/x",
    "HTTP://LOCALHOST:80/x?y",
    "http://[::1]:1/x",
    "http://me:pass@127.0.0.1/x",
)
NOT_THIS_MACHINE = (
    "http://192.0.2.1/x",
    "http://example.org/x",
    "http://127.0.0.1.evil.example/",
    "http://localhost.evil/",
    "http://localhost./",
    "http://127.0.0.1./",
    "http://0.0.0.0/",
    "http://127.0.0.2/",
    "http://127.1/",
    "http://127.000.000.001/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://2130706433/",
    "http://[::]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://evil.example#@127.0.0.1/",
    "http://evil.example?@127.0.0.1/",
    "http://evil.example/@127.0.0.1/",
)
READ_IN_TWO_WAYS = (
    "http://user@127.0.0.1@evil.example/",
    "http://evil.example\\@127.0.0.1/",
    "http://127.0.0.1\\@evil.example/",
    "http://127.0.0.1\\.evil.example/",
    "https://evil.example\\@utility.example/",
    "http://127.0.0.1%2eevil.example/",
    "http://127.0.0.1%00.evil.example/",
    "http://127.0.0.1:80:80/",
    "http://127.0.0.1:80@evil.example:80@/",
    "http://local\thost/",
    "http://127.0.0.1\n.evil.example/",
    "http://127.0.0.1 .evil.example/",
    " http://127.0.0.1/",
    "http://127.0.0.1/\r\nHost: evil.example",
    "http://127。0。0。1/",
    "http://①②⑦.0.0.1/",
    "http://\u217cocalhost/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "http://[::1%25eth0]/",
    "http://[::1]evil.example/",
    "http://[::1/",
    "http:///127.0.0.1/",
    "http:127.0.0.1/",
    "http:/127.0.0.1/",
    "//127.0.0.1/",
    "https://",
    "https://:443/",
    "https://utility.example:0/",
    "https://utility.example:99999/",
    "https://utility.example:٣/",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "",
)


@pytest.mark.parametrize("url", FINE)
def test_fine(url: str) -> None:
    """It may be sent to."""
    assert why_not(url) is None


@pytest.mark.parametrize("url", NOT_THIS_MACHINE)
def test_plain_http_elsewhere(url: str) -> None:
    """Only three names are this machine's own, each written in one way."""
    assert "plain http://" in (why_not(url) or "")
    assert not is_here(url)
    assert not is_safe(url)


@pytest.mark.parametrize("url", READ_IN_TWO_WAYS)
def test_no_address(url: str) -> None:
    """What libraries read in different ways, or not at all, is refused, with TLS as well."""
    problem = why_not(url)
    assert problem is not None
    assert "plain" not in problem


def test_nothing_secret_is_said() -> None:
    """Neither a password nor what stands behind the question mark."""
    for url in (
        "http://me:secret@evil.example/secret?secret",
        "secret:secret",
        "https://a b/secret",
    ):
        assert "secret" not in (why_not(url) or "secret")


def by_setting(name: str) -> Callable[[str], object]:
    """How a setting takes an address."""

    def take(url: str) -> None:
        if problem := KNOWN[name].problem(url):
            raise ConfigError(problem)

    return take


def of_key(url: str) -> object:
    """How the service account's key file takes one."""
    key = {"type": "service_account", "client_email": "a@b.c", "private_key": "k"}
    return credentials.read(json.dumps({**key, "token_uri": url}))


def of_adapter(url: str) -> None:
    """How an adapter's TOML file takes one."""
    check_url(url, ConfigError)


ADDRESSES = (
    *("METERCTL_SHEETS_URL", "METERCTL_UTILITY_URL", "METERCTL_PORTAL_URL"),
    *("METERCTL_HEARTBEAT_URL", "METERCTL_HEARTBEAT_URL_SYNC", "METERCTL_HEARTBEAT_URL_BACKUP"),
    *("METERCTL_CORS_ORIGINS", "METERCTL_SENTRY_DSN"),
)
PLACES = [
    *(pytest.param(by_setting(name), id=name) for name in ADDRESSES),
    pytest.param(of_key, id="token_uri of the key file"),
    pytest.param(of_adapter, id="a TOML file of an adapter"),
    pytest.param(checked, id="a description of a portal"),
]


def test_every_setting_that_names_an_address_is_here() -> None:
    """By its name; that of the ledger is no address to send to."""
    named = {one.name for one in SETTINGS if re.search("_URL|_ORIGINS|_DSN", one.name)}
    assert named == set(ADDRESSES)


@pytest.mark.parametrize("take", PLACES)
@pytest.mark.parametrize("url", [*NOT_THIS_MACHINE, *READ_IN_TWO_WAYS[:10]])
def test_every_place_refuses_it(take: Callable[[str], object], url: str) -> None:
    """Wherever an address comes from, the same rule holds."""
    with pytest.raises((ConfigError, ValueError)):
        take(url)


@pytest.mark.parametrize("take", [one for one in PLACES if one.id != "METERCTL_SENTRY_DSN"])
@pytest.mark.parametrize("url", ["https://utility.example/v1", "http://127.0.0.1:8701"])
def test_every_place_takes_what_is_fine(take: Callable[[str], object], url: str) -> None:
    """Else it would refuse for another reason."""
    take(url)


PIECES = st.sampled_from(
    (
        *("127.0.0.1", "localhost", "[::1]", "evil.example", "127.1", "2130706433", "0x7f.1"),
        *(
            "LOCALHOST",
            "user",
            "user:pass",
            "80",
            "0",
            "٣",
            "①",
            "。",
            "\u217c",
            "%2e",
            "%40",
            "%00",
        ),
        *(".", "..", ":", "@", "/", "//", "\\", "?", "#", "[", "]", " ", "\t", "\n", "\r", "\0"),
        *(";", "&", "=", "%", "{", "}", "^", "|", "`", "<", '"', "'", "~", "-", "_", "xn--a", "é"),
    )
)
URLS = st.builds(
    lambda scheme, pieces: scheme + "".join(pieces),
    st.sampled_from(("http://", "https://", "HTTP://", "hTTps://", "http:", "//", "", "ftp://")),
    st.lists(PIECES, max_size=8),
)


@given(URLS)
@example("http://evil.example\\@127.0.0.1/")
@example("http://127。0。0。1/")
def test_every_library_reads_it_alike(url: str) -> None:
    """The host that was checked is the one that httpx, requests and urllib3 speak to."""
    if why_not(url) is not None:
        return
    host = (urlsplit(url).hostname or "").strip("[]")
    prepared = requests.Request("GET", url).prepare().url or ""
    try:
        by_httpx = httpx.URL(url)
    except httpx.InvalidURL:  # 127.1127.1: it reads it not at all, so nothing leaves
        return
    theirs = [
        by_httpx.raw_host.decode(),  # `host` is the same, spelled for people
        urlsplit(prepared).hostname,
        urllib3.util.parse_url(url).host,
        urllib3.util.parse_url(prepared).host,
    ]
    assert {(one or "").strip("[]").lower() for one in theirs} == {host}
    assert httpx.URL(url).port == urllib3.util.parse_url(url).port or urlsplit(url).port in (
        80,
        443,
    )
    if urlsplit(url).scheme == "http":
        assert host in LOOPBACK
    assert is_here(url) == (host in LOOPBACK)


def test_a_browser_reads_it_alike() -> None:
    """Nor is a portal's plain http another machine's to Chromium."""
    ours = [url for url in (*FINE, *NOT_THIS_MACHINE, *READ_IN_TWO_WAYS) if is_here(url)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browsers.find(""), args=["--no-sandbox"]
        )
        page = browser.new_page()
        read = (
            "urls => urls.map(url => { try { return new URL(url).hostname } catch { return '' } })"
        )
        hosts = dict(zip(ours, page.evaluate(read, ours), strict=True))
        browser.close()
    plain = {url: host for url, host in hosts.items() if url.lower().startswith("http:")}
    assert len(plain) >= 4
    assert {host.strip("[]") for host in plain.values()} <= set(LOOPBACK)
