"""Two and five ledgers that bring some of the same readings to one Sheet, over a bad line."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from meterctl.ledger.sqlite import open_for_reading
from tests.faults.household import Balance, Household, Street
from tests.faults.table import Injections
from tests.faults.wire import ACTS, ASKING_FOR_TIME, FAULTS, HANGING, KILLS, OVERTAKEN
from tests.proxy import Act, Exchange

SYNC = ["sync"]
# What a request may meet. The others concern all requests at once, or take a client's time.
_LEFT_OUT = HANGING | ASKING_FOR_TIME | {"refused", "401, key revoked"}
WEATHER = [name for name in FAULTS if name not in _LEFT_OUT]
WEATHER += [OVERTAKEN] * 5  # what was kept back lands again and again


class Weather:
    """What becomes of requests: a part of them meets something, and one sender is killed."""

    def __init__(self, seed: int, share: float) -> None:
        self.met: Counter[str] = Counter()
        self._dice = random.Random(seed)
        self._share = share
        self._lock = threading.Lock()
        self._victim = ""
        self._kill = ""

    def kill(self, house: Household, how: str) -> None:
        """At its next rows."""
        self._victim, self._kill = id_of(house), how

    def __call__(self, exchange: Exchange) -> Act | None:
        """What becomes of one request."""
        with self._lock:
            body = exchange.sent.body
            if self._victim and b"appendCells" in body and self._victim.encode() in body:
                name, self._victim = self._kill, ""
            elif self._dice.random() < self._share:
                name = self._dice.choice(WEATHER)
            else:
                return None
            self.met[name] += 1
            return ACTS[name]


def id_of(house: Household) -> str:
    """The name by which tokens know its ledger."""
    path = house.environment["METERCTL_LEDGER"].partition("///")[2]
    with closing(open_for_reading(Path(path))) as ledger:
        return ledger.id


class Crowd:
    """Ledgers that share a Sheet."""

    def __init__(self, there: Street, count: int) -> None:
        there.way.chance = None
        there.way.script()
        self.way = there.way
        first = there.new()
        self.houses = [first, *(there.new(beside=first) for _ in range(count - 1))]
        self._number = 0

    def record(self) -> None:
        """Each has a reading of its own, and two that its neighbours have as well."""
        both = self._number + 1, self._number + 2
        self._number += 2
        for house in self.houses:
            self._number += 1
            house.do(
                house.recording(both[0], "--offline"),
                house.recording(both[1], "--offline"),
                house.recording(self._number, "--offline"),
            )

    def sync(self, weather: Weather, how: str) -> bool:
        """All of them at the same time, and one is killed there; whether it really was."""
        victim = self.houses[self._number % len(self.houses)]
        weather.kill(victim, how)
        self.way.chance = weather
        running = {house: house.start(SYNC) for house in self.houses}
        self.way.sent_by(running[victim].kill)
        codes = {house: one.wait().code for house, one in running.items()}
        self.way.chance = None
        others = {code for house, code in codes.items() if house is not victim}
        # 76: it answers nonsense; 77: a 401 that stays; 78: one that means no such thing.
        assert others <= {0, 3, 75, 76, 77, 78}
        return codes[victim] == -9

    def ends_well(self) -> None:
        """All at once without a fault, what was late lands in between; then one by one."""
        running = [house.start(SYNC) for house in self.houses]
        self.way.settled()
        assert [one.wait().code for one in running] == [0] * len(running)
        for house in self.houses:
            ran = house.run(SYNC)
            assert (ran.code, ran.err) == (0, ""), ran

    def balance(self) -> Balance:
        """Whether each reading is there once, whoever has it, and nothing is queued or in doubt."""
        first, *others = self.houses
        return first.balance(*others)


@pytest.mark.parametrize("count", [2, 5])
@pytest.mark.parametrize("kill", KILLS)
def test_at_the_same_time(the_street: Street, count: int, kill: str) -> None:
    """A third of all requests meet something, and one of the ledgers is killed at its rows."""
    crowd, weather = Crowd(the_street, count), Weather(count, 0.3)
    crowd.record()
    crowd.sync(weather, kill)
    assert len(weather.met) > 2, weather.met
    crowd.ends_well()
    assert crowd.balance()[1:] == ([], [], "")


@pytest.mark.soak
@pytest.mark.parametrize("count", [2, 5])
def test_over_and_over(the_street: Street, count: int, injections: Injections) -> None:
    """The same for a minute each, in weather of all kinds; each kind of it is met."""
    injections.expect([*WEATHER, *KILLS])
    end, seed = time.monotonic() + 60, 0
    while time.monotonic() < end:
        crowd = Crowd(the_street, count)
        for kill in KILLS:
            weather, seed = Weather(seed, 0.1 + seed % 4 / 10), seed + 1
            crowd.record()
            crowd.sync(weather, kill)
            crowd.ends_well()
            acknowledged, lost, doubled, stuck = crowd.balance()
            injections.count(weather.met, acknowledged, len(lost), len(doubled), stuck=bool(stuck))
            if lost or doubled or stuck:
                print(f"\n{count}, seed {seed - 1}: {weather.met} {crowd.balance()}")  # noqa: T201 (a soak's result)
                break
