"""Asking the utility what it has, and switching how it behaves."""

from __future__ import annotations

import json

import pytest

from meterctl.sandbox.server import Running
from tests.sandbox.talk import ask
from tests.sandbox.utility.customer import URL, Customer


class TestByKey:
    """What became of a submission."""

    def test_accepted(self, customer: Customer) -> None:
        """The same answer as the first time."""
        first = customer.submit(key="k")
        answer = customer.look_up("k")
        assert (answer.status, answer.body) == (200, first.body)

    def test_rejected(self, customer: Customer) -> None:
        """With its reason."""
        customer.submit(key="k", unit="W")
        answer = customer.look_up("k")
        assert answer.status == 200
        assert (answer.json["status"], answer.json["reason"]) == ("rejected", "unknown_unit")

    def test_not_found(self, customer: Customer) -> None:
        """It never arrived."""
        answer = customer.look_up("k")
        assert (answer.status, answer.json["status"]) == (404, "not_found")

    @pytest.mark.parametrize("key", ["a/b", "a?b#c", "100 %", "a+b", "..", '"quoted"', "k" * 255])
    def test_any_key(self, customer: Customer, key: str) -> None:
        """Percent-encoded, each is found."""
        customer.submit(key=key)
        assert customer.look_up(key).json["key"] == key


class TestByMeter:
    """Reading back."""

    def test_all(self, customer: Customer) -> None:
        """In the order of time, with their receipts; another meter's are not there."""
        customer.submit("20", timestamp="2026-11-20T00:00:00Z")
        customer.submit("10.0", "k", timestamp="2026-11-10T00:00:00Z")
        customer.submit("5", meter="M 2")
        answer = customer.read_back(meter="M1")
        assert answer.status == 200
        assert answer.json["meter"] == "M1"
        found = [(one["timestamp"], one["receipt"], one["key"]) for one in answer.json["readings"]]
        assert found == [
            ("2026-11-10T00:00:00Z", "R-000002", "k"),
            ("2026-11-20T00:00:00Z", "R-000001", None),
        ]
        assert b'"value": 10.0,' in answer.body
        assert customer.read_back(meter="M 2").json["readings"][0]["value"] == 5

    def test_none(self, customer: Customer) -> None:
        """A meter that was never heard of has none."""
        assert customer.read_back(meter="X").json == {"meter": "X", "readings": []}

    @pytest.mark.parametrize(
        ("query", "days"),
        [
            pytest.param({"from": "2026-11-11T00:00:00Z"}, [11, 12], id="from"),
            pytest.param({"to": "2026-11-11T01:00:00+01:00"}, [10, 11], id="to"),
            pytest.param(
                {"from": "2026-11-11T00:00:00Z", "to": "2026-11-11T00:00:00Z"}, [11], id="both"
            ),
            pytest.param(
                {"from": "2026-11-12T00:00:00Z", "to": "2026-11-11T00:00:00Z"}, [], id="reversed"
            ),
        ],
    )
    def test_a_time(self, customer: Customer, query: dict[str, str], days: list[int]) -> None:
        """Both ends belong to it."""
        for day in (10, 11, 12):
            customer.submit(str(day), timestamp=f"2026-11-{day}T00:00:00Z")
        found = customer.read_back(meter="M1", **query).json["readings"]
        assert [one["value"] for one in found] == days

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "?from=2026-01-01T00:00:00Z",
            "?meter=a&meter=b",
            "?meter=M&from=yesterday",
            "?meter=M&from=2026-01-01T00:00:00+01:00",
            "?meter=M&limit=1",
        ],
    )
    def test_malformed(self, customer: Customer, query: str) -> None:
        """400: a meter is needed, a + is written %2B, another name is a mistake."""
        answer = customer.ask("GET", URL + query)
        assert (answer.status, answer.json["error"]) == (400, "malformed")


class TestElsewhere:
    """What the API does not have."""

    @pytest.mark.parametrize(
        ("method", "path", "status", "allowed"),
        [
            ("GET", "/", 404, None),
            ("GET", "/v1/meter-readingsx", 404, None),
            ("GET", "/sandbox/x", 404, None),
            ("DELETE", URL, 405, "GET, POST"),
            ("PUT", f"{URL}/k", 405, "GET"),
            ("POST", f"{URL}/k", 405, "GET"),
        ],
        ids=["root", "like it", "the sandbox", "delete all", "put one", "post one"],
    )
    def test_an_error(
        self, customer: Customer, method: str, path: str, status: int, allowed: str | None
    ) -> None:
        """In the API's own form."""
        answer = customer.ask(method, path)
        assert (answer.status, answer.json["status"]) == (status, "error")
        assert answer.headers.get("allow") == allowed


class TestTheSettings:
    """Of the sandbox, while it runs."""

    def test_at_first(self, server: Running) -> None:
        """All are off."""
        assert ask(server, "GET", "/sandbox/settings").json == {
            "window": None,
            "rate_limit": None,
            "oldest_days": None,
            "max_value": None,
            "processing_seconds": None,
        }

    def test_some(self, customer: Customer, server: Running) -> None:
        """The others stay as they are."""
        window = {"opens": "2026-11-20T00:00:00Z", "closes": "2026-11-25T00:00:00Z"}
        assert customer.switch(window=window, rate_limit=5).status == 200
        answer = customer.switch(oldest_days=14, rate_limit=None, max_value=10.5)
        assert answer.json == {
            "window": window,
            "rate_limit": None,
            "oldest_days": 14,
            "max_value": 10.5,
            "processing_seconds": None,
        }
        assert ask(server, "GET", "/sandbox/settings").json == answer.json

    @pytest.mark.parametrize(
        "settings",
        [
            {"speed": 1},
            {"window": "open"},
            {"window": {"opens": "2026-11-20T00:00:00Z"}},
            {"window": {"opens": "2026-11-20T00:00:00Z", "closes": "2026-11-20T00:00:00Z"}},
            {"window": {"opens": "soon", "closes": "2026-11-20T00:00:00Z"}},
            {"rate_limit": 0},
            {"rate_limit": "5"},
            {"oldest_days": 1.5},
            {"max_value": -1},
            {"max_value": True},
            {"\ud800": 1},
        ],
        ids=json.dumps,
    )
    def test_a_mistake(
        self, customer: Customer, server: Running, settings: dict[str, object]
    ) -> None:
        """400, and nothing is changed."""
        answer = customer.switch(**{"oldest_days": 3, **settings})
        assert (answer.status, answer.json["error"]) == (400, "malformed")
        assert ask(server, "GET", "/sandbox/settings").json["oldest_days"] is None

    def test_no_object(self, server: Running) -> None:
        """It is no setting either."""
        assert ask(server, "POST", "/sandbox/settings", "[]").status == 400
