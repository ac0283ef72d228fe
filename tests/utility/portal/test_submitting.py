"""A reading taken to a portal, in a real browser: what is proven, and how often it was sent."""

from __future__ import annotations

import pytest

from meterctl.utility.port import (
    Accepted,
    Already,
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
)
from tests.utility.portal.conftest import Stage
from tests.utility.portal.tiny import (
    FORM,
    LOGIN,
    OUT,
    Handler,
    described,
    listing,
    request,
    way_to,
)

SENDS = "{method:'POST', body: new URLSearchParams(new FormData(document.forms[0]))}"
TWO_STEPS = described() + '\n[confirm]\nsubmit = "button:Really"\n'


def submitted(stage: Stage, value: str = "142.3") -> Outcome:
    """What comes of a reading of 22 November."""
    (outcome,) = stage.way.submit([request(value)], 30)
    return outcome


def along(stage: Stage, text: str, seconds: float = 30) -> list[Outcome]:
    """What comes of it by another description."""
    way = way_to(stage.tiny, stage.folder, text)
    try:
        return way.submit([request()], seconds)
    finally:
        way.close()


def test_a_portal_that_takes_it(stage: Stage) -> None:
    """It is accepted by the portal's number once its list shows it; its form was sent once."""
    outcome = submitted(stage)
    assert isinstance(outcome, Accepted)
    assert outcome.receipt == "R-1"
    assert stage.tiny.posts == [{"meter": "1", "date": "22.11.2026", "value": "142,3"}]


def test_a_list_that_has_it(stage: Stage) -> None:
    """Nothing is sent: it is there already."""
    stage.tiny.rows = [("22.11.2026", "142,30")]
    outcome = submitted(stage)
    assert isinstance(outcome, Already)
    assert outcome.receipt == "history 2026-11-22 142.3"
    assert stage.tiny.posts == []


def test_a_list_that_has_another_value(stage: Stage) -> None:
    """Nothing is sent: it is a rejection, with the value that is there."""
    stage.tiny.rows = [("22.11.2026", "1.140,3")]
    outcome = submitted(stage)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "already there with another value: 1.140,3 kWh (2026-11-22)"
    assert stage.tiny.posts == []


def test_a_value_with_more_decimals_than_the_form_takes(stage: Stage) -> None:
    """Nothing is opened, nothing is rounded: the setting that would is named."""
    outcome = submitted(stage, "142.35")
    assert isinstance(outcome, NotTaken)
    assert outcome.why == "the form takes 1 decimals, and 142.35 has more"
    assert "`rounding`" in outcome.hint
    assert stage.tiny.asked == []


def test_a_portal_that_confirms_and_keeps_nothing(stage: Stage) -> None:
    """Its word is no proof: the list decides, so the reading is in doubt."""
    stage.tiny.pages["/save"] = lambda handler: handler.go("/done")
    outcome = submitted(stage)
    assert isinstance(outcome, Lost)
    assert outcome.why == "it says that it has the reading, and its list does not show it yet"
    assert isinstance(stage.way.ask(request(), 30), NotThere)


def test_a_connection_that_breaks_after_it_was_taken(stage: Stage) -> None:
    """Chromium would send the form again by itself; here it leaves once, and the list proves it."""

    def lost(handler: Handler) -> None:
        handler.tiny.save(handler.tiny.posts[-1])
        handler.break_off()

    stage.tiny.pages["/save"] = lost
    outcome = submitted(stage)
    assert isinstance(outcome, Accepted)
    assert outcome.receipt == "history 2026-11-22 142.3"
    assert len(stage.tiny.posts) == 1


def test_a_connection_that_breaks_before_it_was_taken(stage: Stage) -> None:
    """It is in doubt, and not sent again."""
    stage.tiny.pages["/save"] = lambda handler: handler.break_off()
    outcome = submitted(stage)
    assert isinstance(outcome, Lost)
    assert outcome.why.startswith("no answer came: ")
    assert len(stage.tiny.posts) == 1


