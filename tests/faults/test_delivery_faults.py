"""Delivery through a proxy that lets requests go wrong, alone and in pairs: all is there once.

A sample of what `make soak` does in full (test_delivery_soak.py): each fault at some requests of
each stage, at each request some faults.
"""

from __future__ import annotations

import pytest

from tests.faults.sweep import STAGES, Case, Stages
from tests.faults.wire import FAULTS, KINDS, OVERTAKEN

# At one in so many of a stage's requests a fault happens; each fault begins with another one.
ONE_IN = {"first contact": 8, "later": 4}
BY_RECORD = 3  # in one of so many cases it is `record` that delivers, not `sync`


@pytest.mark.parametrize("name", STAGES)
def test_without_any_fault(stages: Stages, name: str) -> None:
    """Each stage by itself, brought by `sync` and by `record`."""
    for by_record in (False, True):
        usual = stages.usual(name, by_record=by_record)
        assert usual.rows >= 2  # after a token and a look


@pytest.mark.fault(17, 18, 19, 20, 21, 22, 23, 24, 25)
@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault(stages: Stages, fault: str) -> None:
    """It happens, in each stage; after the next run all is well."""
    place = list(FAULTS).index(fault)
    for name in STAGES:
        by_record = place % BY_RECORD == 0
        requests = stages.usual(name, by_record=by_record).requests
        every = min(ONE_IN.get(name, requests), requests)
        for number in range(place % every, requests, every):
            case = Case(
                {number: fault},
                patient=(place + number) % 2 == 0,
                by_record=by_record,
                late=number % 3 == 0,
            )
            outcome = stages[name].run(case)
            assert outcome.is_well, (name, number, outcome)
            assert outcome.happened == [fault], (name, number, outcome)


@pytest.mark.fault(17, 18, 19, 20, 21, 22, 23, 24, 25)
@pytest.mark.parametrize("second", [*KINDS, "503", OVERTAKEN])
@pytest.mark.parametrize("first", KINDS)
def test_two_faults(stages: Stages, first: str, second: str) -> None:
    """The first one at the rows, the second one at each request after that, in the same run, or
    in the next one."""
    rows = stages.usual("later").rows
    for number in range(rows + 1, rows + 4):
        patient = number % 2 == 0
        runs, late = 1 if patient else 2, first != second
        case = Case({rows: first, number: second}, runs=runs, patient=patient, late=late)
        outcome = stages["later"].run(case)
        assert outcome.is_well, (number, outcome)
        assert outcome.happened[0] == first, (number, outcome)
        assert len(outcome.happened) == 2 or number > rows + 1, (number, outcome)
