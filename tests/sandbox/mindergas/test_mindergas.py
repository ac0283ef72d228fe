"""MinderGas: one reading a day, taken and never shown again."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tests.sandbox.doors.caller import Caller
from tests.sandbox.talk import Answer
from tests.sandbox.utility.customer import Clock

URL = "/api/meter_readings"


def post(caller: Caller, reading: object = 142.3, date: object = "2026-11-22") -> Answer:
    """Hand in a reading."""
    return caller.ask("POST", URL, json.dumps({"date": date, "reading": reading}))


class TestTaken:
    """201."""

    @pytest.mark.parametrize("reading", [142.3, "142.3", "142.300000", 142], ids=repr)
    def test_a_reading(self, caller: Caller, reading: object) -> None:
        """It may be a number or a text of digits; the answer has no body."""
        answer = post(caller, reading)
        assert (answer.status, answer.body) == (201, b"")
        assert [one["date"] for one in caller.accepted()] == ["2026-11-22"]

    def test_a_time_of_day(self, caller: Caller) -> None:
        """It is passed over."""
        assert post(caller, date="2026-11-22T00:00:00").status == 201
        assert caller.accepted() == [{"date": "2026-11-22", "reading": 142.3}]

    def test_the_old_address(self, caller: Caller) -> None:
        """It still works."""
        body = '{"date": "2026-11-22", "reading": 1}'
        assert caller.ask("POST", "/api/gas_meter_readings", body).status == 201

    def test_a_dutch_day(self, caller: Caller, clock: Clock) -> None:
        """Today is today in the Netherlands."""
        assert post(caller, date="2026-11-23").status == 422
        clock.now = datetime(2026, 11, 22, 23, 5, tzinfo=UTC).timestamp()
        assert post(caller, date="2026-11-23").status == 201


class TestRefused:
    """422, with errors."""

    @pytest.mark.parametrize("reading", [142.3, 150])
    def test_the_day_again(self, caller: Caller, reading: float) -> None:
        """Whatever the value is."""
        post(caller)
        answer = post(caller, reading)
        assert answer.status == 422
        assert answer.json == {"errors": ["Date has already been taken"]}
        assert caller.accepted() == [{"date": "2026-11-22", "reading": 142.3}]

    @pytest.mark.parametrize(
        ("reading", "date", "word"),
        [
            (9, "2026-11-15", "lower"),
            (21, "2026-11-15", "higher"),
            (30, "2026-11-24", "future"),
            (15.0001, "2026-11-15", "decimals"),
            ("1,737.645", "2026-11-15", "number"),
            (-1, "2026-11-15", "number"),
            (None, "2026-11-15", "number"),
            (15, "15-11-2026", "Date"),
            (15, "2026-02-30", "Date"),
            (15, None, "Date"),
        ],
    )
    def test_a_mistake(self, caller: Caller, reading: object, date: object, word: str) -> None:
        """It is named, and nothing is kept."""
        post(caller, 10, "2026-11-10")
        post(caller, 20, "2026-11-20")
        answer = post(caller, reading, date)
        assert answer.status == 422
        assert word in answer.json["errors"][0]
        assert len(caller.accepted()) == 2

    def test_two_mistakes(self, caller: Caller) -> None:
        """Both are named."""
        assert len(post(caller, "x", "y").json["errors"]) == 2

    def test_without_a_word(self, caller: Caller) -> None:
        """As it has been seen: the status alone."""
        caller.switch(wordless=True)
        answer = post(caller, -1)
        assert (answer.status, answer.body) == (422, b"")

    def test_many_at_once(self, caller: Caller) -> None:
        """One of them is kept."""
        with ThreadPoolExecutor(8) as pool:
            found = sorted(pool.map(lambda _: post(caller).status, range(16)))
        assert found == [201] + [422] * 15
        assert len(caller.accepted()) == 1


class TestNotHeard:
    """Answers that say nothing of the reading; none is kept."""

    @pytest.mark.parametrize("token", ["", "wrong"])
    def test_no_token(self, caller: Caller, token: str) -> None:
        """401."""
        body = '{"date": "2026-11-22", "reading": 1}'
        assert caller.ask("POST", URL, body, {"AUTH-TOKEN": token}).status == 401
        assert caller.accepted() == []

    def test_not_paid(self, caller: Caller) -> None:
        """402."""
        caller.switch(expired=True)
        assert post(caller).status == 402
        assert caller.accepted() == []

    def test_too_often(self, caller: Caller) -> None:
        """403, not 429, and no word of when to come back."""
        caller.switch(rate_limit=1)
        post(caller, -1)
        answer = post(caller)
        assert answer.status == 403
        assert "retry-after" not in answer.headers
        assert caller.accepted() == []

    def test_busy(self, caller: Caller) -> None:
        """503, as a page."""
        caller.switch(busy=True)
        answer = post(caller)
        assert (answer.status, answer.headers["content-type"]) == (503, "text/html; charset=UTF-8")
        assert caller.accepted() == []

    def test_malformed(self, caller: Caller) -> None:
        """400 where the body is no JSON."""
        answer = caller.ask("POST", URL, '{"date": "2026-11-22", "reading": 1,737.645}')
        assert (answer.status, list(answer.json)) == (400, ["errors"])

    @pytest.mark.parametrize("path", [URL, f"{URL}/1", "/api/meter_readings.json"])
    def test_reading_back(self, caller: Caller, path: str) -> None:
        """404: the API shows no readings."""
        post(caller)
        assert caller.ask("GET", path).status == 404
