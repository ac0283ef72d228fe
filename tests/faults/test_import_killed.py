"""`bulk-import`, killed at any moment: run again it ends as if nothing had happened."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from meterctl.ledger.sqlite import open_for_reading
from tests.conftest import Cli
from tests.faults.table import Table
from tests.helpers import INVERTER, METER, instant, killed_after, meterctl_environment

ROWS = 60_000  # a third of a second's work
MINUTE = 60_000

State = tuple[list[object], list[object]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A long file with two meters, and now and then a value that looks wrong."""
    chance = random.Random(7)
    value = 1_000
    lines = ["timestamp,inverterKWh,meterValue"]
    start = instant("2020-01-01 00:00+01:00")
    for row in range(ROWS):
        value += chance.randrange(3)
        shown = value - 500 if row % 997 == 500 else value
        at = time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime((start + row * 15 * MINUTE) // 1000))
        lines.append(f"{at},{row % 96 / 10},{shown}")
    path = tmp_path / "readings.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def state(path: Path) -> State:
    """All that an import leaves: every revision, and every finding. The ledger is sound."""
    ledger = open_for_reading(path)
    try:
        assert ledger.damage() == []
        assert ledger.unjudged() == []
        readings: list[object] = [
            one._replace(entry=0)
            for meter in (METER, INVERTER)
            for one in ledger.revisions_between(meter.id, 1, 0, 1 << 60)
        ]
        findings: list[object] = [(one.reading.slot, one.findings) for one in ledger.flagged()]
    finally:
        ledger.close()
    return readings, findings


def kill_after(seconds: float, folder: Path, file: Path) -> bool:
    """Start an import and kill it; whether it was still at work."""
    folder.mkdir(exist_ok=True)
    command = ("bulk-import", str(file), "--json")
    return killed_after(seconds, command, meterctl_environment(folder)) < 0


def sweep(runs: int, tmp_path: Path, file: Path, cli: Cli, table: Table | None = None) -> None:
    """Kill imports at moments spread over the whole run, twice each, then let one end."""
    began = time.monotonic()
    done = cli("--ledger", f"sqlite:///{tmp_path}/undisturbed.db", "bulk-import", str(file))
    took = time.monotonic() - began
    assert done.code == 0, done.err
    expected = state(tmp_path / "undisturbed.db")
    assert len(expected[0]) == 2 * ROWS
    assert expected[1]

    chance = random.Random(runs)
    killed = 0
    for run in range(runs):
        folder = tmp_path / f"run-{run}"
        for _ in range(2):
            killed += kill_after(0.1 + chance.random() * took * 0.9, folder, file)
        path = folder / "data" / "ledger.db"
        again = cli("--ledger", f"sqlite:///{path}", "bulk-import", str(file), "--json")
        assert again.code == 0, again.err
        assert again.json["recorded"] + again.json["duplicates"] == 2 * ROWS
        assert state(path) == expected
        if table:
            table.add("bulk-import killed", 2 * ROWS, len(state(path)[0]), 2 * ROWS)
    assert killed >= runs // 2  # the rest had ended by then


def test_an_import_killed_several_times(tmp_path: Path, file: Path, cli: Cli) -> None:
    """The rerun adds what is missing, doubles nothing, and finds what it would have found."""
    sweep(3, tmp_path, file, cli)


@pytest.mark.soak
def test_an_import_killed_many_times(tmp_path: Path, file: Path, cli: Cli, table: Table) -> None:
    """The same, a hundred kills."""
    sweep(50, tmp_path, file, cli, table)
