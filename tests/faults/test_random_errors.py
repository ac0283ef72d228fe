"""A disk whose calls fail at random: what was acknowledged is there, once; the ledger is sound."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from meterctl.ledger.sqlite import open_for_reading
from tests.faults.commands import COMMANDS, done_so_far, ends_well, write_file
from tests.faults.fiu import POINTS, failing_at_random
from tests.faults.table import Table
from tests.helpers import METER, Ran, meterctl_environment, run_program
from tests.ledger.files import fill

RARE = (0.001, 0.003, 0.01, 0.03)  # of a call: a run has some twenty to two hundred


def plainly(ran: Ran) -> bool:
    """Whether it succeeded; if not, it said so in a line, with the ledger's code or a lock's."""
    assert ran.code in (0, 74, 75), ran
    assert "Traceback" not in ran.err
    if ran.code:
        assert ran.out == "", ran
        assert 1 <= len(ran.err.splitlines()) <= 2, ran
    return ran.code == 0


def storm(
    folder: Path, points: tuple[str, ...], probability: float, count: int, table: Table
) -> set[int]:
    """Record so many readings in it, then look: what was acknowledged is there; the exit codes."""
    environment, path = meterctl_environment(folder), folder / "data" / "ledger.db"
    acknowledged, codes = [], set()
    for number in range(count):
        command = (
            "record",
            str(number),
            "--at",
            f"2026-01-{1 + number // 60:02} 10:{number % 60:02}",
        )
        ran = failing_at_random(points, probability, command, environment)
        codes.add(ran.code)
        if plainly(ran):
            acknowledged.append(number)
    # The next run heals: what is still missing is stored, what is there is known.
    last = ("record", str(count), "--at", "2026-03-01 10:00")
    assert run_program(last, environment).code == 0
    with closing(open_for_reading(path)) as ledger:
        assert ledger.damage() == []
        found = [one.amount // 1_000_000 for one in ledger.current(METER.id)]
    tried = range(count + 1)
    name = "random errors" if len(points) > 1 else f"random errors of {points[0][9:]}"
    table.compare(name, [*acknowledged, count], tried, found)
    return codes


@pytest.mark.fault(7)
def test_random_errors_of_the_disk(tmp_path: Path, table: Table) -> None:
    """P1, P2, P4, P5: from the first record ever on; each run says plainly how it ended."""
    codes = storm(tmp_path, POINTS, 0.05, 10, table)
    assert codes & {74, 75}


@pytest.mark.soak
@pytest.mark.parametrize("points", [*((one,) for one in POINTS), POINTS], ids=[*POINTS, "all"])
def test_random_errors_over_and_over(points: tuple[str, ...], tmp_path: Path, table: Table) -> None:
    """Of each kind of call, rare and frequent."""
    for number, probability in enumerate((0.02, 0.1, 0.3)):
        storm(tmp_path / str(number), points, probability, 40, table)


@pytest.mark.soak
@pytest.mark.parametrize("name", COMMANDS)
def test_random_errors_of_each_command(name: str, tmp_path: Path, table: Table) -> None:
    """Forty runs each, and after each one without."""
    command = COMMANDS[name]
    file = write_file(tmp_path / "readings.csv")
    for number in range(40):
        folder = tmp_path / str(number)
        environment, path = meterctl_environment(folder), folder / "data" / "ledger.db"
        command.make(path)
        ran = failing_at_random(POINTS, RARE[number % 4], command.on(file), environment)
        acknowledged, was_done = plainly(ran), done_so_far(command, path)
        again = run_program(command.on(file), environment)
        ends_well(command, path, again, was_done=was_done)
        table.add(f"random errors at {name}", acknowledged, was_done, 1)


def test_a_ledger_that_is_there(tmp_path: Path, table: Table) -> None:
    """The same of one that was made before."""
    fill(tmp_path / "data" / "ledger.db", 0)
    storm(tmp_path, POINTS, 0.05, 10, table)
