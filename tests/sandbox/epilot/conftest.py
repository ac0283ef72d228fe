"""Epilot, and a caller of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from meterctl.sandbox.epilot import Epilot
from tests.sandbox.doors.caller import TOKEN, Caller, served
from tests.sandbox.utility.customer import Clock


@pytest.fixture
def clock() -> Clock:
    """Its clock."""
    return Clock()


@pytest.fixture
def caller(clock: Clock) -> Iterator[Caller]:
    """Who asks it."""
    with served(Epilot(TOKEN, clock=clock)) as server:
        yield Caller(server, "epilot", {"Authorization": f"Bearer {TOKEN}"})
