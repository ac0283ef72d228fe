"""`bulk-import`, killed at any moment: run again it ends as if nothing had happened."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.faults.killing import Import, sweep
from tests.faults.table import Table
from tests.helpers import instant

ROWS = 60_000  # a third of a second's work
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


def test_an_import_killed_several_times(tmp_path: Path, file: Path, cli: Cli) -> None:
    """The rerun adds what is missing, doubles nothing, and finds what it would have found."""
    _, readings, findings = sweep(3, tmp_path, importing(file), cli)
    assert len(readings) == 2 * ROWS
    assert findings


@pytest.mark.soak
def test_an_import_killed_many_times(tmp_path: Path, file: Path, cli: Cli, table: Table) -> None:
    """The same, a hundred kills."""
    sweep(50, tmp_path, importing(file), cli, table)
