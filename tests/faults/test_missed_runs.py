"""Jobs that did not run: `health` tells of them, and the next run heals it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Program
from tests.faults.clocks import clock
from tests.helpers import Ran, meterctl_environment


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[Rehearsal]:
    """Both other sides."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        yield rehearsal


class Household:
    """A machine whose clock is some days back, and comes nearer to now."""

    def __init__(self, program: Program, settings: dict[str, str]) -> None:
        self._program = program
        self._settings = settings

    def __call__(self, days_ago: int, *arguments: str) -> Ran:
        """Run a command so many days ago."""
        when = clock(f"-{days_ago}d") if days_ago else {}
        return self._program(*arguments, **self._settings, **when)

    def health(self, days_ago: int) -> dict[str, dict[str, Any]]:
        """What `health` found then."""
        ran = self(days_ago, "health", "--json")
        assert ran.code == 0, ran
        return {name: one for name, (one, *_) in ran.json["checks"].items()}


@pytest.mark.fault(34)
def test_a_machine_that_slept_for_three_days(program: Program, other_side: Rehearsal) -> None:
    """P1, P2, P5: what was missed is told by name; the next push submits each day once."""
    at = Household(program, other_side.utility | {"METERCTL_UTILITY_SINCE": "2020-01-01"})
    today = datetime.now(UTC)
    days = [(today - timedelta(days=n)).strftime("%Y-%m-%dT12:00:00Z") for n in (4, 3, 2, 1)]
    for number, day in enumerate(days):  # a meter that goes on by itself, noted later
        if number == 0:
            assert at(3, "record", "100", "--at", day).code == 0
            assert at(3, "push-utility", "--quiet") == (0, "", "")
            assert at.health(3)["job:push-utility"]["status"] == "pass"
            continue
        assert at(0, "record", str(100 + number), "--at", day).code == 0
    found = at.health(0)
    assert found["job:push-utility"]["status"] == "warn"
    assert found["job:push-utility"]["output"].startswith("has not run for 3 days")
    assert "systemctl list-timers" in found["job:push-utility"]["hint"]
    assert found["utility:due"]["output"].startswith("3 readings due, the oldest read ")

    assert at(0, "push-utility", "--quiet") == (0, "", "")
    assert [one["value"] for one in other_side.accepted()] == [100, 101, 102, 103]
    found = at.health(0)
    assert found["job:push-utility"]["status"] == "pass"
    assert found["utility:due"]["output"] == "nothing is due"


@pytest.mark.fault(34)
def test_what_is_too_late_when_the_machine_wakes(program: Program, other_side: Rehearsal) -> None:
    """P2, P5: the utility takes two days back; the rest is listed, never sent, and no failure."""
    late = {"METERCTL_UTILITY_OLDEST_DAYS": "2", "METERCTL_UTILITY_SINCE": "2020-01-01"}
    at = Household(program, other_side.utility | late)
    today = datetime.now(UTC)
    for number in (5, 4, 1):
        day = (today - timedelta(days=number)).strftime("%Y-%m-%dT12:00:00Z")
        assert at(0, "record", str(200 - number), "--at", day).code == 0
    ran = at(0, "push-utility")
    assert ran.code == 0
    assert "2 readings of meter, too late" in ran.out
    assert [one["value"] for one in other_side.accepted()] == [199]
    assert at.health(0)["job:push-utility"]["status"] == "pass"


@pytest.mark.fault(34)
def test_a_sync_that_was_forgotten(program: Program, other_side: Rehearsal) -> None:
    """P4, P5: a Sheet that nobody syncs is told, though every record has reached it."""
    at = Household(program, other_side.sheet)
    assert at(1, "record", "1", "--offline").code == 0
    found = at.health(0)["job:sync"]
    assert found["status"] == "warn"
    assert found["output"] == "has never run, as far as the ledger knows"
    assert "meterctl sync" in found["hint"]
    assert at(0, "sync", "--quiet") == (0, "", "")
    assert at.health(0)["job:sync"]["status"] == "pass"


def test_a_job_whose_output_nobody_reads(
    tmp_path: Path, program: Program, other_side: Rehearsal
) -> None:
    """`meterctl sync | head -0` is no bug of the job: it is not remembered as a failure."""
    at = Household(program, other_side.sheet)
    assert at(0, "record", "1", "--offline").code == 0
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [sys.executable, "-m", "meterctl", "sync"],
        env=meterctl_environment(tmp_path) | other_side.sheet,
        stdout=writes,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writes)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "job:sync" not in at.health(0)
    assert at.health(0)["sheet:queue"]["output"] == "the Sheet has everything"
