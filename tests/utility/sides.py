"""Each adapter with the stand-in of its other side: what the contract suite runs over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from meterctl.sandbox.faults import Faults
from meterctl.sandbox.message import Service
from meterctl.sandbox.server import Running, serve
from meterctl.sandbox.utility import PATH
from meterctl.sandbox.utility import Utility as Sandbox
from meterctl.utility.json_api import JsonUtility
from meterctl.utility.port import Request, Utility
from tests.helpers import BERLIN, NOW, instant
from tests.sandbox.talk import ask

SECRET = "a-secret-of-the-test"
AT = instant("2026-11-21 20:00")
KWH = 1_000_000


class Side(NamedTuple):
    """One adapter, and how its other side is played.

    `held` lists the values that count there, in kWh as exact text. `submits` says, in the lines of
    a fault, which request it is that hands a reading over.
    """

    name: str
    service: Callable[[], Service]
    adapter: Callable[[str, str], Utility]  # of an origin and a secret
    held: Callable[[Running], list[str]]
    submits: str
    request: Request
    keyed: bool = True  # what became of a reading can be asked, and a repetition is known as one
    overwrites: bool = False  # a second value takes the first one's place, by its own rules


class Stand(NamedTuple):
    """A side that runs."""

    side: Side
    running: Running
    file: Path

    def adapter(self, secret: str = SECRET) -> Utility:
        """A new client of it."""
        return self.side.adapter(self.running.url, secret)

    def held(self) -> list[str]:
        """What counts there."""
        return self.side.held(self.running)

    def goes_wrong(self, what: str) -> None:
        """Let the request that hands a reading over go wrong, each time, in this way."""
        lines = "\n".join(part.strip() for part in f"{self.side.submits}; {what}".split(";"))
        self.file.write_text(f"[[fault]]\ntimes = 0\n{lines}\n", encoding="utf-8")

    def is_well(self) -> None:
        """Nothing goes wrong any more."""
        self.file.write_text("", encoding="utf-8")


@contextmanager
def standing(side: Side, folder: Path) -> Iterator[Stand]:
    """It runs for the length of a block; its clock stands still at the tests' now."""
    file = folder / "faults.toml"
    file.write_text("", encoding="utf-8")
    with serve(side.service(), faults=Faults(file), name="utility") as running:
        yield Stand(side, running, file)
        assert running.errors == []


def clock() -> float:
    """The tests' now, in seconds."""
    return NOW / 1000


def _of_json(running: Running) -> list[str]:
    found = ask(running, "GET", "/sandbox/submissions").json["submissions"]
    return [str(one["value"]) for one in found]


REQUEST = Request("m1-abc", "meter", "S-1", AT, AT, 142_300_000, "kWh", BERLIN)

JSON = Side(
    "json",
    lambda: Sandbox(SECRET, clock=clock),
    lambda origin, secret: JsonUtility(origin + PATH, secret),
    _of_json,
    'method = "POST"',
    REQUEST,
)

SIDES = (JSON,)
