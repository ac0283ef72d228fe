"""Which reading type and which usage point the blocks of a Green Button file are of.

Entries refer to each other by links: a block to its meter reading (`up`, or by its own address),
a meter reading to its reading type (`related`). Utilities write them in a dozen ways.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import NamedTuple

from meterctl.imports.vendors.espi_xml import Entry, Link, Resource

_BLOCK = "IntervalBlock"


def address(href: str) -> str:
    """A link's target made comparable: without host, query, and what all addresses begin with."""
    path = href.strip().partition("?")[0].partition("#")[0]
    if "://" in path:
        path = path.split("://", 1)[1].partition("/")[2]
    before, found, after = path.rpartition("/resource/")
    return (after if found else before + path).strip("/")


class ReadingType(NamedTuple):
    """What a meter reading's values are."""

    fields: dict[str, str]
    title: str = ""


class MeterReading(NamedTuple):
    """A series of blocks."""

    address: str
    related: frozenset[str]
    title: str
    own_type: ReadingType | None  # where it holds its type itself


class Owner(NamedTuple):
    """What a block belongs to."""

    type: ReadingType
    reading: str  # the meter reading's address; empty: none is known
    point: str  # the usage point's id; empty: none is known
    service: str | None  # the usage point's kind of service
    title: str


class Structure:
    """Fed with the resources of every entry in order; what it holds grows with the links."""

    def __init__(self) -> None:
        self.types: dict[str, ReadingType] = {}
        self.readings: list[MeterReading] = []
        self.points: dict[str, str | None] = {}
        self.blocks = array("q")  # by the number of each entry with blocks: its place in `groups`
        self.groups: list[frozenset[str]] = []
        self._places: dict[frozenset[str], int] = {}
        self._kinds: list[Resource] = []

    def see(self, event: Resource | Entry) -> None:
        """Look at what has ended."""
        if isinstance(event, Entry):
            self._entry(event)
        elif event.kind != "IntervalReading" and (event.kind != _BLOCK or not self._has(_BLOCK)):
            self._kinds.append(event)

    def owner(self, group: frozenset[str]) -> Owner | None:
        """What the blocks with these links belong to; None: more than one thing is possible."""
        reading = self._reading(group)
        if reading is None and self.readings:
            return None
        type_ = self._type(reading, group)
        if type_ is None:
            return None
        links = group if reading is None else {reading.address, *reading.related, *group}
        point = _point(links) or _only(self.points) or ""
        service = self.points.get(point)
        title = " ".join(filter(None, (reading.title if reading else "", type_.title)))
        return Owner(type_, reading.address if reading else "", point, service, title)

    def _entry(self, entry: Entry) -> None:
        resources, self._kinds = self._kinds, []
        own = next((address(link.href) for link in entry.links if link.rel == "self"), "")
        related = _targets(entry.links)
        own_type = None
        for resource in resources:
            if resource.kind == "ReadingType":
                own_type = ReadingType(resource.fields, entry.title)
                self.types.setdefault(own or f"#{len(self.types)}", own_type)
            elif resource.kind == "UsagePoint":
                point = own.rpartition("/")[2]
                self.points[point] = resource.fields.get("ServiceCategory/kind")
        for resource in resources:
            if resource.kind == "MeterReading":
                self.readings.append(MeterReading(own, related, entry.title, own_type))
            elif resource.kind == _BLOCK:
                self._block(own, related)

    def _block(self, own: str, related: frozenset[str]) -> None:
        above, found, _ = own.rpartition(f"/{_BLOCK}")
        group = {link.removesuffix(f"/{_BLOCK}") for link in related}
        group |= {above} if found else {own}
        kept = frozenset(group - {""})
        if kept not in self._places:
            self._places[kept] = len(self.groups)
            self.groups.append(kept)
        self.blocks.append(self._places[kept])

    def _has(self, kind: str) -> bool:
        return any(resource.kind == kind for resource in self._kinds)

    def _reading(self, group: frozenset[str]) -> MeterReading | None:
        found = [one for one in self.readings if one.address and one.address in group]
        if not found:
            found = [one for one in self.readings if group & one.related - set(self.types)]
        if not found and len(self.readings) == 1:
            return self.readings[0]
        return found[0] if len({one.address for one in found}) == 1 else None

    def _type(self, reading: MeterReading | None, group: frozenset[str]) -> ReadingType | None:
        if reading is not None and reading.own_type is not None:
            return reading.own_type
        named = group if reading is None else reading.related | group
        found = [type_ for target, type_ in self.types.items() if target in named]
        if not found and len(self.types) <= 1:
            found = list(self.types.values()) or [ReadingType({})]
        return found[0] if len(found) == 1 else None


def _targets(links: Iterable[Link]) -> frozenset[str]:
    """Where an entry's links lead, but to itself; a block's collection as what it is in."""
    targets = {address(link.href) for link in links if link.rel != "self"}
    return frozenset(target.removesuffix(f"/{_BLOCK}") for target in targets)


def _point(links: Iterable[str]) -> str | None:
    """The id of the usage point that these addresses lie in."""
    for link in sorted(links):
        parts = link.split("/")
        if "UsagePoint" in parts[:-1]:
            return parts[parts.index("UsagePoint") + 1]
    return None


def _only(points: dict[str, str | None]) -> str | None:
    return next(iter(points)) if len(points) == 1 else None
