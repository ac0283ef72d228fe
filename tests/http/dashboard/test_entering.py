"""The form: what is told before anything is stored, and that nothing is lost or doubled after."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.http.dashboard.stage import Login, Stage
from tests.http.dashboard.tab import DESKTOP, Tab, Tabs


@pytest.fixture
def form(tab: Tab) -> Tab:
    """The form to enter a reading."""
    tab.part("Enter")
    expect(tab.page.get_by_role("heading", name="Enter a reading")).to_be_focused()
    return tab


def store(tab: Tab) -> None:
    """Press the button."""
    tab.page.get_by_role("button", name="Store", exact=True).click()


def test_a_reading_of_now(form: Tab) -> None:
    """It is stored, told with its meter, and the form is empty again."""
    form.field("meter").fill("142.3")
    form.page.get_by_label("Note").fill("first of all")
    store(form)
    form.sees("meter 142.3 kWh is stored.")
    expect(form.field("meter")).to_have_value("")
    readings = form.stage.run("history", "meter", "--json").json["readings"]
    told = [(one["value"], one["note"], one["source"]) for one in readings]
    assert told.count((142.3, "first of all", "http")) == 1


def test_a_field_that_a_camera_can_fill(form: Tab) -> None:
    """It is plain text with a keyboard of digits, and nothing is filled in by the browser."""
    for name, value in (("type", "text"), ("inputmode", "decimal"), ("autocomplete", "off")):
        expect(form.field("meter")).to_have_attribute(name, value)


def test_a_decimal_comma(form: Tab) -> None:
    """It is told while it is typed, in the validator's words, and not sent."""
    form.field("meter").press_sequentially("143,7")
    form.sees(re.compile("'143,7' has a decimal comma: write 143.7"))
    expect(form.field("meter")).to_have_attribute("aria-invalid", "true")
    store(form)
    expect(form.field("meter")).to_be_focused()
    form.field("meter").fill("143.7")
    expect(form.field("meter")).not_to_have_attribute("aria-invalid", "true")
    assert 143.7 not in form.stage.values("meter")


def test_two_values_that_are_wrong(form: Tab) -> None:
    """Each is told at its own field."""
    form.field("meter").fill("-1")
    form.field("inverter").fill("3 kWh")
    expect(form.page.locator("#value-meter-hint")).to_contain_text("is negative")
    expect(form.page.locator("#value-inverter-hint")).to_contain_text("leave the unit out")


def test_nothing_filled_in(form: Tab) -> None:
    """It asks for a value."""
    store(form)
    form.sees("No value is given")
    expect(form.field("meter")).to_be_focused()


def test_a_value_that_looks_wrong(form: Tab) -> None:
    """It is asked about first; Escape goes back and stores nothing, the other button stores it."""
    form.stage.run("record", "150", "--offline", "--yes")
    form.field("meter").fill("15.1")
    expect(form.page.locator("#value-meter-hint")).to_contain_text("less than")
    store(form)
    dialog = form.page.get_by_role("dialog", name="This looks wrong")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Go back")).to_be_focused()
    form.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert 15.1 not in form.stage.values("meter")
    expect(form.field("meter")).to_have_value("15.1")
    store(form)
    dialog.get_by_role("button", name="Store it all the same").click()
    form.sees(re.compile(r"meter 15.1 kWh is stored; it looks wrong \(less than previous\)"))
    assert 15.1 in form.stage.values("meter")


def test_another_time(form: Tab) -> None:
    """It is meant in the meter's zone, which the form names; one to come is told at its field."""
    form.page.get_by_label("at another time").check()
    at = form.page.get_by_label("Time (Europe/Berlin)")
    expect(at).to_have_value(re.compile(r"^20\d\d-\d\d-\d\dT\d\d:\d\d$"))
    at.fill("2037-01-01T10:00")
    form.field("inverter").fill("1.5")
    expect(form.page.locator("#at-hint")).to_contain_text("is in the future")
    at.fill("2026-03-01T07:30")
    expect(form.page.locator("#at-hint")).to_be_empty()
    store(form)
    form.sees("inverter 1.5 kWh is stored.")
    readings = form.stage.run("history", "inverter", "--json").json["readings"]
    assert "2026-03-01T06:30:00Z" in [one["timestamp"] for one in readings]


def test_an_hour_that_came_twice(form: Tab) -> None:
    """The two ways to write it are told, and the field then takes the offset."""
    form.page.get_by_label("at another time").check()
    at = form.page.get_by_label("Time (Europe/Berlin)")
    at.fill("2026-10-25T02:30")
    form.field("inverter").fill("1.25")
    form.sees(re.compile("happened twice in Europe/Berlin.*write 2026-10-25T02:30:00[+]02:00 or"))
    at.fill("2026-10-25T02:30+01:00")
    store(form)
    form.sees("inverter 1.25 kWh is stored.")
    readings = form.stage.run("history", "inverter", "--json").json["readings"]
    assert "2026-10-25T01:30:00Z" in [one["timestamp"] for one in readings]


def test_energy_of_an_interval(form: Tab) -> None:
    """Where there is such a meter, the form asks from when its value counts."""
    form.stage.run("meters", "add", "quarter", "--kind", "interval", "--direction", "generation")
    form.page.reload()
    form.field("quarter").fill("0.25")
    expect(form.page.locator("#enter")).to_contain_text("Counted since")
    form.page.get_by_label("at another time").check()
    form.page.get_by_label("Time (Europe/Berlin)").fill("2026-05-01T12:15")
    form.page.get_by_label("Counted since").fill("2026-05-01T12:00")
    store(form)
    form.sees("quarter 0.25 kWh is stored.")
    (reading,) = form.stage.run("history", "quarter", "--json").json["readings"]
    assert reading["id"] == "quarter@2026-05-01T10:15:00Z/PT15M"


