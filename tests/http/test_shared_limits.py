"""Limits of several servers: this machine's own first, then those of all, if they can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from meterctl.http.limits import Limits, Rate
from meterctl.http.shared_limits import SharedLimits
from meterctl.ledger.address import DatabaseAddress, parse_database
from meterctl.ledger.postgres import open_for_writing
from meterctl.ledger.postgres_limits import PostgresBuckets
from tests.helpers import NOW
from tests.postgres import Server

SLOW = Rate("slow", per_minute=0.06, burst=5)  # one comes back in a quarter of an hour
LARGE = Rate("large", per_minute=0.6, burst=1_000)  # of which ten are taken together


class Asked(PostgresBuckets):
    """Counts how often it is asked."""

    def __init__(self, address: DatabaseAddress) -> None:
        super().__init__(address)
        self.asked = 0

    def _visit(self, *given: object) -> object:  # type: ignore[override]
        self.asked += 1
        return super()._visit(*given)  # type: ignore[arg-type]


class Machine(SharedLimits):
    """A machine with a file of its own."""

    def __init__(self, file: Path, address: DatabaseAddress) -> None:
        self.beyond = Asked(address)
        super().__init__(Limits.create(file), self.beyond)


@pytest.fixture
def machines(postgres_url: str, tmp_path: Path) -> Iterator[list[Machine]]:
    """Three machines of one ledger."""
    address = parse_database(postgres_url)
    open_for_writing(address, NOW).close()
    with ExitStack() as stack:
        made = [Machine(tmp_path / f"{number}", address) for number in range(3)]
        for one in made:
            stack.callback(one.close)
        yield made


def test_one_limit_for_all(machines: list[Machine]) -> None:
    """Together they let as many in as one would."""
    taken = [one.take(SLOW, "a") is None for _ in range(5) for one in machines]
    assert taken == [True] * 5 + [False] * 10


def test_the_wait(machines: list[Machine]) -> None:
    """Who is refused hears how long, from whichever machine; a look says the same."""
    for _ in range(5):
        assert machines[0].take(SLOW, "a") is None
    for one in machines:
        assert one.peek(SLOW, "a") == pytest.approx(1_000, abs=30)
        assert one.take(SLOW, "a") == pytest.approx(1_000, abs=30)
    assert machines[1].peek(SLOW, "b") is None


def test_what_was_refused_elsewhere(machines: list[Machine]) -> None:
    """It takes nothing of this machine's own count."""
    for _ in range(5):
        machines[0].take(SLOW, "a")
    assert all(machines[1].take(SLOW, "a") for _ in range(20))
    assert machines[1]._here.peek(SLOW, "a", cost=5) is None


def test_what_this_machine_refuses(machines: list[Machine]) -> None:
    """Nobody else is asked: who floods one machine costs the others nothing."""
    for _ in range(5):
        machines[0].take(SLOW, "a")
    asked = machines[0].beyond.asked
    assert all(machines[0].take(SLOW, "a") for _ in range(100))
    assert machines[0].beyond.asked == asked


def test_a_large_limit(machines: list[Machine]) -> None:
    """It is exact as well, and asked about once for some."""
    taken = sum(machines[n % 3].take(LARGE, "a") is None for n in range(3_000))
    assert 1_000 <= taken <= 1_002  # the test itself may take long enough for another one
    (one, *_) = machines
    before = one.beyond.asked
    assert all(one.take(LARGE, "b") is None for _ in range(500))
    assert one.beyond.asked - before == 50


def test_the_last_ones_of_a_large_limit(machines: list[Machine]) -> None:
    """Fewer than are taken together are given out too."""
    one = machines[0]
    assert one.take(LARGE, "a", cost=995) is None
    assert [one.take(LARGE, "a") is None for _ in range(6)] == [True] * 5 + [False]


def test_a_ledger_that_is_away(machines: list[Machine], postgres: Server) -> None:
    """Each machine's own count alone: a limit there is, and nobody waits."""
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND application_name = 'meterctl'"
    )
    one = machines[0]
    assert [one.take(SLOW, "a") is None for _ in range(7)] == [True] * 5 + [False] * 2
