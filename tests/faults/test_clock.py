"""A clock that jumps back or ahead, or was never set: nothing is lost, doubled, or flooded.

What only a clock can tell may be wrong by it, and is told; how long a run waits is not up to it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from meterctl.ledger.sqlite import open_for_writing
from tests.cli.rehearsal import Rehearsal, rehearsing
from tests.conftest import Program
from tests.faults import jumping as jumping_program
from tests.faults.clocks import UNSET, clock
from tests.faults.test_cron import until
from tests.helpers import NOW, Ran, meterctl_environment
from tests.ledger.files import held

ROOT = Path(__file__).parents[2]
SAMPLE = str(ROOT / "meterctl" / "samples" / "home-2025.csv")
JUMPS = pytest.mark.parametrize("jump", [-3_600, 86_400], ids=["back", "ahead"])


@pytest.fixture
def other_side(tmp_path: Path) -> Iterator[Rehearsal]:
    """Both other sides."""
    with rehearsing(tmp_path / "other-side") as rehearsal:
        yield rehearsal


class Jumping:
    """A run whose clock is set while it waits for something."""

    def __init__(self, tmp_path: Path) -> None:
        self._file = tmp_path / "jump"
        self._environment = meterctl_environment(tmp_path) | {"PYTHONPATH": str(ROOT)}

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Begin."""
        return subprocess.Popen(
            [sys.executable, jumping_program.__file__, str(self._file), *arguments],
            env=self._environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def jump(self, seconds: int) -> None:
        """Set its clock."""
        new = self._file.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self._file)


@pytest.fixture
def jumping(tmp_path: Path) -> Jumping:
    """One such run."""
    return Jumping(tmp_path)


def end(process: subprocess.Popen[str]) -> Ran:
    """Its end, which is near."""
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return Ran(process.returncode, out, err)


@pytest.mark.fault(36)
@JUMPS
def test_what_is_recorded_after_a_jump(program: Program, ledger_path: Path, jump: int) -> None:
    """P1, P4: it is acknowledged and there; `health` tells of entries that are yet to come."""
    for values, when in ((("100",), "+0"), (("101",), f"{jump:+}"), (("102", "103"), "+0")):
        for value in values:
            ran = program("record", value, **clock(when))
            assert ran.code == 0, ran.err
    assert sorted(held(ledger_path)) == [100, 101, 102, 103]
    for when in ("+0", "-1h"):
        checks = program("health", "--json", **clock(when)).json["checks"]
        found = checks["ledger:last_entry"][0]
        if when == "+0" and jump < 0:
            assert found["status"] == "pass"  # all is of the past again
        else:
            assert (found["status"], "is to come" in found["output"]) == ("warn", True)


@pytest.mark.fault(36)
def test_a_clock_that_was_never_set(
    program: Program, ledger_path: Path, other_side: Rehearsal
) -> None:
    """P1, P2, P4, P5: nothing is stamped, delivered or submitted by it; once it is set, all is."""
    unset = clock(UNSET) | other_side.settings
    assert program("record", "7", "--at", "2026-11-20 20:00", "--offline", **unset).code == 0
    for command, code in (("record 8", 65), ("push-utility", 78), ("sync", 77)):
        ran = program(*command.split(), **unset)
        assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1), ran
        assert "set the clock" in ran.err
    assert held(ledger_path) == [7]
    assert other_side.accepted() == []
    since = {"METERCTL_UTILITY_SINCE": "2026-11-01"}
    for command in ("sync", "push-utility"):
        assert program(command, "--quiet", **other_side.settings, **since) == (0, "", "")
    assert [one["value"] for one in other_side.accepted()] == [7]


@pytest.mark.fault(36)
@pytest.mark.parametrize("command", ["record 8", "current", "sync", "backup", "health"])
def test_a_clock_beyond_all_years(program: Program, ledger_path: Path, command: str) -> None:
    """No command goes by it; it says in a line what to do, and the log has no trouble with it."""
    program("record", "7")
    ran = program(*command.split(), **clock("@2263-01-01 00:00:00"))
    assert (ran.code, ran.out, ran.err.count("\n")) == (78, "", 1), ran
    assert command == "sync" or "clock is past the year 2262" in ran.err
    assert held(ledger_path) == [7]


@pytest.mark.fault(36)
def test_a_first_push_by_a_clock_that_was_never_set(
    program: Program, other_side: Rehearsal
) -> None:
    """It does not fix 1970 as the first day: a year that was imported floods nobody afterwards."""
    utility = other_side.utility
    assert program("bulk-import", SAMPLE).code == 0
    for command in (("push-utility",), ("push-utility", "--dry-run"), ("init", "--json")):
        ran = program(*command, **utility, **clock(UNSET))
        assert (ran.code, ran.out) == (78, ""), ran
        assert "it was never set" in ran.err
    assert program("push-utility", **utility).code == 0
    assert other_side.accepted() == []


@pytest.mark.fault(36)
@JUMPS
def test_a_jump_while_a_push_waits(
    jumping: Jumping, program: Program, other_side: Rehearsal, jump: int
) -> None:
    """P2, P5: it waits as long as it was asked to, by a clock that nobody sets, and sends once."""
    assert program("record", "7").code == 0
    other_side.goes_wrong(
        'service = "utility"\nmethod = "POST"\ndo = "status"\nstatus = 503\n'
        'headers = {Retry-After = "1"}'
    )
    before = other_side.requests()
    began = time.monotonic()
    process = jumping.start("push-utility", **other_side.utility)
    until(lambda: other_side.requests() > before)
    jumping.jump(jump)
    ran = end(process)
    assert ran.code == 0, ran
    assert time.monotonic() - began > 1
    assert [one["value"] for one in other_side.accepted()] == [7]


@pytest.mark.fault(36)
@JUMPS
def test_a_jump_while_the_sheet_hangs(
    jumping: Jumping, program: Program, other_side: Rehearsal, jump: int
) -> None:
    """P1, P2: `record` leaves it after its seconds, not after an hour; the next run settles it."""
    other_side.goes_wrong('service = "sheets"\npath = "*:batchUpdate"\nskip = 1\ndo = "hang-after"')
    before = other_side.requests()
    process = jumping.start("record", "7", METERCTL_SHEET_DEADLINE="2", **other_side.sheet)
    until(lambda: other_side.requests() >= before + 2)
    jumping.jump(jump)
    ran = end(process)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "queued for the Sheet")
    other_side.goes_wrong("")
    assert program("sync", "--quiet", **other_side.sheet) == (0, "", "")
    shown = program("current", "--from-sheet", "--json", **other_side.sheet).json
    assert [one["value"] for one in shown["readings"] if one["meter"] == "meter"] == [7]


@pytest.mark.fault(36)
@JUMPS
def test_a_jump_while_another_run_writes(jumping: Jumping, ledger_path: Path, jump: int) -> None:
    """P4: it waits for METERCTL_LOCK_TIMEOUT, then leaves with 75."""
    other = open_for_writing(ledger_path, NOW)
    try:
        with other.writing():
            began = time.monotonic()
            process = jumping.start("record", "7", METERCTL_LOCK_TIMEOUT="1.5")
            time.sleep(0.7)
            jumping.jump(jump)
            ran = end(process)
    finally:
        other.close()
    assert (ran.code, ran.out, ran.err.count("\n")) == (75, "", 1), ran
    assert time.monotonic() - began > 1.4
