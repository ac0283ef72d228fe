"""`POST /records/single`: as `record`, value by value and word by word, and nothing is echoed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from itertools import count

import httpx
import pytest

from meterctl.domain.times import iso_utc
from tests.conftest import Cli
from tests.helpers import instant, run_program
from tests.http.posting import PROBLEM, Poster, entries, events, stored, token_of_new
from tests.http.served import Served, served

FIRST = instant("2026-03-01 00:00")
MINUTES = count()


def minute() -> str:
    """A time that no other test has."""
    return iso_utc(FIRST + next(MINUTES) * 60_000)


def exactly(answer: httpx.Response) -> dict[str, object]:
    """An answer whose numbers are the text that came."""
    form = json.loads(answer.content, parse_float=str, parse_int=str)
    assert isinstance(form, dict)
    return form


def text_of(value: str, at: str, name: str = "meterValue") -> str:
    """A record's body, the value as it is."""
    return f'{{"timestamp": "{at}", "{name}": {value}}}'


# -- values --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("0e5", "0"),
        ("0.30000000000000004e0", None),
        ("0.1", "0.1"),
        ("0.2", "0.2"),
        ("0.3", "0.3"),
        ("1.10", "1.1"),
        ("142.300000", "142.3"),
        ("450359962.370497", "450359962.370497"),  # not among the binary fractions
        ("999999999999.123", "999999999999.123"),
        ("123456789.123456", "123456789.123456"),
        ("1e2", "100"),
        ("1.5E+2", "150"),
        ("15e-1", "1.5"),
        ("1E-6", "0.000001"),
        ("999999999999.999", "999999999999.999"),
        ('"142.3"', "142.3"),
        ('" 142.3"', "142.3"),
        ('"00142.30"', "142.3"),
        ('".5"', "0.5"),
    ],
)
def test_value(poster: Poster, ledger_server: Served, given: str, kept: str | None) -> None:
    """It is kept and answered to the last digit, however JSON writes it; or it is refused."""
    at = minute()
    answer = poster.single(text_of(given, at))
    if kept is None:
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_value")
        return
    assert answer.status_code == 201, answer.text
    readings = exactly(answer)["readings"]
    assert isinstance(readings, list)
    assert readings[0]["value"] == kept
    (held,) = (one for one in stored(ledger_server.environment) if one.at == instant(at))
    whole, _, fraction = kept.partition(".")
    assert held.amount == int(whole) * 1_000_000 + int(fraction.ljust(6, "0"))


@pytest.mark.parametrize(
    "given",
    [
        "1e999999999",
        "1e-999999999",
        "1e99999999999999999999999",
        "-1e99999999999999999999999",
        "0e99999999999999999999999",
        "1" * 60_000,
        "1" * 30_000 + "e1",
        "0." + "3" * 60_000,
        "1E-7",
        "9999999999999",
        "1234567890123456",
        "-1",
        "-1e-3",
        '"1,5"',
        '"1.234,5"',
        '"1_000"',
        '"1e2"',
        '"-0"',
        '"nan"',
        '"٣"',
        '"142.3 kWh"',
        '""',
        '" "',
        '"."',
        '"\\u0000"',
        "true",
        "false",
        "[]",
        "[142.3]",
        "{}",
        '{"value": 142.3}',
    ],
)
def test_value_that_is_none(poster: Poster, ledger_server: Served, given: str) -> None:
    """422, of which field, and nothing is stored."""
    written = entries(ledger_server.environment)
    answer = poster.single(text_of(given, minute()))
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_value"), answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    assert [one["field"] for one in answer.json()["errors"]] == ["meter"]
    assert entries(ledger_server.environment) == written


def test_value_that_is_null(poster: Poster) -> None:
    """As if left out; where all are, there is no value."""
    at = minute()
    answer = poster.single(f'{{"timestamp": "{at}", "meterValue": 1, "inverterKWh": null}}')
    assert answer.status_code == 201
    assert [one["meter"] for one in answer.json()["readings"]] == ["meter"]
    for body in (text_of("null", at), f'{{"timestamp": "{at}"}}'):
        answer = poster.single(body)
        assert (answer.status_code, answer.json()["detail"]) == (422, "there is no value")


