"""Readings as Green Button XML: what the schema of NAESB REQ.21 asks for, and exact values.

The schema itself is not ours to ship. What it says of the elements that we write is told here in
our own words: their order, which must be there, what their texts look like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest

from meterctl.domain.quantity import MILLIONTHS
from meterctl.domain.times import SECOND
from meterctl.utility.port import Accepted, NotTaken, Request
from tests.helpers import instant
from tests.utility.to_file.folder import CSV, ESPI, files, request, way

A, E = "{http://www.w3.org/2005/Atom}", "{http://naesb.org/espi}"


def _within(low: int, high: int, text: str) -> bool:
    return re.fullmatch(r"-?\d+", text, re.ASCII) is not None and low <= int(text) <= high


def uint16(text: str) -> bool:
    """An unsigned number of 16 bits."""
    return _within(0, 2**16 - 1, text)


def uint32(text: str) -> bool:
    """An unsigned number of 32 bits."""
    return _within(0, 2**32 - 1, text)


def int48(text: str) -> bool:
    """A number of 48 bits."""
    return _within(-(2**47), 2**47, text)


def time(text: str) -> bool:
    """Seconds since 1970, 64 bits."""
    return _within(-(2**63), 2**63 - 1, text)


def rule(text: str) -> bool:
    """Four bytes as hexadecimal digits."""
    return re.fullmatch(r"[0-9A-F]{8}", text) is not None


def power(text: str) -> bool:
    """One of the powers of ten with a name."""
    return text in {"-12", "-9", "-6", "-3", "-2", "-1", "0", "1", "2", "3", "6", "9", "12"}


class Child(NamedTuple):
    """An element within another: a type of its own, or a text."""

    name: str
    what: str | Callable[[str], bool]
    needed: bool = False


# Each type's children in the order that the schema has them; those it makes optional are `needed`
# here where a reading makes no sense without them.
TYPES: dict[str, Sequence[Child]] = {
    "UsagePoint": [Child("ServiceCategory", "ServiceCategory", needed=True)],
    "ServiceCategory": [Child("kind", uint16, needed=True)],
    "LocalTimeParameters": [
        Child("dstEndRule", rule, needed=True),
        Child("dstOffset", time, needed=True),
        Child("dstStartRule", rule, needed=True),
        Child("tzOffset", time, needed=True),
    ],
    "MeterReading": [],
    "ReadingType": [
        Child("accumulationBehaviour", uint16, needed=True),
        Child("commodity", uint16, needed=True),
        Child("dataQualifier", uint16),
        Child("flowDirection", uint16, needed=True),
        Child("kind", uint16),
        Child("powerOfTenMultiplier", power, needed=True),
        Child("uom", uint16, needed=True),
    ],
    "IntervalBlock": [
        Child("interval", "DateTimeInterval", needed=True),
        Child("IntervalReading", "IntervalReading", needed=True),
    ],
    "IntervalReading": [
        Child("timePeriod", "DateTimeInterval", needed=True),
        Child("value", int48, needed=True),
    ],
    "DateTimeInterval": [
        Child("duration", uint32, needed=True),
        Child("start", time, needed=True),
    ],
}


def check(element: ET.Element, name: str) -> None:
    """One element against its type."""
    names = [child.tag.removeprefix(E) for child in element]
    order = [child.name for child in TYPES[name]]
    assert names == sorted(names, key=order.index), name
    assert len(set(names)) == len(names), name
    assert {child.name for child in TYPES[name] if child.needed} <= set(names), name
    assert not (element.text or "").strip(), name
    for child, part in zip(names, element, strict=True):
        what = next(one.what for one in TYPES[name] if one.name == child)
        if isinstance(what, str):
            check(part, what)
        else:
            assert what(part.text or ""), (child, part.text)


class Feed:
    """A file, read as its recipient reads it: by its links."""

    def __init__(self, text: str) -> None:
        self.root = ET.fromstring(text)
        self.entries = self.root.findall(f"{A}entry")

    def link(self, entry: ET.Element, rel: str) -> list[str]:
        """Where an entry's links of one kind lead."""
        return [one.get("href", "") for one in entry.findall(f"{A}link") if one.get("rel") == rel]

    def resource(self, entry: ET.Element) -> ET.Element:
        """What is in an entry."""
        (content,) = entry.findall(f"{A}content")
        (resource,) = content
        return resource

    def of(self, kind: str) -> list[ET.Element]:
        """The entries with one kind of resource."""
        return [one for one in self.entries if self.resource(one).tag == E + kind]

    def related(self, entry: ET.Element, kind: str) -> list[ET.Element]:
        """The entries of one kind that an entry leads to: itself, or those of a collection."""
        to = self.link(entry, "related")
        return [
            one
            for one in self.of(kind)
            if {*self.link(one, "self"), *self.link(one, "up")} & set(to)
        ]

    def number(self, entry: ET.Element, path: str) -> int:
        """A number in an entry's resource."""
        return int(
            self.resource(entry).findtext("/".join(E + one for one in path.split("/"))) or ""
        )

    def readings(self) -> list[tuple[str, int, int, Fraction, int]]:
        """Title, beginning, length, value in its unit of measure, and that unit, of each."""
        found = []
        for meter in self.of("MeterReading"):
            (kind,) = self.related(meter, "ReadingType")
            power = Fraction(10) ** self.number(kind, "powerOfTenMultiplier")
            found += [
                (
                    block.findtext(f"{A}title") or "",
                    self.number(block, "IntervalReading/timePeriod/start"),
                    self.number(block, "IntervalReading/timePeriod/duration"),
                    self.number(block, "IntervalReading/value") * power,
                    self.number(kind, "uom"),
                )
                for block in self.related(meter, "IntervalBlock")
            ]
        return found


