"""Submitting a reading: accepted once, rejected with a reason, refused when malformed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from meterctl.sandbox.server import Running
from tests.sandbox.talk import ask
from tests.sandbox.utility.customer import TOKEN, URL, Clock, Customer


class TestAccepted:
    """A reading that counts."""

    def test_all_fields(self, customer: Customer) -> None:
        """They come back with a receipt, just as they were sent."""
        answer = customer.submit(
            "142.300", "k 1/~", serial="S1", timestamp="2026-11-22T07:00:00+01:00"
        )
        assert answer.status == 201
        assert answer.json == {
            "status": "accepted",
            "receipt": "R-000001",
            "key": "k 1/~",
            "meter": "M1",
            "serial": "S1",
            "timestamp": "2026-11-22T07:00:00+01:00",
            "value": 142.3,
            "unit": "kWh",
        }
        assert b'"value": 142.300,' in answer.body
        assert answer.headers["content-type"].startswith("application/json")

    @pytest.mark.parametrize(
        "value",
        ["0", "0.0", "142", "142.300000", "123456789012.123456", "1e3", "1.5E+2", "0.000001"],
    )
    def test_a_value(self, customer: Customer, value: str) -> None:
        """It is exact, and comes back as the very digits."""
        answer = customer.submit(value)
        assert answer.status == 201
        assert f'"value": {value},'.encode() in answer.body

    def test_without_a_key_or_a_serial(self, customer: Customer) -> None:
        """Both are null; names that the API does not know are passed over."""
        answer = customer.submit(serial=None, more={"a": [1, 2.5]}, note="x")
        assert (answer.status, answer.json["key"], answer.json["serial"]) == (201, None, None)

    def test_receipts(self, customer: Customer) -> None:
        """Each has its own; the list of what was accepted is in that order."""
        for hour in (3, 1, 2):
            customer.submit(str(hour), f"key {hour}", timestamp=f"2026-11-22T0{hour}:00:00Z")
        found = [(one["receipt"], one["key"], one["value"]) for one in customer.accepted()]
        assert found == [
            ("R-000001", "key 3", 3),
            ("R-000002", "key 1", 1),
            ("R-000003", "key 2", 2),
        ]
        assert set(customer.accepted()[0]) == {
            "receipt",
            "key",
            "meter",
            "serial",
            "timestamp",
            "value",
            "unit",
        }

    def test_an_api_key(self, server: Running) -> None:
        """The token may come in either header."""
        headers = {"X-Api-Key": TOKEN, "Content-Type": "application/json; charset=utf-8"}
        body = '{"meter":"M","timestamp":"2026-01-01T00:00Z","value":1,"unit":"kWh"}'
        assert ask(server, "POST", URL, body, headers).status == 201


class TestTheSameAgain:
    """By key, or by meter and time."""

    def test_the_same_key(self, customer: Customer) -> None:
        """The stored answer comes again, and says that it does; nothing is doubled."""
        first = customer.submit(key="k")
        again = customer.submit("142.30", "k", timestamp="2026-11-22T07:00:00+01:00")
        assert (first.status, again.status) == (201, 200)
        assert again.body == first.body
        assert again.headers["idempotent-replayed"] == "true"
        assert "idempotent-replayed" not in first.headers
        assert len(customer.accepted()) == 1

    def test_a_rejection(self, customer: Customer) -> None:
        """It is stored as well, even when it would be accepted by now."""
        customer.switch(max_value=100)
        first = customer.submit(key="k")
        customer.switch(max_value=None)
        again = customer.submit(key="k")
        assert (first.status, again.status, again.body) == (422, 200, first.body)
        assert again.headers["idempotent-replayed"] == "true"

    @pytest.mark.parametrize(
        ("value", "fields"),
        [
            pytest.param("142.4", {}, id="value"),
            pytest.param("142.3", {"meter": "M2"}, id="meter"),
            pytest.param("142.3", {"timestamp": "2026-11-22T06:00:01Z"}, id="time"),
            pytest.param("142.3", {"serial": "S"}, id="serial"),
            pytest.param("142.3", {"unit": "MWh"}, id="unit"),
        ],
    )
    def test_the_same_key_with_another(
        self, customer: Customer, value: str, fields: dict[str, object]
    ) -> None:
        """It is refused, and the first one stays what it is."""
        customer.submit(key="k")
        answer = customer.submit(value, "k", **fields)
        assert answer.status == 422
        assert (answer.json["status"], answer.json["error"]) == ("error", "idempotency_key_reused")
        assert [one["value"] for one in customer.accepted()] == [142.3]

    @pytest.mark.parametrize("key", [None, "another"])
    @pytest.mark.parametrize("value", ["142.3", "150"])
    def test_the_same_meter_and_time(self, customer: Customer, key: str | None, value: str) -> None:
        """The first one's receipt and value, whether or not the value is the same."""
        customer.submit("142.30", "first")
        answer = customer.submit(value, key, timestamp="2026-11-22T07:00+01:00")
        assert answer.status == 409
        assert answer.json == {
            "status": "already",
            "receipt": "R-000001",
            "key": "first",
            "meter": "M1",
            "serial": None,
            "timestamp": "2026-11-22T06:00:00Z",
            "value": 142.3,
            "unit": "kWh",
        }
        assert b'"value": 142.30,' in answer.body
        assert len(customer.accepted()) == 1

    def test_a_key_that_settled_nothing(self, customer: Customer) -> None:
        """It is free for another try."""
        customer.submit(key="first")
        assert customer.submit(key="k").status == 409
        assert customer.look_up("k").status == 404
        assert customer.submit("143", "k", timestamp="2026-11-22T07:00:00Z").status == 201

    def test_while_the_first_one_is_in_progress(self, customer: Customer, server: Running) -> None:
        """409 and when to ask again, for either way of asking; then the stored answer."""
        customer.switch(processing_seconds=0.5)
        with ThreadPoolExecutor(1) as background:
            first = background.submit(customer.submit, "1", "k")
            while server.journal.fields()["total"] == 0:
                pass
            second, looked_up = customer.submit("1", "k"), customer.look_up("k")
            other = customer.submit("2", "k")
            assert first.result().status == 201
        for answer in (second, looked_up):
            assert (answer.status, answer.json["error"]) == (409, "in_progress")
            assert int(answer.headers["retry-after"]) >= 1
        assert other.json["error"] == "idempotency_key_reused"
        assert customer.submit("1", "k").body == first.result().body

    @pytest.mark.parametrize("key", [None, "k"])
    def test_twenty_at_once(self, customer: Customer, key: str | None) -> None:
        """It is accepted once."""
        customer.switch(processing_seconds=0.05)
        with ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(lambda _n: customer.submit("1", key), range(20)))
        statuses = sorted(answer.status for answer in answers)
        assert statuses.count(201) == 1
        assert set(statuses) <= {200, 201, 409}
        assert len(customer.accepted()) == 1


