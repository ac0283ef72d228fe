"""Several machines that share a ledger at a PostgreSQL server, each doing all the jobs."""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from meterctl.services.deliver import is_settled
from tests.faults.household import Household, Street
from tests.faults.postgres_writers import opened
from tests.faults.starter import Running
from tests.faults.table import Table
from tests.faults.test_delivery_crowd import SYNC, Weather
from tests.faults.wire import KILLS
from tests.helpers import Ran, meterctl_environment, run_program
from tests.sheet.stand import TAB
from tests.utility.stand import TOKEN, Stand, standing

DAYS = 8
MACHINES = 4
PUSH = ("push-utility", "--json")


class Machines:
    """Some of them, each with a home of its own, and one utility."""

    def __init__(self, folder: Path, url: str, stand: Stand) -> None:
        self.url = url
        self._environments = []
        for number in range(MACHINES):
            (folder / f"machine {number}").mkdir()
            self._environments.append(
                meterctl_environment(folder / f"machine {number}")
                | {
                    "METERCTL_LEDGER": url,
                    "METERCTL_UTILITY_URL": stand.url,
                    "METERCTL_UTILITY_TOKEN": TOKEN,
                    "METERCTL_UTILITY_SINCE": "2026-11-01",
                }
            )

    def on(self, number: int, *arguments: str) -> Ran:
        """Run a command on one of them."""
        return run_program(arguments, self._environments[number])

    def on_all(self, *arguments: str) -> list[Ran]:
        """On all of them at the same time."""
        with ThreadPoolExecutor(MACHINES) as threads:
            return list(threads.map(lambda number: self.on(number, *arguments), range(MACHINES)))


@pytest.mark.fault(16)
def test_push_from_several_machines(tmp_path: Path, postgres_url: str) -> None:
    """All of them push at the same time: one works, the others say 75 or find nothing left to do;
    the utility is asked to take each reading once, in the order of its days."""
    with standing(tmp_path, time.time_ns() // 1_000_000) as stand:
        machines = Machines(tmp_path, postgres_url, stand)
        for day in range(DAYS):
            at = f"2026-11-{10 + day} 20:00"
            ran = machines.on(day % MACHINES, "record", str(100 + day), "--at", at)
            assert ran.code == 0, ran
        stand.faults('method = "POST"; skip = 2; times = 2; do = "reset-after"')
        pushed = machines.on_all(*PUSH)
        assert {one.code for one in pushed} <= {0, 3, 75}, pushed
        pushed = [machines.on(number, *PUSH) for number in range(MACHINES)]
        assert pushed[-1].code == 0, pushed
        assert stand.values() == [100 + day for day in range(DAYS)]
        assert len({one["key"] for one in stand.accepted()}) == DAYS
    with closing(opened(postgres_url)) as ledger:
        assert [one.state.value for one in ledger.submissions()] == ["accepted"] * DAYS


class Shared:
    """Households of a street that all have one ledger, at a server."""

    def __init__(self, there: Street, url: str) -> None:
        there.way.chance = None
        there.way.script()
        self.way = there.way
        self.url = url
        first = there.new()
        self.houses = [first, *(there.new(beside=first) for _ in range(MACHINES - 1))]
        for house in self.houses:
            house.environment["METERCTL_LEDGER"] = url
        self._number = 0

    def all_at_work(self, each: int) -> dict[Household, Running]:
        """Each records some readings, delivering them at once, and then syncs."""
        running = {}
        for house in self.houses:
            commands = [house.recording(self._number + one) for one in range(each)]
            self._number += each
            running[house] = house.start(*commands, SYNC)
        return running

    def ends_well(self) -> None:
        """One after the other once more."""
        self.way.settled()
        for house in self.houses:
            ran = house.run(SYNC)
            assert ran.code == 0, ran

    def balance(self) -> tuple[int, list[object], list[object], str]:
        """What the Sheet holds, against what was recorded, and whether anything is in doubt."""
        expected = Counter(row for house in self.houses for row in house.expected.elements())
        found = Counter(self.houses[0].rows())
        to = f"{self.houses[0].sheet_id}/{TAB}"
        with closing(opened(self.url)) as ledger:
            stuck = ledger.batch_in_doubt(to) or ledger.waiting(to) or not is_settled(ledger, to)
            damage = ledger.damage()
        missing = sorted((expected - found).elements())
        doubled = sorted((found - expected).elements())
        return expected.total(), [*missing, *damage], [*doubled], str(stuck or "")


@pytest.mark.fault(16)
def test_the_sheet_from_several_machines(the_street: Street, postgres_url: str) -> None:
    """Four processes record into one ledger and deliver at once: each row is there once."""
    shared = Shared(the_street, postgres_url)
    running = shared.all_at_work(4)
    ran = [one.wait() for one in running.values()]
    assert {one.code for one in ran} <= {0, 75}, ran  # 75: another one syncs already
    shared.ends_well()
    assert shared.balance() == (4 * MACHINES, [], [], "")


def in_weather(shared: Shared, seed: int, kill: str) -> int:
    """The same while requests meet something; one process is killed as it sends its rows."""
    weather, dice = Weather(seed, 0.2), random.Random(seed)
    shared.way.chance = weather
    with closing(opened(shared.url)) as ledger:
        weather._victim, weather._kill = ledger.id, kill
    running = shared.all_at_work(3)
    victim = dice.choice([*running])
    shared.way.sent_by(running[victim].kill)
    codes = [one.wait().code for house, one in running.items() if house is not victim]
    running[victim].wait()
    shared.way.chance = None
    assert set(codes) <= {0, 3, 75, 76, 77, 78}
    return weather.met.total()


@pytest.mark.fault(16)
@pytest.mark.parametrize("kill", KILLS)
def test_the_sheet_in_bad_weather(the_street: Street, postgres_url: str, kill: str) -> None:
    """A fifth of all requests meets something, and one of the four is killed: as true."""
    shared = Shared(the_street, postgres_url)
    assert in_weather(shared, 8, kill) > 2
    shared.ends_well()
    told, lost, doubled, stuck = shared.balance()
    with closing(opened(shared.url)) as ledger:
        stored = sum(1 for _ in ledger.current("meter"))
    assert len(lost) == told - stored  # what a killed one never came to record
    assert (doubled, stuck) == ([], "")


@pytest.mark.soak
def test_the_sheet_for_long(the_street: Street, postgres_url: str, table: Table) -> None:
    """Again and again for two minutes."""
    shared, end, seed = Shared(the_street, postgres_url), time.monotonic() + 120, 0
    while time.monotonic() < end:
        for kill in KILLS:
            seed += 1
            in_weather(shared, seed, kill)
            shared.ends_well()
            told, lost, doubled, stuck = shared.balance()
            with closing(opened(shared.url)) as ledger:
                stored = sum(1 for _ in ledger.current("meter"))
            never = told - stored
            assert stuck == ""
            table.run(
                "PostgreSQL: one ledger, four machines", stored, len(lost) - never, len(doubled)
            )
