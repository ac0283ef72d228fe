"""The sandbox's faults: how their file is read, which request is hit, what then happens to it."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from meterctl.sandbox.faults import BadFaults, Do, Fault, Faults, parse_faults, service_of
from meterctl.sandbox.server import Running, serve
from tests.sandbox.talk import Recorder, ask, ask_on, connected

FILE = Path("faults.toml")


def written(*faults: str) -> Faults:
    """Faults of a file with these tables."""
    FILE.write_text("".join(f"[[fault]]\n{text}\n" for text in faults))
    return Faults(FILE)


def picked(faults: Faults, *paths: str, method: str = "POST") -> list[str | None]:
    """What hits requests for these paths, one after the other."""
    hits = [faults.pick("sheets", method, path) for path in paths]
    return [hit and hit.do.value for hit in hits]


class TestTheFile:
    """TOML, with every mistake named."""

    def test_all_keys(self) -> None:
        """Each has its meaning."""
        text = """
            [[fault]]
            service = "sheets"
            method = "POST"
            path = "*:batchUpdate"
            skip = 2
            times = 0
            do = "status"
            status = 503
            body = "<html>"
            content_type = "text/html"
            headers = { "Retry-After" = "7" }

            [[fault]]
            do = "delay"
            seconds = 1
        """
        assert parse_faults(text, "f") == (
            Fault(
                do=Do.STATUS,
                service="sheets",
                method="POST",
                path="*:batchUpdate",
                skip=2,
                times=0,
                status=503,
                body="<html>",
                content_type="text/html",
                headers={"Retry-After": "7"},
            ),
            Fault(do=Do.DELAY, seconds=1),
        )

    def test_nothing(self) -> None:
        """An empty file lists no fault."""
        assert parse_faults("", "f") == ()

    @pytest.mark.parametrize("do", list(Do))
    def test_every_kind(self, do: Do) -> None:
        """Each can be named."""
        needs = {
            Do.STATUS: "status = 500",
            Do.DELAY: "seconds = 0.5",
            Do.DRIP: "seconds = 0.5",
            Do.LATE: "seconds = 0.5",
            Do.REDIRECT: "location = 'http://127.0.0.1:1/'",
        }
        (fault,) = parse_faults(f"[[fault]]\ndo = '{do}'\n{needs.get(do, '')}", "f")
        assert fault.do is do

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            pytest.param("[[fault]\n", "f:1:8: no TOML", id="no TOML"),
            pytest.param("[[faults]]\n", "f: faults: unknown", id="another table"),
            pytest.param("[fault]\ndo = 'drip'", "f: fault: write [[fault]]", id="one bracket"),
            pytest.param("fault = [1]", "f: fault: write [[fault]]", id="no tables"),
            pytest.param("[[fault]]\n", "f: fault 1: do: missing", id="nothing to do"),
            pytest.param("do = 'explode'", "f: fault 1: do: one of status", id="unknown kind"),
            pytest.param("do = 'drip'\ntims = 1", "f: fault 1: tims: unknown", id="unknown key"),
            pytest.param("do = 'status'", "f: fault 1: status: missing", id="no status"),
            pytest.param("do = 'delay'", "f: fault 1: seconds: missing", id="no seconds"),
            pytest.param("do = 'redirect'", "f: fault 1: location: missing", id="no location"),
            pytest.param(
                "do = 'hang-after'\nseconds = 1",
                "f: fault 1: seconds: means nothing",
                id="idle key",
            ),
            pytest.param("service = 'mail'", "f: fault 1: service: one of", id="service"),
            pytest.param("service = 1", "f: fault 1: service: one of", id="service as number"),
            pytest.param("method = 'post'", "f: fault 1: method: a method in cap", id="method"),
            pytest.param("path = 1", "f: fault 1: path: a text", id="path"),
            pytest.param("skip = -1", "f: fault 1: skip: a whole number", id="skip"),
            pytest.param("times = true", "f: fault 1: times: a whole number", id="times"),
            pytest.param("status = 42", "f: fault 1: status: a number from", id="status"),
            pytest.param("seconds = '1'", "f: fault 1: seconds: seconds, from", id="seconds"),
            pytest.param("seconds = nan", "f: fault 1: seconds: seconds, from", id="not a number"),
            pytest.param("headers = { A = 1 }", "f: fault 1: headers: texts", id="headers"),
        ],
    )
    def test_a_mistake(self, text: str, complaint: str) -> None:
        """It is named with the file, the fault and the key."""
        whole = text if "fault" in text.split("\n", maxsplit=1)[0] else f"[[fault]]\n{text}"
        with pytest.raises(BadFaults) as raised:
            parse_faults(whole, "f")
        assert str(raised.value).startswith(complaint)

    def test_not_there(self) -> None:
        """That is for whoever asked for it."""
        with pytest.raises(FileNotFoundError):
            Faults(FILE)

    def test_no_text(self) -> None:
        """Nor is that TOML."""
        FILE.write_bytes(b"\xff")
        with pytest.raises(BadFaults, match="not UTF-8"):
            Faults(FILE)


class TestWhichRequestIsHit:
    """The first fault that is due."""

    def test_once(self) -> None:
        """Unless told otherwise."""
        assert picked(written("do = 'drip'\nseconds = 1"), "/a", "/a") == ["drip", None]

    def test_skip_and_times(self) -> None:
        """The first ones are let through, so many are hit, the rest go through."""
        faults = written("do = 'reset-before'\nskip = 1\ntimes = 2")
        assert picked(faults, *["/a"] * 5) == [None, "reset-before", "reset-before", None, None]

    def test_for_ever(self) -> None:
        """`times = 0`."""
        assert picked(written("do = 'reset-before'\ntimes = 0"), *["/"] * 9).count(None) == 0

    def test_a_script(self) -> None:
        """Faults take turns in the order of the file; each counts every request of its kind."""
        faults = written("do = 'reset-before'", "do = 'reset-after'", "do = 'truncate'\nskip = 3")
        hits = ["reset-before", "reset-after", None, "truncate", None]
        assert picked(faults, *["/a"] * 5) == hits

    def test_the_path(self) -> None:
        """A pattern on the decoded path, whose case counts."""
        faults = written("do = 'truncate'\npath = '*/values/Sheet1!A1:*'\ntimes = 0")
        paths = ["/v4/x/values/Sheet1%21A1%3AB2", "/v4/x/values/sheet1!A1:B2", "/v4/x"]
        assert picked(faults, *paths) == ["truncate", None, None]

    def test_the_method(self) -> None:
        """Only that one."""
        faults = written("do = 'truncate'\nmethod = 'GET'")
        assert picked(faults, "/") == [None]
        assert picked(faults, "/", method="GET") == ["truncate"]

    @pytest.mark.parametrize(
        ("server", "path", "service"),
        [
            pytest.param("sheets", "/v4/spreadsheets/x", "sheets", id="Sheets"),
            pytest.param("sheets", "/token", "token", id="tokens"),
            pytest.param("sheets", "/drive/v3/files", "drive", id="Drive"),
            pytest.param("utility", "/token", "utility", id="a utility"),
        ],
    )
    def test_the_service(self, server: str, path: str, service: str) -> None:
        """Google's server has three, told apart by their paths."""
        assert service_of(server, path) == service
        faults = written(f"do = 'truncate'\nservice = '{service}'\ntimes = 0")
        assert faults.pick(service, "GET", path)
        assert faults.pick("another", "GET", path) is None

    def test_many_at_once(self) -> None:
        """Exactly so many of them are hit."""
        faults = written("do = 'truncate'\nskip = 10\ntimes = 100")
        with ThreadPoolExecutor(20) as threads:
            hits = list(threads.map(lambda _n: faults.pick("sheets", "GET", "/"), range(500)))
        assert len([hit for hit in hits if hit]) == 100


