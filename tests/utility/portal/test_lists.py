"""How far a portal's list of readings is read, in a real browser."""

from __future__ import annotations

from meterctl.utility.port import Accepted, NotThere
from tests.utility.portal.conftest import Stage
from tests.utility.portal.tiny import OUT, Tiny, described, listing, request, way_to


def of_two_pages(tiny: Tiny) -> None:
    """Its first page goes from new to old, past our day, which is on the second."""
    first = listing([("30.11.2026", "150,0"), ("01.10.2026", "100,0")])
    tiny.pages["/history"] = f"{OUT}{first}<a href=/history2>Older</a>"
    tiny.pages["/history2"] = OUT + listing([("22.11.2026", "142,3")])


def test_a_list_in_the_order_of_entry(stage: Stage) -> None:
    """It is read to its end, whatever its first page looks like; a probe looks at that alone."""
    of_two_pages(stage.tiny)
    assert isinstance(stage.way.probe(30), NotThere)
    assert "/history2" not in stage.tiny.asked
    assert isinstance(stage.way.ask(request(), 30), Accepted)
    assert stage.tiny.asked.count("/history2") == 1


def test_a_list_that_is_said_to_go_from_new_to_old(stage: Stage) -> None:
    """It is read until the reading's day is past."""
    of_two_pages(stage.tiny)
    text = described().replace("[says]", "newest_first = true\n\n[says]")
    way = way_to(stage.tiny, stage.folder, text)
    try:
        assert isinstance(way.ask(request(), 30), NotThere)
    finally:
        way.close()
    assert "/history2" not in stage.tiny.asked


def test_meters_without_a_number_of_their_own(stage: Stage) -> None:
    """The probe has no list to look at: it logs in, anew, and no more."""
    text = described().replace('number = "1EMH-1"\n', "")
    way = way_to(stage.tiny, stage.folder, text)
    logins = stage.tiny.logins
    try:
        assert isinstance(way.probe(30), NotThere)
        assert isinstance(way.probe(30), NotThere)
    finally:
        way.close()
    assert stage.tiny.logins == logins + 2
    assert "/history" not in stage.tiny.asked
