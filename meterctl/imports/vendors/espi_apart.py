"""Series of a Green Button file told apart, and what is the same thing twice left to --map."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from meterctl.domain.meters import Direction, Kind
from meterctl.imports.series import Commodity, Series
from meterctl.imports.units import VOLUMES
from meterctl.imports.vendors import espi_types as types
from meterctl.imports.vendors.espi_links import Owner

_NAMES = {
    Direction.FROM_GRID: "energy from the grid",
    Direction.TO_GRID: "energy to the grid",
    Direction.GENERATION: "energy generated",
    Direction.CONSUMPTION: "energy consumed",
}


class Meaning(NamedTuple):
    """What the readings of a block are."""

    series: Series
    power: int  # of ten, by which a value is multiplied
    length: int  # of an interval in seconds, where it does not say its own; 0: not known
    qualities: tuple[str, ...]  # codes of those that have none of their own


class _Key(NamedTuple):
    """What makes blocks one series."""

    point: str
    reading: str
    tou: str
    commodity: Commodity | None
    direction: Direction
    kind: Kind
    unit: types.Unit


class Draft(NamedTuple):
    """A series before it is told apart from others like it."""

    owner: Owner
    commodity: Commodity | None
    direction: Direction
    kind: Kind
    unit: types.Unit
    length: int


def told_apart(drafts: Mapping[int, Draft]) -> tuple[dict[int, Meaning], tuple[str, ...]]:
    """Series with names of their own; what is the same thing twice is left to --map."""
    by_series: dict[_Key, Draft] = {}
    for draft in drafts.values():
        first = by_series.setdefault(_key(draft), draft)
        by_series[_key(draft)] = first._replace(length=_shortest(first.length, draft.length))
    made: dict[_Key, Meaning] = {}
    notes: list[str] = []
    for key, draft in by_series.items():
        alike = [one for one in by_series.values() if _likeness(one) == _likeness(draft)]
        made[key] = _named_anew(_meaning(draft, alike), made.values())
        if draft.kind is Kind.REGISTER and draft.length:
            name = made[key].series.name
            notes.append(f"{name}: dial readings, taken as read when their interval begins")
    return {group: made[_key(draft)] for group, draft in drafts.items()}, tuple(notes)


def _named_anew(meaning: Meaning, others: Collection[Meaning]) -> Meaning:
    """A series with a name that none before it has."""
    names = {other.series.name for other in others}
    name = meaning.series.name
    if name not in names:
        return meaning
    number = next(n for n in range(2, len(names) + 3) if f"{name} {n}" not in names)
    part = f"{meaning.series.part}-{number}".lstrip("-")
    return meaning._replace(series=meaning.series._replace(name=f"{name} {number}", part=part))


def _key(draft: Draft) -> _Key:
    owner = draft.owner
    what = draft.commodity, draft.direction, draft.kind, draft.unit
    return _Key(owner.point, owner.reading, _tou(draft), *what)


def _likeness(draft: Draft) -> tuple[object, ...]:
    """What series have in common that may be the same thing twice."""
    return draft.owner.point, draft.commodity, draft.direction, draft.kind


def _meaning(draft: Draft, alike: Sequence[Draft]) -> Meaning:
    owner, commodity = draft.owner, draft.commodity
    parts = ["dial"] if draft.kind is Kind.REGISTER else []
    parts += [_part(draft)] if len(alike) > 1 else []
    part = "-".join(filter(None, parts))
    name = _NAMES[draft.direction]
    if commodity is not Commodity.ELECTRICITY:
        name = str(commodity or "gas or water")
    words = [name, *parts, owner.point]
    series = Series(
        " ".join(word for word in words if word),
        draft.kind,
        draft.direction,
        draft.unit.name,
        commodity or Commodity.GAS,
        serial=owner.point or None,
        part=part,
        only_if_mapped=_why_not(draft, alike),
    )
    quality = owner.type.fields.get("defaultQuality")
    return Meaning(series, draft.unit.power, draft.length, (quality,) if quality else ())


def _why_not(draft: Draft, alike: Sequence[Draft]) -> str | None:
    """Why no meter is made for a series by itself."""
    if draft.commodity is None:
        return "the file does not say whether it is gas or water"
    if draft.unit.name not in VOLUMES and any(one.unit.name in VOLUMES for one in alike):
        return f"the same {draft.commodity}, in {draft.unit.name}"
    others = [one.length for one in alike if one.length and _tou(one) == _tou(draft)]
    if draft.kind is Kind.INTERVAL and draft.length and min(others) < draft.length:
        return f"the same {draft.commodity}, in longer intervals"
    return None


def _part(draft: Draft) -> str:
    """What tells a series from others like it: its tariff, or its meter reading's own id."""
    tou = _tou(draft)
    return f"tou{tou}" if tou else draft.owner.reading.rpartition("/")[2]


def _tou(draft: Draft) -> str:
    return draft.owner.type.fields.get("tou", "").removeprefix("0")


def _shortest(one: int, other: int) -> int:
    return min(one, other) or max(one, other)
