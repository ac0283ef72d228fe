"""EnergyTracker, and a caller of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from meterctl.sandbox.energytracker import EnergyTracker
from tests.sandbox.doors.caller import TOKEN, Caller, served
from tests.sandbox.utility.customer import Clock


@pytest.fixture
def clock() -> Clock:
    """Its clock."""
    return Clock()


@pytest.fixture
def caller(clock: Clock) -> Iterator[Caller]:
    """Who asks it."""
    with served(EnergyTracker(TOKEN, clock=clock)) as server:
        yield Caller(server, "energytracker", {"Authorization": f"Bearer {TOKEN}"})
