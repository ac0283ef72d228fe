"""A portal, and browsers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from meterctl.sandbox.portal import Portal
from meterctl.sandbox.server import Running, serve
from tests.sandbox.portal.browser import PASSWORD, USER, Browser, Clock


@pytest.fixture
def clock() -> Clock:
    """The portal's clock."""
    return Clock()


@pytest.fixture
def portal(clock: Clock) -> Portal:
    """The portal itself."""
    return Portal(USER, PASSWORD, clock=clock)


@pytest.fixture
def server(portal: Portal) -> Iterator[Running]:
    """The portal, on a port; no request may have met a bug."""
    with serve(portal, name="portal") as running:
        yield running
        assert running.errors == []


@pytest.fixture
def guest(server: Running) -> Browser:
    """A browser that has been nowhere yet."""
    return Browser(server)


@pytest.fixture
def customer(server: Running) -> Browser:
    """A browser whose customer is logged in."""
    browser = Browser(server)
    assert browser.log_in().heading == "My account"
    return browser
