"""An account at Octopus Energy: the stand-in over real sockets, and the adapter to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from meterctl.sandbox.faults import Faults
from meterctl.sandbox.kraken import Kraken
from meterctl.sandbox.server import Running, serve
from meterctl.utility.given import Given
from meterctl.utility.keys import parse
from meterctl.utility.kraken import settings
from meterctl.utility.kraken.account import Account
from meterctl.utility.port import Outcome, Request
from tests.helpers import BERLIN, instant
from tests.sandbox.neighbours import Neighbour
from tests.sandbox.utility.customer import Clock

KEY = "the-key-of-the-test"
AT = instant("2026-11-21 20:00")
REQUEST = Request("m1-abc", "meter", "21L0000001", AT, AT, 142_000_000, "kWh", BERLIN, obis="1.8.0")

UK = """
region = "uk"
account = "A-5A4DB0C5"
[meters.meter]
mpan = "1200000000001"
register = "1"
[meters.night]
mpan = "1200000000002"
serial = "21L0000002"
register = "02"
"""
DE = """
region = "de"
account = "A-DE5A4DB0"
[meters.meter]
id = "501"
[meters.feed-in]
id = "501"
obis = "1-0:2.8.0"
"""
_PATHS = {UK: "/v1/graphql/", DE: "/de/v1/graphql/"}


def given(
    config: str | None,
    url: str | None = None,
    token: str | None = KEY,
    user: str | None = None,
    secret: str | None = None,
) -> Given:
    """What the settings give the adapter."""
    table = None if config is None else parse(config, "kraken.toml")
    return Given(url, token, user, secret, None, table, Path(), Path())


class Stand(Neighbour):
    """The stand-in, and what goes wrong there."""

    def __init__(self, running: Running, file: Path, clock: Clock) -> None:
        super().__init__(running, "kraken", {})
        self._file = file
        self.clock = clock

    def account(self, config: str = UK, *, key: str = KEY) -> Account:
        """A client that is new: it has no token yet."""
        region = _PATHS[DE] if 'region = "de"' in config else _PATHS[UK]
        url = self.server.url + region
        return Account(settings.settings_of("kraken", given(config, url, key)))

    def goes_wrong(self, what: str, skip: int = 1) -> None:
        """Let the requests after so many go wrong: the first one is for a token."""
        lines = "\n".join(part.strip() for part in what.split(";"))
        text = f'[[fault]]\nservice = "utility"\nskip = {skip}\ntimes = 1\n{lines}\n'
        self._file.write_text(text, encoding="utf-8")

    def values(self) -> list[str]:
        """What it accepted, in order."""
        return [str(one["value"]) for one in self.accepted()]

    def asked(self) -> int:
        """How many requests have come, without those of a test itself."""
        lines = self.get("/sandbox/requests").json["requests"]
        return sum(1 for line in lines if "graphql" in line["path"])


@contextmanager
def standing(folder: Path) -> Iterator[Stand]:
    """It runs for the length of a block, on noon of 22 November 2026 UTC."""
    file = folder / "faults.toml"
    file.write_text("", encoding="utf-8")
    clock = Clock()
    with serve(Kraken(KEY, clock=clock), faults=Faults(file), name="utility") as running:
        yield Stand(running, file, clock)
        assert running.errors == []


def submitted(account: Account, seconds: float = 5, **changes: Any) -> Outcome:  # noqa: ANN401 (fields)
    """What comes of a submission."""
    (outcome,) = account.submit([REQUEST._replace(**changes)], seconds)
    return outcome
