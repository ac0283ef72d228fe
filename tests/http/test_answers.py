"""Each kind of answer that there is, by a real request: as the description has it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

import httpx
import pytest

from meterctl.http import protocol
from meterctl.ledger.sqlite import open_for_writing
from meterctl.services.push import JOB
from tests.helpers import NOW
from tests.http.described import (
    BULK,
    CODES,
    DESCRIPTION,
    SINGLE,
    asked,
    conforms,
    other_token,
    serving_the_contract,
)
from tests.http.served import Served, served, utility


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of a ledger with meters of each kind."""
    with serving_the_contract(tmp_path_factory.mktemp("answers")) as running:
        yield running


@pytest.fixture(scope="module")
def token(server: Served) -> str:
    """What lets the tests in."""
    return server.token()


class Situation(NamedTuple):
    """A request, and what it is answered."""

    status: int
    code: str | None
    method: str
    path: str
    body: object = None
    headers: dict[str, str] = {}  # noqa: RUF012 (never written to)
    content: bytes | None = None
    is_known: bool = True


def of(day: int, **values: object) -> dict[str, object]:
    """A record of one day in March."""
    return {"timestamp": f"2025-03-{day:02}T07:00:00+01:00", **values}


JSON = {"Content-Type": "application/json"}
SITUATIONS = {
    "current": Situation(200, None, "GET", "/readings/current"),
    "health of a stranger": Situation(200, None, "GET", "/health", is_known=False),
    "health": Situation(200, None, "GET", "/health"),
    "a record": Situation(201, None, "POST", SINGLE, of(1, meterValue=142.3, pv=None)),
    "a record once more": Situation(200, None, "POST", SINGLE, of(1, meterValue="142.30")),
    "a record by key": Situation(
        201, None, "POST", SINGLE, of(2, inverter=8), {"Idempotency-Key": "k"}
    ),
    "a record replayed": Situation(
        201, None, "POST", SINGLE, of(2, inverter=8), {"Idempotency-Key": "k"}
    ),
    "a number with an exponent": Situation(
        201, None, "POST", SINGLE, None, JSON, b'{"timestamp":"2025-03-03T07:00Z","gas":2.5e1}'
    ),
    "an interval": Situation(
        201, None, "POST", SINGLE, of(4, pv=1.5, starts_at="2025-03-04T06:45:00+01:00")
    ),
    "a finding": Situation(201, None, "POST", SINGLE, of(5, meterValue=3)),
    "a bulk": Situation(200, None, "POST", BULK, {"records": [of(6, gas=30), of(7, gas=31)]}),
    "a bulk in part": Situation(
        200, None, "POST", BULK + "?partial=true", {"records": [of(8, gas="x"), of(8, gas=32)]}
    ),
    "a push": Situation(200, None, "POST", "/utility/push"),
    "a push rehearsed": Situation(200, None, "POST", "/utility/push", {"dryRun": True}),
    "no JSON": Situation(400, "bad_json", "POST", SINGLE, None, JSON, b"{"),
    "a parameter": Situation(
        400, "bad_request", "POST", BULK + "?partial=yes", {"records": [of(9, gas=33)]}
    ),
    "an empty key": Situation(
        400, "bad_request", "POST", SINGLE, of(9, gas=33), {"Idempotency-Key": ""}
    ),
    "nobody": Situation(401, "unauthorized", "POST", SINGLE, of(9, gas=33), is_known=False),
    "a bad token": Situation(
        401, "invalid_token", "GET", "/health", None, {"Authorization": "Bearer x.y.z"}
    ),
    "a wrong secret": Situation(
        401, "invalid_client", "POST", "/auth/token", {"clientId": "a", "clientSecret": "b"}
    ),
    "another address": Situation(404, "not_found", "GET", "/records"),
    "another method": Situation(405, "method_not_allowed", "DELETE", SINGLE),
    "another value": Situation(409, "conflict", "POST", SINGLE, of(1, meterValue=142.4)),
    "a bulk of conflicts": Situation(
        409, "conflict", "POST", BULK, {"records": [of(1, meterValue=142.4)]}
    ),
    "a body too large": Situation(
        413, "too_large", "POST", SINGLE, None, JSON, b'{"note":"' + b"x" * (1 << 20) + b'"}'
    ),
    "no type": Situation(415, "unsupported_media_type", "POST", SINGLE, None, {}, b"{}"),
    "a bad value": Situation(422, "bad_value", "POST", SINGLE, of(9, meterValue="1,5")),
    "a dial too short": Situation(422, "bad_value", "POST", SINGLE, of(9, gas=100_000)),
    "a bad time": Situation(
        422, "bad_time", "POST", SINGLE, {"timestamp": "2999-01-01T00:00Z", "gas": 1}
    ),
    "no such meter": Situation(422, "unknown_meter", "POST", SINGLE, of(9, water=1)),
    "an interval without a start": Situation(422, "bad_meter", "POST", SINGLE, of(9, pv=1)),
    "a long note": Situation(422, "bad_data", "POST", SINGLE, of(9, gas=33, note="x" * 2_001)),
    "a bulk with a bad one": Situation(
        422, "bad_data", "POST", BULK, {"records": [of(9, gas=33), of(10, gas=-1)]}
    ),
    "a key of another request": Situation(
        422, "idempotency_key_reused", "POST", SINGLE, of(2, gas=9), {"Idempotency-Key": "k"}
    ),
    "long headers": Situation(
        431, "headers_too_large", "GET", "/health", None, {"X-Long": "x" * 20_000}
    ),
}


