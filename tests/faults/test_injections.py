"""The sweeps' own instruments: what was never injected proves nothing, and is told."""

from __future__ import annotations

import pytest

from tests.faults.household import NEVER, Street
from tests.faults.sweep import SYNC
from tests.faults.table import Injections
from tests.proxy import late, refuse, reset_before


@pytest.mark.parametrize(
    ("lost", "doubled", "stuck"),
    [(1, 0, False), (0, 1, False), (0, 0, True)],
    ids=["lost", "doubled", "stuck"],
)
def test_what_did_not_end_well(*, lost: int, doubled: int, stuck: bool) -> None:
    """One such run among many fails the table; what was lost is not made up by what was doubled."""
    table = Injections()
    table.count(["500"], 1, 0, 0, stuck=False)
    table.check()
    table.count(["500"], 1, lost, doubled, stuck=stuck)
    with pytest.raises(AssertionError):
        table.check()


def test_a_fault_that_never_happened() -> None:
    """The table fails, however well all others went."""
    table = Injections()
    table.expect(["500", "503"])
    table.count(["500"], 1, 0, 0, stuck=False)
    with pytest.raises(AssertionError):
        table.check()


def test_a_request_that_is_never_made(the_street: Street) -> None:
    """What was to happen to it is not counted."""
    house, way = the_street.new(), the_street.way
    way.script({99: reset_before})
    house.do(house.recording(1, "--offline"), SYNC)
    assert way.hit == []


def test_connections_that_are_refused(the_street: Street) -> None:
    """In the middle of a run, until the proxy is mended; counted when the client has met it."""
    house, way = the_street.new(), the_street.way
    house.record(1)
    way.script({2: refuse})
    ran = house.run(SYNC)
    assert (ran.code, len(way.seen), way.hit) == (75, 2, [])
    way.mend(ran.err)
    assert way.hit == [2]
    house.do(SYNC)


def test_what_is_kept_back(the_street: Street) -> None:
    """It comes to the server when it is let land, not before."""
    house, way = the_street.new(), the_street.way
    house.do(house.recording(1, "--offline"), SYNC)
    house.record(2)
    way.script()
    way.chance = lambda exchange: late if exchange.brings_rows else None
    assert house.run(SYNC, pause=NEVER).code == 75
    way.chance = None
    assert len(house.rows()) == 1
    way.settled()
    assert len(house.rows()) == 2
    house.do(SYNC)
    assert house.balance()[1:] == ([], [], "")
