"""epilot: up to a hundred readings at a time, all or none; 200 does not say that one is valid."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sandbox.doors.caller import Caller
from tests.sandbox.talk import Answer
from tests.sandbox.utility.customer import Clock

URL = "/v1/metering/readings"
ONE = "/v1/metering/reading"
METER = "1446829f-4b6f-474e-b978-3997d89a7928"
COUNTER = "991a1821-43bc-46b8-967d-64a3d87c31f8"


def row(value: object = 142.3, day: int = 20, **fields: object) -> dict[str, object]:
    """A reading."""
    return {
        "meter_id": METER,
        "counter_id": COUNTER,
        "timestamp": f"2026-11-{day}T06:00:00Z",
        "value": value,
        "source": "ECP",
        **fields,
    }


def post(caller: Caller, *rows: object, query: str = "") -> Answer:
    """Hand in readings."""
    return caller.ask("POST", URL + query, json.dumps({"readings": rows}))


def read_back(caller: Caller, query: str = "", counter: str = COUNTER) -> Any:  # noqa: ANN401 (whatever was answered)
    """The page of readings of a counter."""
    return caller.ask("GET", f"{ONE}/{METER}/{counter}?type=cumulative{query}").json


class TestTaken:
    """200 with data."""

    def test_a_reading(self, caller: Caller) -> None:
        """It comes back with a status, its digits as they were sent."""
        body = json.dumps({"readings": [row(read_by="A")]}).replace("142.3", "142.300")
        answer = caller.ask("POST", URL, body)
        reading = {
            "meter_id": METER,
            "counter_id": COUNTER,
            "direction": "feed-in",
            "timestamp": "2026-11-20T06:00:00.000Z",
            "value": 142.3,
            "source": "ECP",
            "read_by": "A",
            "reason": None,
            "status": "valid",
        }
        assert (answer.status, answer.json) == (200, {"data": [reading]})
        assert b'"value": 142.300,' in answer.body
        assert read_back(caller) == {"results": [reading], "hits": 1}
        assert caller.accepted() == [reading]

    def test_several(self, caller: Caller) -> None:
        """They come back in order of time, not in that in which they were sent."""
        answer = post(caller, row(30, 13), row(10, 11), row(20, 12))
        assert [one["value"] for one in answer.json["data"]] == [10, 20, 30]

    def test_only_one(self, caller: Caller) -> None:
        """There is an address for a single one."""
        answer = caller.ask("POST", ONE, json.dumps(row()))
        assert (answer.status, answer.json["data"]["value"]) == (200, 142.3)

    def test_without_time_and_counter(self, caller: Caller) -> None:
        """It is now, and the meter's only counter."""
        data = post(caller, row(timestamp=None, counter_id=None)).json["data"][0]
        assert data["timestamp"] == "2026-11-22T12:00:00.000Z"
        assert read_back(caller, counter=data["counter_id"])["hits"] == 1

    @pytest.mark.parametrize("status", ["in-validation", "implausible"])
    def test_not_yet_valid(self, caller: Caller, status: str) -> None:
        """200 is no more than that it arrived."""
        caller.switch(status=status)
        answer = post(caller, row())
        assert (answer.status, answer.json["data"][0]["status"]) == (200, status)

    @pytest.mark.parametrize("status", ["valid", "implausible"])
    def test_validated_later(self, caller: Caller, status: str) -> None:
        """What was in validation becomes the one or the other."""
        caller.switch(status="in-validation")
        post(caller, row())
        caller.inside("validated", status=status)
        assert read_back(caller)["results"][0]["status"] == status

    def test_seen_later(self, caller: Caller, clock: Clock) -> None:
        """Nobody waits by default: it is taken, and cannot be read back yet."""
        caller.switch(visible_after=30)
        post(caller, row())
        assert read_back(caller)["hits"] == 0
        clock.now += 30
        assert read_back(caller)["hits"] == 1

    def test_waited_for(self, caller: Caller) -> None:
        """With async=false it can be read back at once."""
        caller.switch(visible_after=30)
        post(caller, row(), query="?async=false")
        assert read_back(caller)["hits"] == 1

    def test_many_at_once(self, caller: Caller) -> None:
        """One of the same is kept."""
        with ThreadPoolExecutor(8) as pool:
            found = sorted(pool.map(lambda _: post(caller, row()).status, range(16)))
        assert found == [200] + [400] * 15
        assert len(caller.accepted()) == 1


