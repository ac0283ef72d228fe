"""A backup put back on another machine, while the old one goes on: nothing is doubled, or lost."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from meterctl.ledger.sqlite import open_for_reading, open_for_writing
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.faults.household import Household, Street
from tests.faults.table import Table
from tests.faults.test_delivery_crowd import SYNC, Crowd, Weather
from tests.faults.wire import KILLS
from tests.helpers import NOW, Ran, killed_after, meterctl_environment, reading, run_program
from tests.ledger.contract import record

PUSH = ("push-utility", "--json")


class Machine(NamedTuple):
    """One computer: a folder, and all of its environment."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str) -> Ran:
        """Run a command there."""
        return run_program(arguments, self.environment)

    def record(self, value: int, at: str) -> None:
        """Read the dial; without a process of its own, which is not what is tested here."""
        with closing(open_for_writing(self.ledger, NOW)) as ledger:
            record(ledger, reading(str(value), at))

    @property
    def ledger(self) -> Path:
        """Where it keeps its readings."""
        return Path(self.environment["METERCTL_LEDGER"].partition("///")[2])

    def states(self) -> set[str]:
        """How its submissions stand."""
        with closing(open_for_reading(self.ledger)) as ledger:
            return {one.state.value for one in ledger.submissions()}


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[Rehearsal]:
    """A sandbox."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        yield rehearsal


class Two(NamedTuple):
    """The old machine and the one that its backup was put back on."""

    old: Machine
    new: Machine

    def record(self, value: int, at: str) -> None:
        """Both are told what the dial shows."""
        self.old.record(value, at)
        self.new.record(value, at)

    def at_once(self, *kills: float | None) -> None:
        """Both push at the same time; each is killed after so many seconds, or not."""
        machines = list(zip((self.old, self.new), kills or (None, None), strict=True))
        with ThreadPoolExecutor(len(machines)) as pool:
            codes = pool.map(lambda one: killed_after(one[1], PUSH, one[0].environment), machines)
        assert set(codes) <= {0, 3, 75, -9}


def two(folder: Path, settings: dict[str, str]) -> Two:
    """A backup with three days, one of which is submitted; what `restore` makes of it elsewhere."""
    made = []
    for name in ("old", "new"):
        (folder / name).mkdir()
        more = settings | {"METERCTL_UTILITY_SINCE": "2026-01-01"}
        made.append(Machine(folder / name, meterctl_environment(folder / name) | more))
    both = Two(*made)
    both.old.record(100, "2026-11-10 20:00")
    if "METERCTL_UTILITY_URL" in settings:
        assert both.old(*PUSH).code == 0
    for value, day in ((101, 11), (102, 12)):
        both.old.record(value, f"2026-11-{day} 20:00")
    backup = folder / "backup.db"
    with closing(open_for_reading(both.old.ledger)) as ledger:
        ledger.backup_to(backup)
    ran = both.new("restore", str(backup))
    assert ran.code == 0, ran.err
    return both


def each_once(other_side: Rehearsal, values: list[int]) -> None:
    """What the utility holds: each value once, each key once."""
    accepted = other_side.accepted()
    assert sorted(one["value"] for one in accepted) == values
    assert len({one["key"] for one in accepted}) == len(accepted)


def test_in_turns(other_side: Rehearsal, tmp_path: Path) -> None:
    """Whoever comes first sends it, the other one finds it there; nothing is left over."""
    both = two(tmp_path, other_side.utility)
    first, second = both.new, both.old
    for day in (13, 14):
        both.record(90 + day, f"2026-11-{day} 20:00")
        assert first(*PUSH).code == second(*PUSH).code == 0
        first, second = second, first
    each_once(other_side, list(range(100, 105)))
    assert both.old.states() | both.new.states() <= {"accepted", "already"}


def test_what_it_says(other_side: Rehearsal, tmp_path: Path) -> None:
    """Of what is due there: in doubt, in a dry run, in `current` and in `health`."""
    both = two(tmp_path, other_side.utility)
    done = both.new(*PUSH, "--dry-run").json
    assert (done["unknown"], done["pending"]) == (2, 0)
    current = both.new("current", "meter", "--json").json["readings"][0]
    assert current["utility"] == "unknown"
    check = both.new("health", "--json").json["checks"]["ledger:restored"][0]
    assert check["status"] == "warn"
    assert "push-utility --take-over" in str(check)
    assert both.new(*PUSH, "--take-over").json["accepted"] == 2
    check = both.new("health", "--json").json["checks"]["ledger:restored"][0]
    assert check["status"] == "pass"
    each_once(other_side, [100, 101, 102])


def test_at_the_same_time(other_side: Rehearsal, tmp_path: Path) -> None:
    """Both push at once and are killed somewhere; after one more run each is there once."""
    both, chance = two(tmp_path, other_side.utility), random.Random(0)
    both.record(103, "2026-11-13 20:00")
    both.at_once(None, chance.uniform(0.2, 0.7))
    both.record(104, "2026-11-14 20:00")
    both.at_once(chance.uniform(0.2, 0.7), None)
    both.at_once()
    each_once(other_side, list(range(100, 105)))
    assert both.old.states() | both.new.states() <= {"accepted", "already"}


@pytest.mark.soak
def test_at_the_same_time_over_and_over(tmp_path: Path, table: Table) -> None:
    """The same for two minutes, with answers that are lost."""
    end, seed = time.monotonic() + 120, 0
    while time.monotonic() < end:
        seed += 1
        chance, folder = random.Random(seed), tmp_path / str(seed)
        with rehearsing(folder / "other-side") as other_side:
            both = two(folder, other_side.utility)
            for day in (13, 14, 15):
                both.record(90 + day, f"2026-11-{day} 20:00")
                what = chance.choice(("reset-after", "reset-before", "hang-after"))
                lost = f'service = "utility"\nmethod = "POST"\nskip = 1\ndo = "{what}"'
                other_side.goes_wrong(lost if chance.random() < 0.5 else "")
                both.at_once(*(chance.uniform(0.2, 1.2) for _ in range(2)))
            other_side.goes_wrong("")
            both.at_once()
            both.at_once()
            found = [round(one["value"]) for one in other_side.accepted()]
            table.compare(
                "two machines of one backup push at once", range(100, 106), range(100, 106), found
            )


def test_the_sheet_names_the_old_one(other_side: Rehearsal, tmp_path: Path) -> None:
    """The new one may not submit until it takes over; from then on the old one may not."""
    both = two(tmp_path, other_side.settings)
    both.record(103, "2026-11-13 20:00")
    refused = both.new(*PUSH)
    assert refused.code == 78
    assert "--take-over" in refused.err
    assert both.old(*PUSH).code == 0
    both.record(104, "2026-11-14 20:00")
    taken = both.new(*PUSH, "--take-over")
    assert (taken.code, taken.json["accepted"]) == (0, 4)
    assert both.old(*PUSH).code == 78
    each_once(other_side, list(range(100, 105)))


class Family(Crowd):
    """Two ledgers, the second of which was made of the first one's backup; both share a Sheet."""

    def __init__(self, street: Street, folder: Path) -> None:
        super().__init__(street, 2)
        old, new = self.houses
        self._read(old)
        old.do(SYNC)
        self._read(old)  # queued at the backup, delivered later
        old.do(["backup", str(folder / "backups")])
        self._read(old)
        old.do(SYNC)
        new.do(["restore", str(folder / "backups")])
        new.expected = old.expected.copy()

    def _read(self, house: Household) -> None:
        self._number += 1
        house.record(self._number)

    def known(self) -> list[list[tuple[int, int]]]:
        """What each of them takes for true: when, and how much."""
        found = []
        for house in self.houses:
            path = Path(house.environment["METERCTL_LEDGER"].partition("///")[2])
            with closing(open_for_reading(path)) as ledger:
                found.append([(one.at, one.amount) for one in ledger.current("meter")])
        return found


class TestAtTheSheet:
    """Deliveries of both."""

    def test_at_the_same_time(self, the_street: Street, tmp_path: Path) -> None:
        """In bad weather, and one of them is killed at its rows: each reading is there once."""
        family, weather = Family(the_street, tmp_path), Weather(7, 0.3)
        family.record()
        family.sync(weather, "killed, lands late")
        family.ends_well()
        family.ends_well()  # what the other one wrote last is read back
        assert family.balance()[1:] == ([], [], "")
        old, new = family.known()
        assert old == new

    @pytest.mark.soak
    def test_over_and_over(self, the_street: Street, tmp_path: Path, table: Table) -> None:
        """The same for a minute."""
        end, seed = time.monotonic() + 60, 0
        while time.monotonic() < end:
            folder = tmp_path / str(seed)
            folder.mkdir()
            family = Family(the_street, folder)
            for kill in KILLS:
                seed += 1
                family.record()
                family.sync(Weather(seed, 0.1 + seed % 4 / 10), kill)
                family.ends_well()
            acknowledged, lost, doubled, stuck = family.balance()
            assert not stuck
            table.run("two ledgers of one backup deliver", acknowledged, len(lost), len(doubled))
