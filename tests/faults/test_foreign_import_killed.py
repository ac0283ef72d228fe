"""`bulk-import` of another's file, ended at any moment: run again, it ends as if undisturbed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.faults.killing import Import, ends_well, sweep, undisturbed
from tests.faults.table import Table
from tests.helpers import Ran, meterctl_environment

ROWS = 12_000
ANSWERS = (
    *("--create-meters", "--tz", "UTC", "--labels", "starts", "--kind", "interval"),
    *("--skip-bad", "--json"),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Quarter-hours of two meters that are not there yet; now and then a row is bad."""
    chance = random.Random(7)
    lines = ["Zeitstempel;Netzbezug (kWh);Einspeisung (kWh)"]
    for row in range(ROWS):
        at = time.strftime("%d.%m.%Y %H:%M", time.gmtime(1_700_000_000 // 900 * 900 + 900 * row))
        value = "defekt" if row % 1_999 == 500 else f"0,{chance.randrange(900):03}"
        lines.append(f"{at};{value};0,25")
    path = tmp_path / "export.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def importing(file: Path) -> Import:
    """What is run, again and again; some rows are bad."""
    return Import("foreign import killed", ("bulk-import", str(file), *ANSWERS), 3)


@pytest.mark.fault(3)
def test_an_import_killed_several_times(tmp_path: Path, file: Path, cli: Cli) -> None:
    """The rerun makes no meter twice, adds what is missing, doubles nothing."""
    _, readings, _ = sweep(3, tmp_path, importing(file), cli)
    assert len(readings) > ROWS


@pytest.mark.soak
def test_an_import_killed_many_times(tmp_path: Path, file: Path, cli: Cli, table: Table) -> None:
    """The same, a hundred kills."""
    sweep(50, tmp_path, importing(file), cli, table)


@pytest.mark.parametrize("part", [0.2, 0.7])
@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM])
def test_an_import_that_is_told_to_end(
    tmp_path: Path, file: Path, cli: Cli, signalled: signal.Signals, part: float
) -> None:
    """It ends at once in a word, without a traceback; the same command does the rest."""
    run = importing(file)
    expected, took = undisturbed(tmp_path, run, cli)
    folder = tmp_path / "run"
    folder.mkdir()
    ran = _signalled(0.5 + part * took, run.command, folder, signalled)
    assert ran.code in {128 + signalled, 3}  # it may have been done by then
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) <= 2
    ends_well(folder, run, cli, expected)


def _signalled(
    seconds: float, arguments: tuple[str, ...], folder: Path, number: signal.Signals
) -> Ran:
    """Run the program, and send it a signal after so many seconds."""
    process = subprocess.Popen(
        [sys.executable, "-m", "meterctl", *arguments],
        env=meterctl_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    return Ran(process.returncode, out, err)
