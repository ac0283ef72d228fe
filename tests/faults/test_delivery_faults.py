"""Delivery through a proxy that lets requests go wrong, alone and in pairs: all is there once.

A reading that another ledger holds too, and one that it has not: neither is lost nor doubled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import pytest

from meterctl.ledger.sqlite import open_for_writing
from meterctl.ledger.store import SqlLedger
from meterctl.services.deliver import is_settled
from tests import proxy as acts
from tests.helpers import NOW, reading
from tests.ledger.contract import record
from tests.proxy import Act, Proxy, standing_between
from tests.sheet.stand import TAB, Stand, standing

QUOTA = '{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}'
ACTS: Mapping[str, Act] = {
    "reset before": acts.reset_before,
    "reset after": acts.reset_after,
    "lands late": acts.hold_before,
    "no answer": acts.hold_after,
    "drips": acts.drip,
    "truncated": acts.truncate,
    "500": acts.answer_with(500),
    "500 though applied": acts.answer_with(500, applied=True),
    "502 HTML": acts.answer_with(502, "<html>bad gateway</html>", "text/html"),
    "503": acts.answer_with(503, "", headers={"Retry-After": "1"}),
    "504 though applied": acts.answer_with(504, "{}", applied=True),
    "429": acts.answer_with(429, QUOTA),
    "429 with a date": acts.answer_with(
        429, QUOTA, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
    ),
    "401": acts.answer_with(401, '{"error":{"code":401,"status":"UNAUTHENTICATED"}}'),
    "redirect": acts.answer_with(302, headers={"Location": "http://127.0.0.1:1/"}),
    "HTML": acts.answer_with(200, "<html>log in</html>", "text/html", applied=True),
    "nothing": acts.answer_with(200, "", applied=True),
}
# Lost before, lost after, lost for the time being: each pair of these leaves something else open.
LOST = ("reset before", "reset after", "lands late")
BRIEF = 0.8  # seconds for a run that meets a fault


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A Google that stands, with one empty spreadsheet."""
    with standing(tmp_path) as made:
        yield made


@pytest.fixture
def way(stand: Stand) -> Iterator[Proxy]:
    """The proxy on the way to it."""
    with standing_between(stand.url) as made:
        stand.way = made.url
        yield made


def fill(ledger: SqlLedger, *values: str) -> None:
    """Record values of the main meter, a day apart, one entry each."""
    for value in values:
        record(ledger, reading(value, f"2026-02-{int(value):02} 07:00"))


def end_well(stand: Stand, way: Proxy, ledger: SqlLedger, *, late: bool) -> None:
    """A run without fault; what was kept back lands before it, or after it if `late`."""
    way.script()
    if not late:
        way.gate.set()
    for _ in range(2 if late else 1):
        done = stand.deliver(ledger, tries=3)
        assert done.error is None
        assert is_settled(ledger, f"{stand.sheet_id}/{TAB}")
        way.gate.set()


def everything_once(stand: Stand, way: Proxy, *values: str) -> None:
    """When all that was under way has come to its end."""
    way.settled()
    assert stand.values() == Counter(values)


@pytest.mark.parametrize("late", [False, True], ids=["then a run", "lands after the next run"])
@pytest.mark.parametrize("act", ["lands late", "no answer"])
@pytest.mark.parametrize("number", [2, 3], ids=["proof", "rows"])
def test_first_contact_kept_back(
    stand: Stand, way: Proxy, ledger: SqlLedger, *, number: int, act: str, late: bool
) -> None:
    """The request that makes the tab, or the one that proves that ids are unique."""
    fill(ledger, "1", "2")
    way.script({number: ACTS[act]})
    stand.deliver(ledger, seconds=BRIEF)
    end_well(stand, way, ledger, late=late)
    everything_once(stand, way, "1", "2")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("number", [0, 1], ids=["look", "rows"])
def test_one(stand: Stand, way: Proxy, ledger: SqlLedger, number: int, act: str) -> None:
    """One fault, at each request of a delivery."""
    fill(ledger, "1")
    stand.deliver(ledger)
    fill(ledger, "2")
    way.script({number: ACTS[act]})
    stand.deliver(ledger, seconds=BRIEF)
    fill(ledger, "3")
    end_well(stand, way, ledger, late=act == "lands late")
    everything_once(stand, way, "1", "2", "3")


def two(
    stand: Stand, way: Proxy, ledger: SqlLedger, *, first: str, number: int, second: str
) -> None:
    """A fault at the rows, another one at a request of the run that would settle it."""
    fill(ledger, "1")
    stand.deliver(ledger)
    fill(ledger, "2")
    way.script({1: ACTS[first], number: ACTS[second]})
    stand.deliver(ledger, seconds=BRIEF)
    fill(ledger, "3")
    stand.deliver(ledger, seconds=BRIEF)
    end_well(stand, way, ledger, late=number % 2 == 0)
    everything_once(stand, way, "1", "2", "3")


@pytest.mark.parametrize("number", [2, 3], ids=["look", "rows"])
@pytest.mark.parametrize(("first", "second"), list(product(LOST, (*LOST, "503"))))
def test_two(
    stand: Stand, way: Proxy, ledger: SqlLedger, *, first: str, number: int, second: str
) -> None:
    """The run that settles the first fault meets a second."""
    two(stand, way, ledger, first=first, number=number, second=second)


@pytest.mark.soak
@pytest.mark.parametrize("number", [2, 3], ids=["look", "rows"])
@pytest.mark.parametrize(("first", "second"), list(product(ACTS, ACTS)))
def test_every_two(
    stand: Stand, way: Proxy, ledger: SqlLedger, *, first: str, number: int, second: str
) -> None:
    """All pairs there are."""
    two(stand, way, ledger, first=first, number=number, second=second)


@pytest.mark.parametrize("first", LOST)
def test_while_another_ledger_writes(
    stand: Stand, way: Proxy, ledger: SqlLedger, tmp_path: Path, first: str
) -> None:
    """In the time between a lost answer and the next look, holding one of the same readings."""
    fill(ledger, "1")
    stand.deliver(ledger)
    other = open_for_writing(tmp_path / "other.db", NOW)
    try:
        fill(ledger, "2", "3")
        way.script({1: ACTS[first]})
        stand.deliver(ledger, seconds=BRIEF)
        fill(other, "3", "4")
        assert stand.deliver(other, tries=3).error is None
        end_well(stand, way, ledger, late=True)
        end_well(stand, way, other, late=False)
    finally:
        other.close()
    everything_once(stand, way, "1", "2", "3", "4")


def test_refused_connections(stand: Stand, ledger: SqlLedger) -> None:
    """Nothing is sent: it is queued, not in doubt."""
    fill(ledger, "1")
    stand.deliver(ledger)
    fill(ledger, "2")
    there, stand.way = stand.way, "http://127.0.0.1:1"
    assert stand.deliver(ledger).error is not None
    assert ledger.batch_in_doubt(f"{stand.sheet_id}/{TAB}") is None
    stand.way = there
    assert stand.deliver(ledger).error is None
    assert stand.values() == Counter("12")