def test_each_answer_is_as_described(server: Served, token: str, subtests: pytest.Subtests) -> None:
    """Success and errors, one after the other, are statuses, headers and bodies of the contract."""
    for name, one in SITUATIONS.items():
        with subtests.test(name):
            answer = asked(
                server,
                one.method,
                one.path,
                token if one.is_known else None,
                one.body,
                headers=one.headers,
                content=one.content,
            )
            assert (answer.status_code, answer.json().get("code")) == (one.status, one.code)
            replayed = answer.headers.get("Idempotency-Replayed")
            assert replayed == ("true" if name == "a record replayed" else None)
            assert one.code is None or one.code in CODES


def test_client_without_the_scope_is_refused_as_described(server: Served) -> None:
    """403 says which scope is missing, and the answer is the contract's."""
    answer = asked(server, "POST", SINGLE, other_token(server, "read"), of(9, gas=33))
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_push_while_another_run_is_at_it_is_as_described(server: Served, token: str) -> None:
    """503 `busy` says when to ask again."""
    path = server.environment["METERCTL_LEDGER"].removeprefix("sqlite:///")
    with closing(open_for_writing(Path(path), NOW)) as ledger, ledger.holding(JOB):
        answer = asked(server, "POST", "/utility/push", token)
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")


def test_client_that_asks_too_often_is_refused_as_described(tmp_path: Path) -> None:
    """429 says how long to wait."""
    with served(tmp_path, "--no-dashboard", "--rate", "1") as running:
        token = running.token()
        assert asked(running, "GET", "/readings/current", token).status_code == 200
        answer = asked(running, "GET", "/readings/current", token)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")


def test_ledger_that_cannot_be_used_is_told_as_described(tmp_path: Path) -> None:
    """Health is 503 in its own form, with and without a token; all else is a problem."""
    with served(tmp_path) as running:
        token = running.token()
        ledger = Path(running.environment["METERCTL_LEDGER"].removeprefix("sqlite:///"))
        (tmp_path / "other").write_bytes(b"no ledger" * 1_000)
        (tmp_path / "other").replace(ledger)
        health = asked(running, "GET", "/health")
        current = asked(running, "GET", "/readings/current", token)
        record = asked(running, "POST", SINGLE, token, of(1, meterValue=1))
    assert (health.status_code, health.json()) == (503, {"status": "fail"})
    assert (current.status_code, current.json()["code"]) == (503, "ledger_damaged")
    assert (record.status_code, record.json()["code"]) == (503, "ledger_damaged")