class TestAFileThatChanges:
    """It is read anew, before the next request."""

    def test_other_faults(self) -> None:
        """They are in force at once."""
        faults = written("do = 'truncate'\ntimes = 0")
        assert picked(faults, "/") == ["truncate"]
        written("do = 'reset-after'\ntimes = 0")
        assert picked(faults, "/") == ["reset-after"]
        FILE.write_text("")
        assert picked(faults, "/") == [None]

    def test_the_same_again(self) -> None:
        """A file put in place anew counts from the beginning."""
        faults = written("do = 'truncate'")
        assert picked(faults, "/", "/") == ["truncate", None]
        new = FILE.with_suffix(".new")
        new.write_bytes(FILE.read_bytes())
        new.replace(FILE)
        assert picked(faults, "/", "/") == ["truncate", None]

    @pytest.mark.parametrize(
        ("spoil", "complaint"),
        [
            pytest.param(lambda: FILE.write_text("?"), "no TOML", id="wrong"),
            pytest.param(lambda: FILE.write_bytes(b"\xff"), "not UTF-8", id="no text"),
            pytest.param(FILE.unlink, "No such file", id="gone"),
        ],
    )
    def test_for_the_worse(self, spoil: Callable[[], object], complaint: str) -> None:
        """The last good one stays in force, which is said once."""
        reported: list[str] = []
        written("do = 'truncate'\ntimes = 0")
        faults = Faults(FILE, reported.append)
        spoil()
        assert picked(faults, "/", "/") == ["truncate", "truncate"]
        (message,) = reported
        assert complaint in message
        assert message.startswith(("faults.toml: ", "faults.toml:1:"))
        assert message.endswith("; the last good one stays in force")
        written("do = 'reset-after'")
        assert picked(faults, "/", "/") == ["reset-after", None]


