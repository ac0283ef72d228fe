"""Bodies: strict JSON, of a bounded size, in a bounded time; what is not is never half stored."""

from __future__ import annotations

import gzip
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterctl.domain.times import iso_utc
from meterctl.http.bodies import LARGE, SMALL, Number, parse
from meterctl.http.problems import Refused
from tests.helpers import instant
from tests.http.posting import PROBLEM, Poster, entries, stored, token_of_new
from tests.http.served import Served, service_environment, started

FIRST = instant("2026-03-01 00:00")
MINUTES = count()
SINGLE, BULK = "/records/single", "/records/bulk"
DEEP = 100_000


def new_record() -> dict[str, object]:
    """A record of a minute that no other test has."""
    return {"timestamp": iso_utc(FIRST + next(MINUTES) * 60_000), "meterValue": 1}


def of_size(body: dict[str, object], size: int) -> bytes:
    """A body of so many bytes."""
    return json.dumps(body).encode().ljust(size)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """How a request was refused: as every error is told."""
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.json()["requestId"] == answer.headers["X-Request-Id"]
    return answer.status_code, answer.json()["code"]


# -- what is JSON ---------------------------------------------------------------------


def member(text: str) -> bytes:
    """A record with this within."""
    return b'{"meterValue": ' + text.encode() + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"true",
        b"142.3",
        b'"text"',
        b"[]",
        b"\xef\xbb\xbf{}",
        '{"meterValue": 1}'.encode("utf-16"),
        b'{"note": "\xff"}',
        b'{"note": "\xed\xa0\x80"}',  # a surrogate, as UTF-8 never has it
        b'{"note": "\xc0\x80"}',
        b'{"note": "\\ud800"}',  # nor as an escape, without its other half
        b'{"note": "\\udc00\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"meterValue": ["\\uDBFF"]}',
        b'{"note": "a\nb"}',
        b"{} {}",
        b"{},",
        b'{"meterValue": 1,}',
        b"{'meterValue': 1}",
        b"{meterValue: 1}",
        b'{"meterValue": 1} // so',
        b'{"meterValue": 1',
        *map(member, ("NaN", "Infinity", "-Infinity", "012", "+1", ".5", "1.", "0x10", "1e", "-")),
        *map(member, ("\u0661", "1_000", "1,5", "'1'", "undefined")),
        b'{"meterValue": 1, "meterValue": 1}',
        b'{"meterValue": 1, "\\u006deterValue": 2}',
        b'{"meterValue": {"a": 1, "a": 2}}',
        b"[" * DEEP,
        b'{"a":' * 12_000,
        b'{"meterValue": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_body_that_is_no_json_object(poster: Poster, ledger_server: Served, body: bytes) -> None:
    """400 `bad_json`, and nothing is stored."""
    written = entries(ledger_server.environment)
    body = body[:SMALL]
    assert refusal(poster.single(body)) == (400, "bad_json")
    assert refusal(poster.post(BULK, body)) == (400, "bad_json")
    assert entries(ledger_server.environment) == written


def test_character_that_is_escaped(poster: Poster, ledger_server: Served) -> None:
    """Both halves of one that JSON writes as a pair are the one character."""
    record = new_record()
    assert poster.single(json.dumps(record | {"note": "🔌 ü"})).status_code == 201
    notes = [one.note for one in stored(ledger_server.environment)]
    assert "🔌 ü" in notes


def test_log_in_with_broken_text(poster: Poster) -> None:
    """It is refused like any other broken body."""
    body = '{"clientId": "\\ud800", "clientSecret": "x"}'
    assert refusal(poster.post("/auth/token", body)) == (400, "bad_json")


def test_bulk_that_is_nested_as_deep_as_it_may_be_large(poster: Poster) -> None:
    """Eight million brackets are no more to the server than eight."""
    began = time.monotonic()
    assert refusal(poster.post(BULK, b"[" * LARGE)) == (413, "too_large")
    assert time.monotonic() - began < 2


def test_place_of_what_is_no_json(poster: Poster) -> None:
    """The answer says at which character, and not what stands there."""
    assert poster.single('{"meterValue": 1,,}').json()["detail"].endswith("at character 17")