def record_now(server: Served, token: str) -> None:
    """One reading that is due."""
    now = datetime.now(UTC).isoformat()
    answer = asked(server, "POST", SINGLE, token, {"timestamp": now, "meterValue": 142.3})
    assert answer.status_code == 201


def test_push_that_is_rejected_is_told_as_described(tmp_path: Path) -> None:
    """It is 200: the utility has answered, and `rejected` tells what a person has to look at."""
    with utility(tmp_path / "sandbox") as settings, served(tmp_path, **settings) as running:
        rules = urljoin(settings["METERCTL_UTILITY_URL"], "/sandbox/settings")
        assert httpx.post(rules, json={"max_value": 100}).status_code == 200
        token = running.token()
        record_now(running, token)
        answer = asked(running, "POST", "/utility/push", token)
    assert (answer.status_code, answer.json()["rejected"]) == (200, 1)
    assert answer.headers["Content-Type"] == "application/json"


def test_push_that_reaches_nobody_is_told_as_described(tmp_path: Path) -> None:
    """503 `unreachable` says when to ask again, and what is still to go."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = {
        "METERCTL_UTILITY_URL": f"http://127.0.0.1:{port}",
        "METERCTL_UTILITY_TOKEN": "only-for-tests",
    }
    with served(tmp_path, **settings) as running:
        token = running.token()
        record_now(running, token)
        answer = asked(running, "POST", "/utility/push", token)
    assert (answer.status_code, answer.json()["code"]) == (503, "unreachable")
    assert answer.json()["pending"] == 1


def test_push_without_a_utility_is_told_as_described(tmp_path: Path) -> None:
    """409 `config`: no repeating helps."""
    with served(tmp_path) as running:
        answer = asked(running, "POST", "/utility/push", running.token())
    assert (answer.status_code, answer.json()["code"]) == (409, "config")


def test_request_while_the_same_one_is_under_way_is_told_as_described(
    server: Served, token: str
) -> None:
    """409 `idempotency_in_flight`; the first one is done as if there had been no other."""
    key = {"Idempotency-Key": "twice"}

    def send() -> httpx.Response:
        return asked(server, "POST", SINGLE, token, of(20, meterValue=200), headers=key)

    path = Path(server.environment["METERCTL_LEDGER"].removeprefix("sqlite:///"))
    with ThreadPoolExecutor(2) as other, closing(open_for_writing(path, NOW)) as ledger:
        with ledger.writing():
            both = [other.submit(send), other.submit(send)]
            refused = next(as_completed(both, timeout=5)).result()  # the other waits for this write
        done, _ = sorted((one.result() for one in both), key=lambda one: one.status_code)
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_in_flight")
    assert (done.status_code, send().headers["Idempotency-Replayed"]) == (201, "true")


@pytest.mark.parametrize(
    ("refusal", "name"),
    [
        (protocol.BAD_REQUEST, "BadRequest"),
        (protocol.TOO_SLOW, "TooSlow"),
        (protocol.TOO_MANY, "HeadersTooLarge"),
        (protocol.OVERLOADED, "NotNow"),
    ],
    ids=["bad HTTP", "slow headers", "many headers", "overloaded"],
)
def test_answer_before_there_is_a_request_is_as_described(
    refusal: protocol.Refusal, name: str
) -> None:
    """Status, headers and body are as those of any other error."""
    head, _, body = protocol.answer(refusal, (), secure=False).partition(b"\r\n\r\n")
    lines = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]
    answer = httpx.Response(
        refusal.status, headers=[(one[0], one[1]) for one in lines], content=body
    )
    conforms(answer, DESCRIPTION["components"]["responses"][name])
