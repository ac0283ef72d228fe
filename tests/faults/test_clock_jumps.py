"""A clock that jumps while readings are recorded: each is there once, in the order of storing."""

from __future__ import annotations

import random
import subprocess
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from meterctl.ledger.sqlite import open_for_reading
from tests.faults.disks import need
from tests.faults.table import Table
from tests.helpers import METER, Ran, meterctl_environment

DAY = 86_400
START = 1_767_225_600  # 2026-01-01
JUMPS = {
    "an hour back": -3_600,
    "a day ahead": DAY,
    "not at all": 0,
    "by less than a second": 0.2,
}


def at(seconds: float, arguments: tuple[str, ...], environment: dict[str, str]) -> Ran:
    """Run `meterctl` while the clock shows that."""
    need("faketime", root=False)
    done = subprocess.run(
        ["faketime", "-f", f"@{iso(seconds)}", sys.executable, "-m", "meterctl", *arguments],
        env={**environment, "TZ": "UTC"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def iso(seconds: float) -> str:
    """As faketime reads it."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def entries_in_order(path: Path) -> list[int]:
    """The values by their entry; the ledger is sound, and no instant is there twice."""
    with closing(open_for_reading(path)) as ledger:
        assert (ledger.damage(), ledger.unjudged()) == ([], [])
        found = [*ledger.current(METER.id)]
        assert len({one.at for one in found}) == len(found)
        numbers = range(1, ledger.last_entry() + 1)
        entries = [[*ledger.entry_readings(number)] for number in numbers]
    assert [len(one) for one in entries] == [1] * len(entries)
    return [one[0].amount // 1_000_000 for one in entries]


def record_while_it_jumps(folder: Path, jumps: list[float], table: Table, name: str) -> None:
    """One reading after each jump, stamped by that clock; what was acknowledged is in order."""
    environment, path = meterctl_environment(folder), folder / "data" / "ledger.db"
    clock, acknowledged = float(START + 400 * DAY), []
    for number, jump in enumerate(jumps):
        clock += jump
        ran = at(clock, ("record", str(number)), environment)
        assert ran.code == 0, ran
        acknowledged.append(number)
    found = entries_in_order(path)
    assert found == acknowledged
    table.compare(name, acknowledged, range(len(jumps)), found)


@pytest.mark.fault(36)
def test_a_clock_that_jumps_between_records(tmp_path: Path, table: Table) -> None:
    """P1, P2: an hour back, a day ahead, to the very same instant: each reading is stored, once."""
    jumps = [0, -3_600, DAY, 0, 0, -DAY, 0.2]
    record_while_it_jumps(tmp_path, jumps, table, "jumping clock")


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_a_clock_that_jumps_for_long(seed: int, tmp_path: Path, table: Table) -> None:
    """Sixty records, each after a jump of any kind."""
    chance = random.Random(seed)
    jumps = [chance.choice([*JUMPS.values(), chance.uniform(-7 * DAY, 7 * DAY)]) for _ in range(60)]
    assert any(one < 0 < other for one, other in pairwise(jumps))
    record_while_it_jumps(tmp_path, jumps, table, "jumping clock")