def fed(place: Path, *requests: Request, more: str = "") -> Feed:
    """The file that these readings make."""
    outcomes = way(place, ESPI + more).submit(requests, 5)
    assert all(isinstance(one, Accepted) for one in outcomes), outcomes
    (content,) = files(place).values()
    return Feed(content)


MANY = [
    request("142.3"),
    request("142.345678", "2026-11-27 20:00"),
    request("3.25", "2026-07-01 21:00", meter="inverter", kind="daily", direction="generation"),
    request("0.25", "2026-11-26 20:00", meter="quarter", kind="interval", since="2026-11-26 19:45"),
    request("1234", meter="kvar", unit="kvarh"),
    request("17.5", meter="heating", unit="GJ"),
    request("12.34", meter="gas", unit="m³"),
    request("9001", meter="water", unit="l"),
]
KNOWN = '[espi.commodities]\ngas = "gas"\nwater = "water"\n'


def test_the_schema(place: Path) -> None:
    """Each resource is as the schema has it; each entry is what Atom asks of one."""
    feed = fed(place, *MANY, more=KNOWN)
    assert feed.root.tag == f"{A}feed"
    for entry in (feed.root, *feed.entries):
        for name in ("id", "title", "updated"):
            assert len(entry.findall(A + name)) == 1, name
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", entry.findtext(f"{A}id") or "")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry.findtext(f"{A}updated") or "")
        assert len(feed.link(entry, "self")) == 1
    assert feed.root.find(f"{A}author/{A}name") is not None
    ids = [entry.findtext(f"{A}id") for entry in feed.entries]
    assert len(set(ids)) == len(ids)
    for entry in feed.entries:
        resource = feed.resource(entry)
        check(resource, resource.tag.removeprefix(E))
        assert len(feed.link(entry, "up")) == 1


def test_what_belongs_together(place: Path) -> None:
    """A usage point leads to its zone and its meter reading, that to its type and its blocks."""
    feed = fed(place, *MANY, more=KNOWN)
    assert len(feed.of("UsagePoint")) == 7
    for point in feed.of("UsagePoint"):
        assert len(feed.related(point, "LocalTimeParameters")) == 1
        (meter,) = feed.related(point, "MeterReading")
        assert len(feed.related(meter, "ReadingType")) == 1
        assert feed.related(meter, "IntervalBlock")
    assert len(feed.of("LocalTimeParameters")) == 1


def test_values(place: Path) -> None:
    """Each is exact, in its unit of measure, under the reading's key."""
    told = {
        title: (value, uom) for title, _, _, value, uom in fed(place, *MANY, more=KNOWN).readings()
    }
    factors = {"kWh": 1_000, "kvarh": 1_000, "GJ": 10**9, "m³": 1, "l": 1}
    measures = {"kWh": 72, "kvarh": 73, "GJ": 31, "m³": 42, "l": 134}
    assert told == {
        one.key: (Fraction(one.value, MILLIONTHS) * factors[one.unit], measures[one.unit])
        for one in MANY
    }


def test_whole_watt_hours(place: Path) -> None:
    """What needs no other power of ten has none: the usual recipient takes Wh for granted."""
    feed = fed(place, request("142.345"), request("7", "2026-11-27 20:00"))
    (kind,) = feed.of("ReadingType")
    assert feed.number(kind, "powerOfTenMultiplier") == 0
    assert [feed.number(b, "IntervalReading/value") for b in feed.of("IntervalBlock")] == [
        142_345,
        7_000,
    ]


