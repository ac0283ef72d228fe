"""Many clients at once: changes take turns, readers see whole ones."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from urllib.parse import urlencode

from meterctl.sandbox.google import Google
from meterctl.sandbox.server import Running, serve
from tests.sandbox.google.client import (
    Api,
    Json,
    appended,
    ask_token,
    assertion,
    fine,
    row,
    token_created,
)
from tests.sandbox.talk import ask_on, connected

CLIENTS = 50


def test_one_token_for_many(api: Api) -> None:
    """Of all who create metadata under the same id, one does, and only its row is there."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = list(
            pool.map(
                lambda who: api.change(token_created(1, str(who)), appended(row(who))).status,
                range(CLIENTS),
            )
        )
    assert sorted(statuses) == [200] + [400] * (CLIENTS - 1)
    winner = fine(api.sheets("GET", "/developerMetadata/1"))["metadataValue"]
    assert api.read("Sheet1") == [[winner]]


def test_many_append_and_one_reads(api: Api) -> None:
    """Every row is there once, in blocks as they were sent; no reader sees half a block."""

    def append(who: int) -> int:
        return api.change(appended(*(row(who, part) for part in range(4)))).status

    def look(_: int) -> int:
        return len(api.read("A:A")) % 4

    with ThreadPoolExecutor(CLIENTS) as pool:
        looks = pool.map(look, range(CLIENTS))
        assert set(pool.map(append, range(CLIENTS))) == {200}
        assert set(looks) == {0}
    rows = api.plain("A:B")
    assert [part for _, part in rows] == [0, 1, 2, 3] * CLIENTS
    assert sorted(who for who, _ in rows[::4]) == list(range(CLIENTS))
    assert int(api.version()) == CLIENTS + 1


def test_a_big_sheet(api: Api) -> None:
    """Twenty thousand rows, and one more, which makes the grid longer."""
    grid = {"rowCount": 10, "columnCount": 4}
    api.batch({"addSheet": {"properties": {"sheetId": 7, "title": "Big", "gridProperties": grid}}})
    block = [row(1.5, "x")] * 10_000
    for _ in range(2):
        api.batch({"appendCells": {"sheetId": 7, "rows": block, "fields": "userEnteredValue"}})
    one = {"appendCells": {"sheetId": 7, "rows": [row("last")], "fields": "userEnteredValue"}}
    api.batch(one)
    assert api.read("Big!A20001:A") == [["last"]]


class Client:
    """One account's requests over a connection that is kept."""

    def __init__(self, api: Api, connection: http.client.HTTPConnection) -> None:
        self._api = api
        self._connection = connection

    def __call__(self, method: str, tail: str, body: object = None, **query: str) -> int:
        """The status of an answer about the spreadsheet."""
        path = f"/v4/spreadsheets/{self._api.id}{tail}?{urlencode(query)}"
        data = None if body is None else json.dumps(body)
        return ask_on(self._connection, method, path, data, self._api.headers).status


def test_everything_at_once(api: Api, server: Running) -> None:
    """Fifty clients append in three ways, make tabs and tokens, read: all is there, once."""
    api.batch({"addSheet": {"properties": {"sheetId": 1, "title": "Over"}}})
    api.batch({"addSheet": {"properties": {"sheetId": 2, "title": "In"}}})
    threads = threading.active_count()
    statuses: Counter[int] = Counter()

    def client(who: int) -> list[int]:
        with connected(server, 60) as connection:
            ask = Client(api, connection)
            found = [ask_token(server, assertion(api.email)).status]
            for part in range(3):
                values: Json = {"values": [[who, part]]}
                found += [
                    ask("POST", ":batchUpdate", {"requests": [appended(row(who, part))]}),
                    ask("POST", "/values/Over!A1:append", values, valueInputOption="RAW"),
                    ask(
                        *("POST", "/values/In!A1:append", values),
                        valueInputOption="RAW",
                        insertDataOption="INSERT_ROWS",
                    ),
                    ask("GET", "/values/Over!A:B"),
                    ask("GET", "", fields="sheets.properties.title"),
                    api.change(token_created(100 * who + part + 1, "v")).status,
                ]
            added = {"addSheet": {"properties": {"title": f"of {who}"}}}
            return [*found, ask("POST", ":batchUpdate", {"requests": [added]})]

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses.update(chain.from_iterable(pool.map(client, range(CLIENTS))))
    assert statuses == {200: CLIENTS * 20}
    everything = [[who, part] for who in range(CLIENTS) for part in range(3)]
    for title in ("Sheet1", "Over", "In"):
        assert sorted(api.plain(f"{title}!A1:B")) == everything
    titles = [one["properties"]["title"] for one in api.get()["sheets"]]
    assert len(titles) == len(set(titles)) == 3 + CLIENTS
    assert int(api.version()) == 1 + 2 + CLIENTS * 13
    deadline = time.monotonic() + 5
    while server._connections and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= threads


def test_stuck_clients(api: Api, server: Running) -> None:
    """Those that send half a request, or do not read their answer, keep nobody else waiting."""
    api.write("A1", [["x" * 1000] * 10] * 900)
    stuck = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(20)]
    try:
        head = f"/v4/spreadsheets/{api.id}/values/Sheet1 HTTP/1.1\r\nHost: x\r\n"
        head += "".join(f"{name}: {text}\r\n" for name, text in api.headers.items())
        for number, connection in enumerate(stuck):
            if number % 2:
                connection.sendall(f"GET {head}\r\n".encode())
            else:
                connection.sendall(f"POST {head}Content-Length: 9\r\n\r\nhalf".encode())
        time.sleep(0.05)
        with ThreadPoolExecutor(10) as pool:
            answers = pool.map(lambda who: api.change(appended(row(who))).status, range(10))
            assert set(answers) == {200}
        assert api.read("A1") == [["x" * 1000]]
    finally:
        for connection in stuck:
            connection.close()


def test_a_big_read_beside(api: Api, google: Google, server: Running) -> None:
    """While one spreadsheet is read, another answers many times."""
    other = Api(google, server).new()
    api.batch({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 20_000}})
    for first in (1, 10_001):
        api.write(f"A{first}", [["text", 1.5, 2, "more"] * 3] * 10_000)
    done = threading.Event()

    def read() -> int:
        try:
            return len(api.read("A1:L20000"))
        finally:
            done.set()

    answered = 0
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        while not done.is_set():
            other.change(appended(row(1)))
            answered += 1
        assert reading.result() == 20_000
    assert answered > 3


def test_the_end_in_the_middle(google: Google) -> None:
    """The server closes while fifty write: soon, no half of a change is left, no thread either."""
    threads = threading.active_count()
    running = serve(google)
    api = Api(google, running).new()
    began = threading.Barrier(CLIENTS + 1)

    def client(who: int) -> None:
        began.wait(10)
        while True:
            try:
                assert api.change(*([appended(row(who))] * 3)).status == 200
            except (OSError, http.client.HTTPException):
                return

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(client, who) for who in range(CLIENTS)]
        began.wait(10)
        time.sleep(0.2)
        started = time.monotonic()
        running.close()
        assert time.monotonic() - started < 4
        for one in clients:
            one.result()
    assert not running.errors
    assert threading.active_count() <= threads
    with serve(google) as again:
        seen = Api(google, again)
        seen.id = api.id
        rows = [who for (who,) in seen.plain("A:A")]
    assert rows
    assert all(len(set(rows[at : at + 3])) == 1 for at in range(0, len(rows), 3))
    assert len(rows) % 3 == 0
