"""`record`, killed at every call by which it writes: nothing lost or doubled, healed after."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import dropwhile
from pathlib import Path

import pytest

from meterctl.ledger.sqlite import open_for_reading
from tests.conftest import Cli
from tests.faults.table import Table
from tests.faults.trace import (
    KILLED,
    WRITES,
    Call,
    calls_that_write,
    every_call,
    killed_at,
    traced,
)
from tests.helpers import METER, Ran, instant, meterctl_environment

EARLIER, NOW_READ = "2026-01-01 10:00", "2026-01-02 10:00"
RECORD = ("record", "142.3", "--at", NOW_READ, "--json")


def ledger_of(folder: Path) -> Path:
    """Where a run in this folder keeps its ledger."""
    return folder / "data" / "ledger.db"


def stored(folder: Path) -> list[int]:
    """When the readings that are in the ledger were read; the ledger is sound."""
    ledger = open_for_reading(ledger_of(folder))
    try:
        assert ledger.damage() == []
        return [one.at for one in ledger.current(METER.id)]
    finally:
        ledger.close()


def was_acknowledged(ran: Ran) -> bool:
    """Whether the whole answer came out."""
    try:
        return bool(json.loads(ran.out)["readings"])
    except ValueError:
        return False


class Killing:
    """Runs of `record`, each in a copy of one folder."""

    def __init__(self, tmp_path: Path, before: list[int]) -> None:
        self.tmp_path = tmp_path
        self.template = tmp_path / "template"
        self.template.mkdir(exist_ok=True)
        self.before = before

    def folder(self, name: str) -> Path:
        """A new copy."""
        folder = self.tmp_path / name
        shutil.copytree(self.template, folder)
        return folder

    def calls(self) -> list[Call]:
        """What an undisturbed run writes."""
        folder = self.folder("undisturbed")
        log = folder / "calls"
        return calls_that_write(RECORD, meterctl_environment(folder), log, ledger_of(folder).parent)

    def kill(self, call: Call) -> tuple[Path, Ran]:
        """Run and kill; what was acknowledged is stored, and one reading more at most."""
        folder = self.folder(f"{call.name}-{call.number}")
        ran = killed_at(call, RECORD, meterctl_environment(folder), folder / "calls")
        assert ran.code == KILLED, f"{call} was never entered: {ran}"
        found = stored(folder)
        assert found in (self.before, [*self.before, instant(NOW_READ)]), call
        assert not was_acknowledged(ran) or len(found) > len(self.before), call
        return folder, ran

    def again(self, folder: Path, cli: Cli) -> int:
        """The same command again: it succeeds, and there is exactly one such reading."""
        ran = cli("--ledger", f"sqlite:///{ledger_of(folder)}", *RECORD)
        assert ran.code == 0, ran.err
        found = stored(folder)
        assert found == [*self.before, instant(NOW_READ)]
        shutil.rmtree(folder)
        return len(found)


@pytest.mark.fault(1)
@pytest.mark.parametrize("name", [*WRITES, "openat"])
def test_record_killed(name: str, tmp_path: Path, cli: Cli) -> None:
    """At each call of this kind: no acknowledged reading is lost, and the rerun heals."""
    killing = Killing(tmp_path, [instant(EARLIER)])
    path = ledger_of(killing.template)
    assert cli("--ledger", f"sqlite:///{path}", "record", "1", "--at", EARLIER).code == 0
    calls = [call for call in killing.calls() if call.name == name]
    assert calls or name in ("fsync", "mkdir")  # an existing ledger needs neither
    for call in calls:
        folder, _ = killing.kill(call)
        killing.again(folder, cli)


@pytest.mark.fault(1)
@pytest.mark.parametrize("name", [*WRITES, "openat"])
def test_the_first_record_ever_killed(name: str, tmp_path: Path, cli: Cli) -> None:
    """At each call of this kind while the ledger is made: the next run finds or makes it whole."""
    killing = Killing(tmp_path, [])
    calls = [call for call in killing.calls() if call.name == name]
    assert calls
    # Making the tables is many like calls: some of them here, all of them in the soak.
    for call in calls[:: 1 + len(calls) // 24]:
        folder, _ = killing.kill(call)
        killing.again(folder, cli)


@pytest.mark.fault(1)
def test_record_killed_before_it_answers(tmp_path: Path, cli: Cli) -> None:
    """The reading is stored by then; the person who types it again is told that it is known."""
    killing = Killing(tmp_path, [])
    folder, ran = killing.kill(Call("write", first_answer(killing)))
    assert not was_acknowledged(ran)
    assert stored(folder) == [instant(NOW_READ)]
    again = cli("--ledger", f"sqlite:///{ledger_of(folder)}", *RECORD)
    assert again.json["readings"][0]["status"] == "duplicate"


def first_answer(killing: Killing) -> int:
    """Which `write` is the first one to stdout."""
    folder = killing.folder("answering")
    log = folder / "calls"
    traced(RECORD, meterctl_environment(folder), log, "-e", "trace=write")
    return next(call.number for call, line in every_call(log) if "write(1<" in line)


@pytest.mark.soak
@pytest.mark.parametrize("fresh", [False, True], ids=["an existing ledger", "a new ledger"])
def test_record_killed_at_every_call_of_every_kind(
    fresh: bool, tmp_path: Path, cli: Cli, table: Table
) -> None:
    """The complete sweep: every system call from the first look at the ledger to the very end."""
    before = [] if fresh else [instant(EARLIER)]
    killing = Killing(tmp_path, before)
    if not fresh:
        path = ledger_of(killing.template)
        assert cli("--ledger", f"sqlite:///{path}", "record", "1", "--at", EARLIER).code == 0
    folder = killing.folder("undisturbed")
    log = folder / "calls"
    assert traced(RECORD, meterctl_environment(folder), log, "-e", "trace=all").code == 0
    touches = dropwhile(lambda one: str(ledger_of(folder).parent) not in one[1], every_call(log))
    calls = [call for call, _ in touches if call.name != "exit_group"]

    with ThreadPoolExecutor(2) as runs:
        for call, (at, ran) in zip(calls, runs.map(killing.kill, calls), strict=True):
            acknowledged = len(before) + was_acknowledged(ran)
            table.add(
                f"killed at {call.name}", acknowledged, killing.again(at, cli), len(before) + 1
            )
