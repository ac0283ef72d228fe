"""`Idempotency-Key`: a request is done once, however often it comes, and answered alike."""

from __future__ import annotations

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import closing
from itertools import count
from pathlib import Path

import httpx
import pytest

from meterctl.domain.times import iso_utc
from meterctl.ledger.access import Answer
from tests.helpers import instant
from tests.http.posting import Poster, entries, nobody_writes, stored, token_of_new, writing_to
from tests.http.served import Served, served, service_environment, started

FIRST = instant("2026-02-01 00:00")
MINUTES = count()


def new_record() -> dict[str, object]:
    """A record of a minute that no other test has."""
    minute = next(MINUTES)
    return {"timestamp": iso_utc(FIRST + minute * 60_000), "meterValue": minute}


def code(answer: httpx.Response) -> tuple[int, str]:
    """How a request was refused."""
    return answer.status_code, answer.json()["code"]


@pytest.mark.fault(18)
def test_request_that_comes_again(poster: Poster, ledger_server: Served) -> None:
    """The stored answer, byte for byte, with the status that it had; the header says so."""
    body = new_record()
    first = poster.single(body, "again")
    written = entries(ledger_server.environment)
    again = [poster.single(body, "again") for _ in range(3)]
    assert first.status_code == 201
    assert "Idempotency-Replayed" not in first.headers
    for answer in again:
        assert (answer.status_code, answer.content) == (first.status_code, first.content)
        assert answer.headers["Idempotency-Replayed"] == "true"
        assert answer.headers["Content-Type"] == first.headers["Content-Type"]
        assert answer.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert entries(ledger_server.environment) == written


def test_bulk_that_comes_again(poster: Poster) -> None:
    """The same, with its counts: what was recorded the first time is no duplicate now."""
    records = [new_record(), new_record()]
    first, again = poster.bulk(records, "bulk"), poster.bulk(records, "bulk")
    assert (first.status_code, first.json()["recorded"]) == (200, 2)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.fault("D")
def test_key_with_another_body(poster: Poster, ledger_server: Served) -> None:
    """422, and nothing is stored; the same in other words is another body too."""
    body = new_record()
    assert poster.single(body, "other-body").status_code == 201
    written = entries(ledger_server.environment)
    for other in (new_record(), f" {json.dumps(body)}"):
        assert code(poster.single(other, "other-body")) == (422, "idempotency_key_reused")
    assert entries(ledger_server.environment) == written


def test_key_at_another_address(poster: Poster) -> None:
    """422: another path, or the same one asked otherwise, is another request."""
    records = [new_record()]
    assert poster.bulk(records, "elsewhere").status_code == 200
    assert code(poster.bulk(records, "elsewhere", partial=True)) == (422, "idempotency_key_reused")
    assert code(poster.single(new_record(), "elsewhere")) == (422, "idempotency_key_reused")


def test_key_of_two_clients(poster: Poster, another: Poster) -> None:
    """Each has its own: neither meets, or is told, the other's request."""
    mine, theirs = new_record(), new_record()
    assert poster.single(mine, "ours").status_code == 201
    answer = another.single(theirs, "ours")
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers
    assert another.single(theirs, "ours").content == answer.content


@pytest.mark.parametrize("bad", ["", "two words", "ä", "x" * 256, "tab\tbed"])
def test_key_that_is_none(poster: Poster, bad: str) -> None:
    """400, and nothing is stored: a record without the protection it asked for is no help."""
    body = new_record()
    headers = {"Content-Type": "application/json", "Idempotency-Key": bad.encode("latin-1")}
    answer = poster.http.post("/records/single", json=body, headers=headers)  # type: ignore[arg-type] # bytes are a header's value
    assert code(answer) == (400, "bad_request")
    assert poster.single(body).status_code == 201


def test_two_keys(poster: Poster) -> None:
    """400: nobody can say which of them counts."""
    headers = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    answer = poster.http.post("/records/single", json=new_record(), headers=headers)
    assert code(answer) == (400, "bad_request")


@pytest.mark.parametrize("key", ["x", "!", "~" * 255, "7f9c2b1e-6a53-4a8e-9d0c-000000000001"])
def test_key_that_is_one(poster: Poster, key: str) -> None:
    """Any visible ASCII, from one character to 255."""
    body = new_record()
    assert poster.single(body, key).status_code == 201
    assert "Idempotency-Replayed" in poster.single(body, key).headers


def test_key_whose_request_was_refused(poster: Poster) -> None:
    """It is free: the mended record goes under the same key."""
    body = new_record()
    for bad in ({"meterValue": "1,5"}, {"timestamp": "yesterday"}, {"gas": 1}):
        assert poster.single(body | bad, "mended").status_code == 422
    known = new_record()
    assert poster.single(known).status_code == 201
    assert poster.single(known | {"meterValue": 99_999}, "mended").status_code == 409
    assert poster.bulk([body, {"timestamp": 1}], "mended").status_code == 422
    answer = poster.single(body, "mended")
    assert answer.status_code == 201
    assert poster.single(body, "mended").content == answer.content