class TestRejected:
    """A reading that is understood and does not count."""

    @pytest.mark.parametrize(
        ("value", "timestamp", "reason"),
        [
            pytest.param("99.9", "2026-11-21T12:00:00Z", "less_than_previous", id="less"),
            pytest.param("100", "2026-11-21T12:00:00Z", None, id="equal to the one before"),
            pytest.param("200.1", "2026-11-21T12:00:00Z", "greater_than_subsequent", id="more"),
            pytest.param("200", "2026-11-21T12:00:00Z", None, id="equal to the one after"),
            pytest.param("101", "2026-11-19T12:00:00Z", "greater_than_subsequent", id="early"),
            pytest.param("199", "2026-11-22T11:00:00Z", "less_than_previous", id="late"),
            pytest.param("300", "2026-11-22T12:02:00Z", "timestamp_future", id="future"),
            pytest.param("300", "2026-11-22T12:00:30Z", None, id="a clock that runs ahead"),
        ],
    )
    def test_a_register_only_grows(
        self, customer: Customer, value: str, timestamp: str, reason: str | None
    ) -> None:
        """What was accepted before and after it is what counts."""
        customer.submit("100", timestamp="2026-11-20T12:00:00Z")
        customer.submit("200", timestamp="2026-11-22T10:00:00Z")
        answer = customer.submit(value, "k", timestamp=timestamp)
        if reason is None:
            assert answer.status == 201
            return
        assert answer.status == 422
        assert answer.json["status"] == "rejected"
        assert answer.json["reason"] == reason
        assert answer.json["message"]
        assert len(customer.accepted()) == 2
        assert customer.look_up("k").body == answer.body

    def test_another_meter_or_device(self, customer: Customer) -> None:
        """Each device of each meter has a register of its own."""
        customer.submit("100", timestamp="2026-11-20T12:00:00Z", serial="old")
        assert customer.submit("5", timestamp="2026-11-21T12:00:00Z", serial="new").status == 201
        assert customer.submit("5", meter="M2").status == 201
        assert customer.submit("99", serial="old").json["reason"] == "less_than_previous"

    @pytest.mark.parametrize("unit", ["kwh", "W", "kW", "furlong"])
    def test_a_unit(self, customer: Customer, unit: str) -> None:
        """Only those that the API lists."""
        assert customer.submit(unit=unit).json["reason"] == "unknown_unit"

    def test_another_unit(self, customer: Customer) -> None:
        """A meter keeps to its first one."""
        customer.submit("1", unit="m³")
        answer = customer.submit("2", unit="L", timestamp="2026-11-22T07:00:00Z")
        assert (answer.status, answer.json["reason"]) == (422, "unknown_unit")

    def test_too_old(self, customer: Customer) -> None:
        """As many days as are set."""
        customer.switch(oldest_days=14)
        answer = customer.submit(timestamp="2026-11-08T11:59:59Z")
        assert answer.json["reason"] == "timestamp_too_old"
        assert customer.submit(timestamp="2026-11-08T12:00:00Z").status == 201

    def test_too_high(self, customer: Customer) -> None:
        """More than is set."""
        customer.switch(max_value=142.3)
        assert customer.submit("142.300001").json["reason"] == "value_too_high"
        assert customer.submit("142.3").status == 201


