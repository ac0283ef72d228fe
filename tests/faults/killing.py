"""What tests of killed imports share: kills spread over a run, and what is there at the end."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import NamedTuple

from meterctl.ledger.sqlite import open_for_reading
from tests.conftest import Cli
from tests.faults.table import Table
from tests.helpers import killed_after, meterctl_environment

_START = 0.2  # seconds in which the program starts: before that nothing is imported

State = tuple[list[object], list[object], list[object]]


class Import(NamedTuple):
    """An import that is run again and again, and how it ends by itself."""

    name: str  # its line of a soak's table
    command: tuple[str, ...]
    code: int = 0


def state(path: Path) -> State:
    """All that an import leaves: meters, every revision, every finding. The ledger is sound."""
    ledger = open_for_reading(path)
    try:
        assert ledger.damage() == []
        assert ledger.unjudged() == []
        meters: list[object] = list(ledger.meters())
        readings: list[object] = [
            one._replace(entry=0)
            for meter in ledger.meters()
            for one in ledger.revisions_between(meter.id, 1, 0, 1 << 60)
        ]
        findings: list[object] = [(one.reading.slot, one.findings) for one in ledger.flagged()]
    finally:
        ledger.close()
    return meters, readings, findings


def undisturbed(folder: Path, run: Import, cli: Cli) -> tuple[State, float]:
    """What one import leaves, and how long it takes."""
    began = time.monotonic()
    done = cli("--ledger", f"sqlite:///{folder}/undisturbed.db", *run.command)
    took = time.monotonic() - began
    assert done.code == run.code, done.err
    expected = state(folder / "undisturbed.db")
    assert len(expected[1]) == done.json["recorded"]
    return expected, took


def ends_well(folder: Path, run: Import, cli: Cli, expected: State) -> None:
    """The same command once more, and the same final state."""
    path = folder / "data" / "ledger.db"
    again = cli("--ledger", f"sqlite:///{path}", *run.command)
    assert again.code == run.code, again.err
    assert again.json["recorded"] + again.json["duplicates"] == len(expected[1])
    assert state(path) == expected


def sweep(runs: int, tmp_path: Path, run: Import, cli: Cli, table: Table | None = None) -> State:
    """Kill imports at moments spread over the whole run, twice each, then let one end.

    What one import leaves by itself is handed back.
    """
    expected, took = undisturbed(tmp_path, run, cli)
    chance = random.Random(runs)
    killed = 0
    for number in range(runs):
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        for _ in range(2):
            seconds = _START + chance.random() * took
            killed += killed_after(seconds, run.command, meterctl_environment(folder)) < 0
        ends_well(folder, run, cli, expected)
        if table:
            count = len(expected[1])
            table.add(run.name, count, count, count)
    assert killed >= runs // 2  # the rest had ended by then
    return expected