def test_key_of_a_week_ago(poster: Poster, ledger_server: Served) -> None:
    """It is forgotten, though the server runs on and on: the request is a new one."""
    client, now = ledger_server.client, time.time_ns() // 1_000_000
    week, minute = 7 * 86_400_000, 60_000
    old = {"just": now - week + minute, "over": now - week - minute}
    with closing(writing_to(ledger_server.environment, now)) as ledger, ledger.writing():
        for key, at in old.items():
            ledger.keep_answer(client, key, Answer(b"of another request", 201, b"{}", at))
    assert code(poster.single(new_record(), "just")) == (422, "idempotency_key_reused")
    assert poster.single(new_record(), "over").status_code == 201


def test_key_while_its_request_is_under_way(poster: Poster, ledger_server: Served) -> None:
    """409 at once, and when to ask again; the first one is done as if there had been no other."""
    body = new_record()
    with ThreadPoolExecutor(2) as threads:
        with nobody_writes(ledger_server.environment):
            both = [threads.submit(poster.single, body, "under-way") for _ in range(2)]
            refused = next(as_completed(both, timeout=5)).result()
        answers = sorted((one.result() for one in both), key=lambda one: one.status_code)
    assert code(refused) == (409, "idempotency_in_flight")
    assert refused.headers["Retry-After"] == "1"
    assert answers[0].status_code == 201
    assert poster.single(body, "under-way").content == answers[0].content


@pytest.mark.fault(18)
def test_key_whose_sender_went_away(poster: Poster, ledger_server: Served) -> None:
    """The record that nobody waits for any more is stored; asked again, the answer is there."""
    body = new_record()
    headers = {"Content-Type": "application/json", "Idempotency-Key": "gone"}
    with nobody_writes(ledger_server.environment), pytest.raises(httpx.ReadTimeout):
        poster.http.post("/records/single", content=json.dumps(body), headers=headers, timeout=0.3)
    answer = until_done(poster, body, "gone")
    assert answer.status_code == 201
    assert answer.headers["Idempotency-Replayed"] == "true"


def until_done(poster: Poster, body: dict[str, object], key: str) -> httpx.Response:
    """Ask again as long as the first try is under way."""
    end = time.monotonic() + 10
    while (answer := poster.single(body, key)).status_code == 409 and time.monotonic() < end:
        time.sleep(0.02)
    return answer


def many_at_once(posters: list[Poster], body: dict[str, object], key: str) -> list[httpx.Response]:
    """One request many times at once, each repeated until it is answered for good."""
    with ThreadPoolExecutor(len(posters)) as threads:
        sent: list[Future[httpx.Response]] = [
            threads.submit(until_done, one, body, key) for one in posters
        ]
        return [one.result() for one in sent]


def one_of_all(answers: list[httpx.Response]) -> None:
    """All say the same, and one of them alone is the first."""
    assert {(one.status_code, one.content) for one in answers} == {(201, answers[0].content)}
    assert sum("Idempotency-Replayed" not in one.headers for one in answers) == 1


@pytest.mark.fault("D")
def test_one_key_many_times_at_once(poster: Poster, ledger_server: Served) -> None:
    """64 requests: one write, and 64 equal answers."""
    body = new_record()
    written = entries(ledger_server.environment)
    one_of_all(many_at_once([poster] * 64, body, "sixty-four"))
    assert entries(ledger_server.environment) == written + 1


@pytest.mark.fault("D")
def test_one_key_at_two_workers(tmp_path: Path) -> None:
    """It is the ledger that knows the keys, not a worker: still one write, and equal answers."""
    with served(tmp_path, "--workers", "2", "--no-dashboard") as running:
        token = running.token()
        posters = [Poster(running.url, token) for _ in range(24)]  # of many connections
        for number in range(5):
            body = new_record()
            one_of_all(many_at_once(posters, body, f"workers-{number}"))
            assert entries(running.environment) == number + 1
        for poster in posters:
            poster.close()


@pytest.mark.fault(1)
def test_answer_after_the_server_was_killed(tmp_path: Path) -> None:
    """Killed and begun again, it gives the answer that it gave; other bodies are refused still."""
    environment = service_environment(tmp_path)
    body, records = new_record(), [new_record(), new_record()]
    with started(environment, "--port", "0") as server:
        token = token_of_new(server.url, environment)
        with closing(Poster(server.url, token)) as poster:
            first, bulk = poster.single(body, "one"), poster.bulk(records, "many")
        server.process.kill()
    assert (first.status_code, bulk.status_code) == (201, 200)
    with (
        started(environment, "--port", "0") as server,
        closing(Poster(server.url, token)) as poster,
    ):
        again, bulk_again = poster.single(body, "one"), poster.bulk(records, "many")
        assert code(poster.single(records[0], "one")) == (422, "idempotency_key_reused")
    assert (again.status_code, again.content) == (201, first.content)
    assert (bulk_again.status_code, bulk_again.content) == (200, bulk.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(stored(environment)) == 3
    assert entries(environment) == 2
