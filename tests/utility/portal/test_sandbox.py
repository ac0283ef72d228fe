"""The portal that the sandbox plays, with each of its troubles, by the description that ships."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import meterctl.samples
from meterctl.sandbox.message import Request as Received
from meterctl.sandbox.message import Response
from meterctl.sandbox.portal import Portal
from meterctl.sandbox.server import Running, serve
from meterctl.utility.port import (
    Accepted,
    Already,
    Lost,
    Misconfigured,
    NotTaken,
    Outcome,
    Refused,
    Rejected,
)
from meterctl.utility.portal import adapter
from meterctl.utility.portal.way import Portal as Way
from tests.helpers import NOW
from tests.utility.portal.tiny import PASSWORD, QUICKER, given, request

USER = "customer@utility.example"
SHIPPED = Path(meterctl.samples.__file__).with_name("portal.toml").read_text(encoding="utf-8")
QUICK = SHIPPED.replace("step_seconds = 10", "step_seconds = 2")
METER = "1EMH0012345678"
SETTINGS = "/sandbox/settings"


class Renewed:
    """A portal that can be exchanged for a new one: a browser takes seconds to start."""

    def __init__(self) -> None:
        self.now = NOW / 1000
        self.renew()

    def renew(self) -> None:
        """As it was at first."""
        self._portal = Portal(USER, PASSWORD, clock=lambda: self.now)

    def __call__(self, request: Received) -> Response:
        """Answer a request."""
        return self._portal(request)


class Sandbox:
    """The portal, and a way to it, which the tests of this module share."""

    def __init__(self, portal: Renewed, running: Running, way: Way) -> None:
        self._portal = portal
        self._running = running
        self._way = way

    def renew(self) -> None:
        """A new portal, in whose list a reading of last month has been for a day.

        An empty list would be waited for each time: it may only be loading.
        """
        self._portal.renew()
        self._portal.now = NOW / 1000 - 86_400
        self.talk("/sandbox/readings", {"meter": METER, "date": "2026-10-05", "value": "142.3"})
        self._portal.now = NOW / 1000

    def set(self, **settings: object) -> None:
        """Switch how it behaves."""
        self.talk(SETTINGS, settings)

    def submit(self, value: str, at: str = "2026-11-22 12:00") -> Outcome:
        """What comes of a reading."""
        (outcome,) = self._way.submit([request(value, at)], 60)
        return outcome

    def ask(self, value: str, at: str = "2026-11-22 12:00") -> Outcome:
        """What its list says of a reading."""
        return self._way.ask(request(value, at), 60)

    @property
    def saved(self) -> list[tuple[str, str]]:
        """The days and values that it has saved."""
        saved = self.talk("/sandbox/submissions")["submissions"]
        return [(one["date"], one["value"]) for one in saved]

    def talk(self, path: str, body: object = None) -> Any:  # noqa: ANN401 (JSON)
        """Ask the sandbox."""
        content = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self._running.url + path, content) as answer:
            return json.load(answer)


def standing(folder: Path, text: str, browser: str | None = None) -> Iterator[Sandbox]:
    """A new portal, and a way to it."""
    portal = Renewed()
    with serve(portal, name="portal") as running:
        settings = given(running.url, folder, text)._replace(user=USER, browser=browser)
        way = adapter("portal", settings)
        yield Sandbox(portal, running, way)
        way.close()
        assert running.errors == []


@pytest.fixture(scope="module")
def _sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    yield from standing(tmp_path_factory.mktemp("portal"), QUICK, QUICKER)


@pytest.fixture
def sandbox(_sandbox: Sandbox) -> Sandbox:
    """A new portal by the description that ships, which is told to be less patient."""
    _sandbox.renew()
    return _sandbox


def test_what_ships(tmp_path: Path) -> None:
    """A reading gets through by it, with the receipt that the portal gave, and is there then."""
    for sandbox in standing(tmp_path, SHIPPED):
        outcome = sandbox.submit("142.3")
        assert isinstance(outcome, Accepted)
        assert outcome.receipt == sandbox.talk("/sandbox/submissions")["submissions"][0]["receipt"]
        assert isinstance(sandbox.submit("142.3"), Already)
        assert isinstance(sandbox.ask("142.3"), Accepted)
        assert isinstance(sandbox.submit("150"), Rejected)
        assert sandbox.saved == [("2026-11-22", "142.3")]


def test_rules_of_the_portal(sandbox: Sandbox) -> None:
    """What it refuses is told in its words; a jump is confirmed as the description says."""
    assert isinstance(sandbox.submit("142.3", "2026-09-30 12:00"), Accepted)
    lower = sandbox.submit("100")
    assert isinstance(lower, Rejected)
    assert lower.reason.startswith("The reading is lower than the one before")
    assert isinstance(sandbox.submit("9000"), Accepted)
    assert len(sandbox.saved) == 2


@pytest.mark.fault(27)
@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        pytest.param({"maintenance": 503}, NotTaken, "HTTP 503", id="maintenance-503"),
        pytest.param({"maintenance": 200}, NotTaken, "is being worked on", id="maintenance-200"),
        pytest.param({"captcha": "login"}, Refused, "CAPTCHA", id="captcha-login"),
        pytest.param({"captcha": "form"}, Refused, "CAPTCHA", id="captcha-form"),
        pytest.param({"two_factor": True}, Refused, "second factor", id="two-factor"),
        pytest.param({"login_loop": True}, Refused, "leads to the login again", id="login-loop"),
        pytest.param({"changed_page": True}, Misconfigured, "label:Email address", id="changed"),
        pytest.param({"session_expires_after": 1}, Refused, "again and again", id="expires"),
    ],
)
def test_what_keeps_it_out(
    sandbox: Sandbox,
    settings: dict[str, object],
    kind: type[NotTaken | Refused | Misconfigured],
    words: str,
) -> None:
    """It is said why, and nothing was saved."""
    sandbox.set(**settings)
    outcome = sandbox.submit("142.3")
    assert isinstance(outcome, kind)
    assert words in outcome.why
    assert sandbox.saved == []


def test_a_window_that_opens_again(sandbox: Sandbox) -> None:
    """What was not taken gets through later, once."""
    sandbox.set(window_closed=True)
    outcome = sandbox.submit("142.3")
    assert isinstance(outcome, NotTaken)
    assert outcome.why.startswith("its window for readings is closed: ")
    sandbox.set(window_closed=False)
    assert isinstance(sandbox.submit("142.3"), Accepted)
    assert len(sandbox.saved) == 1


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"popup": "dialog"}, id="offer"),
        pytest.param({"frame": True}, id="frame"),
        pytest.param({"javascript": True, "double_click": "naive"}, id="javascript"),
        pytest.param({"thousands": True}, id="thousands"),
        pytest.param(
            {"confirmation_lost": True, "double_click": "naive"}, id="confirmation-lost-naive"
        ),
        pytest.param({"slow_seconds": 0.2}, id="slow"),
    ],
)
def test_what_it_gets_through(sandbox: Sandbox, settings: dict[str, object]) -> None:
    """It is accepted, and saved once."""
    sandbox.set(**settings)
    assert isinstance(sandbox.submit("1142.3"), Accepted)
    assert sandbox.saved == [("2026-11-22", "1142.3")]


@pytest.mark.fault(27)
@pytest.mark.parametrize("click", ["form", "confirm"])
def test_a_session_that_ends_at_a_click(sandbox: Sandbox, click: str) -> None:
    """Nothing was saved, which nobody can know at once: in doubt, then not there, then sent."""
    sandbox.set(expire_at=click)
    outcome = sandbox.submit("142.3")
    assert isinstance(outcome, Lost)
    assert outcome.why == "its session had ended; its list does not show the reading"
    assert sandbox.saved == []
    assert not isinstance(sandbox.ask("142.3"), Accepted)
    assert isinstance(sandbox.submit("142.3"), Accepted)


@pytest.mark.fault(27)
def test_a_confirmation_without_a_reading(sandbox: Sandbox) -> None:
    """In doubt: its list does not show it."""
    sandbox.set(not_saved=True)
    assert isinstance(sandbox.submit("142.3"), Lost)
    assert sandbox.saved == []


def test_a_list_that_lags(sandbox: Sandbox) -> None:
    """In doubt until it is shown; in the meantime the portal itself refuses a second one."""
    sandbox.set(history_delay_seconds=3600)
    assert isinstance(sandbox.submit("142.3"), Lost)
    again = sandbox.submit("142.3")
    assert isinstance(again, Lost)
    assert "there already" in again.why
    sandbox.set(history_delay_seconds=None)
    assert isinstance(sandbox.ask("142.3"), Accepted)
    assert len(sandbox.saved) == 1


def test_another_value_is_saved(sandbox: Sandbox) -> None:
    """It is told which."""
    sandbox.set(saved_other=True)
    outcome = sandbox.submit("142.3")
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "it has taken another value: 142 kWh (2026-11-22)"


def test_a_reading_of_the_operators(sandbox: Sandbox) -> None:
    """One of this month with the same value is what we want; another is not."""
    sandbox.talk("/sandbox/readings", {"meter": METER, "date": "2026-11-02", "value": "140"})
    assert isinstance(sandbox.submit("140"), Already)
    outcome = sandbox.submit("142.3")
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "already there with another value: 140 kWh (2026-11-02)"
    assert sandbox.saved == []


def test_a_list_of_many_pages(sandbox: Sandbox) -> None:
    """A reading on the second page is found."""
    for month in range(1, 13):
        fields = {"meter": METER, "date": f"2025-{month:02}-03", "value": str(month)}
        sandbox.talk("/sandbox/readings", fields)
    assert isinstance(sandbox.ask("1", "2025-01-03 12:00"), Accepted)
    assert isinstance(sandbox.ask("7", "2025-01-03 12:00"), Rejected)


def test_a_portal_in_german(tmp_path: Path) -> None:
    """Labels, dates and values are what the description says; radio buttons and a window, too."""
    text = QUICK
    for english, german in (
        ("Email address", "E-Mail-Adresse"),
        ("label:Password", "label:Passwort"),
        ("button:Log in", "button:Anmelden"),
        ("link:Log out", "link:Abmelden"),
        ("Accept all", "Alle akzeptieren"),
        ("label:Meter number", f"css:#meter-{METER}"),
        ("label:Reading date", "label:Ablesedatum"),
        ("label:Meter reading", "label:Zählerstand"),
        ('"YYYY-MM-DD"', '"DD.MM.YYYY"'),
        ('"DD/MM/YYYY"', '"DD.MM.YYYY"'),
        ("decimals = 3", 'decimals = 3\ndecimal = ","'),
        ("button:Continue", "button:Weiter"),
        ("Submit reading", "Zählerstand absenden"),
        ("Thank you for your meter reading", "Vielen Dank für Ihren Zählerstand"),
        ('"Reading date"', '"Ablesedatum"'),
        ('"Meter reading"', '"Zählerstand"'),
        ('"Receipt number"', '"Vorgangsnummer"'),
        ("No readings yet", "Noch keine Zählerstände"),
        ('"/readings/new"', '["/account", "css:#meters tr:has-text(\'{meter}\') a"]'),
    ):
        assert english in text
        text = text.replace(english, german)
    for sandbox in standing(tmp_path, text):
        sandbox.set(language="de", date_input="text", meter_choice="radio", popup="window")
        assert isinstance(sandbox.submit("1142.3"), Accepted)
        assert sandbox.saved == [("2026-11-22", "1142.3")]
