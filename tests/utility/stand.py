"""A utility to test against: the sandbox's, over real sockets, with faults on demand."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from meterctl.sandbox.faults import Faults
from meterctl.sandbox.server import Running, serve
from meterctl.sandbox.utility import PATH, Utility
from meterctl.services.retrying import Pace
from tests.helpers import NOW

TOKEN = "a-token-of-the-test"


class Stand:
    """The stand-in, and what it has seen."""

    def __init__(self, running: Running, faults: Path) -> None:
        self._running = running
        self._faults = faults
        self.url = running.url + PATH

    def faults(self, *faults: str) -> None:
        """What goes wrong from now on: each one the lines of a fault, separated by `;`."""
        text = ""
        for fault in faults:
            lines = "\n".join(part.strip() for part in fault.split(";"))
            text += f'[[fault]]\nservice = "utility"\n{lines}\n'
        self._faults.write_text(text, encoding="utf-8")

    def accepted(self) -> list[Any]:
        """What it has accepted, in order."""
        return list(self._ask("/sandbox/submissions")["submissions"])

    def values(self) -> list[float]:
        """The values that it has accepted, in order."""
        return [one["value"] for one in self.accepted()]

    def requests(self) -> list[tuple[str, int | None]]:
        """The methods and statuses of what it was asked."""
        lines = self._ask("/sandbox/requests")["requests"]
        return [(line["method"], line["status"]) for line in lines]

    def set(self, **settings: object) -> None:
        """Switch how it behaves."""
        self._ask("/sandbox/settings", json.dumps(settings).encode())

    def _ask(self, path: str, body: bytes | None = None) -> Any:  # noqa: ANN401 (JSON)
        with urllib.request.urlopen(self._running.url + path, body) as answer:
            return json.load(answer)


@contextmanager
def standing(folder: Path, now: int = NOW) -> Iterator[Stand]:
    """A utility that stands, for the length of a block; its clock stands still."""
    faults = folder / "faults.toml"
    faults.write_text("", encoding="utf-8")
    service = Utility(TOKEN, clock=lambda: now / 1000)
    with serve(service, faults=Faults(faults), name="utility") as running:
        yield Stand(running, faults)
        assert running.errors == []


class Passing:
    """Time that passes by being slept through, and no other way."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    @property
    def pace(self) -> Pace:
        """It, for a run."""
        return Pace(self.pauses.append, lambda: sum(self.pauses))
