"""What is current, live; the chart of the use; what the utility has; health."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Route, expect

from tests.http.dashboard.stage import Login, Stage
from tests.http.dashboard.tab import Tab, Tabs


def days_ago(days: int) -> str:
    """An instant at noon, some days before today."""
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT12:00:00Z}"


def test_what_another_machine_records(tab: Tab) -> None:
    """It shows within a second or two, with its age, and then that the Sheet has it."""
    tab.stage.run("record", "18340.70", "--at", days_ago(1), "--offline")
    card = tab.card("meter")
    expect(card.locator(".figure")).to_have_text("18340.7")
    expect(card).to_contain_text("kWh")
    expect(card).to_contain_text(re.compile(r"\d+ (h|days) ago"))
    tab.stage.sync()
    expect(card).to_contain_text("Sheet: written")
    tab.sees("live")


def test_an_age_that_ticks(tab: Tab) -> None:
    """It grows without anything being asked."""
    tab.stage.run("record", "18341", "--offline")
    age = tab.card("meter").locator("[data-age]")
    expect(age).to_have_text(re.compile(r"^\d+ s ago$"))
    before = age.inner_text()
    asked = len(tab.asked)
    expect(age).not_to_have_text(before)
    assert not [one for one in tab.asked[asked:] if "current" in one.url]


def test_a_stream_that_is_cut(tabs: Tabs, stage: Stage, person: Login) -> None:
    """The page asks instead, says so, and shows what is new all the same."""
    tab = tabs.open(stage)
    tab.may_be_cut = True
    tab.page.clock.install()
    tab.page.route("**/dashboard/events", lambda route: route.abort())
    tab.open()
    tab.log_in(person)
    tab.sees("every 5 s")
    stage.run("record", "18342.5", "--offline")
    tab.page.clock.run_for(5_000)
    expect(tab.card("meter").locator(".figure")).to_have_text("18342.5")


def test_a_reading_that_comes_while_the_chart_is_seen(tab: Tab) -> None:
    """The chart is drawn anew, but not with each reading of many."""
    expect(tab.card("meter")).to_be_visible()
    with tab.page.expect_response("**/dashboard/use*"):
        tab.stage.run("record", "18345", "--offline", "--yes")
    asked = len([one for one in tab.asked if "/use" in one.url])
    for value in ("18345.1", "18345.2"):
        tab.stage.run("record", value, "--offline", "--yes")
        expect(tab.card("meter").locator(".figure")).to_have_text(value)
    assert len([one for one in tab.asked if "/use" in one.url]) <= asked + 1


def test_a_value_with_fifteen_digits(tab: Tab) -> None:
    """Each digit is shown: nothing is rounded, and no exponent."""
    tab.stage.run("meters", "add", "fine", "--unit", "m3", "--decimals", "3")
    tab.stage.run("record", "fine=123456789.123456", "--offline")
    tab.page.reload()
    expect(tab.card("fine").locator(".figure")).to_have_text("123456789.123456")
    tab.stage.run("record", "fine=123456790.5", "--offline", "--yes")
    expect(tab.card("fine").locator(".figure")).to_have_text("123456790.500")


def test_the_chart_and_its_table(tab: Tab) -> None:
    """The bars are a picture with a summary; the table has what `history --by` says."""
    for day in range(9, 2, -1):
        tab.stage.run(
            "record", f"{17000 - day * 10}", f"inverter={3 + day / 8}", "--at", days_ago(day),
            "--offline", "--yes",
        )  # fmt: skip
    page = tab.page
    page.reload()
    picture = page.get_by_role("img", name=re.compile(r"Last 31 days: solar [\d.]+ kWh, from the"))
    expect(picture.first).to_be_visible()
    assert picture.first.locator("path.bar.generation").count() == 7
    page.get_by_text("As a table").first.click()
    used = tab.stage.run("history", "inverter", "--by", "day", "--json").json["meters"][0][
        "periods"
    ]
    exact = {str(one["use"]) for one in used if one["use"] is not None}
    shown = page.locator("#use table").first.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert {text.removesuffix(" *") for text in shown} - {"no reading"} == exact
    expect(page.locator("#use table").first.locator("tbody tr")).to_have_count(31)


def test_the_spans_of_the_chart(tab: Tab) -> None:
    """A day, a month and a year; the one chosen says so."""
    page = tab.page
    for name, about in (
        ("Day", "Last 24 hours"),
        ("Year", "Last 12 months"),
        ("Month", "Last 31 days"),
    ):
        choice = page.get_by_role("button", name=name, exact=True)
        choice.click()
        expect(page.locator("#use .about").first).to_have_text(about)
        expect(choice).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("button", name=name, pressed=True)).to_have_count(1)


def test_what_the_utility_has(tab: Tab) -> None:
    """Each submission with its state and its receipt; a refusal with its reason."""
    stage = tab.stage
    assert stage.rehearsal is not None
    stage.run("record", "18350", "--offline", "--yes")
    stage.run("push-utility")
    tab.part("Submitted")
    listed = stage.run("submissions", "list", "--json").json["submissions"]
    row = tab.page.locator(".submission").first
    expect(row).to_contain_text("18350 kWh")
    expect(row).to_contain_text("accepted")
    expect(row.locator("code")).to_have_text(listed[0]["receipt"])
    tab.part("Readings")
    expect(tab.card("meter")).to_contain_text("utility: accepted")


def test_health(tab: Tab) -> None:
    """Each check with how it ended, and the whole in a sentence."""
    tab.part("Health")
    checks = tab.page.locator(".check")
    expect(checks.first).to_contain_text("all right")
    assert checks.count() > 4
    expect(tab.page.locator("#health .notice")).to_have_text(re.compile("All is well|looked at"))
    tab.page.locator("#health-again").click()
    expect(checks.first).to_be_visible()


def test_the_queue(tab: Tab) -> None:
    """What the Sheet is still to get is told beside the readings and in health, until it has it."""
    tab.stage.run("record", "inverter=0.5", "--at", days_ago(40), "--offline", "--yes")
    expect(tab.page.locator("#pending")).to_contain_text("waiting for the Sheet")
    tab.part("Health")
    expect(tab.page.locator("#queue")).to_contain_text("waiting for the Sheet")
    tab.stage.sync()
    tab.stage.run("push-utility")
    expect(tab.page.locator("#queue")).to_have_text("Nothing is waiting to be sent.")


def test_a_use_that_cannot_be_got(tabs: Tabs, stage: Stage, person: Login) -> None:
    """The rest of the page is there all the same."""
    tab = tabs.open(stage)
    tab.may_hear = {503}

    def busy(route: Route) -> None:
        route.fulfill(status=503, json={"detail": "another run holds the lock"})

    tab.page.route("**/dashboard/use*", busy)
    tab.open()
    tab.log_in(person)
    tab.sees("The use is not known: another run holds the lock")
    expect(tab.page.locator("#cards article").first).to_be_visible()
