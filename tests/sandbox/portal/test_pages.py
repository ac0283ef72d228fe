"""How the pages look: languages, dialogs, frames, the history, what screen readers find."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from meterctl.sandbox.portal.texts import CHANGED_TEXTS, TEXTS
from meterctl.sandbox.server import Running
from tests.sandbox.portal.browser import GAS, POWER, Browser, Page
from tests.sandbox.talk import ask


def all_pages(server: Running, value: str) -> Iterator[Page]:
    """One of each kind, as far as a customer comes."""
    browser = Browser(server)
    yield browser.open("/")
    yield browser.open("/nowhere")
    page = browser.open("/login")
    yield page
    form = page.form("/login")
    user, password = [name for name in form.types if name not in ("csrf_token", "form_key")]
    sent = {**form.fields, user: "anna@example.org", password: "a pass & word"}
    yield browser.open("/login", sent)
    yield browser.open("/readings/history")
    page = browser.open("/readings/new")
    yield page
    form = page.form("/readings/new")
    _token, meter, _date, amount = form.types
    page = browser.open("/readings/new", {**form.fields, meter: POWER, amount: value})
    yield page
    yield browser.open("/readings/confirm", page.form("/readings/confirm").fields)
    form = browser.open("/readings/new").form("/readings/new")
    yield browser.open("/readings/new", {**form.fields, meter: POWER, amount: value})


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("changed", [False, True], ids=["usual", "changed"])
def test_what_screen_readers_find(server: Running, language: str, changed: bool) -> None:
    """Language, one heading, a title of its own, a label for each field, no id twice."""
    Browser(server).switch(language=language, changed_page=changed)
    titles = []
    for page in all_pages(server, "142,3" if language == "de" else "142.3"):
        assert f'<html lang="{language}">' in page.source
        assert page.source.count("<h1>") == 1
        assert page.title == f"{page.heading} | Stadtwerke Musterstadt"
        titles.append(page.title)
        assert len(page.ids) == len(set(page.ids))
        fields = {
            given["id"]
            for tag, given in page.attributes
            if tag in ("input", "select") and given.get("type") != "hidden"
        }
        assert set(page.labels.values()) == fields
        assert "None" not in page.source
    assert len(titles) == len(set(titles))


def test_a_changed_page(server: Running) -> None:
    """No label, name or id of the form is what it was."""
    browser = Browser(server)
    pages = []
    for changed in (False, True):
        browser.switch(changed_page=changed)
        page = browser.open("/login")
        pages.append(
            (set(page.labels), set(page.form("/login").types), set(page.ids) - {"content"})
        )
    assert all(not one & other - {"cookies-title"} for one, other in zip(*pages, strict=True))


def test_texts_in_both_languages() -> None:
    """None is missing, and both take the same parts."""
    for text in (*TEXTS.values(), *CHANGED_TEXTS.values()):
        assert text.en
        assert text.de
        assert set(re.findall(r"{\w+}", text.en)) == set(re.findall(r"{\w+}", text.de))


class TestGerman:
    """The portal of most of this utility's customers."""

    @pytest.fixture(autouse=True)
    def german(self, customer: Browser) -> None:
        """All are German pages."""
        customer.switch(language="de")

    def test_a_reading(self, customer: Browser) -> None:
        """A comma before the decimals, and dates with points; the value is the same."""
        page = customer.enter("142,3")
        assert page.terms == {
            "Zählernummer": POWER,
            "Art": "Strom",
            "Ablesedatum": "22.11.2026",
            "Zählerstand": "142,3 kWh",
        }
        page = customer.send(page, "/readings/confirm")
        assert page.roles["status"] == ["Ihr Zählerstand wurde gespeichert."]
        assert customer.values() == ["142.3"]
        assert customer.history()[0][:3] == ["22.11.2026", "142,3 kWh", "Kunde"]

    def test_a_point(self, customer: Browser) -> None:
        """It is refused; before three digits it stands for thousands."""
        assert customer.enter("142.3").heading == "Zählerstand erfassen"
        assert customer.enter("142.300").terms["Zählerstand"] == "142300 kWh"

    def test_dates_as_text(self, customer: Browser) -> None:
        """The field has them as Germans write them."""
        customer.switch(date_input="text")
        form = customer.open("/readings/new").form("/readings/new")
        assert (form.types["reading_date"], form.fields["reading_date"]) == ("text", "22.11.2026")
        assert customer.enter("1", day="2026-11-21").heading == "Zählerstand erfassen"
        assert customer.submit("1", day="21.11.2026").path == "/readings/done"
        assert customer.saved()[0]["date"] == "2026-11-21"

    def test_thousands(self, customer: Browser) -> None:
        """Shown with their separators."""
        customer.switch(thousands=True)
        customer.submit("0012345,67")
        assert customer.history()[0][1] == "12.345,67 kWh"
        assert customer.values() == ["12345.67"]


def test_whole_units(customer: Browser) -> None:
    """Where no decimals are taken, the refusal says so."""
    customer.switch(decimals=0)
    assert customer.enter("142.0").roles["alert"] == ["Whole units only, please: no decimals."]
    assert customer.submit("142").path == "/readings/done"


