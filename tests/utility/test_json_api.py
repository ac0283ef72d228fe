"""The adapter `json` over real sockets: what leaves, and what is made of every way to fail."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.utility.exchange import BODY_LIMIT
from meterctl.utility.json_api import JsonUtility, body_of
from meterctl.utility.port import (
    Accepted,
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
    Request,
)
from tests.helpers import instant
from tests.utility.stand import TOKEN, Stand, standing
from tests.utility.wild import (
    Behaviour,
    answer,
    answering,
    certificate,
    dripping,
    reset,
    until_gone,
    wild,
)

AT = instant("2026-03-01T06:00:00Z")
REQUEST = Request("m1-abc", "meter", "S-1", AT, AT, 142_300_000, "kWh")
ACCEPTED = b'{"status": "accepted", "receipt": "R-1"}'


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A utility."""
    with standing(tmp_path) as one:
        yield one


def submitted(url: str, seconds: float = 5, token: str | None = TOKEN) -> Outcome:
    """What comes of a submission."""
    return JsonUtility(url, token).submit([REQUEST], seconds)[0]


class TestWhatLeaves:
    """The request, as the utility sees it."""

    def test_submission(self, stand: Stand) -> None:
        """It is accepted with its exact value, and found again by its key."""
        utility = JsonUtility(stand.url, TOKEN)
        assert isinstance(utility.ask(REQUEST, 5), NotThere)
        outcome = utility.submit([REQUEST], 5)[0]
        assert isinstance(outcome, Accepted)
        assert stand.accepted() == [
            {
                "receipt": outcome.receipt,
                "key": "m1-abc",
                "meter": "meter",
                "serial": "S-1",
                "timestamp": "2026-03-01T06:00:00Z",
                "value": 142.3,
                "unit": "kWh",
            }
        ]
        again = utility.submit([REQUEST], 5)[0]
        asked = utility.ask(REQUEST, 5)
        assert isinstance(again, Accepted)
        assert isinstance(asked, Accepted)
        assert {again.receipt, asked.receipt} == {outcome.receipt}

    def test_bytes(self) -> None:
        """One request, asking for no packing, with the token where it is wanted."""
        with wild(answering(answer("200 OK", ACCEPTED))) as server:
            JsonUtility(server.url, "t", "X-Api-Key").submit([REQUEST], 5)[0]
            JsonUtility(server.url, "t").ask(REQUEST, 5)
        post, get = (raw.decode().lower() for raw in server.requests)
        assert post.startswith("post /readings http/1.1\r\n")
        assert "x-api-key: t\r\n" in post
        assert "authorization" not in post
        for header in ("idempotency-key: m1-abc", "accept-encoding: identity"):
            assert f"\r\n{header}\r\n" in post
        assert get.startswith("get /readings/m1-abc http/1.1\r\n")
        assert "authorization: bearer t\r\n" in get

    def test_key_behind_a_url_with_a_query(self) -> None:
        """It goes behind the path; the query stays, and is masked in what is kept."""
        with wild(answering(answer("401 No", b"bad code s3cr3t!"))) as server:
            outcome = JsonUtility(f"{server.url}/?code=s3cr3t%21").ask(REQUEST, 5)
        assert server.requests[0].startswith(b"GET /readings/m1-abc?code=s3cr3t%21 ")
        assert isinstance(outcome, Refused)
        assert "s3cr3t" not in outcome.answer + outcome.why

    @pytest.mark.parametrize(
        ("value", "text"),
        [(142_300_000, "142.3"), (1, "0.000001"), (999_999_999_999_999_000, "999999999999.999")],
    )
    def test_value(self, value: int, text: str) -> None:
        """An exact number, as no float would write it."""
        body = body_of(REQUEST._replace(value=value)).decode()
        assert f'"value": {text},' in body
        assert json.loads(body)["timestamp"] == "2026-03-01T06:00:00Z"

    def test_interval(self) -> None:
        """Its start goes along; a register has none."""
        assert "starts_at" not in json.loads(body_of(REQUEST))
        body = json.loads(body_of(REQUEST._replace(starts_at=AT - 900_000)))
        assert body["starts_at"] == "2026-03-01T05:45:00Z"

    def test_no_proxy_to_this_machine(self, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
        """A proxy that the environment names is for elsewhere."""
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
        assert isinstance(submitted(stand.url), Accepted)


class TestNothingLeft:
    """What proves that the reading was not taken."""

    def test_nobody_there(self) -> None:
        """The connection is refused."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        outcome = submitted(f"http://127.0.0.1:{port}/x")
        assert outcome == NotTaken(f"127.0.0.1:{port} refused the connection", unreached=True)

    @pytest.mark.fault(17)
    def test_no_such_host(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its name does not resolve."""

        def unknown(*_arguments: object, **_more: object) -> None:
            raise socket.gaierror(-2, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        outcome = submitted("https://nosuch.invalid/x")
        assert outcome == NotTaken(
            "there is no host nosuch.invalid to be found just now", unreached=True
        )

    @pytest.mark.fault(17)
    def test_name_that_takes_too_long(self, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
        """The deadline holds, and nothing leaves when the name resolves after all."""
        resolve, resolved = socket.getaddrinfo, threading.Event()

        def late(*arguments: object, **more: object) -> object:
            time.sleep(0.4)
            resolved.set()
            return resolve(*arguments, **more)  # type: ignore[arg-type] # as it was called

        monkeypatch.setattr(socket, "getaddrinfo", late)
        before = time.monotonic()
        outcome = submitted(stand.url.replace("127.0.0.1", "localhost"), seconds=0.1)
        assert time.monotonic() - before < 3
        assert isinstance(outcome, NotTaken)
        assert resolved.wait(5)
        time.sleep(0.2)
        assert stand.requests() == []

    @pytest.mark.fault(17)
    @pytest.mark.parametrize("days", [1, -1], ids=["of its own", "expired"])
    def test_certificate(self, tmp_path: Path, days: int) -> None:
        """It does not hold: nothing leaves, and that will not pass by itself."""
        with wild(until_gone, certificate(tmp_path, days=days)) as server:
            outcome = submitted(f"https://localhost:{server.port}/x")
        assert isinstance(outcome, NotTaken)
        assert outcome.nonsense
        assert outcome.why.startswith(f"the certificate of localhost:{server.port} does not hold")
        assert server.requests == []

    def test_no_tls_there(self, stand: Stand) -> None:
        """Plain HTTP where TLS is expected."""
        outcome = submitted(stand.url.replace("http:", "https:"))
        assert isinstance(outcome, NotTaken)
        assert outcome.nonsense

    @pytest.mark.parametrize("token", ["se\ncret", "sécret", "secret\x00"])
    def test_token_that_no_header_carries(self, stand: Stand, token: str) -> None:
        """The request cannot be formed; the token is not told."""
        outcome = submitted(stand.url, token=token)
        assert isinstance(outcome, Misconfigured)
        assert "cret" not in repr(outcome)
        assert stand.requests() == []


LOSING: dict[str, Behaviour] = {
    "closed": lambda _end: None,
    "reset": reset,
    "silent": until_gone,
    "a head byte by byte": dripping(answer("201 Created", ACCEPTED)),
    "a head without end": dripping(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 100),
    "half a head": answering(b"HTTP/1.1 200 OK\r\nContent-"),
    "half a body": answering(answer("201 Created", ACCEPTED)[:-9]),
    "half a chunk": answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"),
    "no HTTP": answering(b"SSH-2.0-OpenSSH\r\n"),
    "a body that never ends": answering(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * (BODY_LIMIT + 1)
    ),
    "a bomb": answering(
        answer("200 OK", gzip.compress(b" " * (64 << 20)), "Content-Encoding: gzip")
    ),
    "a broken packing": answering(answer("200 OK", b"xx", "Content-Encoding: gzip")),
    "an unknown packing": answering(answer("200 OK", ACCEPTED[::-1], "Content-Encoding: br")),
}


@pytest.mark.parametrize("behave", LOSING.values(), ids=list(LOSING))
def test_answer_lost(behave: Behaviour) -> None:
    """The request has left and no proof came back: unknown, in time, and sent once."""
    with wild(behave) as server:
        before = time.monotonic()
        outcome = submitted(server.url, seconds=0.5)
        assert time.monotonic() - before < 3
    assert isinstance(outcome, Lost)
    assert len(server.requests) == 1


def test_packed_answer() -> None:
    """It was asked not to, and is read all the same."""
    packed = answer("200 OK", gzip.compress(ACCEPTED), "Content-Encoding: gzip")
    with wild(answering(packed)) as server:
        assert isinstance(submitted(server.url), Accepted)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirect(status: str, stand: Stand) -> None:
    """It is not followed: nothing of the reading, and nothing of the token, goes elsewhere."""
    with wild(answering(answer(status, b"", f"Location: {stand.url}"))) as server:
        outcome = submitted(server.url)
        asked = JsonUtility(server.url, TOKEN).ask(REQUEST, 5)
    assert isinstance(outcome, Lost)
    assert isinstance(asked, Lost)
    assert stand.requests() == []


class TestTheSandbox:
    """What the sandbox's utility says, by its own documentation."""

    def test_wrong_token(self, stand: Stand) -> None:
        """Not allowed."""
        assert isinstance(submitted(stand.url, token="wrong"), Refused)

    def test_wrong_path(self, stand: Stand) -> None:
        """Nothing takes readings there."""
        assert isinstance(submitted(f"{stand.url}x"), Misconfigured)

    def test_too_many(self, stand: Stand) -> None:
        """It asks to wait."""
        stand.set(rate_limit=1)
        submitted(stand.url)
        outcome = submitted(stand.url)
        assert isinstance(outcome, NotTaken)
        assert outcome.wait is not None
        assert 0 < outcome.wait <= 60

    def test_window(self, stand: Stand) -> None:
        """It is closed until."""
        stand.set(window={"opens": "2030-01-01T00:00:00Z", "closes": "2030-01-02T00:00:00Z"})
        outcome = submitted(stand.url)
        assert isinstance(outcome, NotTaken)
        assert outcome.why.endswith("until 2030-01-01T00:00:00Z")

    def test_rejection(self, stand: Stand) -> None:
        """The same when it is asked about, or sent again with the same key."""
        stand.set(max_value=100)
        utility = JsonUtility(stand.url, TOKEN)
        outcomes = [utility.submit([REQUEST], 5)[0] for _ in range(2)]
        outcomes.append(utility.ask(REQUEST, 5))
        assert [type(one) for one in outcomes] == [Rejected] * 3
        assert outcomes[0][0] == "value_too_high: more than 100"

    def test_there_by_another_key(self, stand: Stand) -> None:
        """The same value is fine, another one is not."""
        utility = JsonUtility(stand.url, TOKEN)
        utility.submit([REQUEST], 5)[0]
        same = utility.submit([REQUEST._replace(key="m1-b")], 5)[0]
        other = utility.submit([REQUEST._replace(key="m1-c", value=1)], 5)[0]
        assert [type(same).__name__, type(other).__name__] == ["Already", "Rejected"]
        assert len(stand.accepted()) == 1
