"""`POST /records/bulk`: all or nothing, or row by row; every record that is refused is named."""

from __future__ import annotations

import json
import time
from itertools import count

import pytest

from meterctl.domain.times import iso_utc
from meterctl.http.bodies import LARGE
from tests.helpers import instant
from tests.http.posting import PROBLEM, Poster, entries, events, stored
from tests.http.served import Served

FIRST = instant("2026-01-01 00:00")
MINUTES = count()
COUNTS = ("rows", "recorded", "duplicates", "conflicts", "rejected")


def minute() -> str:
    """A time that no other test has."""
    return iso_utc(FIRST + next(MINUTES) * 60_000)


def record(value: object = 1, name: str = "meterValue", **more: object) -> dict[str, object]:
    """A record of a time of its own."""
    return {"timestamp": minute(), name: value, **more}


def counts(form: dict[str, int]) -> tuple[int, ...]:
    """Rows, and what became of them."""
    return tuple(form[name] for name in COUNTS)


def values_at(server: Served, *records: dict[str, object]) -> list[int]:
    """What the ledger holds of the main meter at the times of some records."""
    times = {instant(str(one["timestamp"])) for one in records}
    return [one.amount // 1_000_000 for one in stored(server.environment) if one.at in times]


def test_records(poster: Poster, ledger_server: Served) -> None:
    """They are stored as one write, which the audit log names; readings are counted, not rows."""
    records = [record(1, inverterKWh=0.5), record("2.5"), record(3, note="by phone")]
    written = entries(ledger_server.environment)
    answer = poster.bulk(records)
    assert answer.status_code == 200
    assert answer.json() == {
        "file": "records",
        "format": "json",
        "rows": 3,
        "recorded": 4,
        "duplicates": 0,
        "conflicts": 0,
        "rejected": 0,
        "errors": [],
    }
    assert entries(ledger_server.environment) == written + 1
    (event, *_) = events(ledger_server.environment, "bulk")
    assert (event.entry, event.detail) == (written + 1, "4 recorded of 3 records")


def test_records_that_come_again(poster: Poster, ledger_server: Served) -> None:
    """They are duplicates, and no write; so is one that is in one body twice."""
    records = [record(1), record(2)]
    assert counts(poster.bulk([*records, records[0]]).json()) == (3, 2, 1, 0, 0)
    written = entries(ledger_server.environment)
    assert counts(poster.bulk(records).json()) == (2, 0, 2, 0, 0)
    assert entries(ledger_server.environment) == written


BAD = [
    (record("1,5"), "meter", "'…' has a decimal comma"),
    (record(True), "meter", "a value here is neither a number nor text"),
    (record(1, "gas"), None, "there is no meter '…'; there are meter, inverter"),
    ({"timestamp": "2026-03-29 02:30", "meter": 1}, "timestamp", "'…' did not exist in"),
    ({"timestamp": 1, "meter": 1}, "timestamp", "timestamp must be text"),
    ({"meter": 1}, "timestamp", "there is no timestamp"),
    ({"timestamp": "2026-01-01T00:00:00Z"}, None, "there is no value"),
    (record(1, note="\x1b[2J"), "note", "a note cannot hold control characters"),
    (record(1, starts_at="2026-01-01T00:00:00Z"), "meter", "meter meter is a register"),
    (record(1, meter=1), None, "meter meter is given twice"),
    ("text", None, "this record is no JSON object"),
    (None, None, "this record is no JSON object"),
    ([], None, "this record is no JSON object"),
]


def test_records_of_which_some_are_bad(poster: Poster, ledger_server: Served) -> None:
    """422, and none is stored; each bad one is named by index and field, with what to do."""
    good = [record(number) for number in range(3)]
    records = [good[0], *(one for one, _, _ in BAD), good[1], good[2]]
    written = entries(ledger_server.environment)
    answer = poster.bulk(records)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "bad_data")
    assert answer.headers["Content-Type"] == PROBLEM
    assert problem["detail"] == f"{len(BAD)} records cannot be stored, so none was"
    assert counts(problem) == (len(records), 0, 0, 0, len(BAD))
    assert [one["index"] for one in problem["errors"]] == list(range(1, len(BAD) + 1))
    for error, (_, field, message) in zip(problem["errors"], BAD, strict=True):
        assert error["field"] == field
        assert error["message"].startswith(message)
    assert entries(ledger_server.environment) == written
    assert values_at(ledger_server, *good) == []


def test_records_of_which_some_are_bad_in_part(poster: Poster, ledger_server: Served) -> None:
    """The good ones are stored, and the same errors name the others."""
    good = [record(10), record(11)]
    answer = poster.bulk([good[0], *(one for one, _, _ in BAD), good[1]], partial=True)
    assert answer.status_code == 200
    assert counts(answer.json()) == (len(BAD) + 2, 2, 0, 0, len(BAD))
    assert [one["index"] for one in answer.json()["errors"]] == list(range(1, len(BAD) + 1))
    assert values_at(ledger_server, *good) == [10, 11]


