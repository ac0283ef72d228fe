"""Readings as Green Button XML: an Atom feed of ESPI resources (NAESB REQ.21).

Each meter (each device of it) is a UsagePoint with one MeterReading of one ReadingType; each
reading is an IntervalBlock of its own, whose entry has the reading's key as its title. Values are
whole numbers, exact by the type's power of ten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from meterctl.domain.periods import By, period_at
from meterctl.domain.quantity import format_quantity
from meterctl.domain.times import SECOND, iso_utc
from meterctl.utility.port import NotTaken, Request
from meterctl.utility.to_file.local_time import local_time

ATOM = "http://www.w3.org/2005/Atom"
ESPI = "http://naesb.org/espi"
_ROOT = "/espi/1_1/resource"
_MOST = 2**47 - 1  # that an IntervalReading's value holds


class Commodity(NamedTuple):
    """What a meter counts, in ESPI's numbers."""

    code: int  # ReadingType.commodity
    service: int  # ServiceCategory.kind


class Measure(NamedTuple):
    """A unit, in ESPI's numbers."""

    uom: int
    power: int  # one of ours is 10**power of that
    kind: int  # ReadingType.kind: 12 energy, 58 volume
    commodity: str | None  # None: it may be several


COMMODITIES = {
    "electricity": Commodity(1, 0),
    "gas": Commodity(7, 1),
    "water": Commodity(9, 2),
    "heat": Commodity(12, 4),
}
_MEASURES = {
    "Wh": Measure(72, 0, 12, "electricity"),
    "kWh": Measure(72, 3, 12, "electricity"),
    "MWh": Measure(72, 6, 12, "electricity"),
    "kvarh": Measure(73, 3, 12, "electricity"),
    "GJ": Measure(31, 9, 12, "heat"),
    "m³": Measure(42, 0, 58, None),
    "l": Measure(134, 0, 58, None),
}
_MULTIPLIERS = (6, 3, 0, -1, -2, -3, -6)  # the powers of ten that ESPI knows, as far as we go
_BULK, _DELTA = 1, 4  # a dial's reading; what was counted in the time that it names
_FORWARD, _REVERSE = 1, 19  # to the one who uses it, from the one who makes it
_NORMAL = 12


class EspiForm(NamedTuple):
    """The form `meterctl.utility.to_file.form.Form` as Green Button XML."""

    commodities: Mapping[str, str]  # of meters, by their id, where the unit does not tell

    @property
    def suffix(self) -> str:
        """How the file's name ends."""
        return ".xml"

    @property
    def by_day(self) -> bool:
        """It tells the second."""
        return False

    def refusal(self, request: Request) -> NotTaken | None:
        """A meter of which nobody knows what it counts; a value that is too large."""
        if self._commodity(request) is None:
            return NotTaken(
                f"nothing says whether meter {request.meter} counts gas or water",
                f'METERCTL_UTILITY_CONFIG: [espi.commodities] {request.meter} = "gas"',
                settings=True,
            )
        if _scaled([request])[0][0] > _MOST:
            return NotTaken(
                f"meter {request.meter}: {format_quantity(request.value)} {request.unit} has more"
                " digits than ESPI's numbers hold",
                'METERCTL_UTILITY_CONFIG: format = "csv" writes any',
                settings=True,
            )
        return None

    def content(self, requests: Sequence[Request]) -> bytes:
        """The file."""
        newest = iso_utc(max(request.at for request in requests))
        feed = ET.Element("feed", xmlns=ATOM)
        _child(feed, "id", _urn(*sorted(request.key for request in requests)))
        _child(feed, "title", "meterctl")
        _child(feed, "updated", newest)
        _child(_child(feed, "author"), "name", "meterctl")
        ET.SubElement(feed, "link", rel="self", href=f"{_ROOT}/Batch/Bulk/1")
        zones = {str(request.zone): request for request in requests}
        for request in zones.values():
            feed.append(_local_time(request, newest))
        ordered = sorted(requests, key=lambda r: (r.meter, r.serial or "", r.at, r.key))
        for (meter, serial), group in groupby(ordered, lambda r: (r.meter, r.serial)):
            feed.extend(self._entries(meter, serial, list(group), newest))
        ET.indent(feed)
        text: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
        return text + b"\n"

    def _entries(
        self, meter: str, serial: str | None, requests: Sequence[Request], newest: str
    ) -> Iterator[ET.Element]:
        """One meter's: its UsagePoint, its MeterReading, its ReadingType, its readings."""
        first = requests[0]
        commodity = self._commodity(first) or COMMODITIES["electricity"]
        name = meter if serial is None else f"{meter} {serial}"
        point = f"{_ROOT}/UsagePoint/{uuid5(NAMESPACE_URL, name)}"
        usage = _resource("UsagePoint")
        _child(_child(usage, "ServiceCategory"), "kind", commodity.service)
        yield _entry(usage, point, name, newest, [f"{point}/MeterReading", _time_place(first)])
        for group in _groups(requests):
            values, multiplier = _scaled(group)
            # Whoever reads many files joins them by these: one place is of one type in all of them.
            of_type = uuid5(NAMESPACE_URL, _type_of(first, commodity, multiplier))
            kind = f"{_ROOT}/ReadingType/{of_type}"
            reading = f"{point}/MeterReading/{of_type}"
            related = [f"{reading}/IntervalBlock", kind]
            yield _entry(_resource("MeterReading"), reading, name, newest, related)
            yield _entry(_reading_type(first, commodity, multiplier), kind, name, newest)
            for request, value in zip(group, values, strict=True):
                place = f"{reading}/IntervalBlock/{uuid5(NAMESPACE_URL, request.key)}"
                yield _entry(_block(request, value), place, request.key, iso_utc(request.at))

    def _commodity(self, request: Request) -> Commodity | None:
        name = self.commodities.get(request.meter, _MEASURES[request.unit].commodity)
        return None if name is None else COMMODITIES[name]


