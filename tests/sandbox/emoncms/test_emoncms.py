"""Emoncms: inputs are posted, inputs and feeds are read."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from meterctl.sandbox.emoncms import Emoncms
from meterctl.sandbox.server import serve
from tests.sandbox.neighbours import Neighbour
from tests.sandbox.talk import Answer, ask
from tests.sandbox.utility.customer import Clock

NOON = 1_795_348_800  # 22 November 2026, UTC
BULK = "/input/bulk.json"


@pytest.fixture
def account() -> Iterator[Neighbour]:
    """An account with its key; no request may have met a bug."""
    with serve(Emoncms("the-key", clock=Clock()), name="utility") as running:
        yield Neighbour(running, "emoncms", {"Authorization": "Bearer the-key"})
        assert running.errors == []


def bulk(account: Neighbour, data: object, **more: str | int) -> Answer:
    """Rows of `[offset, node, value, ...]`."""
    text = data if isinstance(data, str) else json.dumps(data)
    return account.post(BULK, **{"data": text, "time": NOON - 60, **more})


def taken(account: Neighbour) -> list[tuple[str, int, float]]:
    """What was taken: input, time, value."""
    return [(one["meter"], one["timestamp"], one["value"]) for one in account.accepted()]


def test_a_bulk(account: Neighbour) -> None:
    """The text `ok`, and each value at its second."""
    answer = bulk(account, [[0, "meter", {"total": 142.3}], [5, 16, 1137, None, 7]])
    assert (answer.status, answer.body) == (200, b"ok")
    assert answer.headers["content-type"].startswith("text/plain")
    assert taken(account) == [
        ("meter/total", NOON - 60, 142.3),
        ("16/1", NOON - 55, 1137),
        ("16/3", NOON - 55, 7),
    ]


@pytest.mark.parametrize(
    ("reference", "first"),
    [
        ({"time": str(NOON - 100)}, NOON - 110),
        ({"time": "", "offset": "-10"}, NOON),
        ({"time": "", "sentat": "5"}, NOON - 15),
        ({"time": ""}, NOON - 10),
    ],
)
def test_what_a_time_is_relative_to(
    account: Neighbour, reference: dict[str, str], first: int
) -> None:
    """A time, an offset from now, or, with neither, the last row as now."""
    bulk(account, [[-10, 1, 5], [0, 1, 6]], **reference)
    assert taken(account)[0][1] == first


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("[[0, 1, 5]", "Format error, json string supplied is not valid"),
        ("[]", "Format error, json string supplied is not valid"),
        ("", "Format error, json string supplied is not valid"),
        ("[[0, 1, 5], []]", "Format error, last item in bulk data does not contain any data"),
    ],
)
def test_a_bulk_that_cannot_be_read(account: Neighbour, data: str, message: str) -> None:
    """It is 200 all the same: the body alone says no."""
    answer = bulk(account, data)
    assert (answer.status, answer.json) == (200, {"success": False, "message": message})
    account.switch(plain_errors=True)
    answer = bulk(account, data)
    assert (answer.status, answer.body.decode()) == (200, message)
    assert taken(account) == []


def test_a_bulk_with_one_bad_row(account: Neighbour) -> None:
    """The rows before it count, although the answer is an error."""
    answer = bulk(account, [[0, 1, 5], [1, {}, 6], [2, 1, 7]])
    assert answer.json["message"] == "Format error, node must not be an object"
    assert taken(account) == [("1/1", NOON - 60, 5)]


def test_rows_without_a_value(account: Neighbour) -> None:
    """They are passed over, and it is `ok`: nothing was taken."""
    assert bulk(account, [[0, "meter"]]).body == b"ok"
    assert taken(account) == []


def test_a_text_in_place_of_a_number(account: Neighbour) -> None:
    """It is 0, and `ok`."""
    assert bulk(account, [[0, 1, {"total": "lots"}], [0, 1, {"other": "1.50"}]]).body == b"ok"
    assert [value for _name, _at, value in taken(account)] == [0, 1.5]


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ({"node": "m", "json": "{total:142.30}"}, ("m/total", NOON, 142.3)),
        ({"node": "m", "csv": "7,8"}, ("m/1", NOON, 7)),
        ({"node": "m", "data": "total:+5", "time": str(NOON - 9)}, ("m/total", NOON - 9, 5)),
        ({"json": '{"total":1.5}'}, ("0/total", NOON, 1.5)),
    ],
)
def test_a_post(account: Neighbour, form: dict[str, str], found: tuple[str, int, float]) -> None:
    """Names and values, or values alone, now or at a time."""
    assert account.post("/input/post", **form).body == b"ok"
    assert taken(account)[0] == found


def test_a_post_of_whole_json(account: Neighbour) -> None:
    """It is answered with JSON; the node may be in the path."""
    answer = account.post("/input/post/house.json", fulljson='{"total": 12.5}')
    assert answer.json == {"success": True}
    assert taken(account) == [("house/total", NOON, 12.5)]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "Request contains no data via csv, json or data tag"),
        ({"json": "{total:lots}"}, "Format error, json value is not numeric"),
        ({"csv": "lots"}, "Format error: csv value is not numeric"),
        ({"json": "{:5}"}, "Format error, json key missing or invalid character"),
        ({"fulljson": "{"}, "Error decoding JSON string (invalid or too deeply nested)"),
        ({"fulljson": "5"}, "Input must be a JSON object"),
    ],
)
def test_a_post_that_cannot_be_read(account: Neighbour, form: dict[str, str], message: str) -> None:
    """It is 200, and says no in the body."""
    answer = account.post("/input/post.json", **form)
    assert (answer.status, answer.json) == (200, {"success": False, "message": message})


def test_an_action_that_is_none(account: Neighbour) -> None:
    """It is 200 and `false`."""
    bulk(account, [[0, 1, 5]])
    assert account.get("/input/burn.json").body == b"false"
    assert account.get("/feed/burn.json", id="1").body == b"false"


class TestKey:
    """Who may ask."""

    def test_a_wrong_key(self, account: Neighbour) -> None:
        """It is 401, in plain text."""
        answer = account.post(BULK, {"Authorization": "Bearer another"}, data="[[0,1,5]]")
        assert (answer.status, answer.body) == (401, b"Invalid API key")
        assert "invalid_apikey" in answer.headers["www-authenticate"]

    def test_no_key(self, account: Neighbour) -> None:
        """It is 200 and says no in the body: nothing was taken."""
        answer = ask(account.server, "POST", f"{BULK}?data=[[0,1,5]]")
        found = {"success": False, "message": "Username or password empty"}
        assert (answer.status, answer.json) == (200, found)
        assert taken(account) == []

    def test_the_key_as_a_parameter(self, account: Neighbour) -> None:
        """It counts as the header does."""
        answer = ask(account.server, "GET", f"{BULK}?data=[[0,1,5]]&apikey=the-key")
        assert answer.body == b"ok"

    def test_a_key_that_may_only_read(self, account: Neighbour) -> None:
        """Nothing is taken; the answer is 200 and empty."""
        account.switch(read_only=True)
        answer = bulk(account, [[0, 1, 5]])
        assert (answer.status, answer.body) == (200, b"")
        assert account.get("/input/list").json == []


class TestReading:
    """What an account shows."""

    @pytest.fixture(autouse=True)
    def _filled(self, account: Neighbour) -> None:
        bulk(account, [[0, "meter", {"total": 142.3}], [30, "meter", {"total": 143.25}]])

    def test_the_inputs(self, account: Neighbour) -> None:
        """Each with its newest value."""
        [shown] = account.get("/input/list.json").json
        assert (shown["nodeid"], shown["name"], shown["time"]) == ("meter", "total", NOON - 30)
        newest = {"time": NOON - 30, "value": 143.25}
        assert account.get("/input/get/meter/total").json == newest
        assert account.get("/input/get", node="meter", name="total").json == newest
        assert account.get("/input/get/meter").json == {"total": newest}
        assert account.get("/input/get").json == {"meter": {"total": newest}}
        assert account.get("/input/get/moon").json == "Node does not exist"
        assert account.get("/input/get/meter/moon").json == "Node variable does not exist"

    def test_the_feeds(self, account: Neighbour) -> None:
        """Every value at its time."""
        [feed] = account.get("/feed/list.json").json
        assert (feed["tag"], feed["name"], feed["value"]) == ("meter", "total", 143.25)
        assert account.get("/feed/getid.json", tag="meter", name="total").body == b"1"
        assert account.get("/feed/timevalue.json", id="1").json == {
            "time": NOON - 30,
            "value": 143.25,
        }
        assert account.get("/feed/value.json", id="1").json == 143.25
        for unit in (1, 1000):  # seconds, or milliseconds
            query = {"start": str((NOON - 60) * unit), "end": str((NOON - 31) * unit)}
            answer = account.get("/feed/data.json", id="1", interval="1", **query)
            assert answer.json == [[(NOON - 60) * 1000, 142.3]]

    def test_a_second_value_of_a_time(self, account: Neighbour) -> None:
        """It takes the first one's place."""
        assert bulk(account, [[0, "meter", {"total": 150}]]).body == b"ok"
        query = {"start": str(NOON - 60), "end": str(NOON - 60)}
        answer = account.get("/feed/data.json", id="1", **query)
        assert answer.json == [[(NOON - 60) * 1000, 150]]

    def test_no_such_feed(self, account: Neighbour) -> None:
        """It is 200, and says no in the body."""
        answer = account.get("/feed/data.json", id="9", start="1", end="2")
        assert (answer.status, answer.json["message"]) == (200, "feed 9 does not exist")
        assert account.get("/feed/value.json", id="9").json["success"] is False
        assert account.get("/feed/data.json", id="1").json["message"] == "bad parameters"

    def test_inputs_without_feeds(self, account: Neighbour) -> None:
        """With the switch, nothing is logged: only the newest value is known."""
        account.switch(feeds=False)
        bulk(account, [[0, "other", 5]])
        assert len(account.get("/feed/list.json").json) == 1
        assert account.get("/input/get/other/1").json["value"] == 5
