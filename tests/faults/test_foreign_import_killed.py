"""`bulk-import` of another's file, ended at any moment: run again, it ends as if undisturbed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from meterctl.ledger.sqlite import open_for_reading
from tests.conftest import Cli
from tests.faults.table import Table
from tests.helpers import Ran, killed_after, meterctl_environment

ROWS = 12_000
ANSWERS = (
    *("--create-meters", "--tz", "UTC", "--labels", "starts", "--kind", "interval"),
    *("--skip-bad", "--json"),
)

State = tuple[list[object], list[object], list[object]]


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


def command(file: Path) -> tuple[str, ...]:
    """What is run, again and again."""
    return ("bulk-import", str(file), *ANSWERS)


def undisturbed(folder: Path, file: Path, cli: Cli) -> tuple[State, float]:
    """What one import leaves, and how long it takes."""
    began = time.monotonic()
    done = cli("--ledger", f"sqlite:///{folder}/undisturbed.db", *command(file))
    took = time.monotonic() - began
    assert done.code == 3, done.err  # some rows are bad
    expected = state(folder / "undisturbed.db")
    assert len(expected[1]) == done.json["recorded"] > ROWS
    return expected, took


def ends_well(folder: Path, file: Path, cli: Cli, expected: State) -> None:
    """The same command once more, and the same final state."""
    path = folder / "data" / "ledger.db"
    again = cli("--ledger", f"sqlite:///{path}", *command(file))
    assert again.code == 3, again.err
    assert again.json["recorded"] + again.json["duplicates"] == len(expected[1])
    assert state(path) == expected


def sweep(runs: int, tmp_path: Path, file: Path, cli: Cli, table: Table | None = None) -> None:
    """Kill imports at moments spread over the whole run, twice each, then let one end."""
    expected, took = undisturbed(tmp_path, file, cli)
    chance = random.Random(runs)
    killed = 0
    for run in range(runs):
        folder = tmp_path / f"run-{run}"
        folder.mkdir()
        for _ in range(2):
            seconds = 0.3 + chance.random() * took
            killed += killed_after(seconds, command(file), meterctl_environment(folder)) < 0
        ends_well(folder, file, cli, expected)
        if table:
            count = len(expected[1])
            table.add("foreign import killed", count, count, count)
    assert killed >= runs // 2  # the rest had ended by then


def test_an_import_killed_several_times(tmp_path: Path, file: Path, cli: Cli) -> None:
    """The rerun makes no meter twice, adds what is missing, doubles nothing."""
    sweep(3, tmp_path, file, cli)


@pytest.mark.soak
def test_an_import_killed_many_times(tmp_path: Path, file: Path, cli: Cli, table: Table) -> None:
    """The same, a hundred kills."""
    sweep(50, tmp_path, file, cli, table)


@pytest.mark.parametrize("part", [0.2, 0.7])
@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM])
def test_an_import_that_is_told_to_end(
    tmp_path: Path, file: Path, cli: Cli, signalled: signal.Signals, part: float
) -> None:
    """It ends at once in a word, without a traceback; the same command does the rest."""
    expected, took = undisturbed(tmp_path, file, cli)
    folder = tmp_path / "run"
    folder.mkdir()
    ran = _signalled(0.5 + part * took, command(file), folder, signalled)
    assert ran.code in {128 + signalled, 3}  # it may have been done by then
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) <= 2
    ends_well(folder, file, cli, expected)


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
