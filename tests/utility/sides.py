"""Each adapter with the stand-in of its other side: what the contract suite runs over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from meterctl.domain.quantity import format_quantity
from meterctl.sandbox.emoncms import Emoncms
from meterctl.sandbox.energytracker import ELECTRICITY, EnergyTracker
from meterctl.sandbox.faults import Faults
from meterctl.sandbox.kraken import Kraken
from meterctl.sandbox.message import Request as Received
from meterctl.sandbox.message import Service
from meterctl.sandbox.mindergas import MinderGas
from meterctl.sandbox.pvoutput import PvOutput
from meterctl.sandbox.server import Running, serve
from meterctl.sandbox.utility import PATH
from meterctl.sandbox.utility import Utility as Sandbox
from meterctl.sandbox.volkszaehler import Volkszaehler
from meterctl.utility.catalog import build
from meterctl.utility.given import Given
from meterctl.utility.keys import parse
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
    has_door: bool = True  # who has no secret does not come in

    @property
    def value(self) -> str:
        """The reading's value, in kWh."""
        return format_quantity(self.request.value)

    @property
    def other(self) -> Request:
        """A second value of the same time."""
        return self.request._replace(key="m1-def", value=self.request.value + KWH)


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


def given(origin: str, secret: str, config: str = "", **more: str) -> Given:
    """The settings that lead there."""
    table = parse(config, "utility.toml") if config else None
    user = more.get("user")
    return Given(origin, secret, user, None, None, table, Path(), Path())


def _holding(
    name: str, watt_hours: int = 1_000, *, last: bool = False
) -> Callable[[Running], list[str]]:
    """What a stand-in holds, in kWh.

    Args:
        name: Of the stand-in; empty: the sandbox's own utility.
        watt_hours: What its unit is.
        last: At each time the last one that was taken is there, in the place of those before it.
    """

    def held(running: Running) -> list[str]:
        path = f"/sandbox/{name}/submissions" if name else "/sandbox/submissions"
        text = ask(running, "GET", path).body
        found = json.loads(text, parse_float=Decimal, parse_int=Decimal)["submissions"]
        if last:
            found = {(one["meter"], one["timestamp"]): one for one in found}.values()
        values = (Decimal(one["value"] if "value" in one else one["reading"]) for one in found)
        return [format((one * watt_hours / 1_000).normalize(), "f") for one in values]

    return held


def _with_history(one: Volkszaehler) -> Volkszaehler:
    """Two tuples of long ago: of a channel that has none, what it shows proves nothing."""
    path, body = f"/data/{UUID}.json", b"[[1700000000000, 1], [1700000001000, 2]]"
    assert one(Received("POST", path, {}, {}, body)).status == 200
    return one


def _described(name: str, config: str = "") -> Callable[[str, str], Utility]:
    return lambda origin, secret: build(name, given(origin, secret, config))


REQUEST = Request("m1-abc", "meter", "S-1", AT, AT, 142_300_000, "kWh", BERLIN)
UUID = "12345678-1234-1234-1234-123456789abc"

JSON = Side(
    "json",
    lambda: Sandbox(SECRET, clock=clock),
    lambda origin, secret: build("json", given(origin + PATH, secret)),
    _holding(""),
    'method = "POST"',
    REQUEST,
)
# The same utility, described: what is built in can be written down.
WRITTEN = JSON._replace(
    name="json, described",
    adapter=lambda origin, secret: build("json", given(origin + PATH, secret, DESCRIPTION)),
)
DESCRIPTION = """
[auth]
kind = "bearer"
[submit]
url = "{url}"
headers = { Idempotency-Key = "{key}" }
json = { meter = "{meter}", timestamp = "{timestamp}", value = "{value}", unit = "{unit}" }
[[submit.answers]]
status = [200, 201]
where = { status = "accepted" }
echo = { key = "{key}", value = "{value}" }
outcome = "accepted"
receipt = "receipt"
[[submit.answers]]
status = 409
where = { status = "already" }
outcome = "already"
receipt = "receipt"
value = "value"
[ask]
url = "{url}/{key}"
[[ask.answers]]
status = 200
where = { status = "accepted" }
echo = { key = "{key}" }
outcome = "accepted"
receipt = "receipt"
[[ask.answers]]
status = 404
where = { status = "not_found" }
outcome = "not_there"
"""
ENERGYTRACKER = Side(
    "energytracker",
    lambda: EnergyTracker(SECRET, clock=clock),
    _described("energytracker", f'[meters.meter]\ndevice = "{ELECTRICITY.id}"'),
    _holding("energytracker"),
    'method = "POST"',
    REQUEST,
)
MINDERGAS = Side(
    "mindergas",
    lambda: MinderGas(SECRET, clock=clock),
    _described("mindergas"),
    _holding("mindergas"),
    'method = "POST"',
    REQUEST._replace(unit="m³"),
    keyed=False,
)
VOLKSZAEHLER = Side(
    "volkszaehler",
    lambda: _with_history(Volkszaehler(clock=clock)),
    _described("volkszaehler", f'[meters.meter]\nuuid = "{UUID}"'),
    lambda running: _holding("volkszaehler")(running)[2:],
    'method = "POST"',
    REQUEST,
    has_door=False,
)
EMONCMS = Side(
    "emoncms",
    lambda: Emoncms(SECRET, clock=clock),
    _described("emoncms", '[meters.meter]\nnode = "house"\nname = "grid"'),
    _holding("emoncms", last=True),
    'path = "/input/bulk.json"',
    REQUEST,
    overwrites=True,
)
PVOUTPUT = Side(
    "pvoutput, outputs",
    lambda: PvOutput(SECRET, "12345", clock=clock),
    lambda origin, secret: build("pvoutput", given(origin, secret, user="12345")),
    _holding("pvoutput", 1, last=True),
    'path = "*/addoutput.jsp"',
    REQUEST._replace(kind="daily", direction="generation", value=12_300_000),
    overwrites=True,
)
STATUSES = PVOUTPUT._replace(
    name="pvoutput, statuses",
    adapter=lambda origin, secret: build(
        "pvoutput", given(origin, secret, 'service = "status"', user="12345")
    ),
    submits='path = "*/addbatchstatus.jsp"',
)
KRAKEN_UK = Side(
    "kraken, uk",
    lambda: Kraken(SECRET, clock=clock),
    lambda origin, secret: build("kraken", given(f"{origin}/v1/graphql/", secret, _UK)),
    _holding("kraken"),
    'method = "POST"; skip = 1',  # the first one is for a token
    REQUEST._replace(value=142_000_000, serial="21L0000001"),
)
KRAKEN_DE = KRAKEN_UK._replace(
    name="kraken, de",
    adapter=lambda origin, secret: build("kraken", given(f"{origin}/de/v1/graphql/", secret, _DE)),
    request=REQUEST._replace(value=142_000_000, obis="1-0:1.8.0"),
)
_UK = """
region = "uk"
account = "A-5A4DB0C5"
[meters.meter]
mpan = "1200000000001"
register = "1"
"""
_DE = """
region = "de"
account = "A-DE5A4DB0"
[meters.meter]
id = "501"
"""

SIDES = (
    JSON,
    WRITTEN,
    ENERGYTRACKER,
    MINDERGAS,
    VOLKSZAEHLER,
    EMONCMS,
    PVOUTPUT,
    STATUSES,
    KRAKEN_UK,
    KRAKEN_DE,
)
