"""A sandbox of Google's on a port of its own, and an account's way to it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from meterctl.sandbox.google import Google
from meterctl.sandbox.server import Running, serve
from tests.sandbox.google.client import Api


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        """The time."""
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    """The server's clock: the real one, unless it is set ahead."""
    return Clock()


@pytest.fixture
def google(clock: Clock) -> Google:
    """Google, without quotas."""
    return Google(quota=False, clock=clock)


@pytest.fixture
def server(google: Google) -> Iterator[Running]:
    """Google's address; a bug of the service fails the test."""
    with serve(google) as running:
        yield running
    assert not running.errors


@pytest.fixture
def api(google: Google, server: Running) -> Api:
    """An account with an empty spreadsheet of its own."""
    return Api(google, server).new()