# -- what it is said to be --------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json; charset=latin-1",
        "application/json, text/plain",
        "application/problem+json",
        "application/json; version=2",
    ],
)
def test_content_type_that_is_another(poster: Poster, kind: str) -> None:
    """415: a form on somebody's page cannot post what a program would."""
    answer = poster.single(new_record(), Content_Type=kind)
    assert refusal(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
    ],
)
def test_content_type_of_json(poster: Poster, kind: str) -> None:
    """In any case, and with the one encoding that JSON has."""
    assert poster.single(new_record(), Content_Type=kind).status_code == 201


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity", "GZIP"])
def test_body_that_is_compressed(poster: Poster, encoding: str) -> None:
    """415: nothing is unpacked, so nothing can grow."""
    body = gzip.compress(json.dumps(new_record()).encode())
    answer = poster.single(body, Content_Encoding=encoding)
    assert refusal(answer) == (415, "unsupported_media_type")


def test_body_that_is_said_not_to_be_compressed(poster: Poster) -> None:
    """`identity` is what it is."""
    assert poster.single(new_record(), Content_Encoding="identity").status_code == 201


# -- how large it may be ----------------------------------------------------------------


def test_body_as_large_as_may_be(poster: Poster) -> None:
    """64 KiB of a record, 8 MiB of many; a byte more is 413."""
    assert poster.single(of_size(new_record(), SMALL)).status_code == 201
    assert refusal(poster.single(of_size(new_record(), SMALL + 1))) == (413, "too_large")
    bulk: dict[str, object] = {"records": [new_record()]}
    assert poster.post(BULK, of_size(bulk, LARGE)).status_code == 200
    assert refusal(poster.post(BULK, of_size(bulk, LARGE + 1))) == (413, "too_large")


def test_body_that_does_not_say_how_large_it_is(poster: Poster, ledger_server: Served) -> None:
    """It is counted as it comes."""
    written = entries(ledger_server.environment)
    body = of_size(new_record(), SMALL)

    def chunks(more: bytes) -> Iterator[bytes]:
        yield from (body[at : at + 1_000] for at in range(0, SMALL, 1_000))
        yield more

    headers = {"Content-Type": "application/json"}
    answer = poster.http.post(SINGLE, content=chunks(b" "), headers=headers)
    assert refusal(answer) == (413, "too_large")
    assert entries(ledger_server.environment) == written
    assert poster.http.post(SINGLE, content=chunks(b""), headers=headers).status_code == 201


@pytest.mark.parametrize("declared", [SMALL + 1, 10**12, 10**30])
def test_body_that_is_announced_as_too_large(poster: Poster, declared: int) -> None:
    """It is refused before any of it is sent."""
    with spoken(poster.url) as connection:
        connection.sendall(head(poster.token, f"Content-Length: {declared}"))
        status, body = answered(connection)
    assert (status in (400, 413), body["code"] in ("too_large", "bad_request")) == (True, True)


# -- how long it may take -----------------------------------------------------------------


def head(token: str, *headers: str, path: str = SINGLE) -> bytes:
    """A request, up to its body."""
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        *headers,
    )
    return "\r\n".join((*lines, "", "")).encode()


@contextmanager
def spoken(url: str) -> Iterator[socket.socket]:
    """A connection of which the test says every byte."""
    at = urlsplit(url)
    with socket.create_connection((at.hostname, at.port), timeout=10) as connection:
        yield connection


def answered(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """The answer: its status, and what its body says."""
    text = b""
    while not (found := re.search(rb"(?is)content-length: (\d+).*?\r\n\r\n(.*)", text)) or len(
        found[2]
    ) < int(found[1]):
        more = connection.recv(65_536)
        assert more, f"it ended after {text!r}"
        text += more
    return int(text.split()[1]), json.loads(found[2])


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poster]:
    """A server that gives a body 0.4 s, and what comes after it a second for each 32 KiB."""
    environment = service_environment(tmp_path_factory.mktemp("hasty"))
    shortened = "from meterctl.http import bodies; bodies._AT_ONCE = 0.4"
    with started(environment, "--port", "0", "--no-dashboard", before=shortened) as server:
        with closing(Poster(server.url, token_of_new(server.url, environment))) as poster:
            yield poster
        server.process.terminate()
        assert server.ended() == 0, server.said()


