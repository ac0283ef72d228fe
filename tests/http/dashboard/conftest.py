"""One browser and one server for all tests of a module, and a fresh tab for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from meterctl.utility.portal import browsers
from tests.http.dashboard.stage import PATIENCE, Login, Stage, staged
from tests.http.dashboard.tab import Tab, Tabs


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium.

    Not for longer than a module: while it is there, a loop of asyncio counts as running, and tests
    elsewhere run loops of their own.
    """
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=browsers.find(""), args=["--no-sandbox"]
        )
        expect.set_options(timeout=PATIENCE * 1000)
        yield running
        running.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server with a Sheet and a utility behind it."""
    with staged(tmp_path_factory.mktemp("stage"), sandbox=True) as running:
        yield running


@pytest.fixture(scope="module")
def person(stage: Stage) -> Login:
    """A client that may read and record."""
    return stage.client("phone", "read,record")


@pytest.fixture
def tabs(browser: Browser) -> Iterator[Tabs]:
    """Opens tabs, of which none may complain."""
    with ExitStack() as stack:
        yield Tabs(browser, stack)


@pytest.fixture(scope="module")
def token(stage: Stage, person: Login) -> str:
    """A token of that client's, which spares most tests the log-in."""
    return stage.token(person)


@pytest.fixture
def tab(tabs: Tabs, stage: Stage, token: str) -> Tab:
    """A phone's tab in which a person is logged in."""
    tab = tabs.open(stage)
    tab.begin_with(token)
    tab.open()
    expect(tab.page.get_by_role("button", name="Sign out")).to_be_visible()
    return tab
