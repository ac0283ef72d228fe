"""PVOutput on a port, and one of its systems."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from meterctl.sandbox.pvoutput import PvOutput
from meterctl.sandbox.server import serve
from tests.sandbox.neighbours import Neighbour
from tests.sandbox.utility.customer import Clock


@pytest.fixture
def clock() -> Clock:
    """PVOutput's clock: noon of 22 November 2026, UTC."""
    return Clock()


@pytest.fixture
def system(clock: Clock) -> Iterator[Neighbour]:
    """System 12345 with its key; no request may have met a bug."""
    with serve(PvOutput("the-key", "12345", clock=clock), name="utility") as running:
        headers = {"X-Pvoutput-Apikey": "the-key", "X-Pvoutput-SystemId": "12345"}
        yield Neighbour(running, "pvoutput", headers)
        assert running.errors == []
