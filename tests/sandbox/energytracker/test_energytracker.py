"""EnergyTracker as its OpenAPI document has it: values are texts in version 3, numbers in 1."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from meterctl.sandbox.energytracker import ELECTRICITY, GAS, VIRTUAL
from tests.sandbox.doors.caller import Caller
from tests.sandbox.talk import Answer

V3 = f"/v3/devices/standard/{ELECTRICITY.id}/meter-readings"
V1 = f"/v1/devices/{ELECTRICITY.id}/meter-readings"
V1_STANDARD = f"/v1/devices/standard/{ELECTRICITY.id}/meter-readings"
AT = "2026-11-22T06:00:00.000Z"


def create(caller: Caller, value: object = "142.3", path: str = V3, **fields: object) -> Answer:
    """Hand in a reading."""
    return caller.ask("POST", path, json.dumps({"value": value, "timestamp": AT, **fields}))


class TestCreating:
    """POST .../meter-readings."""

    def test_version_3(self, caller: Caller) -> None:
        """204 without a body; it is listed, its value a text, its time to the millisecond."""
        answer = create(caller, "142.30", timestamp="2026-11-22T07:00:00.1239+01:00", note="ü")
        assert (answer.status, answer.body) == (204, b"")
        reading = {
            "timestamp": "2026-11-22T06:00:00.123Z",
            "value": "142.3",
            "rolloverOffset": 0,
            "note": "ü",
            "meterId": ELECTRICITY.meter_id,
            "meterNumber": ELECTRICITY.meter_number,
        }
        assert caller.ask("GET", V3).json == [reading]
        assert caller.accepted() == [{"device": ELECTRICITY.id, **reading}]

    @pytest.mark.parametrize("path", [V1, V1_STANDARD])
    def test_version_1(self, caller: Caller, path: str) -> None:
        """The value is a number there, and seen by the other version as well."""
        assert create(caller, 142.3, path).status == 204
        assert caller.ask("GET", path).json[0]["value"] == 142.3
        assert caller.ask("GET", V3).json[0]["value"] == "142.3"

    def test_without_a_time(self, caller: Caller) -> None:
        """It is now."""
        create(caller, timestamp=None)
        assert caller.ask("GET", V3).json[0]["timestamp"] == "2026-11-22T12:00:00.000Z"

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (V3, 142.3),
            (V3, "142,3"),
            (V3, "-1"),
            (V3, "1e3"),
            (V3, "0.1234567"),
            (V3, "12345678901"),
            (V3, None),
            (V1, "142.3"),
            (V1, -1),
            (V1, 10_000_000_000),
            (V1, True),
        ],
    )
    def test_no_value(self, caller: Caller, path: str, value: object) -> None:
        """400 with a list of messages, and nothing is kept."""
        answer = create(caller, value, path)
        assert answer.status == 400
        assert answer.json["statusCode"] == 400
        assert "value" in answer.json["message"][0]
        assert caller.accepted() == []

    def test_more_decimals_than_the_meter_has(self, caller: Caller) -> None:
        """400; with allowRounding=true it is kept rounded, which is another value."""
        assert create(caller, "1.005").status == 400
        assert create(caller, "1.005", f"{V3}?allowRounding=false").status == 400
        assert create(caller, "1.005", f"{V3}?allowRounding=yes").status == 400
        assert caller.accepted() == []
        assert create(caller, "1.005", f"{V3}?allowRounding=true").status == 204
        assert caller.accepted()[0]["value"] == "1.01"

    @pytest.mark.parametrize("value", ["142.3", "142.4"])
    def test_the_same_time_again(self, caller: Caller, value: str) -> None:
        """409, whatever the value is; the answer does not tell it."""
        create(caller)
        answer = create(caller, value, timestamp="2026-11-22T07:00:00+01:00")
        assert answer.status == 409
        assert b"142" not in answer.body
        assert [one["value"] for one in caller.accepted()] == ["142.3"]

    def test_overlapping_meters(self, caller: Caller) -> None:
        """409 as well, and nothing is there."""
        caller.switch(overlap=True)
        assert create(caller).status == 409
        assert caller.ask("GET", V3).json == []

    def test_many_at_once(self, caller: Caller) -> None:
        """One of them is kept."""
        with ThreadPoolExecutor(8) as pool:
            found = sorted(pool.map(lambda _: create(caller).status, range(16)))
        assert found == [204] + [409] * 15
        assert len(caller.accepted()) == 1

    @pytest.mark.parametrize("device", ["unknown", VIRTUAL.id])
    def test_no_such_device(self, caller: Caller, device: str) -> None:
        """404; its list is empty."""
        path = V3.replace(ELECTRICITY.id, device)
        answer = create(caller, path=path)
        assert (answer.status, answer.json["statusCode"]) == (404, 404)
        assert caller.ask("GET", path).json == []

    def test_before_the_meter(self, caller: Caller) -> None:
        """404: no meter for that time."""
        caller.switch(installed="2026-11-22T06:00:00.001Z")
        assert create(caller).status == 404
        caller.switch(installed=AT)
        assert create(caller).status == 204

    @pytest.mark.parametrize(
        ("body", "headers"),
        [
            ("{", None),
            ("[]", None),
            ('{"value": "1", "timestamp": "yesterday"}', None),
            ('{"value": "1", "note": 5}', None),
            (json.dumps({"value": "1", "note": "x" * 256}), None),
            ('{"value": "1"}', {"Content-Type": "text/plain"}),
        ],
    )
    def test_malformed(self, caller: Caller, body: str, headers: dict[str, str] | None) -> None:
        """400."""
        assert caller.ask("POST", V3, body, headers).status == 400


class TestListing:
    """GET .../meter-readings, without pages."""

    @pytest.mark.parametrize(
        ("query", "days"),
        [
            ("", [12, 11, 10]),
            ("?sort=asc", [10, 11, 12]),
            ("?from=2026-11-11T00:00:00Z", [12, 11]),
            ("?to=2026-11-11T01:00:00%2B01:00&sort=asc", [10, 11]),
            (f"?meterId={ELECTRICITY.meter_id}", [12, 11, 10]),
            (f"?meterId={GAS.meter_id}", []),
        ],
    )
    def test_a_part(self, caller: Caller, query: str, days: list[int]) -> None:
        """The newest first unless asked otherwise; both ends belong to it."""
        for day in (11, 10, 12):
            create(caller, str(day), timestamp=f"2026-11-{day}T00:00:00Z")
        create(caller, "1", V3.replace(ELECTRICITY.id, GAS.id))
        found = caller.ask("GET", V3 + query).json
        assert [int(one["value"]) for one in found] == days

    def test_half_a_letter(self, caller: Caller) -> None:
        """A note that is no text in UTF-8 is shown as well as it can be."""
        create(caller, note="\ud800")
        assert caller.ask("GET", V3).json[0]["note"] == "?"

    @pytest.mark.parametrize("query", ["?sort=up", "?from=yesterday"])
    def test_malformed(self, caller: Caller, query: str) -> None:
        """400."""
        assert caller.ask("GET", V3 + query).status == 400


class TestDevices:
    """GET /v1/devices/..."""

    def test_standard(self, caller: Caller) -> None:
        """With the time of their latest readings."""
        create(caller)
        found = caller.ask("GET", "/v1/devices/standard").json
        assert found == [
            {
                "id": ELECTRICITY.id,
                "name": "Electricity",
                "folderPath": "/Home",
                "lastUpdatedAt": AT,
            },
            {"id": GAS.id, "name": "Gas", "folderPath": "/Home/Cellar", "lastUpdatedAt": None},
        ]

    def test_virtual(self, caller: Caller) -> None:
        """They are a list of their own."""
        found = caller.ask("GET", "/v1/devices/virtual").json
        assert [one["id"] for one in found] == [VIRTUAL.id]

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("name=GA", ["Gas"]),
            ("folderPath=/Home", ["Electricity", "Gas"]),
            ("folderPath=/Home/Cellar", ["Gas"]),
            ("folderPath=/Ho", []),
            ("updatedAfter=2026-11-22T06:00:00Z", ["Electricity"]),
            ("updatedBefore=2026-11-22T05:00:00Z", []),
        ],
    )
    def test_filters(self, caller: Caller, query: str, names: list[str]) -> None:
        """By a part of the name, a folder, the latest reading."""
        create(caller)
        found = caller.ask("GET", f"/v1/devices/standard?{query}").json
        assert [one["name"] for one in found] == names


class TestAccess:
    """Who may do what, and how often."""

    @pytest.mark.parametrize("given", ["", "Bearer wrong", "Basic dGhlLXRva2Vu", "the-token"])
    def test_no_token(self, caller: Caller, given: str) -> None:
        """401."""
        answer = caller.ask("GET", V3, headers={"Authorization": given})
        assert (answer.status, answer.json["statusCode"]) == (401, 401)

    @pytest.mark.parametrize(
        ("scopes", "statuses"),
        [
            (["read:meter-reading"], (403, 200, 403)),
            (["write:meter-reading"], (403, 403, 204)),
            (["meter-reading"], (403, 200, 204)),
            (["measuring-device"], (200, 200, 204)),
            ([], (403, 403, 403)),
        ],
    )
    def test_scopes(self, caller: Caller, scopes: list[str], statuses: tuple[int, ...]) -> None:
        """403 where the token has none of those that allow it; its status tells them."""
        caller.switch(scopes=scopes)
        found = (
            caller.ask("GET", "/v1/devices/standard").status,
            caller.ask("GET", V3).status,
            create(caller).status,
        )
        assert found == statuses
        assert caller.ask("GET", "/v1/token/status").json["scopes"] == scopes

    def test_too_often(self, caller: Caller) -> None:
        """429 with Retry-After, and nothing is kept."""
        caller.switch(rate_limit=1)
        caller.ask("GET", V3)
        answer = create(caller)
        assert (answer.status, answer.headers["retry-after"]) == (429, "60")
        assert caller.accepted() == []

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("DELETE", V3),
            ("GET", V3 + "/export"),
            ("GET", f"/v3/devices/{ELECTRICITY.id}/meter-readings"),
            ("GET", "/v1/devices/"),
        ],
    )
    def test_elsewhere(self, caller: Caller, method: str, path: str) -> None:
        """404 for what is not played."""
        assert caller.ask(method, path).status == 404


@pytest.mark.parametrize(
    "settings",
    [{"speed": 1}, {"installed": "soon"}, {"overlap": 1}, {"scopes": "all"}, {"rate_limit": 0}],
    ids=json.dumps,
)
def test_a_wrong_setting(caller: Caller, settings: dict[str, object]) -> None:
    """400, and nothing is changed."""
    before = caller.settings()
    assert caller.switch(**{"overlap": True, **settings}).status == 400
    assert caller.settings() == before