def _reading_type(request: Request, commodity: Commodity, multiplier: int) -> ET.Element:
    measure = _MEASURES[request.unit]
    made = _resource("ReadingType")
    _child(made, "accumulationBehaviour", _BULK if request.kind == "register" else _DELTA)
    _child(made, "commodity", commodity.code)
    _child(made, "dataQualifier", _NORMAL)
    comes_in = request.direction in ("from_grid", "consumption")
    _child(made, "flowDirection", _FORWARD if comes_in else _REVERSE)
    _child(made, "kind", measure.kind)
    _child(made, "powerOfTenMultiplier", multiplier)
    _child(made, "uom", measure.uom)
    return made


def _block(request: Request, value: int) -> ET.Element:
    """One reading: at an instant, or counted from a beginning until then."""
    start, seconds = _period(request)
    made = _resource("IntervalBlock")
    _interval(_child(made, "interval"), start, seconds)
    reading = _child(made, "IntervalReading")
    _interval(_child(reading, "timePeriod"), start, seconds)
    _child(reading, "value", value)
    return made


def _period(request: Request) -> tuple[int, int]:
    """When a value began to be counted, and how long, in whole seconds; a dial's has no length."""
    end = request.at // SECOND
    match request.kind:
        case "interval":
            start = request.starts_at // SECOND
        case "daily":  # since midnight; read at midnight, it is the new day's
            start = period_at(request.at, By.DAY, request.zone).start // SECOND
        case _:
            start = end
    return start, end - start


def _local_time(request: Request, newest: str) -> ET.Element:
    told = local_time(request.zone, request.at)
    made = _resource("LocalTimeParameters")
    _child(made, "dstEndRule", told.dst_end_rule)
    _child(made, "dstOffset", told.dst_offset)
    _child(made, "dstStartRule", told.dst_start_rule)
    _child(made, "tzOffset", told.tz_offset)
    return _entry(made, _time_place(request), str(request.zone), newest)


def _time_place(request: Request) -> str:
    return f"{_ROOT}/LocalTimeParameters/{uuid5(NAMESPACE_URL, str(request.zone))}"


def _type_of(request: Request, commodity: Commodity, multiplier: int) -> str:
    """All that a ReadingType says, in one name."""
    counted = f"{request.unit} {request.kind} {request.direction} {commodity.code}"
    return f"{request.meter} {counted} {multiplier}"


def _groups(requests: Sequence[Request]) -> list[list[Request]]:
    """Readings of one meter that share a power of ten: all, unless their numbers get too large."""
    if max(_scaled(requests)[0]) <= _MOST:
        return [list(requests)]
    by_multiplier: dict[int, list[Request]] = {}
    for request in requests:
        by_multiplier.setdefault(_scaled([request])[1], []).append(request)
    return list(by_multiplier.values())


def _scaled(requests: Sequence[Request]) -> tuple[list[int], int]:
    """Values of one meter as whole numbers, and the power of ten that they are times its uom."""
    exponent = _MEASURES[requests[0].unit].power - 6  # of a millionth
    values = [request.value for request in requests]
    for multiplier in _MULTIPLIERS:
        step = 10 ** max(multiplier - exponent, 0)
        if multiplier <= max(exponent, 0) and not any(value % step for value in values):
            return [value * 10 ** max(exponent - multiplier, 0) // step for value in values], (
                multiplier
            )
    raise ValueError(f"no power of ten for {requests[0].unit}")


def _entry(
    resource: ET.Element, place: str, title: str, updated: str, related: Sequence[str] = ()
) -> ET.Element:
    """An Atom entry around a resource."""
    entry = ET.Element("entry")
    _child(entry, "id", _urn(place))
    ET.SubElement(entry, "link", rel="self", href=place)
    ET.SubElement(entry, "link", rel="up", href=place.rpartition("/")[0])
    for other in related:
        ET.SubElement(entry, "link", rel="related", href=other)
    _child(entry, "title", title)
    _child(entry, "content").append(resource)
    _child(entry, "published", updated)
    _child(entry, "updated", updated)
    return entry


def _resource(name: str) -> ET.Element:
    return ET.Element(name, xmlns=ESPI)


def _child(parent: ET.Element, name: str, text: object = "") -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = str(text) or None
    return child


def _interval(parent: ET.Element, start: int, seconds: int) -> None:
    _child(parent, "duration", seconds)
    _child(parent, "start", start)


def _urn(*names: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, ' '.join(names))}"