def test_body_that_drips(hasty: Poster) -> None:
    """408, though a byte comes now and then; then the connection ends."""
    began = time.monotonic()
    with spoken(hasty.url) as connection:
        connection.sendall(head(hasty.token, "Content-Length: 60000"))
        connection.settimeout(0.05)
        while True:
            connection.sendall(b" ")
            try:
                connection.recv(1, socket.MSG_PEEK)
                break
            except TimeoutError:
                assert time.monotonic() - began < 5
        connection.settimeout(10)
        status, problem = answered(connection)
    assert (status, problem["code"]) == (408, "request_timeout")
    assert time.monotonic() - began < 3


def test_body_that_never_comes(hasty: Poster) -> None:
    """408."""
    with spoken(hasty.url) as connection:
        connection.sendall(head(hasty.token, "Transfer-Encoding: chunked"))
        status, problem = answered(connection)
    assert (status, problem["code"]) == (408, "request_timeout")


def test_body_on_a_bad_line(hasty: Poster) -> None:
    """What comes as fast as a phone on a bad line is taken, however long that is in all."""
    body = of_size({"records": [new_record()]}, 96 << 10)
    with spoken(hasty.url) as connection:
        connection.sendall(head(hasty.token, f"Content-Length: {len(body)}", path=BULK))
        for at in range(0, len(body), 8 << 10):
            connection.sendall(body[at : at + (8 << 10)])
            time.sleep(0.1)
        status, told = answered(connection)
    assert (status, told["recorded"]) == (200, 1)


# -- how it may end ------------------------------------------------------------------------


@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("path", [SINGLE, BULK])
def test_body_that_is_cut_off(
    poster: Poster, ledger_server: Served, path: str, framing: str
) -> None:
    """Though what came is a whole record by itself, nothing is stored: more was to come."""
    written = entries(ledger_server.environment)
    record = new_record()
    text = json.dumps(record if path == SINGLE else {"records": [record]}).encode()
    if framing.startswith("Transfer"):
        text = b"%x\r\n%s\r\n" % (len(text), text)
    for is_half in (False, True):
        with spoken(poster.url) as connection:
            connection.sendall(head(poster.token, framing, path=path) + text)
            if is_half:
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65_536)
    time.sleep(0.1)
    assert entries(ledger_server.environment) == written
    assert poster.single(record).status_code == 201  # and it is still there, for the whole one


# -- numbers and text, without a server -----------------------------------------------------

JSON_NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True
)


@given(JSON_NUMBERS)
def test_number_written_out(text: str) -> None:
    """The digits of a number without an exponent say exactly the same."""
    plain = Number(text).plain
    assert Decimal(plain) == Decimal(text)
    assert "e" not in plain.lower() or abs(Decimal(text).adjusted()) > 40


@given(st.from_regex(r"-?[0-9]{1,3}[eE][+-]?[0-9]{1,40}", fullmatch=True))
def test_exponent_of_any_size(text: str) -> None:
    """It never becomes a text that is much longer."""
    assert len(Number(text).plain) <= max(len(text), 60)


LEAVES = st.none() | st.booleans() | st.text() | st.integers().map(str).map(Number)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)


def plain_text(value: object) -> str:
    """A value as JSON, its numbers as they are."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(plain_text, value)) + "]"
    if isinstance(value, dict):
        members = (f"{json.dumps(name)}:{plain_text(one)}" for name, one in value.items())
        return "{" + ",".join(members) + "}"
    return json.dumps(value)


@given(VALUES)
def test_json_is_read_as_it_was_written(value: object) -> None:
    """Any JSON, with numbers as their text."""
    assert parse(plain_text(value).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes(body: bytes) -> None:
    """They are JSON, or refused in words of ours."""
    try:
        parse(body)
    except Refused as error:
        refused = error.status, error.code
    else:
        return
    assert refused == (400, "bad_json")
