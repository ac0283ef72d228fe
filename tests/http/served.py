"""A real `meterctl serve` on a free port, with a client and its token, for tests that ask it."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import httpx

from meterctl.sandbox.run import sandbox
from tests.helpers import meterctl_environment, run_program

KEY = "only-for-tests-0123456789abcdef0123456789"
ANNOUNCEMENT = "listening on "
START_SECONDS = 30


class Served(NamedTuple):
    """A server that listens, and what a client needs to be let in."""

    url: str
    environment: dict[str, str]
    client: str
    secret: str

    def token(self) -> str:
        """A new token of the client."""
        answer = httpx.post(
            f"{self.url}/auth/token", json={"clientId": self.client, "clientSecret": self.secret}
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])


def service_environment(folder: Path) -> dict[str, str]:
    """All that the environment of a server in a test holds."""
    return meterctl_environment(folder) | {"METERCTL_JWT_SECRET": KEY}


@contextmanager
def served(
    folder: Path, *arguments: str, scope: str = "read,record,push", **settings: str
) -> Iterator[Served]:
    """Serve a new ledger in a folder; at the end it is told to end, and must do so with code 0."""
    environment = service_environment(folder) | settings
    added = run_program(["clients", "add", "tester", "--scope", scope, "--json"], environment)
    assert added.code == 0, added.err
    with listening(environment, "--port", "0", *arguments) as url:
        yield Served(url, environment, added.json["id"], added.json["secret"])


@contextmanager
def utility(folder: Path) -> Iterator[dict[str, str]]:
    """A utility, played here; the settings that lead to it."""
    with sandbox(folder) as playing:
        told = playing.env_file.read_text(encoding="utf-8").splitlines()
        settings = dict(line.split("=", 1) for line in told)
        yield {name: settings[name] for name in ("METERCTL_UTILITY_URL", "METERCTL_UTILITY_TOKEN")}


@contextmanager
def listening(environment: dict[str, str], *arguments: str) -> Iterator[str]:
    """A server of the ledger that the environment names; its address."""
    with started(environment, *arguments) as server:
        try:
            yield server.url
        finally:
            server.process.terminate()
        assert server.ended() == 0, server.said()


class Server(NamedTuple):
    """A server's process, and where it listens."""

    process: subprocess.Popen[bytes]
    url: str
    told: IO[bytes]

    def ended(self) -> int:
        """How it ended, which it does soon."""
        return self.process.wait(START_SECONDS)

    def said(self) -> str:
        """What it wrote to stderr so far."""
        return _said(self.told)


@contextmanager
def started(
    environment: dict[str, str], *arguments: str, before: str | None = None
) -> Iterator[Server]:
    """A server whose end is the test's business; what is left of it is killed.

    Args:
        environment: All that its environment holds.
        *arguments: Of `serve`.
        before: Python that it runs before it begins, where the real limits take too long to meet.
    """
    program = ["-m", "meterctl"]
    if before is not None:
        program = ["-c", f"{before}\nfrom meterctl.__main__ import main\nmain()"]
    with tempfile.TemporaryFile() as told:  # a pipe would be full of audit lines some day
        process = subprocess.Popen(
            [sys.executable, *program, "serve", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=told,
        )
        try:
            yield Server(process, _address(process, told), told)
        finally:
            process.kill()
            process.communicate()


def _said(told: IO[bytes]) -> str:
    told.seek(0)
    return told.read().decode()


def _address(process: subprocess.Popen[bytes], told: IO[bytes]) -> str:
    """Where a server says that it listens."""
    assert process.stdout is not None
    text, end = b"", time.monotonic() + START_SECONDS
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while b"\n" not in text:
            assert ready.select(max(end - time.monotonic(), 0)), "it does not say that it listens"
            more = os.read(process.stdout.fileno(), 4096)
            assert more, f"it ended: {_said(told)}"
            text += more
    line = text.decode().splitlines()[0]
    assert line.startswith(ANNOUNCEMENT), line
    return line.removeprefix(ANNOUNCEMENT)