@pytest.mark.parametrize("value", ["1", "null", '"x"', "[]"])
def test_name_that_no_meter_has(poster: Poster, value: str) -> None:
    """422, also where it says nothing: it may be a meter's name misspelled."""
    answer = poster.single(f'{{"timestamp": "{minute()}", "meter": 1, "metre": {value}}}')
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_meter")
    assert answer.json()["detail"] == "there is no meter '…'; there are meter, inverter"


def test_meter_by_its_id_and_by_its_column(poster: Poster, ledger_server: Served) -> None:
    """It is one meter: given once it is taken by either name, twice it is refused."""
    for name in ("meter", "meterValue", "metervalue"):
        assert poster.single(text_of("1", minute(), name)).status_code == 201
    written = entries(ledger_server.environment)
    answer = poster.single({"timestamp": minute(), "meter": 1, "meterValue": 1})
    assert (answer.status_code, answer.json()["code"]) == (400, "usage")
    assert entries(ledger_server.environment) == written


# -- times ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "stored_at"),
    [
        ("2026-04-01T07:00:00+02:00", "2026-04-01T05:00:00Z"),
        ("2026-04-01T07:01:00Z", "2026-04-01T07:01:00Z"),
        ("2026-04-01 07:02", "2026-04-01T05:02:00Z"),
        ("2026-04-01T07:03:00.1239", "2026-04-01T05:03:00.123Z"),
        ("2025-10-26T02:30:00+02:00", "2025-10-26T00:30:00Z"),
        ("2025-10-26T02:30:00+01:00", "2025-10-26T01:30:00Z"),
    ],
)
def test_time(poster: Poster, given: str, stored_at: str) -> None:
    """An instant; without an offset, of the meter's own zone."""
    answer = poster.single(text_of("1", given))
    assert (answer.status_code, answer.json()["timestamp"]) == (201, stored_at)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ('"2026-03-29 02:30"', "did not exist in Europe/Berlin"),
        ('"2025-10-26 02:30"', "happened twice in Europe/Berlin"),
        ('"2026-04-01"', "is a day, not a time of day"),
        ('"2999-01-01T00:00:00Z"', "is in the future"),
        ('"1969-01-01T00:00:00Z"', "is before 1970"),
        ('"2026-02-30T00:00:00Z"', "there is no day"),
        ('"now"', "is not a time"),
        ('""', "is not a time"),
        ("1772344800", "timestamp must be text"),
        ("null", "there is no timestamp"),
        ("true", "timestamp must be text"),
        ("[]", "timestamp must be text"),
    ],
)
def test_time_that_is_none(poster: Poster, ledger_server: Served, given: str, why: str) -> None:
    """422 of the field `timestamp`, with a hint how to write it; nothing is stored."""
    written = entries(ledger_server.environment)
    answer = poster.single(f'{{"timestamp": {given}, "meterValue": 1}}')
    assert answer.status_code == 422
    problem = answer.json()
    assert why in problem["detail"]
    assert problem["hint"]
    assert problem["errors"] == [
        {"field": "timestamp", "message": problem["detail"], "hint": problem["hint"]}
    ]
    assert entries(ledger_server.environment) == written


# -- the rest of a record --------------------------------------------------------------


@pytest.mark.parametrize(
    "note",
    ["", "by phone", "line\nline\ttab", "🔌 ✓ ü", "<script>alert(1)</script>", "=HYPERLINK(1)"],
)
def test_note(poster: Poster, ledger_server: Served, note: str) -> None:
    """It is kept as it is; an empty one is none."""
    at = minute()
    assert poster.single({"timestamp": at, "meter": 1, "note": note}).status_code == 201
    (held,) = (one for one in stored(ledger_server.environment) if one.at == instant(at))
    assert held.note == (note or None)