def test_times(place: Path) -> None:
    """A dial is read at an instant; an interval has its length; a day's count began at midnight."""
    feed = fed(place, *MANY, more=KNOWN)
    when = {title: (start, seconds) for title, start, seconds, _, _ in feed.readings()}
    assert when[MANY[0].key] == (MANY[0].at // SECOND, 0)
    assert when[MANY[2].key] == (instant("2026-07-01 00:00") // SECOND, 21 * 3600)
    assert when[MANY[3].key] == (MANY[3].starts_at // SECOND, 900)


def test_the_day_of_23_hours(place: Path) -> None:
    """Its count at eight in the morning is of seven hours."""
    one = request("1", "2026-03-29 08:00", kind="daily")
    ((_, start, seconds, _, _),) = fed(place, one).readings()
    assert (start, seconds) == (instant("2026-03-29 00:00") // SECOND, 7 * 3600)


@pytest.mark.parametrize(
    ("direction", "kind", "flow", "behaviour"),
    [
        ("from_grid", "register", 1, 1),
        ("consumption", "daily", 1, 4),
        ("to_grid", "register", 19, 1),
        ("generation", "interval", 19, 4),
    ],
)
def test_which_way_and_how(
    place: Path, direction: str, kind: str, flow: int, behaviour: int
) -> None:
    """Forward is what comes in, reverse what goes out; a dial's is bulk, the others are deltas."""
    feed = fed(place, request("1", direction=direction, kind=kind))
    (told,) = feed.of("ReadingType")
    assert feed.number(told, "flowDirection") == flow
    assert feed.number(told, "accumulationBehaviour") == behaviour


@pytest.mark.parametrize(
    ("unit", "told", "commodity", "service"),
    [
        ("kWh", "", 1, 0),
        ("GJ", "", 12, 4),
        ("kWh", "heat", 12, 4),
        ("m³", "gas", 7, 1),
        ("m³", "water", 9, 2),
    ],
)
def test_what_is_counted(place: Path, unit: str, told: str, commodity: int, service: int) -> None:
    """The unit tells it, or the settings do."""
    more = f'[espi.commodities]\nmeter = "{told}"\n' if told else ""
    feed = fed(place, request("1", unit=unit), more=more)
    (kind,) = feed.of("ReadingType")
    (point,) = feed.of("UsagePoint")
    assert feed.number(kind, "commodity") == commodity
    assert feed.number(point, "ServiceCategory/kind") == service


def test_cubic_metres_of_nobody_knows_what(place: Path) -> None:
    """It says which line is missing; the others are written."""
    outcomes = way(place, ESPI).submit([request("1", unit="m³", meter="gas"), request("2")], 5)
    assert [type(one) for one in outcomes] == [NotTaken, Accepted]
    assert isinstance(outcomes[0], NotTaken)
    assert outcomes[0].settings
    assert outcomes[0].hint == 'METERCTL_UTILITY_CONFIG: [espi.commodities] gas = "gas"'


def test_numbers_that_get_too_large_together(place: Path) -> None:
    """A large one and a fine one get a meter reading each, and stay exact."""
    large = request("140000000000", "2026-11-27 20:00", unit="Wh")
    fine = request("0.000001", unit="Wh")
    feed = fed(place, large, fine)
    assert len(feed.of("MeterReading")) == 2
    values = {title: value for title, _, _, value, _ in feed.readings()}
    assert values == {large.key: 140_000_000_000, fine.key: Fraction(1, 1_000_000)}


def test_a_number_that_is_too_large(place: Path) -> None:
    """What 48 bits do not hold is left out alone; another format holds it."""
    large = request("999999999999.999")
    outcomes = way(place, ESPI).submit([large, request("2")], 5)
    assert [type(one) for one in outcomes] == [NotTaken, Accepted]
    assert isinstance(outcomes[0], NotTaken)
    assert outcomes[0].settings
    assert isinstance(way(place, CSV).submit([large], 5)[0], Accepted)


def test_one_place_in_several_files(place: Path) -> None:
    """A MeterReading or ReadingType of one id says the same of its values in each file."""
    utility = way(place, f'{ESPI}[espi.commodities]\n"m" = "gas"\n')
    days = [f"2026-11-{day} 20:00" for day in range(10, 16)]
    for at, value in zip(days, ("1", "1.001", "1.0001", "2", "2.0001", "3"), strict=True):
        utility.submit([request(value, at, meter="m", unit="m³")], 5)
    # The same meter, once it is known that it is water's.
    utility = way(place, f'{ESPI}[espi.commodities]\n"m" = "water"\n')
    utility.submit([request("4", meter="m", unit="m³")], 5)
    feeds = [Feed(content) for content in files(place).values()]
    assert len(feeds) == 7
    types: dict[str, set[str]] = {}
    of_readings: dict[str, set[str]] = {}
    for feed in feeds:
        for entry in feed.of("MeterReading"):
            (kind,) = feed.related(entry, "ReadingType")
            (type_at,), (reading_at,) = feed.link(kind, "self"), feed.link(entry, "self")
            types.setdefault(type_at, set()).add(ET.tostring(feed.resource(kind), "unicode"))
            of_readings.setdefault(reading_at, set()).add(type_at)
    assert [len(one) for one in (*types.values(), *of_readings.values())] == [1] * 8
