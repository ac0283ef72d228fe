"""The middleware of volkszaehler: tuples in, tuples out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from meterctl.sandbox.server import serve
from meterctl.sandbox.volkszaehler import Volkszaehler
from tests.sandbox.neighbours import Neighbour
from tests.sandbox.utility.customer import Clock

UUID = "550e8400-e29b-11d4-a716-446655440000"
URL = f"/data/{UUID}.json"
NOON = 1_795_348_800_000  # 22 November 2026, UTC


@pytest.fixture
def middleware() -> Iterator[Neighbour]:
    """The middleware on a port; no request may have met a bug."""
    with serve(Volkszaehler(clock=Clock()), name="utility") as running:
        yield Neighbour(running, "volkszaehler", {})
        assert running.errors == []


def raw(middleware: Neighbour, **query: str) -> bytes:
    """The tuples of the channel as they were stored."""
    given = {"from": "0", "options": "raw,exact", **query}
    return middleware.get(URL, **given).body


def test_tuples(middleware: Neighbour) -> None:
    """They are inserted, counted, listed, and come back as the very digits."""
    answer = middleware.post_json(URL, f"[[{NOON}, 142.300], [{NOON - 1000}, 142.1]]")
    assert (answer.status, answer.json) == (200, {"version": "0.3", "rows": 2})
    body = raw(middleware)
    assert f"[[{NOON - 1000}, 142.1, 1], [{NOON}, 142.300, 1]]".encode() in body
    assert [(one["meter"], one["timestamp"], one["value"]) for one in middleware.accepted()] == [
        (UUID, NOON, 142.3),
        (UUID, NOON - 1000, 142.1),
    ]


def test_a_time_that_is_taken(middleware: Neighbour) -> None:
    """It is an exception, with 400, and nothing of the request is inserted."""
    middleware.post_json(URL, [[NOON, 1]])
    answer = middleware.post_json(URL, [[NOON + 1, 5], [NOON, 2]])
    assert answer.status == 400
    assert answer.json["exception"]["type"] == "UniqueConstraintViolationException"
    assert "Duplicate entry" in answer.json["exception"]["message"]
    assert len(middleware.accepted()) == 1


def test_a_time_that_is_taken_passed_over(middleware: Neighbour) -> None:
    """With skipduplicates the first value stays, whatever the second is."""
    middleware.post_json(URL, [[NOON, 1]])
    answer = middleware.post_json(f"{URL}?options=skipduplicates", [[NOON, 2], [NOON + 1, 3]])
    assert (answer.status, answer.json["rows"]) == (200, 1)
    again = middleware.post_json(f"{URL}?options=skipduplicates", [[NOON, 1]])
    assert (again.status, again.json["rows"]) == (200, 0)
    assert [one["value"] for one in middleware.accepted()] == [1, 3]


def test_the_old_way(middleware: Neighbour) -> None:
    """Time and value in the query; now and 1, if they are left out."""
    assert middleware.post(f"{URL}?ts={NOON - 5}&value=7.5").json["rows"] == 1
    assert middleware.get(URL, operation="add").json["rows"] == 1
    found = [(one["timestamp"], one["value"]) for one in middleware.accepted()]
    assert found == [(NOON - 5, 7.5), (NOON, 1)]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/data/not-a-uuid.json", "[[1, 2]]", "Invalid UUID not-a-uuid"),
        ("/data/.json", "[[1, 2]]", "Missing UUID"),
        (f"/data/{UUID}.xml", "[[1, 2]]", "Unknown format: 'xml'"),
        (f"/data/{UUID}", "[[1, 2]]", "Missing format"),
        (URL, "[[1, 2]", "Syntax error"),
        (URL, '{"data": []}', "Can only add data for a single channel at a time"),
        (URL, "[]", "Invalid data"),
        (URL, '[["yesterday", 2]]', "Invalid data"),
        (URL, "[[1, 2, 3]]", "Invalid data"),
        (URL, "[[1, 1e99]]", "Invalid data"),
        (f"{URL}?ts=never", "", "Invalid time format: 'never'"),
        (f"{URL}?value=many", "", "Invalid value: 'many'"),
    ],
)
def test_what_cannot_be_read(middleware: Neighbour, path: str, body: str, message: str) -> None:
    """It is an exception with 400."""
    answer = middleware.post_json(path, body)
    assert answer.status == 400
    assert answer.json["exception"]["message"] == message
    assert middleware.accepted() == []


def test_a_channel_that_is_none(middleware: Neighbour) -> None:
    """It is 400."""
    middleware.switch(channels="00000000-0000-0000-0000-000000000000")
    answer = middleware.post_json(URL, [[NOON, 1]])
    message = f"No entity with UUID '{UUID}'"
    assert (answer.status, answer.json["exception"]["message"]) == (400, message)
    assert middleware.get(URL).status == 400


def test_denied(middleware: Neighbour) -> None:
    """The firewall answers 401."""
    middleware.switch(denied=True)
    answer = middleware.post_json(URL, [[NOON, 1]])
    assert (answer.status, answer.json["exception"]["message"]) == (401, "Access denied")


def test_an_unknown_operation(middleware: Neighbour) -> None:
    """It is an exception."""
    assert middleware.get(URL, operation="burn").status == 400


class TestReading:
    """What a channel shows."""

    @pytest.fixture(autouse=True)
    def _filled(self, middleware: Neighbour) -> None:
        hour = 3_600_000
        rows = [[NOON - hours * hour, 100 - hours] for hours in range(5)]
        middleware.post_json(URL, rows)

    def test_the_raw_values_between_two_times(self, middleware: Neighbour) -> None:
        """Both ends are included."""
        found = middleware.get(
            URL, **{"from": str(NOON - 7_200_000), "to": str(NOON), "options": "raw,exact"}
        ).json["data"]
        assert [one[1] for one in found["tuples"]] == [98, 99, 100]
        assert (found["rows"], found["uuid"]) == (3, UUID)
        assert (found["from"], found["to"]) == (NOON - 7_200_000, NOON)

    def test_without_exact(self, middleware: Neighbour) -> None:
        """Two tuples before and one after come along."""
        time = str(NOON - 3_600_000)
        found = middleware.get(URL, **{"from": time, "to": time, "options": "raw"}).json["data"]
        assert [one[1] for one in found["tuples"]] == [97, 98, 99, 100]

    def test_without_raw(self, middleware: Neighbour) -> None:
        """It is the power since the tuple before, in W: not what was stored."""
        found = middleware.get(URL, **{"from": "0", "options": "exact"}).json["data"]
        assert found["tuples"] == [[NOON - hours * 3_600_000, 1000, 1] for hours in (3, 2, 1, 0)]

    def test_the_last_day(self, middleware: Neighbour) -> None:
        """Without times it is the last 24 hours."""
        assert middleware.get(URL, options="raw").json["data"]["rows"] == 5

    def test_times_as_dates(self, middleware: Neighbour) -> None:
        """A date with its offset, and now."""
        query = {"from": "2026-11-22T11:00:00+00:00", "to": "now", "options": "raw,exact"}
        assert middleware.get(URL, **query).json["data"]["rows"] == 2

    def test_a_date_without_an_offset(self, middleware: Neighbour) -> None:
        """It could be any hour."""
        answer = middleware.get(URL, **{"from": "2026-11-22T11:00:00"})
        message = "Invalid time format: '2026-11-22T11:00:00'"
        assert answer.json["exception"]["message"] == message

    def test_the_wrong_way_round(self, middleware: Neighbour) -> None:
        """It is an exception."""
        answer = middleware.get(URL, **{"from": "2", "to": "1"})
        assert answer.json["exception"]["message"] == "From is larger than to"
