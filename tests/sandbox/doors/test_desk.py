"""What lies behind each door is the same: a desk that takes a reading once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.doors.caller import Caller
from tests.sandbox.doors.keys import FORM, KINDS, Customer
from tests.sandbox.utility.customer import Clock

Passing = Callable[[str], Customer]


@pytest.mark.parametrize("kind", KINDS)
class TestBehindEachDoor:
    """The same behind each that answers in JSON."""

    def test_accepted(self, at: Passing, kind: str) -> None:
        """201 with a receipt, the value with its very digits; found by id and by meter."""
        customer = at(kind)
        answer = customer.submit("142.300", id="k1")
        reading = {
            "id": "k1",
            "receipt": "R-000001",
            "meter": "M1",
            "timestamp": "2026-11-22T06:00:00Z",
            "value": 142.3,
            "unit": "kWh",
        }
        assert (answer.status, answer.json) == (201, {"state": "accepted", **reading})
        assert b'"value": 142.300,' in answer.body
        assert customer.look_up("k1").json == answer.json
        assert customer.read_back().json == {"meter": "M1", "readings": [reading]}
        assert customer.caller.accepted() == [{"door": kind, **reading}]

    def test_the_same_again(self, at: Passing, kind: str) -> None:
        """The first answer comes again, and says that it does."""
        customer = at(kind)
        first = customer.submit(id="k1")
        again = customer.submit("142.30", id="k1", timestamp="2026-11-22T07:00:00+01:00")
        assert (again.status, again.body) == (200, first.body)
        assert again.headers["idempotent-replayed"] == "true"
        assert "idempotent-replayed" not in first.headers
        assert len(customer.caller.accepted()) == 1

    def test_a_stranger(self, at: Passing, kind: str) -> None:
        """401 with a challenge, whatever is asked; nothing is taken."""
        url = f"/doors/{kind}/readings"
        caller = at(kind).caller
        for method, path in (("POST", url), ("GET", f"{url}/k1"), ("GET", f"{url}?meter=M1")):
            answer = caller.ask(method, path, "{}" if method == "POST" else None)
            assert answer.status == 401
            assert answer.headers["www-authenticate"]


class TestSubmitting:
    """POST /doors/KIND/readings."""

    def test_without_an_id(self, at: Passing) -> None:
        """It is given one."""
        customer = at("basic")
        assert customer.submit().json["id"] == "S-000001"
        assert customer.look_up("S-000001").status == 200

    def test_a_header_for_the_id(self, at: Passing) -> None:
        """Idempotency-Key does as well as id; both must be the same."""
        customer = at("basic")
        assert customer.submit(headers={"Idempotency-Key": "k1"}).json["id"] == "k1"
        assert customer.submit(headers={"Idempotency-Key": "k1"}, id="k1").status == 200
        assert customer.submit(headers={"Idempotency-Key": "k1"}, id="k2").status == 400
        assert len(customer.caller.accepted()) == 1

    def test_the_same_id_with_another_reading(self, at: Passing) -> None:
        """422, and the first one stays."""
        customer = at("basic")
        customer.submit(id="k1")
        answer = customer.submit("150", id="k1")
        assert (answer.status, answer.json) == (422, {"state": "id_reused", "id": "k1"})
        assert customer.look_up("k1").json["value"] == 142.3

    @pytest.mark.parametrize("value", ["142.3", "150"])
    def test_the_same_time_with_another_id(self, at: Passing, value: str) -> None:
        """409 with the first one, which may have another value."""
        customer = at("basic")
        customer.submit(id="k1")
        answer = customer.submit(value, id="k2")
        assert (answer.status, answer.json["state"]) == (409, "already")
        assert (answer.json["id"], answer.json["value"]) == ("k1", 142.3)

    @pytest.mark.parametrize(
        ("value", "fields", "reason"),
        [
            ("100", {"timestamp": "2026-11-22T07:00:00Z"}, "less_than_previous"),
            ("150", {"timestamp": "2026-11-22T05:00:00Z"}, "greater_than_subsequent"),
            ("150", {"timestamp": "2026-11-23T05:00:00Z"}, "timestamp_future"),
            ("150", {"timestamp": "2026-11-22T07:00:00Z", "unit": "V"}, "unknown_unit"),
        ],
    )
    def test_rejected(self, at: Passing, value: str, fields: dict[str, str], reason: str) -> None:
        """422 with a reason, which stays the answer to this id."""
        customer = at("basic")
        customer.submit()
        answer = customer.submit(value, None, id="k2", **fields)
        assert (answer.status, answer.json["state"]) == (422, "rejected")
        assert answer.json["reason"] == reason
        found = customer.look_up("k2")
        assert (found.status, found.body) == (200, answer.body)
        assert len(customer.caller.accepted()) == 1

    def test_many_at_once(self, at: Passing) -> None:
        """One is accepted, the others are told of it."""
        customer = at("basic")
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: customer.submit(id="k1").body, range(16)))
        assert len(set(found)) == 1
        assert len(customer.caller.accepted()) == 1

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("basic", "{"),
            ("basic", '{"meter": "M"}'),
            ("basic", '{"id": "a b", "meter": "M", "timestamp": "2026-11-22T06:00Z"}'),
            ("basic", '{"id": {}, "meter": "M", "timestamp": "2026-11-22T06:00Z"}'),
            ("basic", '{"id": ["k"], "meter": "M", "timestamp": "2026-11-22T06:00Z"}'),
            ("form", "meter=M&meter=N"),
            ("form", "meter"),
            ("form", "meter=M&timestamp=2026-11-22T06:00:00Z&unit=kWh&value=1,5"),
            ("form", "meter=%FF&timestamp=2026-11-22T06:00:00Z&unit=kWh&value=1"),
            ("csv", ""),
            ("csv", "k1,M1,2026-11-22T06:00:00Z,142.3"),
            ("csv", "k1,M1,2026-11-22T06:00:00Z,1e3,kWh"),
            ("csv", 'k1,"M1,2026-11-22T06:00:00Z,1,kWh'),
        ],
    )
    def test_malformed(self, at: Passing, kind: str, body: str) -> None:
        """400, and nothing is taken."""
        customer = at(kind)
        types = {"form": FORM, "csv": "text/csv"}
        headers = {"Content-Type": types.get(kind, "application/json")}
        answer = customer.ask("POST", customer.url, body, headers)
        assert (answer.status, answer.json["error"]) == (400, "malformed")
        assert customer.caller.accepted() == []

    @pytest.mark.parametrize("kind", ["basic", "form", "csv"])
    def test_another_kind_of_body(self, at: Passing, kind: str) -> None:
        """415."""
        customer = at(kind)
        assert customer.submit(headers={"Content-Type": "text/plain"}).status == 415

    def test_too_large(self, at: Passing) -> None:
        """413."""
        customer = at("basic")
        assert customer.ask("POST", customer.url, " " * (64 * 1024 + 1)).status == 413


class TestInProgress:
    """202, where it takes a while."""

    def test_accepted_later(self, at: Passing, clock: Clock) -> None:
        """Neither by id nor by meter it is told before its time; a repetition changes nothing."""
        customer = at("basic")
        customer.caller.switch(in_progress_seconds=30)
        for answer in (customer.submit(id="k1"), customer.submit(id="k1"), customer.look_up("k1")):
            assert (answer.status, answer.json) == (202, {"state": "in_progress", "id": "k1"})
            assert answer.headers["retry-after"] == "1"
        assert customer.read_back().json["readings"] == []
        assert customer.caller.accepted() == []
        clock.now += 30
        assert customer.look_up("k1").json["state"] == "accepted"
        assert len(customer.read_back().json["readings"]) == 1

    def test_rejected_later(self, at: Passing, clock: Clock) -> None:
        """202 is no acceptance."""
        customer = at("basic")
        customer.caller.switch(in_progress_seconds=30)
        assert customer.submit(id="k1", unit="V").status == 202
        clock.now += 30
        assert customer.look_up("k1").json["state"] == "rejected"


class TestTheWindow:
    """Readings are taken between two instants."""

    def test_closed(self, at: Passing) -> None:
        """403 for a new one; a repetition is answered, and the id is free."""
        customer = at("basic")
        customer.submit(id="k1")
        window = {"opens": "2026-11-23T00:00:00Z", "closes": "2026-11-24T00:00:00Z"}
        assert customer.caller.switch(window=window).json["window"] == window
        answer = customer.submit("150", id="k2", timestamp="2026-11-22T07:00:00Z")
        assert answer.status == 403
        assert answer.json == {"state": "window_closed", "id": "k2", **window}
        assert customer.submit(id="k1").json["state"] == "accepted"
        assert customer.look_up("k2").status == 404
        customer.caller.switch(window=None)
        again = customer.submit("150", id="k2", timestamp="2026-11-22T07:00:00Z")
        assert again.json["state"] == "accepted"


class TestTheRate:
    """So many requests a minute, told by X-RateLimit headers alone."""

    def test_spent(self, at: Passing, clock: Clock) -> None:
        """429 without Retry-After; Reset is in seconds since 1970."""
        customer = at("basic")
        customer.caller.switch(rate_limit=2)
        found = [customer.read_back() for _ in range(3)]
        assert [one.status for one in found] == [200, 200, 429]
        assert [one.headers["x-ratelimit-remaining"] for one in found] == ["1", "0", "0"]
        assert found[2].headers["x-ratelimit-reset"] == str(int(clock.now) + 60)
        assert "retry-after" not in found[2].headers
        clock.now += 60
        assert customer.submit().status == 201


class TestCsv:
    """Lines in, lines out; the status is always 200."""

    def test_several_lines(self, at: Passing) -> None:
        """Each has a line of its own in the answer, in that order."""
        customer = at("csv")
        lines = [
            "k1,M1,2026-11-22T06:00:00Z,142.30,kWh",
            "k2,M1,2026-11-22T07:00:00Z,100,kWh",
            "k3,M1,2026-11-22T06:00:00Z,150,kWh",
        ]
        headers = {"Content-Type": "text/csv; charset=utf-8"}
        answer = customer.ask("POST", customer.url, "\n".join(lines), headers)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/csv; charset=UTF-8")
        assert answer.body.decode().splitlines() == [
            "k1,accepted,R-000001,142.30,",
            "k2,rejected,,100,less_than_previous",
            "k1,already,R-000001,142.30,",
        ]
        assert customer.look_up("k2").body == b"k2,rejected,,100,less_than_previous\r\n"
        assert customer.look_up("k9").body == b"k9,not_found,,,\r\n"
        assert customer.read_back().body == (b"k1,R-000001,M1,2026-11-22T06:00:00Z,142.30,kWh\r\n")

    def test_a_malformed_line(self, at: Passing) -> None:
        """400 for all of them, and none is taken."""
        customer = at("csv")
        body = "k1,M1,2026-11-22T06:00:00Z,1,kWh\nk2,M1,soon,2,kWh\n"
        answer = customer.ask("POST", customer.url, body, {"Content-Type": "text/csv"})
        assert (answer.status, answer.json["message"][:6]) == (400, "line 2")
        assert customer.caller.accepted() == []


class TestElsewhere:
    """What is not there."""

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/doors/", 404),
            ("GET", "/doors/soap/readings", 404),
            ("GET", "/doors/basic/readings/a/b", 404),
            ("GET", "/doors/basic/readings/unknown", 404),
            ("GET", "/doors/basic/readings", 400),
            ("DELETE", "/doors/basic/readings", 405),
            ("POST", "/doors/basic/readings/k1", 405),
        ],
    )
    def test_an_error(self, at: Passing, method: str, path: str, status: int) -> None:
        """In JSON."""
        answer = at("basic").ask(method, path)
        assert answer.status == status
        assert answer.json

    @pytest.mark.parametrize(
        "settings",
        [{"x": 1}, {"token_seconds": None}, {"in_progress_seconds": "1"}, {"window": 5}],
        ids=json.dumps,
    )
    def test_a_wrong_setting(self, caller: Caller, settings: dict[str, object]) -> None:
        """400, and nothing is changed."""
        before = caller.settings()
        assert caller.switch(**{"rate_limit": 5, **settings}).status == 400
        assert caller.settings() == before
        assert caller.inside("elsewhere").status == 404
