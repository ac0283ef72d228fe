"""Kraken on a port, and its customer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from meterctl.sandbox.kraken import Kraken
from meterctl.sandbox.server import serve
from tests.sandbox.kraken.client import KEY, Customer
from tests.sandbox.utility.customer import Clock


@pytest.fixture
def clock() -> Clock:
    """Kraken's clock: noon of 22 November 2026, UTC."""
    return Clock()


@pytest.fixture
def stranger(clock: Clock) -> Iterator[Customer]:
    """Who has no token yet; no request may have met a bug."""
    with serve(Kraken(KEY, clock=clock), name="utility") as running:
        yield Customer(running)
        assert running.errors == []


@pytest.fixture
def customer(stranger: Customer) -> Customer:
    """Who has a token."""
    stranger.obtain()
    return stranger