GOOD = {"meter": "M1", "timestamp": "2026-11-22T06:00:00Z", "value": 1, "unit": "kWh"}


def with_(**fields: object) -> str:
    """A good reading, but for this."""
    return json.dumps({**GOOD, **fields})


def without(name: str) -> str:
    """A good reading that lacks this."""
    return json.dumps({key: value for key, value in GOOD.items() if key != name})


class TestMalformed:
    """What is not understood: 400, and nothing is stored."""

    @pytest.mark.parametrize(
        ("body", "about"),
        [
            pytest.param("", "JSON", id="nothing"),
            pytest.param("{", "JSON", id="half an object"),
            pytest.param("[]", "object", id="a list"),
            pytest.param(b"\xff{}", "UTF-8", id="no text"),
            pytest.param("[" * 100_00, "JSON", id="many brackets"),
            pytest.param('{"meter":"a","meter":"b"}', "twice", id="a name twice"),
            pytest.param(without("meter"), "meter: missing", id="no meter"),
            pytest.param(without("timestamp"), "timestamp: missing", id="no time"),
            pytest.param(without("value"), "value: missing", id="no value"),
            pytest.param(without("unit"), "unit: missing", id="no unit"),
            pytest.param(with_(meter=""), "meter:", id="an empty meter"),
            pytest.param(with_(meter=7), "meter:", id="a number as meter"),
            pytest.param(with_(meter="x" * 65), "meter:", id="a long meter"),
            pytest.param(with_(meter="a\nb"), "meter:", id="a line break"),
            pytest.param(with_(meter="\ud800"), "meter:", id="half a letter"),
            pytest.param(with_(serial=7), "serial:", id="a number as serial"),
            pytest.param(with_(unit=None), "unit:", id="null as unit"),
            pytest.param(with_(timestamp=1_700_000_000), "timestamp:", id="a number as time"),
            pytest.param(with_(timestamp="2026-11-22T06:00:00"), "timestamp:", id="no offset"),
            pytest.param(with_(timestamp="2026-11-22 06:00:00Z"), "timestamp:", id="no T"),
            pytest.param(with_(timestamp="2026-02-30T06:00:00Z"), "timestamp:", id="no such day"),
            pytest.param(
                with_(timestamp="0001-01-01T00:00:00+14:00"), "timestamp:", id="before all time"
            ),
            pytest.param(with_(value="1"), "value:", id="a text as value"),
            pytest.param(with_(value=True), "value:", id="true as value"),
            pytest.param(with_(value=None), "value:", id="null as value"),
            pytest.param(with_(value=-1), "value:", id="negative"),
            pytest.param(with_(value=-0.0), "value:", id="negative zero"),
            pytest.param(with_(value=float("nan")), "NaN", id="not a number at all"),
            pytest.param(with_(value=float("inf")), "Infinity", id="infinite"),
            pytest.param(with_(value=0.0000001), "decimals", id="seven decimals"),
            pytest.param(with_(value=10**12), "digits", id="thirteen digits"),
            pytest.param(
                with_(value=1)[:-1] + ', "x": 1e99999999999999999999}', "measure", id="exponent"
            ),
            pytest.param(with_(value=7).replace("7", "1e9999"), "digits", id="a huge value"),
            pytest.param(with_(value=7).replace("7", "1.0000000"), "decimals", id="idle zeros"),
            pytest.param(with_(value=7).replace("7", "+1"), "JSON", id="a plus"),
            pytest.param(with_(value=7).replace("7", "0x1"), "JSON", id="no decimal"),
        ],
    )
    def test_a_body(self, customer: Customer, body: str | bytes, about: str) -> None:
        """The message says what is wrong."""
        answer = customer.ask("POST", URL, body, {"Idempotency-Key": "k"})
        assert answer.status == 400
        assert (answer.json["status"], answer.json["error"]) == ("error", "malformed")
        assert about in answer.json["message"]
        assert customer.accepted() == []
        assert customer.look_up("k").status == 404

    @pytest.mark.parametrize("key", [" ", "x" * 256, "ü", "a\tb"])
    def test_a_key(self, customer: Customer, key: str) -> None:
        """1 to 255 printable ASCII characters."""
        assert customer.submit(key=key).json["error"] == "malformed"
        assert customer.submit(key="x" * 255).status == 201

    @pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
    def test_another_type(self, customer: Customer, kind: str) -> None:
        """415."""
        answer = customer.ask("POST", URL, json.dumps(GOOD), {"Content-Type": kind})
        assert (answer.status, answer.json["error"]) == (415, "unsupported_media_type")

    def test_too_large(self, customer: Customer) -> None:
        """413."""
        answer = customer.ask("POST", URL, with_(note="x" * 65_536))
        assert (answer.status, answer.json["error"]) == (413, "too_large")


