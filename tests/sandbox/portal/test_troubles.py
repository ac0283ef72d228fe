"""What goes wrong on demand."""

from __future__ import annotations

import json
import time
from http.client import RemoteDisconnected

import pytest

from meterctl.sandbox.portal import Portal
from meterctl.sandbox.server import Running
from tests.sandbox.portal.browser import POWER, Browser, Clock
from tests.sandbox.talk import ask


def test_the_connection_breaks_after_saving(customer: Browser) -> None:
    """No confirmation, and the reading is there, once."""
    page = customer.enter()
    customer.switch(confirmation_lost=True)
    with pytest.raises(RemoteDisconnected):
        customer.send(page, "/readings/confirm")
    assert customer.values() == ["142.3"]
    assert [row[1] for row in customer.history()] == ["142.3 kWh"]
    asked = ask(customer.server, "GET", "/sandbox/requests").json["requests"]
    lost = [one["path"] for one in asked if not one["status"]]
    assert lost == ["/readings/done"]


def test_a_confirmation_of_nothing(customer: Browser) -> None:
    """The page thanks, with a receipt, and nothing is saved."""
    customer.switch(not_saved=True)
    page = customer.submit()
    assert page.terms["Receipt number"] == "MR-2026-000001"
    assert (customer.saved(), customer.history()) == ([], [])


def test_another_value_is_saved(customer: Browser) -> None:
    """The confirmation shows what was entered, the history whole units."""
    customer.switch(saved_other=True)
    assert customer.submit("142.5").terms["Meter reading"] == "142.5 kWh"
    assert customer.history()[0][1] == "143 kWh"
    assert customer.values() == ["143"]


def test_a_late_history(customer: Browser, clock: Clock) -> None:
    """It is saved at once, and shown after a while."""
    customer.switch(history_delay_seconds=60)
    customer.submit()
    assert (customer.values(), customer.history()) == (["142.3"], [])
    clock.now += 59
    assert customer.history() == []
    clock.now += 1
    assert len(customer.history()) == 1


@pytest.mark.parametrize("at", ["form", "confirm"])
def test_a_session_that_ends_on_the_way(customer: Browser, at: str) -> None:
    """Nothing is saved; once only, so that another try comes through."""
    customer.switch(expire_at=at)
    page = customer.enter()
    if at == "confirm":
        page = customer.send(page, "/readings/confirm")
    assert page.path == "/login"
    assert page.roles["alert"] == ["Your session has ended. Please log in again."]
    assert customer.saved() == []
    customer.log_in()
    assert customer.submit().path == "/readings/done"


@pytest.mark.parametrize("status", [503, 200])
def test_maintenance(customer: Browser, status: int) -> None:
    """Every page says so, and a form is not taken."""
    page = customer.enter()
    customer.switch(maintenance=status)
    answers = [customer.open("/"), customer.send(page, "/readings/confirm")]
    assert [(one.status, one.heading) for one in answers] == [(status, "Maintenance")] * 2
    assert customer.saved() == []


def test_a_captcha_at_the_form(customer: Browser, portal: Portal) -> None:
    """A picture is good for one try; what was typed stays."""
    customer.switch(captcha="form")
    page = customer.open("/readings/new")
    fields = {"meter": POWER, "reading_value": "142.3"}
    page = customer.send(page, "/readings/new", **fields, captcha="")
    assert page.roles["alert"] == ["These are not the digits in the picture."]
    assert page.form("/readings/new").fields["reading_value"] == "142.3"
    session = list(portal._state.sessions._by_key.values())[-1]
    page = customer.send(page, "/readings/new", captcha=session.captcha)
    assert page.path == "/readings/confirm"


def test_a_slow_portal(customer: Browser) -> None:
    """Each page takes its time; the sandbox's own do not."""
    customer.switch(slow_seconds=0.2)
    began = time.monotonic()
    customer.open("/account")
    assert time.monotonic() - began >= 0.2
    assert customer.switch(slow_seconds=0)["slow_seconds"] == 0


class TestTheSettings:
    """Of the sandbox, while it runs."""

    def test_back_to_the_first(self, guest: Browser) -> None:
        """Null is what a switch was at first; the others stay as they are."""
        first = guest.switch()
        guest.switch(language="de", decimals=0, slow_seconds=0.25, maintenance=503, window="1-9")
        changed = guest.switch(decimals=None, slow_seconds=None, maintenance=None, window=None)
        assert changed == {**first, "language": "de"}
        assert ask(guest.server, "GET", "/sandbox/settings").json == changed

    @pytest.mark.parametrize(
        "settings",
        [
            {"speed": 1},
            {"language": "fr"},
            {"captcha": True},
            {"not_saved": "yes"},
            {"decimals": 7},
            {"decimals": "1"},
            {"session_expires_after": 0},
            {"session_expires_after": 1.5},
            {"maintenance": 404},
            {"slow_seconds": -1},
            {"window": "25-20"},
            {"window": "0-5"},
            {"window": 5},
        ],
        ids=json.dumps,
    )
    def test_a_mistake(self, server: Running, settings: dict[str, object]) -> None:
        """400, and nothing is changed."""
        body = json.dumps({"two_factor": True, **settings})
        assert ask(server, "POST", "/sandbox/settings", body).status == 400
        assert ask(server, "GET", "/sandbox/settings").json["two_factor"] is False

    @pytest.mark.parametrize(
        "body",
        [
            '{"meter": "4711", "date": "2026-11-01", "value": "1"}',
            f'{{"meter": "{POWER}", "date": "soon", "value": "1"}}',
            f'{{"meter": "{POWER}", "date": "2026-11-01", "value": "1,5"}}',
            "[]",
        ],
    )
    def test_no_reading_of_the_operator(self, server: Running, body: str) -> None:
        """400 as well."""
        assert ask(server, "POST", "/sandbox/readings", body).status == 400

    def test_elsewhere(self, server: Running) -> None:
        """404."""
        assert ask(server, "GET", "/sandbox/x").status == 404
