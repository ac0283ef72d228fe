"""Green Button feeds made for the tests."""

from __future__ import annotations

BASE = "https://utility.example/espi/1_1/resource"
POINT = "RetailCustomer/1/UsagePoint/77"


def feed(*entries: str) -> str:
    """An Atom feed of these entries."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">\n'
        f'<link rel="self" href="{BASE}/Batch/1"/><title>Usage</title>\n'
        + "\n".join(entries)
        + "\n</feed>\n"
    )


def entry(own: str, content: str, *related: str, title: str = "", up: str | None = None) -> str:
    """An entry with its links."""
    above = own.rpartition("/")[0] if up is None else up
    links = [f'<link rel="self" href="{BASE}/{own}"/>', f'<link rel="up" href="{BASE}/{above}"/>']
    links += [f'<link rel="related" href="{BASE}/{target}"/>' for target in related]
    return f"<entry>{''.join(links)}<title>{title}</title><content>{content}</content></entry>"


def usage_point(kind: str = "0", path: str = POINT) -> str:
    """A usage point."""
    service = f"<ServiceCategory><kind>{kind}</kind></ServiceCategory>"
    content = f'<UsagePoint xmlns="http://naesb.org/espi">{service}</UsagePoint>'
    return entry(path, content, f"{path}/MeterReading")


def meter_reading(id_: str = "1", type_: str = "1", path: str = POINT, title: str = "") -> str:
    """A meter reading, which names its type."""
    own = f"{path}/MeterReading/{id_}"
    related = f"{own}/IntervalBlock", f"ReadingType/{type_}"
    return entry(own, '<MeterReading xmlns="http://naesb.org/espi"/>', *related, title=title)


def reading_type(id_: str = "1", **fields: str) -> str:
    """A reading type: Wh from the grid, as sums of intervals, if nothing else is said."""
    told = {"accumulationBehaviour": "4", "flowDirection": "1", "uom": "72"} | fields
    content = "".join(f"<espi:{name}>{value}</espi:{name}>" for name, value in told.items())
    return entry(f"ReadingType/{id_}", f"<espi:ReadingType>{content}</espi:ReadingType>")


def interval(
    value: str = "320", start: str = "1700000100", duration: str = "900", more: str = ""
) -> str:
    """An interval reading."""
    period = f"<timePeriod><duration>{duration}</duration><start>{start}</start></timePeriod>"
    return f"<IntervalReading>{more}{period}<value>{value}</value></IntervalReading>"


def block(*readings: str, id_: str = "1", number: str = "1", path: str = POINT) -> str:
    """A block of interval readings."""
    own = f"{path}/MeterReading/{id_}/IntervalBlock/{number}"
    content = f'<IntervalBlock xmlns="http://naesb.org/espi">{"".join(readings)}</IntervalBlock>'
    return entry(own, content)


def simple(*readings: str, service: str = "0", **fields: str) -> str:
    """A feed with one of each."""
    blocks = block(*(readings or (interval(),)))
    return feed(usage_point(service), meter_reading(), reading_type(**fields), blocks)


def two(types: tuple[str, str], readings: tuple[str, str] | None = None, service: str = "0") -> str:
    """A feed with two meter readings of one usage point, each of its own type."""
    one, other = readings or (interval(), interval())
    readings_of_both = meter_reading(), meter_reading("2", "2")
    blocks = block(one), block(other, id_="2")
    return feed(usage_point(service), *readings_of_both, *types, *blocks)