class TestRefused:
    """400 with a reason; nothing of the request is kept."""

    @pytest.mark.parametrize(
        ("bad", "reason"),
        [
            (row(99, 21), "less_than_previous"),
            (row(142.3, 11), "greater_than_subsequent"),
            (row(150, 23), "timestamp_future"),
            (row(100, 12), "duplicate_reading"),
            (row(101, 12), "duplicate_reading"),
        ],
        ids=["less", "greater", "future", "same", "other value"],
    )
    @pytest.mark.parametrize("path", [URL, ONE])
    def test_a_reason(self, caller: Caller, bad: dict[str, object], reason: str, path: str) -> None:
        """A good reading in the same request is not kept either."""
        assert post(caller, row(100, 12)).status == 200
        good = row(1, 10, direction="feed-out")
        body = {"readings": [good, bad]} if path == URL else bad
        answer = caller.ask("POST", path, json.dumps(body))
        assert (answer.status, answer.json["reason"]) == (400, reason)
        assert len(caller.accepted()) == 1

    def test_within_a_request(self, caller: Caller) -> None:
        """Readings are judged by those before them in it, too."""
        assert post(caller, row(), row()).json["reason"] == "duplicate_reading"
        assert caller.accepted() == []

    def test_a_meter_that_is_gone(self, caller: Caller) -> None:
        """It takes none."""
        caller.switch(decommissioned=[METER])
        assert post(caller, row()).json["reason"] == "meter_decommissioned"

    def test_too_many(self, caller: Caller) -> None:
        """A hundred are enough."""
        rows = [row(day, 10, timestamp=f"2026-10-01T00:00:00.{day:03}Z") for day in range(101)]
        assert post(caller, *rows).json["reason"] == "too_many_records"
        assert post(caller, *rows[:100]).status == 200

    @pytest.mark.parametrize(
        "bad",
        [
            row(value="142.3"),
            row(value=-1),
            row(meter_id="main"),
            row(counter_id="1"),
            row(source="cron"),
            row(direction="in"),
            row(status="fine"),
            row(read_by=5),
            row(timestamp="yesterday"),
            "a reading",
        ],
    )
    def test_malformed(self, caller: Caller, bad: object) -> None:
        """A message without a reason."""
        answer = post(caller, row(1, 10), bad)
        assert (answer.status, list(answer.json)) == (400, ["message"])
        assert caller.accepted() == []

    @pytest.mark.parametrize("body", ["", "{}", "[]", '{"readings": {}}'])
    def test_no_readings(self, caller: Caller, body: str) -> None:
        """400."""
        assert caller.ask("POST", URL, body).status == 400


class TestReadingBack:
    """GET /v1/metering/reading/METER/COUNTER."""

    @pytest.mark.parametrize(
        ("query", "values"),
        [
            ("", list(range(25, 5, -1))),
            ("&size=-1", list(range(25, 0, -1))),
            ("&from=20", [5, 4, 3, 2, 1]),
            ("&size=2&from=1", [24, 23]),
            ("&start_date=2026-10-24", [25, 24]),
            ("&start_date=2026-10-02&end_date=2026-10-02", [2]),
            ("&direction=feed-out", []),
        ],
    )
    def test_a_page(self, caller: Caller, query: str, values: list[int]) -> None:
        """The newest first, twenty if nothing else is asked for; days belong to it whole."""
        rows = [row(day, timestamp=f"2026-10-{day:02}T23:00:00Z") for day in range(1, 26)]
        post(caller, *rows)
        found = read_back(caller, query)
        assert [one["value"] for one in found["results"]] == values
        assert found["hits"] >= len(values)

    @pytest.mark.parametrize(
        "query", ["", "?type=relative", "?type=cumulative&size=x", "?type=cumulative&end_date=1"]
    )
    def test_malformed(self, caller: Caller, query: str) -> None:
        """400; the type is needed."""
        assert caller.ask("GET", f"{ONE}/{METER}/{COUNTER}{query}").status == 400


class TestAccess:
    """Who may, and how often."""

    @pytest.mark.parametrize("given", ["", "Bearer wrong"])
    def test_no_token(self, caller: Caller, given: str) -> None:
        """401."""
        assert caller.ask("POST", URL, "{}", {"Authorization": given}).status == 401

    def test_forbidden(self, caller: Caller) -> None:
        """403."""
        caller.switch(forbidden=True)
        assert post(caller, row()).status == 403

    def test_too_often(self, caller: Caller) -> None:
        """429, and nothing is kept."""
        caller.switch(rate_limit=1)
        read_back(caller)
        assert post(caller, row()).status == 429
        assert caller.accepted() == []

    @pytest.mark.parametrize("path", ["/v1/metering/", "/v1/metering/reading", "/v2/metering"])
    def test_elsewhere(self, caller: Caller, path: str) -> None:
        """404."""
        assert caller.ask("GET", path).status == 404


@pytest.mark.parametrize(
    "settings", [{"status": "fine"}, {"visible_after": -1}, {"visible_after": 0.5}, {"x": None}]
)
def test_a_wrong_setting(caller: Caller, settings: dict[str, object]) -> None:
    """400, and nothing is changed."""
    before = caller.settings()
    assert caller.switch(**{"forbidden": True, **settings}).status == 400
    assert caller.settings() == before
