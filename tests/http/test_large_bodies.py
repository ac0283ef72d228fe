"""Bodies made to be heavy: refused before they are read, or told in short."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from meterctl.http import bodies
from meterctl.http.problems import Refused
from meterctl.ledger.access import Event
from tests.http.posting import Poster, events
from tests.http.served import Served

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("part", [b"1,", b"[],", b"{},"])
def test_body_of_millions_of_values(part: bytes) -> None:
    """It is refused unread: reading it would stop all others for seconds."""
    body = b'{"records":[' + part * (bodies.LARGE // len(part) - 20) + b"1]}"
    began = time.perf_counter()
    with pytest.raises(Refused) as refused:
        bodies.parse(body)
    assert (refused.value.status, refused.value.code) == (413, "too_large")
    assert time.perf_counter() - began < 0.5


def test_largest_body_that_is_meant() -> None:
    """Ten thousand records of twenty meters are read."""
    record = b'{"timestamp":"2026-01-01T00:00:00Z",' + b",".join(
        b'"meter%d":1' % number for number in range(20)
    )
    body = b'{"records":[' + b",".join([record + b"}"] * 10_000) + b"]}"
    assert isinstance(bodies.parse(body), dict)


def test_ten_thousand_bad_records(poster: Poster) -> None:
    """All are counted, a hundred are told: the answer stays short."""
    body = {"records": [{"timestamp": "x", "meterValue": 1}] * 10_000}
    for query, status in (("", 422), ("?partial=true", 200)):
        answer = poster.http.post(f"/records/bulk{query}", json=body)
        assert answer.status_code == status
        told = answer.json()
        assert (told["rows"], told["rejected"]) == (10_000, 10_000)
        assert [one["index"] for one in told["errors"]] == list(range(100))
        assert len(answer.content) < 50_000


def test_others_beside_large_bodies(poster: Poster) -> None:
    """Who asks for little meanwhile is answered; of the large ones some may have to come again."""
    body = b'{"records":[' + b",".join([b'{"timestamp":"x","meterValue":1}'] * 10_000) + b"]}"

    def post() -> int:
        return poster.http.post("/records/bulk", content=body, headers=JSON).status_code

    with ThreadPoolExecutor(14) as pool:
        posting = [pool.submit(post) for _ in range(14)]
        time.sleep(0.1)
        began = time.perf_counter()
        assert poster.http.get("/readings/current").status_code == 200
        took = time.perf_counter() - began
        statuses = [one.result() for one in posting]
    assert set(statuses) <= {422, 503}
    assert statuses.count(422) >= 9
    assert took < 3


def test_log_in_that_failed_is_a_strangers(ledger_server: Served) -> None:
    """Nobody has proved to be the client that was named: the row goes as strangers' rows do."""
    given = {"clientId": ledger_server.client, "clientSecret": "x"}
    assert httpx.post(f"{ledger_server.url}/auth/token", json=given).status_code == 401

    def failed() -> list[Event]:
        return events(ledger_server.environment, "login_failed")

    end = time.monotonic() + 5
    while not failed():
        assert time.monotonic() < end
        time.sleep(0.02)
    assert (failed()[0].client, failed()[0].detail) == (None, ledger_server.client)
