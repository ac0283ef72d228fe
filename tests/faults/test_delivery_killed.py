"""`record` and `sync`, killed at each request of a delivery: the next `sync` settles it, once.

A sample of what `make soak` does in full (test_delivery_soak.py).
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults.household import Street
from tests.faults.sweep import STAGES, SYNC, Case, Stages
from tests.faults.wire import KILLS, OVERTAKEN

LATE = "killed, lands late"


@pytest.mark.fault(31)
@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("kill", KILLS)
def test_killed(stages: Stages, name: str, kill: str) -> None:
    """At every third request, `record` or `sync`; what it stored is there once."""
    place = list(KILLS).index(kill)
    requests = stages.usual(name, by_record=place == 0).requests
    for number in range((requests - 1 - place) % 3, requests, 3):
        case = Case({number: kill}, by_record=place == 0, late=number % 2 == 0)
        outcome = stages[name].run(case)
        assert outcome.is_well, (number, outcome)
        assert outcome.happened == [kill]


@pytest.mark.fault(31)
@pytest.mark.parametrize(
    ("kill", "then"),
    [
        *((kill, kill) for kill in KILLS),
        ("killed, applied", "reset before"),
        ("killed, not applied", "reset after"),
        ("killed, not applied", "sent twice"),
        (LATE, OVERTAKEN),
        (LATE, "reset before"),
        (LATE, "lands late"),
    ],
)
def test_what_the_next_run_meets(stages: Stages, kill: str, then: str) -> None:
    """Killed at the rows; the run that settles it meets something at one of its requests."""
    rows = stages.usual("later").rows
    for number in range(rows + 1, rows + 5):
        case = Case({rows: kill, number: then}, runs=2, late=number % 2 == 0)
        outcome = stages["later"].run(case)
        assert outcome.is_well, (number, outcome)
        assert outcome.happened[0] == kill
        assert len(outcome.happened) == 2 or number > rows + 2, (number, outcome)


@pytest.mark.fault(31)
def test_killed_as_a_shell_started_it(the_street: Street) -> None:
    """`python -m meterctl`, killed while its rows are under way, which land when it is dead."""
    house, way = the_street.new(), the_street.way
    house.do(house.recording(1, "--offline"), SYNC)
    house.record(2)
    way.script()
    way.chance = lambda exchange: KILLS[LATE] if exchange.brings_rows else None
    with subprocess.Popen(
        [sys.executable, "-m", "meterctl", "sync"], env=house.environment
    ) as process:
        way.sent_by(process.kill)
    way.chance = None
    assert process.returncode == -9
    house.record(3)
    way.settled()
    house.do(SYNC)
    assert house.balance()[1:] == ([], [], "")
