"""An older ledger, killed at any call of its upgrade: of the old schema or the new, and kept."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from meterctl.ledger.migrate import NEWEST_VERSION
from meterctl.ledger.sqlite import open_for_reading
from meterctl.ledger.upgrade import kept_path
from tests.conftest import Cli
from tests.faults.table import Table
from tests.faults.trace import KILLED, WRITES, Call, calls_that_write, killed_at
from tests.helpers import Ran, meterctl_environment
from tests.ledger.files import asked, fill_as_of, held

RECORD = ("record", "142", "--at", "2026-01-02 10:00", "--json")
KINDS = (*WRITES, "rename")
BEFORE = [0, 1, 2]
IN_A_TEST = 5  # of the calls of a kind; the soak takes all


def ledger_of(folder: Path) -> Path:
    """Where a run in this folder keeps its ledger."""
    return folder / "data" / "ledger.db"


class Upgrading:
    """Runs of `record` that find a ledger of an older schema, each in a copy of one folder."""

    def __init__(self, tmp_path: Path, version: int) -> None:
        self.version = version
        self.tmp_path = tmp_path
        self.template = tmp_path / "template"
        fill_as_of(version, ledger_of(self.template))

    def _folder(self, name: str) -> Path:
        folder = self.tmp_path / name
        shutil.copytree(self.template, folder)
        return folder

    def calls(self) -> list[Call]:
        """What an undisturbed run writes."""
        folder = self._folder("undisturbed")
        environment, log = meterctl_environment(folder), folder / "calls"
        calls = calls_that_write(RECORD, environment, log, ledger_of(folder).parent, KINDS)
        assert kept_path(ledger_of(folder), self.version).exists()
        return calls

    def kill(self, call: Call) -> tuple[Path, Ran]:
        """Kill it there; the ledger is whole, and before it is a new one the old one is kept."""
        folder = self._folder(f"{call.name}-{call.number}")
        ran = killed_at(call, RECORD, meterctl_environment(folder), folder / "calls")
        assert ran.code == KILLED, f"{call} was never entered: {ran}"
        path = ledger_of(folder)
        # A look at the file itself would put right what the kill has left: so it is at a copy.
        copied = self.tmp_path / f"look at {folder.name}"
        shutil.copytree(folder, copied)
        (version,) = asked(ledger_of(copied), "PRAGMA user_version")[0]
        shutil.rmtree(copied)
        assert version in (self.version, NEWEST_VERSION), call
        kept = kept_path(path, self.version)
        if kept.exists():
            assert asked(kept, "PRAGMA user_version") == [(self.version,)], call
            assert held(kept) == BEFORE, call
        assert kept.exists() or version == self.version, call
        found = held(path)
        assert found in (BEFORE, [*BEFORE, 142]), call
        assert not ran.out or found == [*BEFORE, 142], call
        return folder, ran

    def again(self, folder: Path, cli: Cli) -> int:
        """The same again: it succeeds, the old ledger is beside the new one, and nothing else."""
        path = ledger_of(folder)
        ran = cli("--ledger", f"sqlite:///{path}", *RECORD)
        assert ran.code == 0, ran.err
        assert held(path) == [*BEFORE, 142]
        ledger = open_for_reading(path)
        assert ledger.damage() == []
        ledger.close()
        kept = kept_path(path, self.version)
        assert held(kept) == BEFORE
        assert not list(path.parent.glob("*.part*"))
        shutil.rmtree(folder)
        return len(BEFORE) + 1


@pytest.mark.fault(14)
@pytest.mark.parametrize("name", [*KINDS, "openat"])
def test_upgrade_killed(name: str, tmp_path: Path, cli: Cli) -> None:
    """P1, P2, P5: at calls of this kind; the old schema or the new one, and the next run heals."""
    upgrading = Upgrading(tmp_path, NEWEST_VERSION - 1)
    calls = [call for call in upgrading.calls() if call.name == name]
    assert calls or name == "mkdir"
    for call in calls[:: 1 + len(calls) // IN_A_TEST]:
        folder, _ = upgrading.kill(call)
        upgrading.again(folder, cli)


@pytest.mark.soak
@pytest.mark.parametrize("version", range(1, NEWEST_VERSION))
def test_upgrade_killed_at_every_call(version: int, tmp_path: Path, cli: Cli, table: Table) -> None:
    """All of them, from each schema there ever was."""
    upgrading = Upgrading(tmp_path, version)
    calls = upgrading.calls()
    with ThreadPoolExecutor(2) as runs:
        for call, (at, ran) in zip(calls, runs.map(upgrading.kill, calls), strict=True):
            acknowledged = len(BEFORE) + bool(ran.out)
            there = upgrading.again(at, cli)
            table.add(f"upgrade killed at {call.name}", acknowledged, there, len(BEFORE) + 1)
