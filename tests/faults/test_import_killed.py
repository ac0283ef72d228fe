"""`bulk-import`, killed at any moment: run again it ends as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.faults.killing import Import, ends_well, sweep, undisturbed
from tests.faults.table import Table
from tests.faults.trace import KILLED, calls_that_write, killed_at
from tests.helpers import instant, meterctl_environment

ROWS = 60_000  # a third of a second's work
FEW = 2_500  # rows where a run is killed at each call: two blocks
MINUTE = 60_000


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


def importing(file: Path) -> Import:
    """What is run, again and again."""
    return Import("bulk-import killed", ("bulk-import", str(file), "--json"))


@pytest.mark.fault(3)
def test_an_import_killed_several_times(tmp_path: Path, file: Path, cli: Cli) -> None:
    """The rerun adds what is missing, doubles nothing, and finds what it would have found."""
    _, readings, findings = sweep(3, tmp_path, importing(file), cli)
    assert len(readings) == 2 * ROWS
    assert findings


def at_calls(
    tmp_path: Path, file: Path, cli: Cli, at_most: int, table: Table | None = None
) -> None:
    """Kill an import of a few blocks at calls by which it writes; run again it ends well."""
    few = tmp_path / "few.csv"
    few.write_text("".join(file.read_text().splitlines(keepends=True)[: 1 + FEW]))
    run = importing(few)
    expected, _ = undisturbed(tmp_path, run, cli)
    folder = tmp_path / "calls"
    environment, log = meterctl_environment(folder), tmp_path / "log"
    calls = calls_that_write(run.command, environment, log, folder)
    calls = [call for call in calls if call.name != "openat"]
    for call in calls[:: 1 + len(calls) // at_most]:
        folder = tmp_path / f"{call.name}-{call.number}"
        ran = killed_at(call, run.command, meterctl_environment(folder), log)
        assert ran.code == KILLED, f"{call} was never entered: {ran}"
        ends_well(folder, run, cli, expected)
        shutil.rmtree(folder)
        if table:
            count = len(expected[1])
            table.add(f"bulk-import killed at {call.name}", count, count, count)


@pytest.mark.fault(3)
def test_an_import_killed_at_a_call(tmp_path: Path, file: Path, cli: Cli) -> None:
    """P1, P2, P5: whichever call of its writing it was."""
    at_calls(tmp_path, file, cli, 12)


@pytest.mark.soak
def test_an_import_killed_at_every_call(tmp_path: Path, file: Path, cli: Cli, table: Table) -> None:
    """All of them."""
    at_calls(tmp_path, file, cli, 100_000, table)


@pytest.mark.soak
def test_an_import_killed_many_times(tmp_path: Path, file: Path, cli: Cli, table: Table) -> None:
    """The same, a hundred kills."""
    sweep(50, tmp_path, importing(file), cli, table)
