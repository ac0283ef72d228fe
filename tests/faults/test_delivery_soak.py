"""Every fault at every request of a delivery, alone, in pairs, with kills; `make soak` runs it.

Alone it is all of them. Of the pairs there are hours: each soak takes those that come first in an
order of its own day, for some minutes, and says how far it came.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from random import Random

import pytest

from tests.faults.sweep import STAGES, Case, Outcome, Stages
from tests.faults.table import Injections
from tests.faults.wire import FAULTS, KILLS, LATE, OVERTAKEN

MINUTES = 2.5  # for each of the two that would take hours
FAR = 6  # requests that lie between two faults of a pair, at most

Sweep = Iterable[tuple[str, Case]]


def go(stages: Stages, sweep: Sweep, table: Injections, minutes: float) -> int:
    """As many cases as there is time for; how many that were."""
    end, done = time.monotonic() + 60 * minutes, 0
    for name, case in sweep:
        if time.monotonic() > end:
            break
        outcome = stages[name].run(case)
        note(table, name, case, outcome)
        done += 1
    return done


def note(table: Injections, name: str, case: Case, outcome: Outcome) -> None:
    """Count a case; one that did not end well is told at once."""
    if not outcome.is_well:
        print(f"\n{name}: {case}\n    {outcome}")  # noqa: T201 (a soak's result)
    _, lost, doubled, stuck = outcome.balance
    table.count(
        outcome.happened,
        outcome.acknowledged,
        len(lost),
        len(doubled),
        stuck=bool(stuck or outcome.last),
    )


def requests_of(stages: Stages) -> Mapping[str, int]:
    """How many there are where nothing goes wrong."""
    return {name: stages.usual(name).requests for name in STAGES}


def shuffled(cases: Iterable[tuple[str, Case]]) -> list[tuple[str, Case]]:
    """In an order of this day's own, which another run can repeat."""
    day = datetime.now(UTC).date().isoformat()
    print(f"\nthe order of {day}")  # noqa: T201 (a soak's result)
    listed = list(cases)
    Random(day).shuffle(listed)
    return listed


def variants(faults: Mapping[int, str]) -> Iterator[Case]:
    """The ways in which a case can go on."""
    for patient, by_record in product((True, False), repeat=2):
        for late in {False, any(name in LATE for name in faults.values())}:
            yield Case(faults, 2 if len(faults) > 1 else 1, patient, by_record, late)


@pytest.mark.soak
def test_each_fault_alone(stages: Stages, injections: Injections) -> None:
    """At each request of each stage; the last one is where a run that met it has one more."""
    injections.expect(FAULTS)
    for name, requests in requests_of(stages).items():
        for number, (place, fault) in product(range(requests + 2), enumerate(FAULTS)):
            cases = list(variants({number: fault}))
            go(stages, [(name, cases[(number + place) % len(cases)])], injections, MINUTES)


@pytest.mark.soak
def test_pairs(stages: Stages, injections: Injections) -> None:
    """The second one in the same run, or in the next."""
    injections.expect([*FAULTS, OVERTAKEN])
    # However slow the machine is, each fault happens: at the token of the run that follows.
    rows = stages.usual("later").rows
    each = [("later", Case(_two(rows, 1, "reset after", fault), 2, False)) for fault in FAULTS]
    overtaken = [
        (name, case)
        for name, further, late in product(STAGES, range(1, 4), LATE[:2])
        for case in variants(_two(stages.usual(name).rows, further, late, OVERTAKEN))
    ]
    sweep = shuffled(
        (name, case)
        for name, requests in requests_of(stages).items()
        for number, further in product(range(requests), range(1, 1 + FAR))
        for first, second in product(FAULTS, FAULTS)
        for case in variants(_two(number, further, first, second))
    )
    done = go(stages, [*each, *shuffled(overtaken)[:60], *sweep], injections, MINUTES)
    print(f"{done} pairs; all there are: {len(overtaken) + len(sweep)}")  # noqa: T201 (a soak's result)


@pytest.mark.soak
def test_kills(stages: Stages, injections: Injections) -> None:
    """Killed, alone and before or after any other fault, or another kill."""
    injections.expect(KILLS)
    requests = requests_of(stages)
    alone = [
        (name, cases[(number + place) % len(cases)])
        for name, count in requests.items()
        for number, (place, kill) in product(range(count), enumerate(KILLS))
        for cases in [list(variants({number: kill}))]
    ]
    pairs = shuffled(
        (name, case)
        for name, count in requests.items()
        for number, further in product(range(count), range(1, 1 + FAR))
        for kill, other in product(KILLS, [*FAULTS, *KILLS, OVERTAKEN])
        for faults in ((kill, other), (other, kill))
        for case in variants(_two(number, further, *faults))
    )
    done = go(stages, [*alone, *pairs], injections, MINUTES)
    print(f"{done} kills; all there are: {len(alone) + len(pairs)}")  # noqa: T201 (a soak's result)


def _two(number: int, further: int, first: str, second: str) -> Mapping[int, str]:
    return {number: first, number + further: second}
