"""`sync`, killed at the calls by which it writes or speaks: each reading is in the Sheet once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.faults.table import Table
from tests.faults.trace import KILLED, Call, killed_at, of_each_thread, traced
from tests.helpers import meterctl_environment, run_program
from tests.sheet.stand import Stand, standing

CALLS = ("pwrite64", "fdatasync", "flock", "connect", "sendto", "recvfrom")
SYNC = ("sync", "--quiet")
DAYS = ("2026-01-01 20:00", "2026-01-02 20:00", "2026-01-03 20:00")
EXPECTED = ["100", "101", "102"]
IN_A_TEST = 2  # of the calls of a kind; the soak takes all


class Delivering:
    """Runs of `sync`, each in a copy of one folder and with a spreadsheet of its own."""

    def __init__(self, tmp_path: Path, cli: Cli, stand: Stand) -> None:
        self.tmp_path, self.stand = tmp_path, stand
        self.template = tmp_path / "template"
        ledger = f"sqlite:///{self.template / 'data' / 'ledger.db'}"
        for value, at in zip(EXPECTED, DAYS, strict=True):
            assert cli("--ledger", ledger, "record", value, "--at", at, "--offline").code == 0

    def _begun(self, name: str) -> tuple[Path, dict[str, str]]:
        folder = self.tmp_path / name
        shutil.copytree(self.template, folder)
        stand = self.stand
        stand.sheet_id = stand.google.new_spreadsheet(stand.account["client_email"], "Home")
        return folder, meterctl_environment(folder) | stand.environment()

    def _there(self) -> list[str]:
        return sorted(str(row["meterValue"]) for row in self.stand.rows())

    def calls(self) -> list[Call]:
        """What a run does that is not disturbed."""
        folder, environment = self._begun("undisturbed")
        ran = traced(SYNC, environment, folder / "calls", "-e", f"trace={','.join(CALLS)}")
        assert (ran.code, self._there()) == (0, EXPECTED), ran.err
        return [*of_each_thread(folder / "calls")]

    def kill(self, call: Call) -> int:
        """Killed there; after the next run each reading is there once, and stays so."""
        folder, environment = self._begun(f"{call.name}-{call.number}")
        ran = killed_at(call, SYNC, environment, folder / "calls")
        assert ran.code == KILLED, f"{call} was never entered: {ran}"
        for _ in range(2):
            again = run_program(SYNC, environment)
            assert (again.code, again.err) == (0, ""), (call, again)
            assert self._there() == EXPECTED, call
        shutil.rmtree(folder)
        return len(EXPECTED)


@pytest.fixture
def delivering(tmp_path: Path, cli: Cli) -> Iterator[Delivering]:
    """Three readings that are to be delivered."""
    with standing(tmp_path) as stand:
        yield Delivering(tmp_path, cli, stand)


@pytest.mark.fault(31)
@pytest.mark.parametrize("name", CALLS)
def test_sync_killed_at_a_call(name: str, delivering: Delivering) -> None:
    """P1, P2, P3, P5: at some calls of this kind; the next run finds out, and heals."""
    calls = [call for call in delivering.calls() if call.name == name]
    assert calls
    for call in calls[:: 1 + len(calls) // IN_A_TEST]:
        delivering.kill(call)


@pytest.mark.soak
def test_sync_killed_at_every_call(delivering: Delivering, table: Table) -> None:
    """At each call of each kind."""
    for call in delivering.calls():
        there = delivering.kill(call)
        table.add(f"sync killed at {call.name}", len(EXPECTED), there, len(EXPECTED))
