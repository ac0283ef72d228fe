"""The sandbox's server: HTTP as any client speaks it, many clients, a prompt end."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.server import Running, serve
from meterctl.sandbox.wire import MAX_BODY
from tests.sandbox.talk import Recorder, ask, ask_on, connected, send_raw


@pytest.fixture
def recorder() -> Recorder:
    """What the server asks."""
    return Recorder()


@pytest.fixture
def server(recorder: Recorder) -> Iterator[Running]:
    """A server on a free port."""
    with serve(recorder) as running:
        yield running


class TestARequest:
    """How it reaches the service."""

    def test_all_of_it(self, server: Running, recorder: Recorder) -> None:
        """The path stays encoded, the query is decoded, header names are in lower case."""
        path = "/v4/a%2Fb/x:y?range=A1%3AB2&range=C3&empty=&q=a+b"
        answer = ask(server, "POST", path, "héllo", {"X-Some": "thing", "Accept": "a"})
        assert (answer.status, answer.body) == (200, "héllo".encode())
        (request,) = recorder.requests
        assert (request.method, request.path) == ("POST", "/v4/a%2Fb/x:y")
        assert request.query == {"range": ["A1:B2", "C3"], "empty": [""], "q": ["a b"]}
        assert request.headers["x-some"] == "thing"
        assert request.headers["content-length"] == "6"

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
    def test_any_method(self, server: Running, method: str) -> None:
        """It is passed on."""
        assert ask(server, method, "/").headers["x-method"] == method

    def test_head(self, server: Running, recorder: Recorder) -> None:
        """The service is asked as by a GET; the answer is its head, with the body's length."""
        with connected(server) as connection:
            answer = ask_on(connection, "HEAD", "/")
            assert (answer.status, answer.body) == (200, b"")
            assert answer.headers["content-length"] == "5"
            assert ask_on(connection, "GET", "/").body == b"empty"
        assert [request.method for request in recorder.requests] == ["GET", "GET"]

    def test_a_chunked_body(self, server: Running, recorder: Recorder) -> None:
        """It arrives in one piece."""
        with connected(server) as connection:
            connection.request("POST", "/", iter([b"one, ", b"two"]), encode_chunked=True)
            assert connection.getresponse().read() == b"one, two"
            assert ask_on(connection, "POST", "/", b"three").body == b"three"
        assert [request.body for request in recorder.requests] == [b"one, two", b"three"]

    def test_chunks_with_extensions_and_trailers(self, server: Running) -> None:
        """They are passed over."""
        received = send_raw(
            server,
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3;a=b\r\nabc\r\n00\r\nTrailer: t\r\n\r\n",
        )
        assert received.endswith(b"\r\n\r\nabc")

    def test_a_gzipped_body(self, server: Running) -> None:
        """It arrives unpacked."""
        headers = {"Content-Encoding": "gzip"}
        assert ask(server, "POST", "/", gzip.compress(b"packed"), headers).body == b"packed"

    def test_a_client_that_waits_to_be_told(self, server: Running) -> None:
        """100 Continue comes before the body is sent, and the answer after it."""
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall(
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(b"hi")
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")

    def test_a_whole_address(self, server: Running, recorder: Recorder) -> None:
        """As a proxy is sent it: the path is what counts."""
        send_raw(server, b"GET http://127.0.0.1:1/a/b?c=d HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (recorder.requests[0].path, recorder.requests[0].query) == ("/a/b", {"c": ["d"]})

    def test_two_slashes(self, server: Running, recorder: Recorder) -> None:
        """They name no host."""
        send_raw(server, b"GET //a/b HTTP/1.1\r\nHost: x\r\n\r\n")
        assert recorder.requests[0].path == "//a/b"

    def test_a_header_given_twice(self, server: Running, recorder: Recorder) -> None:
        """Both are there, with a comma."""
        send_raw(server, b"GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\na:2\r\n\r\n")
        assert recorder.requests[0].headers["a"] == "1, 2"


class TestAConnection:
    """How long it lasts."""

    def test_kept_alive(self, server: Running) -> None:
        """Many requests go over one."""
        with connected(server) as connection:
            for number in range(5):
                assert ask_on(connection, "POST", "/", str(number)).body == str(number).encode()
                assert connection.sock is not None
            assert len(server._connections) == 1

    def test_pipelined(self, server: Running) -> None:
        """Requests sent at once are answered in order."""
        one = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"
        received = send_raw(server, one + b"1" + one + b"2" + one + b"3")
        assert [part[:1] for part in received.split(b"\r\n\r\n")[1:]] == [b"1", b"2", b"3"]

    @pytest.mark.parametrize(
        ("version", "wish", "kept"),
        [
            pytest.param("1.1", "", True, id="as usual"),
            pytest.param("1.1", "Connection: close\r\n", False, id="closed on request"),
            pytest.param("1.0", "", False, id="an old client"),
            pytest.param("1.0", "Connection: keep-alive\r\n", True, id="an old client that asks"),
        ],
    )
    def test_whether_it_is_kept(self, server: Running, version: str, wish: str, kept: bool) -> None:
        """As HTTP has it."""
        sent = f"GET / HTTP/{version}\r\nHost: x\r\n{wish}\r\n".encode()
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall(sent)
            received = connection.recv(1000)
            assert (b"Connection: close" in received) is not kept
            if kept:
                connection.sendall(sent)
                assert connection.recv(1000).startswith(b"HTTP/1.1 200")
            else:
                assert connection.recv(1000) == b""

    def test_on_the_loopback_alone(self, server: Running) -> None:
        """Nobody else can reach it."""
        assert server._listener.getsockname()[0] == "127.0.0.1"
        assert server.url == f"http://127.0.0.1:{server.port}"


class TestAnAnswer:
    """Its head."""

    def test_headers(self, server: Running) -> None:
        """A date and a length, and no word about the server."""
        answer = ask(server, "GET", "/")
        assert answer.headers["date"].endswith(" GMT")
        assert answer.headers["content-length"] == "5"
        assert "server" not in answer.headers

    def test_nothing_to_say(self) -> None:
        """204 has neither body nor length."""
        with serve(lambda _request: Response(204)) as running, connected(running) as connection:
            answer = ask_on(connection, "DELETE", "/")
            assert (answer.status, answer.body) == (204, b"")
            assert "content-length" not in answer.headers
            assert ask_on(connection, "DELETE", "/").status == 204

    def test_a_line_break_in_a_header(self) -> None:
        """It cannot begin another one."""
        with serve(lambda _request: Response(200, headers={"A": "b\r\nC: d"})) as running:
            answer = ask(running, "GET", "/")
        assert answer.headers["a"] == "b C: d"

    def test_a_service_that_fails(self) -> None:
        """500 without a word of why; the exception is remembered and reported."""
        reported: list[str] = []

        def service(_request: Request) -> Response:
            raise KeyError("secret")

        with serve(service, report=reported.append) as running, connected(running) as connection:
            answer = ask_on(connection, "GET", "/x")
            assert (answer.status, b"secret" in answer.body) == (500, False)
            assert ask_on(connection, "GET", "/x").status == 500
            assert [repr(error) for error in running.errors] == ["KeyError('secret')"] * 2
        assert reported[0] == "GET /x: KeyError: 'secret'"


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"


class TestWhatIsRefused:
    """It is answered, never reaches the service, and ends the connection."""

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            pytest.param(b"\x16\x03\x01\x02\x00\r\n", 400, id="TLS"),
            pytest.param(b"GET /\r\n\r\n", 400, id="no version"),
            pytest.param(b"GET / HTTP/2.0\r\n\r\n", 505, id="another version"),
            pytest.param(b"GET / FTP\r\n\r\n", 400, id="another protocol"),
            pytest.param("GET /ü HTTP/1.1\r\nHost: x\r\n\r\n".encode(), 400, id="not encoded"),
            pytest.param(b"G<T / HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="no method"),
            pytest.param(b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n", 400, id="no address"),
            pytest.param(b"GET / HTTP/1.1\r\n\r\n", 400, id="no host"),
            pytest.param(HEAD + b"nonsense\r\n\r\n", 400, id="no header"),
            pytest.param(HEAD + b"A : b\r\n\r\n", 400, id="space before the colon"),
            pytest.param(HEAD + b"A: b\r\n c\r\n\r\n", 400, id="a folded header"),
            pytest.param(HEAD + b"Content-Length: -1\r\n\r\n", 400, id="a negative length"),
            pytest.param(HEAD + b"Content-Length: +1\r\n\r\nx", 400, id="a signed length"),
            pytest.param(
                HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, id="two lengths"
            ),
            pytest.param(
                HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400,
                id="a length and chunks",
            ),
            pytest.param(
                HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 400, id="another coding"
            ),
            pytest.param(
                HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, id="no chunk size"
            ),
            pytest.param(
                HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400, id="a long chunk"
            ),
            pytest.param(
                HEAD + b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx", 415, id="brotli"
            ),
            pytest.param(
                HEAD + b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", 400, id="no gzip"
            ),
            pytest.param(
                HEAD
                + b"Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\n"
                + gzip.compress(b"whole")[:12],
                400,
                id="half a gzip",
            ),
            pytest.param(HEAD + b"A: " + b"x" * 70_000 + b"\r\n\r\n", 431, id="a long header"),
            pytest.param(HEAD + b"A: x\r\n" * 20_000 + b"\r\n", 431, id="many headers"),
            pytest.param(
                HEAD + b"Content-Length: 12582913\r\n\r\n", 413, id="a body that is too large"
            ),
            pytest.param(
                HEAD + b"Expect: 100-continue\r\nContent-Length: 12582913\r\n\r\n",
                413,
                id="a large body that waits to be told",
            ),
            pytest.param(
                HEAD + b"Transfer-Encoding: chunked\r\n\r\nc00001\r\n", 413, id="a large chunk"
            ),
        ],
    )
    def test_a_request(self, server: Running, recorder: Recorder, sent: bytes, status: int) -> None:
        """Its status says what is wrong."""
        received = send_raw(server, sent)
        assert received.split(b" ")[1] == str(status).encode()
        assert b"Connection: close" in received
        assert recorder.requests == []

    def test_a_large_body_that_is_sent_whole(self, server: Running) -> None:
        """The client gets to see why it is refused."""
        assert ask(server, "POST", "/", b"x" * (MAX_BODY + 1)).status == 413
        assert ask(server, "POST", "/", b"x" * MAX_BODY).status == 200

    def test_a_small_body_that_unpacks_to_a_large_one(self, server: Running) -> None:
        """It is not unpacked to its end."""
        bomb = gzip.compress(bytes(100_000_000), 1)
        assert ask(server, "POST", "/", bomb, {"Content-Encoding": "gzip"}).status == 413

    @pytest.mark.parametrize(
        "sent",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b"GET / HT", id="half a line"),
            pytest.param(HEAD, id="half a head"),
            pytest.param(HEAD + b"Content-Length: 10\r\n\r\nhalf", id="half a body"),
        ],
    )
    def test_a_client_that_leaves_early(
        self, server: Running, recorder: Recorder, sent: bytes
    ) -> None:
        """Nothing is applied, nothing answered."""
        assert send_raw(server, sent) == b""
        assert recorder.requests == []
        assert server.errors == []


