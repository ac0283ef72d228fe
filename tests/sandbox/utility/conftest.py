"""A utility, and a customer of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from meterctl.sandbox.server import Running, serve
from meterctl.sandbox.utility import Utility
from tests.sandbox.utility.customer import TOKEN, Clock, Customer


@pytest.fixture
def clock() -> Clock:
    """The utility's clock."""
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[Running]:
    """The utility, on a port; no request may have met a bug."""
    with serve(Utility(TOKEN, clock=clock), name="utility") as running:
        yield running
        assert running.errors == []


@pytest.fixture
def customer(server: Running) -> Customer:
    """Who asks it."""
    return Customer(server)
