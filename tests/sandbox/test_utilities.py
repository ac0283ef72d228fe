"""One port for many utilities."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from meterctl.sandbox.message import Service
from meterctl.sandbox.server import Running, serve
from meterctl.sandbox.utilities import Utilities, utilities
from meterctl.sandbox.utility import Utility
from tests.sandbox.talk import Recorder, ask


@pytest.fixture
def server() -> Iterator[Running]:
    """All of them."""
    with serve(utilities(Utility("the-token"), "the-token"), name="utility") as running:
        yield running
        assert running.errors == []


@pytest.mark.parametrize(
    ("path", "status", "part"),
    [
        ("/service/r2/getsystem.jsp?key=the-token&sid=12345", 200, b"Sandbox,5000"),
        ("/v1/graphql/", 400, b"Must provide query string."),
        ("/de/v1/graphql/", 400, b"Must provide query string."),
        ("/data/1.json", 400, b"Invalid UUID"),
        ("/input/list?apikey=the-token", 200, b"[]"),
        ("/feed/list.json?apikey=the-token", 200, b"[]"),
        ("/v1/devices/standard", 401, b""),
        ("/v3/devices/standard/1/meter-readings", 401, b""),
        ("/v1/token/status", 401, b""),
        ("/v1/metering/readings", 401, b""),
        ("/api/meter_readings", 404, b'{"errors": ["Not found"]}'),
        ("/doors/basic/readings", 401, b""),
        ("/v1/meter-readings?meter=1", 401, b"unauthorized"),
        ("/sandbox/submissions", 200, b'{"submissions": []}'),
        ("/nowhere", 404, b"no_such_path"),
    ],
)
def test_a_path(server: Running, path: str, status: int, part: bytes) -> None:
    """It goes to the one that it belongs to, and else to the utility."""
    answer = ask(server, "GET", path)
    assert answer.status == status
    assert part in answer.body


@pytest.mark.parametrize(
    "name",
    [
        "pvoutput",
        "kraken",
        "volkszaehler",
        "emoncms",
        "energytracker",
        "mindergas",
        "epilot",
        "doors",
    ],
)
def test_a_look_inside(server: Running, name: str) -> None:
    """Each has questions of its own."""
    assert ask(server, "GET", f"/sandbox/{name}/submissions").json == {"submissions": []}
    assert ask(server, "GET", f"/sandbox/{name}/settings").status == 200
    assert ask(server, "POST", f"/sandbox/{name}/settings", "no JSON").status == 400
    assert ask(server, "GET", f"/sandbox/{name}/moon").status == 404


def test_a_path_within_another() -> None:
    """The longer prefix goes first, in whatever order they are named."""
    inner, outer = Recorder(), Recorder()
    stand_ins = {"outer": (("/a/",), lambda: outer), "inner": (("/a/b/",), lambda: inner)}
    with serve(Utilities(Recorder(), stand_ins), name="utility") as running:
        ask(running, "GET", "/a/b/c")
        ask(running, "GET", "/a/c")
        ask(running, "GET", "/sandbox/inner/settings")
    assert [one.path for one in inner.requests] == ["/a/b/c", "/sandbox/inner/settings"]
    assert [one.path for one in outer.requests] == ["/a/c"]


def test_built_when_it_is_asked() -> None:
    """A stand-in that nobody asks is never built, and one that is asked is built once."""
    built: list[str] = []

    def build(name: str) -> Service:
        built.append(name)
        return Recorder()

    stand_ins = {"a": (("/a/",), lambda: build("a")), "b": (("/b/",), lambda: build("b"))}
    with serve(Utilities(Recorder(), stand_ins), name="utility") as running:
        ask(running, "GET", "/a/1")
        ask(running, "GET", "/a/2")
        ask(running, "GET", "/elsewhere")
    assert built == ["a"]


def test_a_start() -> None:
    """No stand-in is imported before it is asked: a sandbox starts as quickly as without them."""
    code = (
        "import sys; from meterctl.sandbox.utilities import utilities; utilities(print, 't');"
        "print([one for one in sys.modules if 'kraken' in one or 'pvoutput' in one])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