@pytest.mark.fault(27)
def test_a_page_that_submits_twice(stage: Stage) -> None:
    """One of the two leaves."""
    twice = (
        "<script>document.forms[0].onsubmit = () => setTimeout(() => document.forms[0].submit())"
    )
    stage.tiny.pages["/form"] = OUT + FORM + twice + "</script>"
    outcome = submitted(stage)
    assert isinstance(outcome, Accepted)
    assert len(stage.tiny.posts) == 1


@pytest.mark.fault(27)
def test_a_script_that_sends_it_twice(stage: Stage) -> None:
    """One of the two leaves, also where no page follows."""
    script = (
        "<script>const form = document.forms[0];"
        "form.onsubmit = event => { event.preventDefault();"
        "const send = () => fetch('/save', {method: 'POST', headers:"
        "{'Content-Type': 'application/x-www-form-urlencoded'},"
        "body: new URLSearchParams(new FormData(form))});"
        "send().then(() => document.body.insertAdjacentHTML("
        "'beforeend', '<h1>Thank you</h1>Receipt J-7'));"
        "send().catch(() => 0) }</script>"
    )
    stage.tiny.pages["/form"] = OUT + FORM + script
    outcome = submitted(stage)
    assert isinstance(outcome, Accepted)
    assert outcome.receipt == "J-7"
    assert len(stage.tiny.posts) == 1


@pytest.mark.fault(27)
def test_a_changed_page(stage: Stage) -> None:
    """It says which element of which key was not found, and where; nothing was sent."""
    stage.tiny.pages["/form"] = OUT + FORM.replace("Value", "Reading")
    outcome = submitted(stage)
    assert isinstance(outcome, Misconfigured)
    assert outcome.why.startswith("form.value (label:Value) was not found on 127.0.0.1:")
    assert stage.tiny.posts == []


def test_a_meter_that_is_no_choice(stage: Stage) -> None:
    """It says so, and chooses no other."""
    stage.tiny.pages["/form"] = OUT + FORM.replace("1EMH-1 ", "1EMH-17 ")
    outcome = submitted(stage)
    assert isinstance(outcome, Misconfigured)
    assert outcome.why == "form.meter (label:Meter): 1EMH-1 is no choice there"


@pytest.mark.fault(27)
def test_a_session_that_ends_before_the_click(stage: Stage) -> None:
    """It logs in again, once, and sends the reading once."""

    def forgotten(handler: Handler) -> None:
        handler.tiny.sessions.clear()
        del handler.tiny.pages["/form"]
        handler.show(LOGIN)

    stage.tiny.pages["/form"] = forgotten
    stage.tiny.sessions.clear()
    before = stage.tiny.logins
    assert isinstance(submitted(stage), Accepted)
    assert stage.tiny.logins == before + 2
    assert len(stage.tiny.posts) == 1


def test_a_session_that_ends_again_and_again(stage: Stage) -> None:
    """It stops, and sends nothing."""
    stage.tiny.pages["/form"] = LOGIN
    outcome = submitted(stage)
    assert isinstance(outcome, Refused)
    assert outcome.why == "it asks to log in again and again"
    assert stage.tiny.posts == []


@pytest.mark.parametrize(
    ("page", "why"),
    [
        pytest.param(
            "<p>The window is closed until 1 December</p>",
            "its window for readings is closed: The window is closed until 1 December",
            id="window",
        ),
        pytest.param(
            "<p>A reading was already entered this month</p>",
            "it says that a reading is there already, and its list shows none:"
            " A reading was already entered this month",
            id="already",
        ),
    ],
)
def test_a_page_in_place_of_the_form(stage: Stage, page: str, why: str) -> None:
    """It is said why the portal takes no reading; nothing was sent."""
    stage.tiny.pages["/form"] = OUT + page
    outcome = submitted(stage)
    assert isinstance(outcome, NotTaken)
    assert outcome.why == why
    assert stage.tiny.posts == []