class TestTheHistory:
    """What was read so far."""

    def test_the_newest_first(self, customer: Browser) -> None:
        """By the reading's day, however late it was entered."""
        customer.submit("30", day="2026-11-01")
        customer.submit("10", day="2026-09-01")
        customer.operator("20", "2026-10-01")
        assert [row[0] for row in customer.history()] == ["01/11/2026", "01/10/2026", "01/09/2026"]

    def test_pages(self, customer: Browser) -> None:
        """Ten readings a page, each meter on its own; beyond the last is the last."""
        for month in range(1, 13):
            customer.operator(str(month), f"2025-{month:02}-01")
        page = customer.open("/readings/history")
        rows = page.tables[f"history-{POWER}"][1:]
        assert [row[1] for row in rows] == [f"{n} kWh" for n in range(12, 2, -1)]
        assert page.tables[f"history-{GAS}"][1:] == []
        page = customer.open(page.links["Older readings"])
        assert list(page.tables) == [f"history-{POWER}"]
        assert [row[1] for row in page.tables[f"history-{POWER}"][1:]] == ["2 kWh", "1 kWh"]
        assert "Older readings" not in page.links
        again = customer.open(page.links["Newer readings"])
        assert len(again.tables[f"history-{POWER}"]) == 11
        beyond = customer.open(f"/readings/history?meter={POWER}&page=99")
        assert len(beyond.tables[f"history-{POWER}"]) == 3

    def test_the_account(self, customer: Browser) -> None:
        """Each meter's last reading."""
        customer.submit()
        assert customer.open("/account").tables["meters"][1][2] == "142.3 kWh"


class TestDialogs:
    """What lies over the page."""

    @pytest.mark.parametrize("choice", ["all", "necessary"])
    def test_cookies(self, guest: Browser, choice: str) -> None:
        """Asked until they are chosen; then back to the page, for good."""
        page = guest.open("/login")
        assert "Cookie settings" in page.roles["dialog"][0]
        page = guest.open("/cookies", {**page.form("/cookies").fields, "choice": choice})
        assert (page.path, "dialog" in page.roles) == ("/login", False)
        assert "dialog" not in guest.log_in().roles

    def test_no_cookies_asked_for(self, guest: Browser) -> None:
        """A switch."""
        guest.switch(cookie_banner=False)
        assert "dialog" not in guest.open("/").roles

    @pytest.mark.parametrize(
        "back", ["//example.org/", "http://example.org/", "/\\example.org", ""]
    )
    def test_no_way_to_another_site(self, guest: Browser, back: str) -> None:
        """The start page instead."""
        assert guest.open("/cookies", {"back": back}).path == "/"

    def test_an_offer(self, customer: Browser) -> None:
        """It lies over the page until it is closed."""
        customer.switch(popup="dialog", cookie_banner=False)
        page = customer.open("/readings/new")
        assert "Bills without paper?" in page.roles["dialog"][0]
        page = customer.send(page, "/offer")
        assert (page.path, "dialog" in page.roles) == ("/readings/new", False)

    def test_a_window(self, customer: Browser) -> None:
        """The way to the form opens one."""
        customer.switch(popup="window")
        links = [given for tag, given in customer.open("/account").attributes if tag == "a"]
        assert {one["href"][:19] for one in links if one.get("target") == "_blank"} == {
            "/readings/new?meter"
        }


def test_a_frame(customer: Browser) -> None:
    """The form is in it, and all that comes after; without the portal's head and dialogs."""
    customer.switch(frame=True)
    page = customer.open("/readings/new")
    assert page.forms[0].attributes["action"] == "/cookies"
    (frame,) = [given["src"] for tag, given in page.attributes if tag == "iframe"]
    page = customer.open(frame)
    fields = {"meter": POWER, "reading_value": "142.3"}
    page = customer.send(page, "/readings/new", **fields)
    assert (page.heading, "dialog" in page.roles) == ("Check your meter reading", False)
    assert "<nav>" not in page.source
    page = customer.send(page, "/readings/confirm")
    assert (page.path, "<nav>" in page.source) == ("/readings/done", False)


def test_forms_that_a_script_sends(customer: Browser) -> None:
    """Without it they do nothing; what the script would send is taken."""
    customer.switch(javascript=True)
    page = customer.open("/readings/new")
    form = page.form("/readings/new")
    assert not {"action", "method"} & set(form.attributes)
    assert ("script", {"src": "/portal.js", "defer": ""}) in page.attributes
    answer = ask(customer.server, "GET", "/portal.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert customer.submit().path == "/readings/done"


def test_the_portals_own_files(server: Running) -> None:
    """Nothing comes from elsewhere, and nothing may."""
    assert ask(server, "GET", "/portal.css").headers["content-type"] == "text/css; charset=utf-8"
    answer = ask(server, "GET", "/")
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["cache-control"] == "no-store"
    assert b"://" not in answer.body


def test_input_that_looks_like_html(customer: Browser) -> None:
    """It is shown as it was typed."""
    page = customer.enter('"><script>alert(1)</script>')
    assert page.form("/readings/new").fields["reading_value"] == '"><script>alert(1)</script>'
    assert "<script>" not in page.source
