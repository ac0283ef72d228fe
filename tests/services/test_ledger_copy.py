"""`ledger copy`: to a Sheet, a utility and whoever has a token, the ledger is the one it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from meterctl.domain.meters import Zones
from meterctl.domain.readings import Source
from meterctl.errors import AnswerLost, LedgerMoved
from meterctl.ledger import copying
from meterctl.ledger.address import Address
from meterctl.ledger.copying_port import Amount, MeterSum, Moved, Plan, Step
from meterctl.ledger.opened import open_for_writing
from meterctl.ledger.store import SqlLedger
from meterctl.services import ledger_copy as service
from meterctl.services.session import Session
from tests.helpers import BERLIN, NOW, reading
from tests.ledger.contract import record
from tests.ledger.places import Places
from tests.sheet.stand import TAB
from tests.sheet.stand import standing as google_standing
from tests.utility.pushing import Household
from tests.utility.stand import Passing, standing

WAYS = [("sqlite", "postgres"), ("postgres", "sqlite")]


@pytest.fixture
def places(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Places]:
    """Where ledgers may be."""
    made = Places(tmp_path, request)
    yield made
    made.close()


@pytest.fixture(params=WAYS, ids=[f"{a} to {b}" for a, b in WAYS])
def pair(places: Places, request: pytest.FixtureRequest) -> tuple[Address, Address]:
    """Where a ledger is, and where it is to go."""
    here, there = map(places.new, request.param)
    return here, there


def opened(address: Address) -> SqlLedger:
    """The ledger there, for writing."""
    return open_for_writing(address, NOW, 5)


def move(here: Address, there: Address) -> Moved:
    """Move a ledger."""
    with copying.moving(here, there, lambda: NOW, 5) as mover:
        return service.move(mover, lambda _: None)


def fill(ledger: SqlLedger, *values: int) -> None:
    """Record values of the main meter, a day apart."""
    for value in values:
        record(ledger, reading(str(value), f"2026-02-{value:02} 07:00"))


def test_its_sheet_goes_on(pair: tuple[Address, Address], tmp_path: Path) -> None:
    """What is in the Sheet is not sent again, what was queued is sent, and then what is new."""
    here, there = pair
    with google_standing(tmp_path) as stand:
        with closing(opened(here)) as ledger:
            fill(ledger, 1, 2)
            assert stand.deliver(ledger).error is None
            fill(ledger, 3)
        move(here, there)
        with closing(opened(there)) as ledger:
            fill(ledger, 4)
            assert stand.sync(ledger).error is None
            assert stand.deliver(ledger).error is None
        assert stand.values() == {"1": 1, "2": 1, "3": 1, "4": 1}


def test_a_batch_in_doubt(pair: tuple[Address, Address], tmp_path: Path) -> None:
    """Its answer was lost before the move: it is asked about, and never sent blindly again."""
    here, there = pair
    with google_standing(tmp_path) as stand:
        with closing(opened(here)) as ledger:
            fill(ledger, 1)
            assert stand.deliver(ledger).error is None
            fill(ledger, 2)
            stand.faults("path = '*:batchUpdate'; do = 'reset-after'")
            assert isinstance(stand.deliver(ledger).error, AnswerLost)
            assert ledger.batch_in_doubt(f"{stand.sheet_id}/{TAB}") is not None
            stand.faults()
            assert stand.values() == {"1": 1, "2": 1}
        move(here, there)
        with closing(opened(there)) as ledger:
            assert stand.deliver(ledger).error is None
        assert stand.values() == {"1": 1, "2": 1}


def test_a_submission_in_doubt(pair: tuple[Address, Address], tmp_path: Path) -> None:
    """The utility is asked from the new place; what it has accepted is not submitted again."""
    here, there = pair

    def session(ledger: SqlLedger) -> Session:
        return Session(ledger, Zones(BERLIN), NOW, Source.CLI)

    with standing(tmp_path) as stand:
        with closing(opened(here)) as ledger:
            home = Household(session(ledger), stand.url, Passing())
            home.record("100", "2026-11-21 20:00")
            assert home.push().error is None
            home.record("110", "2026-11-22 08:00")
            stand.faults(
                'method = "POST"; do = "reset-after"',
                'method = "GET"; do = "status"; status = 503; times = 0',
            )
            assert isinstance(home.push(attempt_seconds=0.4).error, AnswerLost)
            stand.faults()
        move(here, there)
        with closing(opened(there)) as ledger:
            home = Household(session(ledger), stand.url, Passing())
            assert home.push().error is None
            assert home.states() == ["accepted", "accepted"]
        assert stand.values() == [100, 110]
        with closing(opened(here)) as ledger, pytest.raises(LedgerMoved):
            Household(session(ledger), stand.url, Passing()).push()
        assert stand.values() == [100, 110]


PLANNED = Plan("a.db", "postgresql://db/home", "id", Step.NEW, Amount(1, 1, 2), Amount(0, 0, 0))


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (Step.NEW, "dry run: it would move 1 entry with 1 value, 2 meters, from a.db to "),
        (Step.HALF, "dry run: it would go on moving 1 entry"),
        (Step.CLOSED, "dry run: it would end the move of 1 entry"),
        (Step.DONE, "nothing to move: a.db was moved to "),
    ],
)
def test_what_a_move_would_do(step: Step, told: str) -> None:
    """In words, whichever step it is at."""
    (line,) = service.would(PLANNED._replace(step=step))
    assert line.startswith(told)
    assert "postgresql://db/home" in line
    assert service.form(PLANNED._replace(step=step), None)["step"] == step.value


def test_the_sums_are_exact() -> None:
    """Of a value that no float can hold."""
    done = Moved(PLANNED, 1, (MeterSum("meter", 1, 999_999_999_999_999_999_999),), 20)
    assert "sum 999999999999999.999999" in service.told(done)[1]
    assert str(service.form(PLANNED, done)["meters"]).count("999999999999999.999999") == 1


def test_told_how_far_it_is(pair: tuple[Address, Address]) -> None:
    """Up to all of its values."""
    here, there = pair
    with closing(opened(here)) as ledger:
        fill(ledger, 1, 2, 3)
    told: list[int] = []
    tell: Callable[[int], None] = told.append
    with copying.moving(here, there, lambda: NOW, 5) as mover:
        service.move(mover, tell)
    assert told[-1] == 3
    with suppress(LedgerMoved), closing(opened(here)) as ledger:
        fill(ledger, 4)
        raise AssertionError("both places take readings")