@pytest.mark.fault(27)
def test_already_entered_this_month(stage: Stage) -> None:
    """A list by days does not take another day's for it; one by months does, and says which."""
    stage.tiny.rows = [("03.11.2026", "142,3")]
    stage.tiny.pages["/form"] = OUT + "<p>A reading was already entered this month</p>"
    assert isinstance(submitted(stage), NotTaken)
    text = described().replace('value = "Value"', 'value = "Value"\nperiod = "month"')
    (outcome,) = along(stage, text)
    assert isinstance(outcome, Already)
    assert outcome.receipt == "history 2026-11-03 142.3"


def test_a_portal_that_refuses_the_value(stage: Stage) -> None:
    """Its own words are the reason."""
    stage.tiny.pages["/save"] = lambda handler: handler.show(
        OUT + "<p class=refused>Lower than the last reading (150)</p>" + FORM
    )
    outcome = submitted(stage)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "Lower than the last reading (150)"


def test_a_box_of_the_browser_after_the_click(stage: Stage) -> None:
    """What it says counts as what a page says; here the window is closed."""
    stage.tiny.pages["/save"] = lambda handler: handler.show(
        OUT + "<script>alert('The window is closed')</script>" + FORM
    )
    outcome = submitted(stage)
    assert isinstance(outcome, NotTaken)
    assert outcome.why == "its window for readings is closed: The window is closed"


def test_a_portal_that_answers_503(stage: Stage) -> None:
    """Before the click it was not taken; it waits as long as it is asked to."""

    def busy(handler: Handler) -> None:
        handler.send_response(503)
        for header in ("Content-Length: 0", "Retry-After: 90"):
            handler.send_header(*header.split(": "))
        handler.end_headers()

    stage.tiny.pages["/form"] = busy
    outcome = submitted(stage)
    assert isinstance(outcome, NotTaken)
    assert (outcome.why, outcome.wait) == ("the portal answered HTTP 503", 90)


def test_a_503_after_the_click(stage: Stage) -> None:
    """It may have been taken: in doubt, as its list does not show it."""
    stage.tiny.pages["/save"] = lambda handler: handler.show("busy", 503)
    outcome = submitted(stage)
    assert isinstance(outcome, Lost)
    assert len(stage.tiny.posts) == 1


def test_a_list_of_several_pages(stage: Stage) -> None:
    """Older pages are turned to until the reading's day is past."""
    newest = "<table><tr><th>Date<th>Value<tbody><tr><td>24.11.2026<td>150</table>"
    older = "<table><tr><th>Date<th>Value<tbody><tr><td>22.11.2026<td>142,3</table>"
    stage.tiny.pages["/history"] = (
        OUT
        + newest.replace("<tr><th>Date<th>Value", "<thead><tr><th>Date<th>Value</thead>")
        + "<a href=/history2>Older</a>"
    )
    stage.tiny.pages["/history2"] = OUT + older.replace(
        "<tr><th>Date<th>Value", "<thead><tr><th>Date<th>Value</thead>"
    )
    assert isinstance(stage.way.ask(request(), 30), Accepted)
    assert isinstance(stage.way.ask(request(at="2026-11-23 12:00"), 30), NotThere)


def test_a_list_that_is_not_there(stage: Stage) -> None:
    """No rows, and no word that there are none, are a changed page, and never a proof."""
    stage.tiny.pages["/history"] = OUT + "<ul><li>22.11.2026: 142,3</ul>"
    outcome = stage.way.ask(request(), 30)
    assert isinstance(outcome, Misconfigured)
    assert outcome.why.startswith("history.rows (css:tbody tr) nor history.empty")


def test_a_list_with_a_value_that_cannot_be_read(stage: Stage) -> None:
    """It is not passed over as if it were not there."""
    stage.tiny.rows = [("22.11.2026", "142.3")]
    outcome = stage.way.ask(request(), 30)
    assert isinstance(outcome, Misconfigured)
    assert outcome.why == "history.value: '142.3 kWh' is no value as it is described"