def test_records_in_conflict(poster: Poster, ledger_server: Served) -> None:
    """409 where nothing else is wrong, and none is stored; the hint is the command."""
    known, new = record(20), record(21)
    assert poster.bulk([known]).status_code == 200
    written = entries(ledger_server.environment)
    answer = poster.bulk([new, known | {"meterValue": 22}])
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "conflict")
    assert counts(problem) == (2, 0, 0, 1, 0)
    (error,) = problem["errors"]
    assert (error["index"], error["field"]) == (1, "meter")
    assert f"meterctl correct meter@{known['timestamp']} 22" in error["hint"]
    assert entries(ledger_server.environment) == written

    assert poster.bulk([new, known | {"meterValue": 22}, record("x")]).status_code == 422
    assert entries(ledger_server.environment) == written


def test_records_in_conflict_in_part(poster: Poster, ledger_server: Served) -> None:
    """What is known stays as it is; the rest is stored, also of the same record."""
    known, new = record(30), record(31)
    assert poster.bulk([known]).status_code == 200
    answer = poster.bulk([known | {"meterValue": 32, "inverterKWh": 5}, new], partial=True)
    assert answer.status_code == 200
    assert counts(answer.json()) == (2, 2, 0, 1, 0)
    assert [one["index"] for one in answer.json()["errors"]] == [0]
    assert values_at(ledger_server, known, new) == [30, 31]


def test_two_values_for_one_time_in_one_body(poster: Poster, ledger_server: Served) -> None:
    """The later one is in conflict; in part, the earlier one is stored."""
    first = record(40)
    second = first | {"meterValue": 41}
    answer = poster.bulk([first, second])
    assert (answer.status_code, answer.json()["errors"][0]["index"]) == (409, 1)
    assert values_at(ledger_server, first) == []
    assert counts(poster.bulk([first, second], partial=True).json()) == (2, 1, 0, 1, 0)
    assert values_at(ledger_server, first) == [40]


def test_finding_in_a_bulk(poster: Poster) -> None:
    """What looks wrong is stored like the rest; it waits for a person all the same."""
    records = [
        {"timestamp": f"2026-06-0{day}T10:00:00Z", "meterValue": value}
        for day, value in ((1, 1_000), (2, 1_010), (3, 9))
    ]
    assert counts(poster.bulk(records).json()) == (3, 3, 0, 0, 0)
    again = poster.single(records[2])
    assert again.json()["readings"][0]["findings"] == ["less_than_previous"]


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"records": null}',
        '{"records": {}}',
        '{"records": "[]"}',
        '{"records": []}',
        '{"records": [{}], "more": 1}',
        '{"Records": [{}]}',
    ],
)
def test_body_that_holds_no_records(poster: Poster, body: str) -> None:
    """422, saying what it should be."""
    for path in ("/records/bulk", "/records/bulk?partial=true"):
        answer = poster.post(path, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_data")


@pytest.mark.parametrize(
    "query", ["partial=yes", "partial=", "partial=1", "partial=true&partial=false"]
)
def test_parameter_that_is_neither(poster: Poster, query: str) -> None:
    """400: nobody should have half stored what he wanted whole, or the other way round."""
    answer = poster.post(f"/records/bulk?{query}", {"records": [record()]})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_ten_thousand_records(poster: Poster, ledger_server: Served) -> None:
    """They are stored in a moment; one more is refused, and none of those is stored."""
    start = instant("2025-01-01 00:00")
    records = [
        {"timestamp": iso_utc(start + number * 60_000), "inverterKWh": f"{number}.123456"}
        for number in range(10_001)
    ]
    assert poster.bulk(records).status_code == 422
    assert poster.bulk(records, partial=True).status_code == 422
    began = time.monotonic()
    answer = poster.bulk(records[:10_000])
    assert time.monotonic() - began < 5  # on a machine that does nothing else it is half a second
    assert counts(answer.json()) == (10_000, 10_000, 0, 0, 0)
    assert counts(poster.bulk(records[:10_000]).json()) == (10_000, 0, 10_000, 0, 0)
    held = [one for one in stored(ledger_server.environment, "inverter") if one.at >= start]
    assert sum(one.amount % 1_000_000 == 123_456 for one in held) == 10_000


def test_ten_thousand_records_with_long_notes(poster: Poster) -> None:
    """As many fit as the manual says, with notes of several hundred characters."""
    start = instant("2025-02-01 00:00")
    records = [
        {"timestamp": iso_utc(start + n * 60_000), "inverterKWh": n, "note": "x" * 700}
        for n in range(10_000)
    ]
    assert len(json.dumps({"records": records})) < LARGE
    assert counts(poster.bulk(records).json()) == (10_000, 10_000, 0, 0, 0)