@pytest.mark.parametrize("note", ['"a\\u0000b"', '"\\u001b[2J"', "1", "true", "[]"])
def test_note_that_is_none(poster: Poster, note: str) -> None:
    """422: what acts on a terminal, what is no text."""
    answer = poster.single(f'{{"timestamp": "{minute()}", "meter": 1, "note": {note}}}')
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "note"


def test_note_that_is_too_long(poster: Poster) -> None:
    """A note has 2000 characters, of whatever kind."""
    for length, status in ((2_000, 201), (2_001, 422)):
        body = {"timestamp": minute(), "meter": 1, "note": "✓" * length}
        assert poster.single(body).status_code == status


def test_record_of_an_interval(poster: Poster, ledger_server: Served) -> None:
    """It has a start; another kind of meter has none."""
    added = ["meters", "add", "pv", "--kind", "interval", "--direction", "generation"]
    assert run_program(added, ledger_server.environment).code == 0
    at, start = "2026-04-02T10:00:00Z", "2026-04-02T09:45:00Z"
    answer = poster.single({"timestamp": at, "starts_at": start, "pv": 0.2})
    assert answer.json()["readings"][0]["id"] == f"pv@{at}/PT15M"
    for body in (
        {"timestamp": at, "pv": 0.2},
        {"timestamp": at, "starts_at": at, "pv": 0.2},
        {"timestamp": at, "starts_at": start, "meter": 1},
        {"timestamp": at, "starts_at": 1, "pv": 0.2},
    ):
        assert poster.single(body).status_code == 422


# -- what is known already -------------------------------------------------------------


def test_record_that_comes_again(poster: Poster, ledger_server: Served) -> None:
    """200 and `duplicate`, also written otherwise; what is new beside it makes it 201."""
    at = minute()
    first = poster.single(text_of("142.3", at))
    written = entries(ledger_server.environment)
    again = poster.single(text_of('"142.30"', at, "meter"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert [one["status"] for one in again.json()["readings"]] == ["duplicate"]
    assert entries(ledger_server.environment) == written
    more = poster.single({"timestamp": at, "meter": 142.3, "inverter": 8})
    assert more.status_code == 201
    assert [one["status"] for one in more.json()["readings"]] == ["duplicate", "recorded"]


def test_another_value_for_the_same_time(poster: Poster, ledger_server: Served) -> None:
    """409, naming the command that settles it; of the whole record nothing is stored."""
    at = minute()
    assert poster.single(text_of("142.3", at)).status_code == 201
    written = entries(ledger_server.environment)
    answer = poster.single({"timestamp": at, "inverter": 5, "meter": 143.2})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "conflict")
    assert problem["hint"].endswith(f'meterctl correct meter@{at} 143.2 --reason "..."')
    assert [one["field"] for one in problem["errors"]] == ["meter"]
    assert entries(ledger_server.environment) == written
    assert instant(at) not in [one.at for one in stored(ledger_server.environment, "inverter")]


def test_reading_that_looks_wrong(poster: Poster) -> None:
    """It is stored and acknowledged; `findings` say why a person should look."""
    assert poster.single(text_of("500", "2026-05-01T10:00:00Z")).status_code == 201
    answer = poster.single(text_of("400", "2026-05-02T10:00:00Z"))
    assert answer.status_code == 201
    assert answer.json()["readings"][0]["findings"] == ["less_than_previous"]
    again = poster.single(text_of("400", "2026-05-02T10:00:00Z"))
    assert again.json()["readings"][0]["findings"] == ["less_than_previous"]


def test_client_of_one_meter(ledger_server: Served) -> None:
    """Another meter is to it as if there were none, and it is not told which there are."""
    token = token_of_new(ledger_server.url, ledger_server.environment, "record", "inverter")
    written = entries(ledger_server.environment)
    with closing(Poster(ledger_server.url, token)) as poster:
        answer = poster.single({"timestamp": minute(), "inverter": 5, "meter": 1})
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_meter")
        assert answer.json()["detail"] == "there is no meter '…'; there are inverter"
        bulk = poster.bulk([{"timestamp": minute(), "meterValue": 1}])
        assert bulk.json()["errors"][0]["message"] == answer.json()["detail"]
        assert entries(ledger_server.environment) == written
        assert poster.single({"timestamp": minute(), "inverterKWh": 5}).status_code == 201


def test_write_in_the_audit_log(poster: Poster, ledger_server: Served) -> None:
    """Who, from where, which request, which entry; not what."""
    answer = poster.single(text_of("1", minute()))
    (event, *_) = events(ledger_server.environment, "record")
    assert event.client == ledger_server.client
    assert event.request == answer.headers["X-Request-Id"]
    assert (event.address, event.detail) == ("127.0.0.1", "1 recorded, 0 known")
    assert event.entry == entries(ledger_server.environment)


# -- beside the command line --------------------------------------------------------------


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poster]:
    """A server whose ledger holds what the command line's holds, and nothing else."""
    with (
        served(tmp_path_factory.mktemp("apart"), "--no-dashboard") as running,
        closing(Poster(running.url, running.token())) as poster,
    ):
        assert poster.single(text_of("7", "2026-06-01 09:00")).status_code == 201
        yield poster