def test_asking(stage: Stage) -> None:
    """The list alone answers: there, with another value, or not there."""
    stage.tiny.rows = [("22.11.2026", "142,3"), ("21.11.2026", "141")]
    assert isinstance(stage.way.ask(request(), 30), Accepted)
    assert isinstance(stage.way.ask(request("141.5", "2026-11-21 09:00"), 30), Rejected)
    assert isinstance(stage.way.ask(request("141.5", "2026-11-20 09:00"), 30), NotThere)
    assert isinstance(stage.way.probe(20), NotThere)
    assert stage.tiny.posts == []


def test_a_form_that_answers_in_a_new_window(stage: Stage) -> None:
    """The confirmation is read where it comes."""
    stage.tiny.pages["/form"] = OUT + FORM.replace("<form ", "<form target=_blank ")
    outcome = submitted(stage)
    assert isinstance(outcome, Accepted)
    assert outcome.receipt == "R-1"
    assert len(stage.tiny.posts) == 1


def test_a_banner_over_the_page(stage: Stage) -> None:
    """It is put aside."""
    banner = (
        "<div id=b style='position:fixed;inset:0;background:white'>"
        "<button onclick='b.remove()'>Accept all</button></div>"
    )
    stage.tiny.pages["/form"] = OUT + FORM + banner
    assert isinstance(submitted(stage), Accepted)


def test_a_first_click_that_submits(stage: Stage) -> None:
    """The portal has one step now: whatever it says then, nothing is clicked again."""
    way = way_to(stage.tiny, stage.folder, TWO_STEPS)
    said = "<p class=refused>Saved. It is shown within a day.</p>"

    def forgotten(handler: Handler) -> None:
        handler.tiny.sessions.clear()
        handler.show(LOGIN)

    try:
        for save, kind in (
            (forgotten, Lost),
            (lambda handler: handler.show(OUT + said), Lost),
            (lambda handler: handler.show(OUT + said + FORM), Rejected),  # it asks for another
        ):
            stage.tiny.posts.clear()
            stage.tiny.pages["/save"] = save
            (outcome,) = way.submit([request()], 30)
            assert isinstance(outcome, kind), outcome
            assert len(stage.tiny.posts) == 1
    finally:
        way.close()


def test_words_that_stood_there_before(stage: Stage) -> None:
    """A hint that came up while typing says nothing of what was submitted."""
    hint = (
        "<div id=h></div><script>const f = document.forms[0];"
        "f.value.oninput = () => h.innerHTML = '<p class=refused>Higher than usual</p>';"
        f"f.onsubmit = event => {{ event.preventDefault(); fetch('/save', {SENDS}) }}</script>"
    )
    stage.tiny.pages["/form"] = OUT + FORM + hint
    stage.tiny.pages["/save"] = lambda handler: handler.show("ok")
    outcome = submitted(stage)
    assert isinstance(outcome, Lost)
    assert outcome.why.startswith("it gave no confirmation on ")


def test_a_redirect_that_carries_it_on(stage: Stage) -> None:
    """What a 307 leads to gets it once as well, also where that connection breaks."""

    def lost(handler: Handler) -> None:
        handler.tiny.save(handler.tiny.posts[-1])
        handler.break_off()

    stage.tiny.pages["/save"] = lambda handler: handler.go("/save2", status=307)
    stage.tiny.pages["/save2"] = lost
    assert isinstance(submitted(stage), Accepted)
    assert len(stage.tiny.posts) == 2  # one each


def test_a_form_by_get(stage: Stage) -> None:
    """It leaves once, too, where its connection breaks."""
    stage.tiny.pages["/form"] = OUT + FORM.replace("method=post", "method=get")
    stage.tiny.pages["/save"] = lambda handler: handler.break_off()
    assert isinstance(submitted(stage), Lost)
    assert stage.tiny.asked.count("/save") == 1


