"""Green Button files as utilities write them: odd links, gaps, other data, and floods."""

from __future__ import annotations

import pytest

from meterctl.domain.meters import Direction
from meterctl.imports.formats import Options
from meterctl.imports.problems import Stop, Unknown
from meterctl.imports.series import Commodity
from meterctl.imports.vendors.espi import Espi
from tests.imports.vendors.green_button import (
    POINT,
    block,
    entry,
    feed,
    interval,
    meter_reading,
    reading_type,
    simple,
    usage_point,
)
from tests.imports.vendors.structured import knows, read

ESPI = Espi()


def test_blocks_before_what_they_refer_to() -> None:
    """Entries stand in any order."""
    text = feed(block(interval()), reading_type(), meter_reading(), usage_point())
    assert read(ESPI, text).claims[0].series.name == "energy from the grid 77"


def test_prefixes_and_several_blocks_in_an_entry() -> None:
    """Names may have any prefix, and an entry any number of blocks."""
    blocks = (
        '<ns1:IntervalBlock xmlns:ns1="http://naesb.org/espi"><ns1:IntervalReading>'
        "<ns1:timePeriod><ns1:duration>900</ns1:duration><ns1:start>1700000100</ns1:start>"
        "</ns1:timePeriod><ns1:value>1</ns1:value></ns1:IntervalReading></ns1:IntervalBlock>"
    )
    own = f"{POINT}/MeterReading/1/IntervalBlock/1"
    text = feed(usage_point(), meter_reading(), reading_type(), entry(own, blocks * 2))
    text = text.replace("<entry>", "<ns0:entry xmlns:ns0='http://www.w3.org/2005/Atom'>")
    text = text.replace("</entry>", "</ns0:entry>")
    assert [claim.value for claim in read(ESPI, text).claims] == ["1", "1"]


def test_block_that_names_its_reading_only() -> None:
    """A `related` link to the meter reading is enough."""
    content = f'<IntervalBlock xmlns="http://naesb.org/espi">{interval("5")}</IntervalBlock>'
    odd = entry("Blocks9", content, f"{POINT}/MeterReading/2", up="Blocks")
    types = reading_type(), reading_type("2", flowDirection="19")
    text = feed(
        usage_point(), meter_reading(), meter_reading("2", "2"), *types, block(interval()), odd
    )
    assert read(ESPI, text).values("energy to the grid 77") == ["5"]


def test_no_links_and_one_type() -> None:
    """Where only one type is there, nothing is left open."""
    text = feed(reading_type(), block(interval())).replace("<link", "<x")
    assert len(read(ESPI, text).claims) == 1


def test_no_links_and_several_types() -> None:
    """Such a file is refused: its sections cannot be told apart."""
    types = reading_type(), reading_type("2", flowDirection="19")
    text = feed(*types, block(interval())).replace("<link", "<x")
    with pytest.raises(Stop, match="no link says which"):
        read(ESPI, text)


def test_no_type() -> None:
    """Unit and direction are asked."""
    text = feed(block(interval()))
    with pytest.raises(Unknown) as asked:
        read(ESPI, text)
    assert asked.value.option == "unit"
    options = Options(direction=Direction.FROM_GRID, unit="Wh")
    series = read(ESPI, text, options).claims[0].series
    assert (series.unit, series.direction) == ("Wh", Direction.FROM_GRID)


@pytest.mark.parametrize("uom", ["38", "61", "63"])
def test_power_only(uom: str) -> None:
    """Such a file is refused, with the reason."""
    with pytest.raises(Stop, match="not energy"):
        read(ESPI, simple(uom=uom))


def test_power_beside_energy() -> None:
    """It is left out, with a note."""
    text = feed(
        usage_point(),
        meter_reading(),
        meter_reading("2", "2", title="Demand"),
        reading_type(),
        reading_type("2", uom="38"),
        block(interval()),
        block(interval(), id_="2"),
    )
    given = read(ESPI, text)
    assert list(given.series) == ["energy from the grid 77"]
    assert given.layout.notes == ("left out: Demand: W: power, not energy",)


def test_interval_without_a_duration() -> None:
    """The type's length of an interval counts; without one only the start is given."""
    bare = interval().replace("<duration>900</duration>", "")
    claim = read(ESPI, simple(bare, intervalLength="3600")).claims[0]
    assert claim.end == "2023-11-14T23:15:00+00:00"
    assert read(ESPI, simple(bare)).claims[0].end is None


@pytest.mark.parametrize("start", ["", "yesterday", "9" * 20])
def test_start_that_is_none(start: str) -> None:
    """It is told, with its line."""
    given = read(ESPI, simple(interval(start=start), interval()))
    assert [(line, column) for line, column, _ in given.problems] == [(7, 1)]
    assert len(given.claims) == 1


def test_fraction_of_a_second() -> None:
    """Some files have them: times are kept to the millisecond."""
    claim = read(ESPI, simple(interval(start="1700000100.12345"))).claims[0]
    assert claim.start == "2023-11-14T22:15:00.123000+00:00"


def test_empty_type() -> None:
    """A file may say nothing of its values: the unit that is told says what flows."""
    bare = entry("ReadingType/1", "<ReadingType/>")
    text = feed(usage_point(""), meter_reading(), bare, block(interval("12")))
    with pytest.raises(Unknown) as asked:
        read(ESPI, text)
    assert asked.value.option == "unit"
    series = read(ESPI, text, Options(unit="therm")).claims[0].series
    assert (series.commodity, series.direction) == (Commodity.GAS, Direction.CONSUMPTION)


def test_utf_16() -> None:
    """XML says its own encoding."""
    text = simple().replace('encoding="UTF-8"', 'encoding="UTF-16"')
    assert len(read(ESPI, text.encode("utf-16")).claims) == 1


def test_entities() -> None:
    """A document that defines any is refused before it can grow."""
    text = simple().replace("<feed", '<!DOCTYPE feed [<!ENTITY a "aaaa">]>\n<feed', 1)
    with pytest.raises(Stop, match="document type"):
        read(ESPI, text)


def test_cut_off() -> None:
    """The place is told."""
    with pytest.raises(Stop, match="not well-formed") as stopped:
        read(ESPI, simple()[:-20])
    assert stopped.value.problem.line > 1


@pytest.mark.parametrize(
    "flood",
    [
        "<x>" * 100,
        "".join(f"<n{n}/>" for n in range(3000)),
        f"<!-- {'x' * (6 << 20)} -->",
        f'<x a="{"x" * (6 << 20)}"/>',
    ],
    ids=["depth", "names", "comment", "attribute"],
)
def test_floods(flood: str) -> None:
    """Nothing that grows without bounds is held in memory."""
    with pytest.raises(Stop):
        read(ESPI, simple().replace("</feed>", flood + "</feed>"))


def test_customer_data() -> None:
    """A file without readings is told from one with them."""
    with pytest.raises(Stop, match="no interval readings"):
        read(ESPI, feed(usage_point()))


@pytest.mark.parametrize("text", ["<rss><channel/></rss>", "a,b\n1,2\n", ""])
def test_other_files(text: str) -> None:
    """They are left to others."""
    assert not knows(ESPI, text)
