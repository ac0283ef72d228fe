"""The Dockerfile and what it copies: as far as it can be looked at without an engine.

`test_clean_root.py`, in the soak, runs its steps in a Debian of its own.
"""

from __future__ import annotations

import fnmatch
import hashlib
import http.server
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import meterctl_environment
from tests.licences import locked

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
STEPS = [
    step.split(None, 1)
    for step in re.sub(r"\\\n", "", DOCKERFILE).splitlines()
    if step and not step.startswith("#")
]
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def stages() -> dict[str, list[list[str]]]:
    """Each stage's steps, with those of the stage that it builds on."""
    found: dict[str, list[list[str]]] = {}
    name = ""
    for word, rest in STEPS:
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found[name] = list(found.get(base, []))
        elif name:
            found[name].append([word, rest])
    return found


def is_sent(path: str) -> bool:
    """Whether the engine is sent a file: .dockerignore takes all out, and puts some in again."""
    kept = [line[1:] for line in IGNORED if line.startswith("!")]
    return (
        any(fnmatch.fnmatch(path, one) or path.startswith(f"{one}/") for one in kept)
        and "__pycache__" not in path
    )


@pytest.mark.parametrize("stage", ["slim", "chromium"])
def test_a_target(stage: str) -> None:
    """It runs as nobody in particular, ends by SIGTERM, is asked whether it lives."""
    steps = stages()[stage]
    assert [rest for word, rest in steps if word == "USER"] == ["10001:10001"]
    assert steps[-1] == ["USER", "10001:10001"]
    assert ["STOPSIGNAL", "SIGTERM"] in steps
    assert ["CMD", '["meterctl", "serve", "--host", "0.0.0.0"]'] in steps
    assert any(word == "HEALTHCHECK" and '"meterctl-alive"' in rest for word, rest in steps)
    assert not any(word in ("ADD", "ENTRYPOINT", "VOLUME") for word, _ in steps)


def test_the_one_that_nobody_names() -> None:
    """The small one."""
    assert list(stages())[-1] == "slim"


def test_what_is_copied_is_there() -> None:
    """Each file is in this tree, and is sent to the engine; nothing else is."""
    copied = [
        name
        for word, rest in STEPS
        if word == "COPY" and not rest.startswith("--from")
        for name in rest.split()[:-1]
    ]
    assert len(copied) > 8
    for name in copied:
        assert (ROOT / name).exists(), name
        files = [name] if (ROOT / name).is_file() else [f"{name}/x"]
        assert all(map(is_sent, files)), name
    for kept in ("tests/conftest.py", ".env", "deploy/secrets/settings.env", ".git/config"):
        assert not is_sent(kept)


@pytest.mark.parametrize("name", ["slim", "chromium", "build"])
def test_what_it_installs_is_what_is_tested(name: str) -> None:
    """Each package with its hash, in the version of requirements.lock."""
    tested = {(one.name, one.version) for one in locked((ROOT / "requirements.lock").read_text())}
    installed = locked((ROOT / "deploy" / f"{name}.lock").read_text())
    assert {(one.name, one.version) for one in installed} <= tested
    assert all(one.hashes for one in installed)
    names = {one.name for one in installed}
    assert ("playwright" in names) == (name == "chromium")
    assert not names & {"pytest", "matplotlib", "mypy"}


ALIVE = (ROOT / "deploy" / "meterctl-alive").read_text(encoding="utf-8")


def alive(port: int) -> int:
    """How the health check ends."""
    return subprocess.run(
        [sys.executable, "-I", "-c", ALIVE], env={"PORT": str(port)}, check=False
    ).returncode


@pytest.fixture
def answers() -> Iterator[tuple[int, dict[str, int]]]:
    """A server of which a test says how it answers, and its port."""
    told = {"status": 200}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/health"
            self.send_response(told["status"])
            self.send_header("Location", "https://127.0.0.1/health")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Nothing is to be read."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, told
        server.shutdown()


@pytest.mark.parametrize(("status", "ends"), [(200, 0), (503, 1), (301, 1), (404, 1)])
def test_the_health_check(answers: tuple[int, dict[str, int]], status: int, ends: int) -> None:
    """Only 200 is well; no redirect is followed."""
    port, told = answers
    told["status"] = status
    assert alive(port) == ends


def test_the_health_check_of_nothing(free_port: int) -> None:
    """Nobody listens: 1, and no trace."""
    assert alive(free_port) == 1


@pytest.fixture
def free_port() -> int:
    """A port at which nobody listens any more."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_fetching_with_a_wrong_checksum(tmp_path: Path) -> None:
    """Nothing is kept, and what came is said."""
    source, place = tmp_path / "program-amd64", tmp_path / "kept"
    source.write_bytes(b"not what it was")
    fetch = [sys.executable, str(ROOT / "deploy" / "fetch.py"), source.as_uri(), str(place)]
    ran = subprocess.run([*fetch, "amd64:" + "0" * 40], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "has the checksum" in ran.stderr
    assert not place.exists()
    known = hashlib.sha1(source.read_bytes(), usedforsecurity=False).hexdigest()
    subprocess.run([*fetch, f"amd64:{known}"], check=True)
    assert place.read_bytes() == source.read_bytes()
    assert os.access(place, os.X_OK)


def test_as_the_first_process(tmp_path: Path) -> None:
    """PID 1, to which no signal means anything by itself: SIGTERM ends it, with 0."""
    process = subprocess.Popen(
        [
            *("unshare", "--pid", "--fork", "--mount-proc", "--kill-child"),
            *(sys.executable, "-m", "meterctl", "serve", "--port", "0"),
        ],
        env=meterctl_environment(tmp_path)
        | {"METERCTL_JWT_SECRET": "only-for-tests-0123456789abcdef0123456789"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "listening on" in process.stdout.readline()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (0, False)