def test_a_page_that_tries_again_later(stage: Stage) -> None:
    """It is gone by the time that the list is looked at."""
    again = (
        "<script>const f = document.forms[0]; f.onsubmit = event => { event.preventDefault();"
        f"const send = () => fetch('/save', {SENDS}).catch(() => setTimeout(send, 200));"
        "send() }</script>"
    )
    # Without an address of its own the list comes up beside the form.
    link = (
        "<a href=# onclick=\"fetch('/history').then(a => a.text()).then(a => list.innerHTML = a)\">"
        "List</a><div id=list></div>"
    )
    stage.tiny.pages["/form"] = OUT + FORM + again + link
    stage.tiny.pages["/"] = lambda handler: handler.show(OUT + link if handler.is_in else LOGIN)
    stage.tiny.pages["/save"] = lambda handler: handler.break_off()
    (outcome,) = along(stage, described().replace('open = "/history"', 'open = "link:List"'))
    assert isinstance(outcome, Lost)
    assert len(stage.tiny.posts) == 1


def test_a_list_that_is_empty_until_it_has_loaded(stage: Stage) -> None:
    """It is waited for; and rows that nobody can see prove nothing."""
    rows = listing([("22.11.2026", "140,0")])
    stage.tiny.pages["/history"] = (
        f"{OUT}<div id=l><p>No readings yet</p></div>"
        f"<script>setTimeout(() => l.innerHTML = {rows!r}, 600)</script>"
    )
    assert isinstance(submitted(stage), Rejected)
    stage.tiny.pages["/history"] = f"{OUT}<p>No readings yet</p><div hidden>{rows}</div>"
    outcome = submitted(stage)
    assert isinstance(outcome, Misconfigured)
    assert "is also 1 things that cannot be seen" in outcome.why
    assert stage.tiny.posts == []


@pytest.mark.parametrize(
    ("script", "why"),
    [
        pytest.param(
            "f.meter.onchange = () => setTimeout(() => f.date.value = '26.11.2026', 300);"
            "f.lastChild.disabled = true; setTimeout(() => f.lastChild.disabled = false, 600)",
            "form.date (label:Date): the page has made '26.11.2026' of what was typed",
            id="later",
        ),
        pytest.param(
            "f.value.onblur = () => f.value.value = f.value.value.replace(',', '')",
            "form.value (label:Value): the page has made '1423' of what was typed",
            id="on-leaving",
        ),
        pytest.param(
            "f.value.onblur = () => f.meter.selectedIndex = 1",
            "form.meter (label:Meter): the page has chosen another than 1EMH-1",
            id="meter",
        ),
    ],
)
def test_a_page_that_changes_its_fields(stage: Stage, script: str, why: str) -> None:
    """What stands in them is looked at once more before the click."""
    page = f"{OUT}{FORM}<script>const f = document.forms[0]; {script}</script>"
    stage.tiny.pages["/form"] = page
    outcome = submitted(stage)
    assert isinstance(outcome, Misconfigured)
    assert outcome.why == why
    assert stage.tiny.posts == []


def test_elements_named_by_the_meter(stage: Stage) -> None:
    """Its number stands in them wherever they are; a session's in an address is not told."""
    page = OUT + FORM.replace("<input name=value>", "<input name=value id=v-1EMH-1>")
    stage.tiny.pages["/form"] = lambda handler: handler.go("/form;jsessionid=DEADBEEF")
    stage.tiny.pages["/form;jsessionid=DEADBEEF"] = page
    text = described().replace('"label:Value"', '"css:#v-{meter}"')
    text = text.replace('"button:Save"', '"button:Save {meter}"')
    (outcome,) = along(stage, text)
    assert isinstance(outcome, Misconfigured)
    assert outcome.why.startswith("form.submit (button:Save 1EMH-1) was not found on 127.0.0.1:")
    assert outcome.why.endswith("/form")
