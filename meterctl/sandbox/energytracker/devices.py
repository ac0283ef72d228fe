"""The measuring devices of the one account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from meterctl.sandbox.utility.form import parse_instant


class Device(NamedTuple):
    """A measuring device, and the meter that it has."""

    id: str
    name: str
    folder: str
    decimals: int  # of its meter's dial
    meter_id: str
    meter_number: str | None


ELECTRICITY = Device(
    "11111111-1111-4111-8111-111111111111",
    "Electricity",
    "/Home",
    2,
    "aaaaaaaa-1111-4111-8111-111111111111",
    "1EMH0012345678",
)
GAS = Device(
    "22222222-2222-4222-8222-222222222222",
    "Gas",
    "/Home/Cellar",
    3,
    "aaaaaaaa-2222-4222-8222-222222222222",
    None,
)
VIRTUAL = Device("33333333-3333-4333-8333-333333333333", "All energy", "/Home", 2, "", None)

STANDARD = {one.id: one for one in (ELECTRICITY, GAS)}


def summaries(
    devices: Iterable[Device],
    updated: Mapping[str, datetime],
    query: Mapping[str, list[str]],
) -> list[dict[str, object]]:
    """What a list of devices shows of them, as its filters demand.

    Args:
        devices: All of the kind that is asked for.
        updated: When those that have readings had their latest one taken, by id.
        query: `name`, `folderPath`, `updatedAfter`, `updatedBefore`.

    Raises:
        Malformed: a time is none.
    """
    name = query.get("name", [""])[0].lower()
    folder = query.get("folderPath", ["/"])[0].rstrip("/")
    after, before = (
        [parse_instant(text, which) for text in query.get(which, [])]
        for which in ("updatedAfter", "updatedBefore")
    )
    found: list[dict[str, object]] = []
    for one in devices:
        at = updated.get(one.id)
        timely = all(at is not None and bound <= at for bound in after) and all(
            at is not None and at <= bound for bound in before
        )
        if timely and name in one.name.lower() and f"{one.folder}/".startswith(f"{folder}/"):
            found.append(
                {
                    "id": one.id,
                    "name": one.name,
                    "folderPath": one.folder,
                    "lastUpdatedAt": None if at is None else stamp(at),
                }
            )
    return found


def stamp(at: datetime) -> str:
    """An instant in UTC as the API writes it, to the millisecond."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
