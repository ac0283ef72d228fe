"""What every answer has, whatever was asked: headers, origins, ids; and nothing that was sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.http.served import Served, served

ORIGIN = "https://home.example"
OTHERS = [
    "https://home.example.evil.example",
    "https://evil-home.example",
    "http://home.example",
    "https://home.example:8443",
    "https://HOME.example",
    "null",
    "",
]
REQUESTS: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "good": ("GET", "/health", {}, 200),
    "nobody": ("GET", "/readings/current", {}, 401),
    "nowhere": ("GET", "/nothing", {}, 404),
    "no method": ("PUT", "/health", {}, 405),
    "bad token": ("GET", "/readings/current", {"headers": {"Authorization": "Bearer x"}}, 401),
    "no JSON": ("POST", "/auth/token", {"content": b"{", "headers": {"Content-Type": "x"}}, 415),
    "bad JSON": ("POST", "/auth/token", {"json": "x"}, 400),
    "a page": ("GET", "/", {}, 200),
}


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that lets one origin's pages call it."""
    folder = tmp_path_factory.mktemp("around")
    origins = f"{ORIGIN}, https://other.example"
    with served(folder, METERCTL_CORS_ORIGINS=origins) as serving:
        yield serving


def ask(at: Served, name: str, **headers: str) -> httpx.Response:
    """One of the requests."""
    method, path, more, status = REQUESTS[name]
    given = more.get("headers", {}) | headers
    answer = httpx.request(method, at.url + path, **(more | {"headers": given}))
    assert answer.status_code == status
    return answer


@pytest.mark.parametrize("name", REQUESTS)
def test_headers(at: Served, name: str) -> None:
    """OWASP's, an id of its own, and no word of what serves."""
    answer = ask(at, name)
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] in ("no-store", "no-cache")
    assert len(headers["x-request-id"]) >= 32
    assert headers["x-request-id"] != ask(at, name).headers["x-request-id"]
    assert "server" not in headers
    if answer.is_error:
        assert headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert told["requestId"] == headers["x-request-id"]
        assert (told["status"], told["type"]) == (
            answer.status_code,
            f"urn:meterctl:problem:{told['code']}",
        )


class TestOrigins:
    """Pages of other origins."""

    @pytest.mark.parametrize("name", REQUESTS)
    def test_one_that_may(self, at: Served, name: str) -> None:
        """Its page may read every answer, errors too, and the headers that matter."""
        headers = ask(at, name, Origin=ORIGIN).headers
        assert headers["access-control-allow-origin"] == ORIGIN
        assert "X-Request-Id" in headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in headers
        assert "Origin" in headers["vary"]

    @pytest.mark.parametrize("origin", OTHERS)
    def test_one_that_may_not(self, at: Served, origin: str) -> None:
        """Nothing lets it in, and no cache confuses the two."""
        headers = ask(at, "good", Origin=origin).headers
        assert "access-control-allow-origin" not in headers
        assert "Origin" in headers["vary"]

    def test_preflight(self, at: Served) -> None:
        """A browser that asks first is told what it may send."""
        asked = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, idempotency-key",
        }
        answer = httpx.options(f"{at.url}/records/single", headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
        assert "POST" in answer.headers["access-control-allow-methods"]
        for origin in OTHERS:
            answer = httpx.options(f"{at.url}/records/single", headers=asked | {"Origin": origin})
            assert answer.status_code == 405
            assert not any(name.startswith("access-control") for name in answer.headers)

    def test_none(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        """Where no origin is set, no page is let in."""
        with served(tmp_path_factory.mktemp("none")) as serving:
            assert "access-control-allow-origin" not in ask(serving, "good", Origin=ORIGIN).headers


@pytest.mark.parametrize(
    "path",
    [
        "//health",
        "/health/",
        "/./health/../health/x",
        "/%68ealth%2f",
        "/static/../../etc/passwd",
        "/static/..%2f..%2fapp.py",
        "/static/%2e%2e/views.py",
        "/docs",
        "/redoc",
        "/openapi.yaml",
        "/.env",
        "/ledger.db",
    ],
)
def test_paths_that_lead_nowhere(at: Served, path: str) -> None:
    """Nothing is found there, and nothing leads elsewhere."""
    import http.client

    connection = http.client.HTTPConnection(at.url.removeprefix("http://"))
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status in (400, 404)
    assert b"import" not in body


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/health", "/records/single", "/auth/token"])
def test_methods_that_have_no_use(at: Served, method: str, path: str) -> None:
    """405, with those that have."""
    answer = httpx.request(method, at.url + path)
    assert answer.status_code == 405
    assert answer.headers["allow"]


def test_the_description_is_not_public(at: Served) -> None:
    """Who may read may read it."""
    assert httpx.get(f"{at.url}/openapi.json").status_code == 401
    answer = httpx.get(f"{at.url}/openapi.json", headers={"Authorization": f"Bearer {at.token()}"})
    assert answer.json()["openapi"].startswith("3.1")


MARK = "x7Kq<script>'\"&"


@pytest.mark.parametrize("place", ["value", "name", "note", "timestamp", "key", "path", "query"])
def test_nothing_that_was_sent_comes_back(at: Served, place: str) -> None:
    """Not of a refused request, wherever it stood."""
    headers = {"Authorization": f"Bearer {at.token()}"}
    record: dict[str, object] = {"timestamp": "2026-01-01T08:00:00Z", "meterValue": 1}
    url = f"{at.url}/records/single"
    if place == "value":
        record["meterValue"] = MARK
    elif place == "name":
        record[MARK] = 1
    elif place == "note":
        record["note"] = MARK * 200
    elif place == "timestamp":
        record["timestamp"] = MARK
    elif place == "key":
        headers["Idempotency-Key"] = f"{MARK} {MARK}"
    elif place == "path":
        url += f"/{MARK}"
    else:
        url = f"{at.url}/records/bulk?partial={MARK}"
    answer = httpx.post(url, json=record, headers=headers)
    assert answer.is_client_error
    assert "x7Kq" not in answer.text
    assert not any("x7Kq" in value for value in answer.headers.values())
