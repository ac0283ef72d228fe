"""A folder that readings are put into, as the settings would have it."""

from __future__ import annotations

from pathlib import Path

from meterctl.domain.quantity import parse_quantity
from meterctl.utility.given import Given
from meterctl.utility.keys import parse
from meterctl.utility.port import Request
from meterctl.utility.to_file import adapter
from meterctl.utility.to_file.way import ToFile
from tests.helpers import BERLIN, instant

CSV = 'folder = "outbox"\nformat = "csv"\n'
ESPI = 'folder = "outbox"\nformat = "espi"\n'


def way(place: Path, text: str) -> ToFile:
    """The way as a file with this text describes it; paths in it are relative to `place`."""
    config = parse(text, "utility.toml")
    return adapter("file", Given(None, None, None, None, None, config, place, place / "evidence"))


def files(place: Path) -> dict[str, str]:
    """The files that appeared, by name."""
    found = (one for one in (place / "outbox").iterdir() if one.name != ".meterctl")
    return {one.name: one.read_bytes().decode() for one in sorted(found)}


def request(
    value: str,
    at: str = "2026-11-26 20:00",
    *,
    meter: str = "meter",
    unit: str = "kWh",
    kind: str = "register",
    since: str | None = None,
    direction: str = "from_grid",
) -> Request:
    """One reading, at a time of Berlin's clocks."""
    then = instant(at)
    return Request(
        f"m1-{meter}-{then}-{value}",
        meter,
        "1EMH001",
        then,
        instant(since) if since else then,
        parse_quantity(value),
        unit,
        BERLIN,
        kind,
        direction,
    )
