"""A server with a Sheet and a utility behind it, its clients, and what a test does to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.helpers import Ran, run_program
from tests.http.served import listening, service_environment

PATIENCE = 30.0  # seconds, on a busy machine


class Login(NamedTuple):
    """What a client logs in with."""

    id: str
    secret: str


class Stage:
    """A server that runs, and may be ended and begun anew at the same place."""

    def __init__(self, folder: Path, rehearsal: Rehearsal | None = None) -> None:
        self.folder = folder
        self.rehearsal = rehearsal
        self.environment = service_environment(folder) | (rehearsal.settings if rehearsal else {})
        self.port = 0
        self._running = ExitStack()

    def begin(self, *arguments: str) -> None:
        """Serve, at the port it had before if it had one."""
        serving = listening(self.environment, "--port", str(self.port), *arguments)
        self.port = httpx.URL(self._running.enter_context(serving)).port or 0
        httpx.get(f"{self.url}/health", timeout=PATIENCE)  # it serves, not only listens

    def end(self) -> None:
        """End it, as a supervisor does."""
        self._running.close()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str, stdin: str = "") -> Ran:
        """A command on the same ledger, as cron or a person runs it; it must succeed."""
        ran = run_program(arguments, self.environment, stdin)
        assert ran.code == 0, ran.err
        return ran

    def sync(self) -> None:
        """As cron does: where the server is bringing something just now, again a moment later."""
        end = time.monotonic() + PATIENCE
        while (ran := run_program(["sync"], self.environment)).code == 75:
            assert time.monotonic() < end, ran.err
            time.sleep(0.1)
        assert ran.code == 0, ran.err

    def client(self, name: str, scope: str, *more: str) -> Login:
        """A new client."""
        added = self.run("clients", "add", name, "--scope", scope, "--json", *more).json
        return Login(added["id"], added["secret"])

    def token(self, login: Login) -> str:
        """A new token of a client's."""
        form = {"clientId": login.id, "clientSecret": login.secret}
        answer = httpx.post(f"{self.url}/auth/token", json=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def api(self, login: Login) -> httpx.Client:
        """Asks as a client; to be closed."""
        headers = {"Authorization": f"Bearer {self.token(login)}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)

    def values(self, meter: str) -> list[Any]:
        """All values that the ledger holds of a meter, in time order."""
        return [one["value"] for one in self.run("history", meter, "--json").json["readings"]]


@contextmanager
def staged(folder: Path, *arguments: str, sandbox: bool = False) -> Iterator[Stage]:
    """A stage until the end of the block."""
    with ExitStack() as stack:
        rehearsal = stack.enter_context(rehearsing(folder / "rehearsal")) if sandbox else None
        stage = Stage(folder, rehearsal)
        stack.callback(stage.end)
        stage.begin(*arguments)
        yield stage
