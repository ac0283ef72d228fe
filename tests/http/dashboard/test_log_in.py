"""Logging in and out: the token's life in a tab, and what a client sees of the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.http.dashboard.stage import Login, Stage
from tests.http.dashboard.tab import Tab, Tabs

TOKEN = "sessionStorage.getItem('meterctl.token')"


def test_a_wrong_secret(tabs: Tabs, stage: Stage, person: Login) -> None:
    """It says so, lets nobody in and keeps nothing; the right one is let in after it."""
    tab = tabs.open(stage)
    tab.may_hear = {401}
    tab.open()
    tab.page.get_by_label("Client id").fill(person.id)
    tab.page.get_by_label("Secret").fill("mcs_wrong")
    tab.page.get_by_role("button", name="Log in").click()
    expect(tab.page.get_by_role("alert").first).to_have_text("The id or the secret is wrong.")
    assert tab.page.evaluate(TOKEN) is None
    tab.log_in(person)


def test_a_form_that_is_not_filled_in(tabs: Tabs, stage: Stage) -> None:
    """It asks for what is missing, without asking the server."""
    tab = tabs.open(stage)
    tab.open()
    tab.page.get_by_role("button", name="Log in").click()
    tab.sees("Both are needed")
    expect(tab.page.get_by_label("Client id")).to_be_focused()


def test_the_token_stays_in_the_tab(tab: Tab) -> None:
    """It is in sessionStorage and nowhere else; a reload goes on with it, signing out ends it."""
    page = tab.page
    assert page.evaluate(TOKEN)
    assert page.evaluate("localStorage.length + sessionStorage.length") == 1
    assert page.context.cookies() == []
    page.reload()
    expect(page.get_by_role("heading", name="Readings", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    tab.sees("You are signed out.")
    assert page.evaluate(TOKEN) is None
    expect(page.locator("#cards")).to_be_empty()
    page.reload()
    expect(page.get_by_label("Client id")).to_be_visible()


def test_a_token_that_is_revoked(tabs: Tabs, stage: Stage) -> None:
    """The page goes back to the log-in by itself, says why, and shows nothing any more."""
    login = stage.client("lost", "read,record")
    tab = tabs.open(stage)
    tab.may_hear = {401}
    tab.open()
    tab.log_in(login)
    tab.sees("live")
    stage.run("clients", "revoke", "lost")
    tab.sees("Your log-in has ended.")
    expect(tab.page.get_by_role("navigation")).to_be_hidden()
    assert tab.page.evaluate(TOKEN) is None


@pytest.mark.parametrize(
    ("scope", "parts"),
    [
        pytest.param("read", ["Readings", "Submitted", "Health"], id="read"),
        pytest.param("record", ["Enter", "Import"], id="record"),
        pytest.param("push", [], id="push"),
    ],
)
def test_what_a_client_may_do(tabs: Tabs, stage: Stage, scope: str, parts: list[str]) -> None:
    """It sees the parts that its scopes allow; with none of them, that."""
    login = stage.client(f"only-{scope}", scope)
    tab = tabs.open(stage)
    tab.open("#health")
    tab.log_in(login)
    shown = tab.page.get_by_role("navigation").get_by_role("link")
    if parts:
        expect(shown).to_have_text(parts)
    else:
        expect(shown).to_have_count(0)
        tab.sees("there is nothing to show")


def test_a_client_of_one_meter(tabs: Tabs, stage: Stage) -> None:
    """It sees and enters that one alone."""
    login = stage.client("sun", "read,record", "--meters", "inverter")
    tab = tabs.open(stage)
    tab.open()
    tab.log_in(login)
    expect(tab.page.locator("#cards article")).to_have_count(1)
    tab.part("Enter")
    expect(tab.page.locator("#enter input.figure")).to_have_count(1)