def test_another_value_of_the_same_time(form: Tab) -> None:
    """The conflict is told with the command that settles it, and the form keeps what was typed."""
    form.may_hear = {409}
    form.stage.run("record", "inverter=2", "--at", "2026-03-02 07:30", "--offline")
    form.page.get_by_label("at another time").check()
    form.page.get_by_label("Time (Europe/Berlin)").fill("2026-03-02T07:30")
    form.field("inverter").fill("2.5")
    store(form)
    form.sees(re.compile("is already 2 kWh"))
    expect(form.field("inverter")).to_have_value("2.5")


def test_an_answer_that_is_lost(form: Tab) -> None:
    """What was stored is sent again with the same key, told meanwhile, and there once."""
    form.may_be_cut = True
    keys = []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            route.continue_()
        else:
            route.fetch()  # it gets there; the answer does not get back
            route.abort()

    form.page.route("**/records/single", lose_the_first)
    form.field("meter").fill("163.25")
    store(form)
    form.sees("Not sent yet")
    form.sees("There is no connection.")
    expect(form.page.locator("#unsent-rows li")).to_contain_text("meter 163.25 kWh")
    form.sees("meter 163.25 kWh is stored.")
    expect(form.page.locator("#unsent")).to_be_hidden()
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert form.stage.values("meter").count(163.25) == 1


def test_a_log_in_that_ends_meanwhile(form: Tab, person: Login) -> None:
    """What was entered is kept over the log-in, and sent after it."""
    form.may_hear = {401}
    form.page.route("**/records/single", lambda route: route.fulfill(status=401, json={}))
    form.field("meter").fill("164.5")
    store(form)
    form.sees("Your log-in has ended.")
    form.sees("waits for its client to log in")
    form.page.unroute("**/records/single")
    form.log_in(person)
    form.sees("meter 164.5 kWh is stored.")
    expect(form.page.locator("#unsent")).to_be_hidden()
    assert form.stage.values("meter").count(164.5) == 1


def test_what_is_refused_once_it_can_be_sent(form: Tab) -> None:
    """It is told, and can be put back into the form and mended."""
    form.may_be_cut = True
    form.may_hear = {409}
    tries = []

    def refuse_the_second(route: Route) -> None:
        tries.append(route)
        if len(tries) == 1:
            route.abort()
        else:
            route.fulfill(status=409, json={"code": "conflict", "detail": "already 7 kWh"})

    form.page.route("**/records/single", refuse_the_second)
    form.field("inverter").fill("7.25")
    store(form)
    form.page.get_by_role("button", name="Try now").click()
    form.sees("refused: already 7 kWh")
    form.page.get_by_role("button", name="Change it").click()
    expect(form.field("inverter")).to_have_value("7.25")
    expect(form.page.locator("#unsent")).to_be_hidden()


def test_signing_out_before_all_is_sent(form: Tab) -> None:
    """It is asked first."""
    form.may_be_cut = True
    form.page.route("**/records/single", lambda route: route.abort())
    form.field("inverter").fill("7.5")
    store(form)
    form.sees("Not sent yet")
    form.page.get_by_role("button", name="Sign out").click()
    dialog = form.page.get_by_role("dialog", name="Sign out all the same?")
    dialog.get_by_role("button", name="Stay").click()
    expect(form.page.locator("#unsent")).to_be_visible()
    form.page.get_by_role("button", name="Sign out").click()
    dialog.get_by_role("button", name="Sign out").click()
    form.sees("You are signed out.")
    expect(form.page.locator("#unsent")).to_be_hidden()


def test_by_keyboard_alone(tabs: Tabs, stage: Stage, person: Login) -> None:
    """Log in, skip to the content, go to the form, enter a reading: no pointer is needed."""
    stage.run("record", "171", "--offline", "--yes")
    tab = tabs.open(stage, size=DESKTOP)
    tab.open()
    keyboard = tab.page.keyboard
    keyboard.type(person.id)
    keyboard.press("Tab")
    keyboard.type(person.secret)
    keyboard.press("Enter")
    expect(tab.page.get_by_role("heading", name="Readings", exact=True)).to_be_focused()
    tab.page.evaluate("document.activeElement.blur()")
    tab.page.reload()
    expect(tab.card("meter")).to_be_visible()
    for name in ("Skip to the content", "Sign out", "Readings", "Enter"):
        keyboard.press("Tab")
        expect(tab.page.locator(":focus")).to_have_text(name)
    keyboard.press("Enter")
    expect(tab.page.get_by_role("heading", name="Enter a reading")).to_be_focused()
    keyboard.press("Tab")
    expect(tab.field("meter")).to_be_focused()
    keyboard.type("171.5")
    keyboard.press("Enter")
    tab.sees("meter 171.5 kWh is stored.")


def test_a_server_that_is_begun_anew(form: Tab) -> None:
    """Meanwhile the page says so, and what is entered waits; then it is sent, and all is live."""
    form.may_be_cut = True
    form.part("Readings")
    form.sees("live")
    form.stage.end()
    form.sees("no connection")
    form.part("Enter")
    form.field("meter").fill("188.5")
    store(form)
    form.sees("Not sent yet")
    form.stage.begin()
    form.sees("meter 188.5 kWh is stored.")
    form.part("Readings")
    expect(form.card("meter").locator(".figure")).to_have_text("188.5")
    form.sees(re.compile("live|every 5 s"))
    assert form.stage.values("meter").count(188.5) == 1
