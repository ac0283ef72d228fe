"""All doors, and a caller who has not passed one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from meterctl.sandbox.doors import Doors
from tests.sandbox.doors.caller import TOKEN, Caller, served
from tests.sandbox.doors.keys import Customer
from tests.sandbox.utility.customer import Clock

Passing = Callable[[str], Customer]  # the customer at a door, by its kind


@pytest.fixture
def clock() -> Clock:
    """Their clock."""
    return Clock()


@pytest.fixture
def caller(clock: Clock) -> Iterator[Caller]:
    """Who asks, with no key."""
    with served(Doors(TOKEN, clock=clock)) as server:
        yield Caller(server, "doors", {})


@pytest.fixture
def at(caller: Caller, clock: Clock) -> Passing:
    """A customer who has what it takes to pass a door."""
    return lambda kind: Customer(caller, kind, clock)
