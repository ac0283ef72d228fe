"""EIEP13A: what New Zealand's retailers give their customers becomes series and claims."""

from __future__ import annotations

from meterctl.domain.meters import Direction
from meterctl.domain.readings import Quality
from meterctl.imports.layout import Order
from meterctl.imports.vendors.eiep13a import Eiep13a
from tests.imports.vendors.structured import knows, read

HEADER = "HDR,ICPCONS,1.1,RETL,RETL,CUST,22/05/2024,,4,21/05/2024,21/05/2024,,\n"
DETAILS = (
    "DET,,0000000001XX001,000,,123456789,X,IN,19,21/05/2024 00:00:00,21/05/2024 00:30:00,RD,0.75\n"
    "DET,,0000000001XX001,000,,123456789,X,CN,11,21/05/2024 00:00:00,21/05/2024 00:30:00,ES,0.25\n"
    "DET,,0000000001XX001,000,,123456789,I,EG,24,21/05/2024 00:00:00,21/05/2024 00:30:00,RD,0.5\n"
)


def test_registers_of_a_meter() -> None:
    """X is extracted from the grid, I is injected into it; each register is one of its own."""
    found = read(Eiep13a(), HEADER + DETAILS)
    assert [(one.name, one.direction, one.part) for one in found.series.values()] == [
        ("123456789 X IN19", Direction.FROM_GRID, "in19"),
        ("123456789 X CN11", Direction.FROM_GRID, "cn11"),
        ("123456789 I EG24", Direction.TO_GRID, "eg24"),
    ]
    assert {(one.unit, one.serial) for one in found.series.values()} == {("kWh", "123456789")}


def test_start_end_and_status() -> None:
    """Both times are written, days first; RD was read, ES is estimated."""
    first, second, _ = read(Eiep13a(), HEADER + DETAILS).claims
    assert (first.start, first.end) == ("21/05/2024 00:00:00", "21/05/2024 00:30:00")
    assert (first.quality, second.quality) == (Quality.ACTUAL, Quality.ESTIMATED)
    assert read(Eiep13a(), HEADER + DETAILS).layout.facts.order is Order.DMY


def test_a_file_in_standard_time() -> None:
    """NZST in its column: the clock was never set forward."""
    [claim] = read(Eiep13a(), DETAILS.splitlines()[0].replace(",000,,", ",000,NZST,")).claims
    assert (claim.start, claim.end) == (
        "21/05/2024 00:00:00 +12:00",
        "21/05/2024 00:30:00 +12:00",
    )


def test_the_header_may_be_missing() -> None:
    """The first detail shows what the file is."""
    assert knows(Eiep13a(), DETAILS)
    assert not knows(Eiep13a(), "DET,1,2,3\n")


def test_bad_records_are_told() -> None:
    """One that was cut off, one of another kind, a flow that is none."""
    bad = "DET,,0000000001XX001\nXYZ,1\n" + DETAILS.replace(",X,IN,", ",Z,IN,")
    found = read(Eiep13a(), HEADER + bad)
    assert [message for _, _, message in found.problems] == [
        "3 cells in this record, where details have 13",
        "no EIEP13A record begins with 'XYZ'",
        "'Z' is neither X nor I",
    ]
    assert len(found.claims) == 2