class TestWhoAndWhen:
    """The token, the window, the rate."""

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param({"Authorization": ""}, id="no token"),
            pytest.param({"Authorization": "Bearer wrong"}, id="a wrong one"),
            pytest.param({"Authorization": "Bearer"}, id="an empty one"),
            pytest.param({"Authorization": f"Basic {TOKEN}"}, id="another scheme"),
            pytest.param({"Authorization": "", "X-Api-Key": "wrong"}, id="a wrong key"),
            pytest.param({"Authorization": "Bearer tökén"}, id="letters"),
        ],
    )
    def test_without_the_token(self, customer: Customer, headers: dict[str, str]) -> None:
        """401 for everything, with a challenge."""
        for method, path in (("POST", URL), ("GET", f"{URL}/k"), ("GET", f"{URL}?meter=M")):
            answer = customer.ask(method, path, json.dumps(GOOD), headers)
            assert (answer.status, answer.json["error"]) == (401, "unauthorized")
            assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert customer.accepted() == []

    @pytest.mark.parametrize(
        ("opens", "closes", "status"),
        [
            pytest.param("2026-11-22T12:00:00Z", "2026-11-25T00:00:00Z", 201, id="just open"),
            pytest.param("2026-11-22T13:00:01+01:00", "2026-11-25T00:00:00Z", 403, id="not yet"),
            pytest.param("2026-11-20T00:00:00Z", "2026-11-22T12:00:00Z", 403, id="no more"),
        ],
    )
    def test_the_window(self, customer: Customer, opens: str, closes: str, status: int) -> None:
        """Outside of it nothing is taken, and it is said when it opens; the key stays free."""
        customer.switch(window={"opens": opens, "closes": closes})
        answer = customer.submit(key="k")
        assert answer.status == status
        if status == 403:
            assert answer.json["status"] == "window_closed"
            assert (answer.json["opens"], answer.json["closes"]) == (opens, closes)
            customer.switch(window=None)
            assert customer.submit(key="k").status == 201

    def test_what_is_known_outside_the_window(self, customer: Customer) -> None:
        """It can be asked for, and submitted again."""
        customer.submit(key="k")
        closed = {"opens": "2027-01-01T00:00:00Z", "closes": "2027-01-02T00:00:00Z"}
        customer.switch(window=closed)
        assert customer.submit(key="k").status == 200
        assert customer.look_up("k").status == 200
        assert len(customer.read_back(meter="M1").json["readings"]) == 1

    def test_the_rate(self, customer: Customer) -> None:
        """So many requests a minute; every answer says how many are left."""
        customer.switch(rate_limit=2)
        first, second = customer.submit("1", "a"), customer.look_up("a")
        assert (first.status, second.status) == (201, 200)
        for answer, left in ((first, "1"), (second, "0")):
            assert answer.headers["x-ratelimit-limit"] == "2"
            assert answer.headers["x-ratelimit-remaining"] == left
        third = customer.submit("2", "b")
        assert (third.status, third.json["error"]) == (429, "rate_limited")
        assert third.headers["x-ratelimit-remaining"] == "0"
        assert customer.accepted() == [customer.accepted()[0]]

    def test_the_next_minute(self, customer: Customer, clock: Clock) -> None:
        """What is waited for is what was said."""
        customer.switch(rate_limit=1)
        customer.submit("1", "a")
        now = clock()
        clock.now += 20.5
        refused = customer.submit("1", "b")
        assert refused.headers["retry-after"] == "40"
        assert refused.headers["x-ratelimit-reset"] == str(int(now) + 60)
        clock.now += 40
        assert customer.submit("1", "a").status == 200

    def test_no_rate(self, customer: Customer) -> None:
        """Then no answer speaks of one."""
        assert not [name for name in customer.submit().headers if name.startswith("x-ratelimit")]