class TestManyClients:
    """All at once."""

    def test_fifty(self) -> None:
        """They are served side by side, not in turn."""
        together = threading.Barrier(50)

        def service(_request: Request) -> Response:
            together.wait(10)
            return Response(200, b"all here")

        with serve(service) as running, ThreadPoolExecutor(50) as clients:
            answers = list(clients.map(lambda _n: ask(running, "GET", "/"), range(50)))
        assert [answer.body for answer in answers] == [b"all here"] * 50

    def test_two_thousand_requests(self, server: Running, recorder: Recorder) -> None:
        """Each arrives once."""

        def client(number: int) -> None:
            with connected(server) as connection:
                for index in range(40):
                    sent = f"{number}/{index}"
                    assert ask_on(connection, "POST", "/", sent).body == sent.encode()

        with ThreadPoolExecutor(50) as clients:
            list(clients.map(client, range(50)))
        bodies = [request.body for request in recorder.requests]
        assert len(set(bodies)) == len(bodies) == 2_000
        assert ask(server, "GET", "/sandbox/requests").json["total"] == 2_000


class TestTheEnd:
    """Closing."""

    def test_kept_alive(self, recorder: Recorder) -> None:
        """A connection that waits for its next request is closed at once."""
        running = serve(recorder)
        with connected(running) as connection:
            ask_on(connection, "GET", "/")
            threads = [running._accepting, *running._connections.values()]
            began = time.monotonic()
            running.close()
            assert time.monotonic() - began < 1
            with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
                ask_on(connection, "GET", "/")
        assert [thread.is_alive() for thread in threads] == [False, False]

    def test_an_answer_under_way(self) -> None:
        """It is still given."""
        asked = threading.Event()

        def service(_request: Request) -> Response:
            asked.set()
            time.sleep(0.3)
            return Response(200, b"in time")

        running = serve(service)
        with ThreadPoolExecutor(1) as clients:
            answer = clients.submit(ask, running, "GET", "/")
            asked.wait(10)
            running.close()
            assert answer.result().body == b"in time"
            assert answer.result().headers["connection"] == "close"

    def test_a_client_that_does_not_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It does not hold the server up for long."""
        monkeypatch.setattr("meterctl.sandbox.server.GRACE", 0.2)
        running = serve(lambda _request: Response(200, bytes(50_000_000)))
        with socket.create_connection(("127.0.0.1", running.port), 10) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.recv(10)
            began = time.monotonic()
            running.close()
            assert time.monotonic() - began < 2

    def test_afterwards(self, recorder: Recorder) -> None:
        """Nobody listens; the port is free at once; closing again does nothing."""
        running = serve(recorder)
        ask(running, "GET", "/")
        running.close()
        running.close()
        with pytest.raises(ConnectionRefusedError):
            ask(running, "GET", "/")
        with serve(recorder, running.port) as again:
            assert again.port == running.port
            assert ask(again, "GET", "/").status == 200

    def test_a_port_that_is_taken(self, server: Running, recorder: Recorder) -> None:
        """It is an error, not a second server on it."""
        with pytest.raises(OSError, match="in use"):
            serve(recorder, server.port)


class TestTheJournal:
    """`GET /sandbox/requests`, on every server."""

    def test_what_it_lists(self, server: Running) -> None:
        """Every request in order, with its answer; questions to the sandbox itself are none."""
        ask(server, "POST", "/a%20b?c=d", b"x")
        ask(server, "GET", "/sandbox/other")
        ask(server, "GET", "/e")
        found = ask(server, "GET", "/sandbox/requests").json
        assert found["total"] == 2
        assert [
            (one["method"], one["path"], one["status"], one["fault"]) for one in found["requests"]
        ] == [("POST", "/a%20b", 200, None), ("GET", "/e", 200, None)]
        assert all(one["when"].endswith("Z") for one in found["requests"])