@pytest.fixture
def typed(cli: Cli) -> Cli:
    """The command line, with a ledger of its own."""
    assert cli("record", "7", "--at", "2026-06-01 09:00").code == 0
    return cli


GOOD = [
    ("meter=8", "2026-06-01 10:00", ""),
    ("meter=00008.50", "2026-06-01T11:00:00+02:00", "a note"),
    ("meter=9 inverter=1.25", "2026-06-01 12:00:00.5", ""),
    ("inverter=2 meter=7", "2026-06-01 13:00", ""),
]
BAD = [
    *((f"meter={value}", "2026-06-02 10:00", "") for value in ("1,5", "-1", "1_000", "1e2", "x")),
    *(
        ("meter=1", at, "")
        for at in ("2026-06-02", "2026-03-29 02:30", "2999-01-01 00:00", "2026-06-02 7")
    ),
    ("gas=1", "2026-06-02 10:00", ""),
    ("meter=1", "2026-06-02 10:00", "x" * 2_001),
    ("meter=8", "2026-06-01 09:00", ""),
]


def both(poster: Poster, typed: Cli, case: tuple[str, str, str]) -> tuple[httpx.Response, object]:
    """One record, posted and typed: what each was told."""
    values, at, note = case
    body = dict(pair.split("=") for pair in values.split())
    more = {"note": note} if note else {}
    answer = poster.single({"timestamp": at, **body, **more})
    ran = typed("record", *values.split(), "--at", at, "--yes", "--note", note, "--json")
    told = ran.out or ran.err
    return answer, json.loads(told, parse_float=str, parse_int=str)


def test_answers_of_the_command_line(apart: Poster, typed: Cli) -> None:
    """The same record, the same JSON: from the first time and from the second."""
    for case in (*GOOD, GOOD[0]):
        answer, told = both(apart, typed, case)
        assert exactly(answer) == told


@pytest.mark.parametrize("case", BAD)
def test_refusals_of_the_command_line(
    apart: Poster, typed: Cli, case: tuple[str, str, str]
) -> None:
    """The same words, but for what was given; the same code and hint."""
    answer, told = both(apart, typed, case)
    assert isinstance(told, dict)
    error, problem = told["error"], answer.json()
    assert answer.status_code in (409, 422)
    now = r"now is [-0-9]+ [:0-9]+"  # one clock, looked at twice
    unquoted = re.sub(r"'[^']*'", "'…'", error["message"])
    assert re.sub(now, "", problem["detail"]) == re.sub(now, "", unquoted)
    assert (problem["code"], problem["hint"]) == (error["code"], error["hint"])
