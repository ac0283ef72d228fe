"""A system at PVOutput: the stand-in over real sockets, and the adapter to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from meterctl.sandbox.faults import Faults
from meterctl.sandbox.pvoutput import PvOutput
from meterctl.sandbox.server import Running, serve
from meterctl.utility.given import Given
from meterctl.utility.keys import parse
from meterctl.utility.port import Outcome, Request, Utility
from meterctl.utility.pvoutput import outputs, service, settings, statuses
from tests.helpers import BERLIN, instant
from tests.sandbox.neighbours import Neighbour
from tests.sandbox.utility.customer import Clock

KEY = "the-key-of-the-test"
SYSTEM = "12345"
AT = instant("2026-11-21 20:03")
DAY = 86_400_000
# What the inverter made on 21 November, and how far the house's own meter is.
MADE = Request("m1-abc", "inverter", None, AT, AT, 12_345_000, "kWh", BERLIN, "daily", "generation")
USED = MADE._replace(key="m1-def", meter="house", direction="consumption", value=8_000_000)


def given(
    config: str = "",
    url: str | None = None,
    token: str | None = KEY,
    user: str | None = SYSTEM,
) -> Given:
    """What the settings give the adapter."""
    table = parse(config, "pv.toml") if config else None
    return Given(url, token, user, None, None, table, Path(), Path())


class Stand(Neighbour):
    """The stand-in, and what goes wrong there."""

    def __init__(self, running: Running, file: Path, clock: Clock) -> None:
        headers = {"X-Pvoutput-Apikey": KEY, "X-Pvoutput-SystemId": SYSTEM}
        super().__init__(running, "pvoutput", headers)
        self._file = file
        self.clock = clock

    def way(
        self, config: str = "", *, key: str = KEY, system: str = SYSTEM, url: str | None = None
    ) -> Utility:
        """A new client; maybe to another server."""
        origin = url or self.server.url
        read = settings.settings_of("pvoutput", given(config, origin, key, system))
        requests = service.Service(read)
        if read.service == "status":
            return statuses.Statuses(read, requests)
        return outputs.Outputs(read, requests)

    def goes_wrong(self, what: str) -> None:
        """Let the next request go wrong in this way."""
        lines = "\n".join(part.strip() for part in what.split(";"))
        self._file.write_text(f'[[fault]]\nservice = "utility"\n{lines}\n', encoding="utf-8")

    def energies(self) -> list[tuple[str, str, int]]:
        """What it accepted: the time, the parameter, the watt hours."""
        return [
            (one["timestamp"], one["meter"].partition("/")[2], one["value"])
            for one in self.accepted()
        ]

    def asked(self) -> int:
        """How many requests have come, without those of a test itself."""
        lines = self.get("/sandbox/requests").json["requests"]
        return sum(1 for line in lines if "service" in line["path"])


@contextmanager
def standing(folder: Path) -> Iterator[Stand]:
    """It runs for the length of a block, on noon of 22 November 2026 UTC."""
    file = folder / "faults.toml"
    file.write_text("", encoding="utf-8")
    clock = Clock()
    with serve(PvOutput(KEY, SYSTEM, clock=clock), faults=Faults(file), name="utility") as running:
        yield Stand(running, file, clock)
        assert running.errors == []


def submitted(way: Utility, request: Request = MADE, **changes: Any) -> Outcome:  # noqa: ANN401 (fields)
    """What comes of a submission."""
    (outcome,) = way.submit([request._replace(**changes)], 5)
    return outcome