Start = Callable[..., Running]


@pytest.fixture
def recorder() -> Recorder:
    """What is applied."""
    return Recorder()


@pytest.fixture
def start(recorder: Recorder) -> Iterator[Start]:
    """Start a server with one fault, which hits the first request."""
    with ExitStack() as stack:

        def started(fault: str) -> Running:
            running = serve(recorder, faults=written(fault))
            return stack.enter_context(running)

        yield started


def gone() -> AbstractContextManager[object]:
    """The connection breaks without an answer."""
    return pytest.raises((ConnectionResetError, BrokenPipeError))


class TestWhatHappens:
    """Each kind, as a client meets it; the request after it is answered as usual."""

    def bodies(self, recorder: Recorder) -> list[bytes]:
        """What was applied."""
        return [request.body for request in recorder.requests]

    def journal(self, server: Running) -> list[tuple[object, object]]:
        """Status and fault of each request."""
        found = ask(server, "GET", "/sandbox/requests").json["requests"]
        return [(one["status"], one["fault"]) for one in found]

    def test_status(self, start: Start, recorder: Recorder) -> None:
        """Answered so, not applied; the connection stays."""
        server = start(
            "do = 'status'\nstatus = 503\nbody = '<html>busy'\nheaders = { Retry-After = '7' }"
        )
        with connected(server) as connection:
            answer = ask_on(connection, "POST", "/", b"1")
            assert (answer.status, answer.body) == (503, b"<html>busy")
            assert answer.headers["retry-after"] == "7"
            assert answer.headers["content-type"].startswith("text/html")
            assert ask_on(connection, "POST", "/", b"2").status == 200
        assert self.bodies(recorder) == [b"2"]
        assert self.journal(server) == [(503, "status"), (200, None)]

    def test_status_with_json(self, start: Start) -> None:
        """Its type follows its content, or is what is said."""
        server = start("do = 'status'\nstatus = 400\nbody = '{\"error\": 1}'")
        assert ask(server, "POST", "/").headers["content-type"].startswith("application/json")
        server = start("do = 'status'\nstatus = 400\nbody = '{}'\ncontent_type = 'a/b'")
        assert ask(server, "POST", "/").headers["content-type"] == "a/b"

    def test_delay(self, start: Start, recorder: Recorder) -> None:
        """Answered as usual, later."""
        server = start("do = 'delay'\nseconds = 0.3")
        began = time.monotonic()
        assert ask(server, "POST", "/", b"1").body == b"1"
        assert time.monotonic() - began >= 0.3
        assert self.bodies(recorder) == [b"1"]

    def test_delay_beyond_a_client_s_patience(self, start: Start, recorder: Recorder) -> None:
        """It is applied though nobody waits any more."""
        server = start("do = 'delay'\nseconds = 0.3")
        with pytest.raises(TimeoutError):
            ask(server, "POST", "/", b"1", timeout=0.1)
        assert recorder.requests == []
        wait_for(lambda: self.bodies(recorder) == [b"1"])

    def test_reset_before(self, start: Start, recorder: Recorder) -> None:
        """The connection is reset, nothing applied."""
        server = start("do = 'reset-before'")
        with gone():
            ask(server, "POST", "/", b"1")
        assert ask(server, "POST", "/", b"2").status == 200
        assert self.bodies(recorder) == [b"2"]
        assert self.journal(server) == [(None, "reset-before"), (200, None)]

    def test_reset_after(self, start: Start, recorder: Recorder) -> None:
        """The connection is reset, all is applied."""
        server = start("do = 'reset-after'")
        with gone():
            ask(server, "POST", "/", b"1")
        assert self.bodies(recorder) == [b"1"]
        assert self.journal(server) == [(None, "reset-after")]

    def test_hang_before(self, start: Start, recorder: Recorder) -> None:
        """No answer, nothing applied; it ends when the client leaves."""
        server = start("do = 'hang-before'")
        with pytest.raises(TimeoutError):
            ask(server, "POST", "/", b"1", timeout=0.2)
        wait_for(lambda: not server._connections)
        assert recorder.requests == []

    def test_hang_after(self, start: Start, recorder: Recorder) -> None:
        """No answer, all is applied."""
        server = start("do = 'hang-after'")
        with pytest.raises(TimeoutError):
            ask(server, "POST", "/", b"1", timeout=0.2)
        assert self.bodies(recorder) == [b"1"]

    def test_drip(self, start: Start, recorder: Recorder) -> None:
        """The body comes a byte at a time: no read takes long, all of it does."""
        server = start("do = 'drip'\nseconds = 0.05")
        began = time.monotonic()
        assert ask(server, "POST", "/", b"0123456789", timeout=0.4).body == b"0123456789"
        assert time.monotonic() - began >= 0.5
        assert self.bodies(recorder) == [b"0123456789"]

    def test_truncate(self, start: Start, recorder: Recorder) -> None:
        """Half the body under the head of the whole."""
        server = start("do = 'truncate'")
        with pytest.raises(http.client.IncompleteRead) as raised:
            ask(server, "POST", "/", b"0123456789")
        assert (raised.value.partial, raised.value.expected) == (b"01234", 5)
        assert self.bodies(recorder) == [b"0123456789"]

    def test_truncate_without_a_body(self, start: Start) -> None:
        """Then the head ends half-way."""
        server = start("do = 'truncate'")
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
            received = b"".join(iter(lambda: connection.recv(1000), b""))
        assert received.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\n\r\n" not in received

    def test_late(self, start: Start, recorder: Recorder) -> None:
        """The connection is reset at once; a while later the request lands after all."""
        server = start("do = 'late'\nseconds = 0.4")
        with gone():
            ask(server, "POST", "/", b"1")
        assert ask(server, "POST", "/", b"2").status == 200
        assert self.bodies(recorder) == [b"2"]
        wait_for(lambda: self.bodies(recorder) == [b"2", b"1"])

    def test_redirect(self, start: Start, recorder: Recorder) -> None:
        """Sent elsewhere, nothing applied."""
        server = start("do = 'redirect'\nlocation = 'http://127.0.0.1:1/elsewhere'")
        answer = ask(server, "POST", "/", b"1")
        assert (answer.status, answer.headers["location"]) == (307, "http://127.0.0.1:1/elsewhere")
        assert recorder.requests == []
        server = start("do = 'redirect'\nlocation = '/x'\nstatus = 302")
        assert ask(server, "POST", "/").status == 302

    def test_body(self, start: Start, recorder: Recorder) -> None:
        """Applied, and answered with something else."""
        server = start("do = 'body'\nbody = '<html>Please log in'")
        answer = ask(server, "POST", "/", b"1")
        assert (answer.status, answer.body) == (200, b"<html>Please log in")
        assert answer.headers["content-type"].startswith("text/html")
        assert self.bodies(recorder) == [b"1"]

    def test_another_status(self, start: Start, recorder: Recorder) -> None:
        """Applied, and answered with the real body under another status."""
        server = start("do = 'body'\nstatus = 500")
        answer = ask(server, "POST", "/", b"1")
        assert (answer.status, answer.body) == (500, b"1")
        assert answer.headers["x-method"] == "POST"
        assert self.bodies(recorder) == [b"1"]

    def test_an_empty_body(self, start: Start) -> None:
        """It is one too."""
        assert ask(start("do = 'body'\nbody = ''"), "POST", "/", b"1").body == b""

    def test_the_sandbox_s_own_pages(self, start: Start) -> None:
        """No fault hits them, so that a test can look at any time."""
        server = start("do = 'reset-before'\ntimes = 0")
        for _ in range(2):
            assert ask(server, "GET", "/sandbox/requests").status == 200

    @pytest.mark.parametrize(
        "fault",
        [
            "do = 'hang-before'",
            "do = 'hang-after'",
            "do = 'delay'\nseconds = 60",
            "do = 'drip'\nseconds = 60",
            "do = 'late'\nseconds = 60",
        ],
    )
    def test_while_the_server_closes(self, start: Start, recorder: Recorder, fault: str) -> None:
        """It is not kept from it; what was yet to be applied never is."""
        server = start(fault)
        with ThreadPoolExecutor(1) as clients:
            answer = clients.submit(ask, server, "POST", "/", b"1")
            wait_for(lambda: server.journal.fields()["total"] == 1)
            time.sleep(0.05)
            began = time.monotonic()
            server.close()
            assert time.monotonic() - began < 1
            with pytest.raises((OSError, http.client.HTTPException)):
                answer.result()
        wait_for(lambda: not [one for one in threading.enumerate() if one.name == "late"])
        assert len(recorder.requests) == (1 if "after" in fault or "drip" in fault else 0)


def wait_for(condition: Callable[[], object]) -> None:
    """Until it is so; soon."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
