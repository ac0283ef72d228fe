"""Each part, on a phone and a desktop, light and dark: pictures of it, and what axe says.

The pictures are kept in build/screenshots.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.http.dashboard.stage import Login, Stage, staged
from tests.http.dashboard.tab import DESKTOP, PHONE, Tab, Tabs

AXE = Axe()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

SIZES = {"phone": PHONE, "desktop": DESKTOP}


@pytest.fixture(scope="module")
def lived_in(stage: Stage) -> Stage:
    """A year of readings, some of them handed to the utility."""
    stage.run("bulk-import", "-", stdin="\n".join(_a_year()) + "\n")
    stage.sync()
    # In the hour after midnight nothing is of today, and what is older is sent only when asked for.
    stage.run("push-utility", "--since", f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}")
    return stage


def _a_year() -> Iterator[str]:
    yield "timestamp,meterValue,inverterKWh"
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    total = 15_000.0
    for day in range(370, 2, -1):
        at = now.replace(hour=18) - timedelta(days=day)
        season = math.cos(at.timetuple().tm_yday / 365 * math.tau)
        total += 10 + 4 * season + day % 4
        yield f"{at:%Y-%m-%dT%H:%M:%SZ},{total:.1f},{10 - 7 * season + day % 5:.2f}"
    sun, today = 0.0, None
    for hour in range(48, 0, -1):
        at = now - timedelta(hours=hour)
        local = at + timedelta(hours=1)
        sun = sun if local.date() == today else 0.0
        today = local.date()
        sun += max(0.0, math.sin((local.hour - 8) / 9 * math.pi)) if 8 < local.hour < 17 else 0
        total += 0.3 + at.hour % 5 / 10
        yield f"{at:%Y-%m-%dT%H:%M:%SZ},{total:.1f},{sun:.2f}"


def looked_at(tab: Tab, name: str) -> None:
    """Keep a picture; axe finds nothing wrong."""
    tab.picture(name)
    # All rules for each width and each scheme; that the other pairs differ in is the colours.
    rules = WCAG if name.startswith(("phone-light", "desktop-dark")) else ["color-contrast"]
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found: dict[str, Any] = AXE.run(tab.page, options=options).response
    wrong = [
        f"{one['id']}: {one['help']}: {node['html']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", ["phone", "desktop"])
def test_every_part(
    tabs: Tabs, lived_in: Stage, person: Login, place: str, scheme: Literal["light", "dark"]
) -> None:
    """Nothing in any part keeps anybody out, as far as a program can tell."""
    look = f"{place}-{scheme}"
    tab = tabs.open(lived_in, size=SIZES[place], scheme=scheme)
    page = tab.page
    tab.open()
    expect(page.get_by_label("Client id")).to_be_visible()
    looked_at(tab, f"{look}-1-log-in")
    tab.log_in(person)
    expect(page.locator(".chart")).to_be_visible()
    tab.sees("live")
    looked_at(tab, f"{look}-2-readings")
    page.get_by_text("As a table").click()
    page.get_by_role("button", name="Day", exact=True).click()
    expect(page.locator("#use .about")).to_have_text("Last 24 hours")
    page.get_by_text("As a table").click()
    expect(page.locator("#use table")).to_be_visible()
    looked_at(tab, f"{look}-3-day-as-table")
    tab.part("Enter")
    tab.field("inverter").fill("1,5")
    expect(page.locator("#value-inverter-hint")).not_to_be_empty()
    page.get_by_label("at another time").check()
    looked_at(tab, f"{look}-4-told")
    tab.field("inverter").fill("")
    tab.field("meter").fill("17.5")
    page.get_by_label("now", exact=True).check()
    page.get_by_role("button", name="Store", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    looked_at(tab, f"{look}-5-asked")
    page.keyboard.press("Escape")
    tab.part("Import")
    page.get_by_label("Drop a CSV file here").set_input_files(
        {
            "name": "readings.csv",
            "mimeType": "text/csv",
            "buffer": b"timestamp,meterValue\n2020-01-01T06:00:00Z,10\n2020-01-02,11\n",
        }
    )
    expect(page.get_by_role("heading", name="readings.csv")).to_be_visible()
    looked_at(tab, f"{look}-6-import")
    tab.part("Submitted")
    expect(page.locator(".submission").first).to_be_visible()
    looked_at(tab, f"{look}-7-submissions")
    tab.part("Health")
    expect(page.locator(".check").first).to_be_visible()
    looked_at(tab, f"{look}-8-health")


@pytest.mark.parametrize("width", [320, 390, 768])
def test_narrow_screens(tabs: Tabs, lived_in: Stage, person: Login, width: int) -> None:
    """Nothing has to be scrolled sideways, at four times the zoom of a desktop either."""
    tab = tabs.open(lived_in, size=(width, 640))
    tab.open()
    tab.log_in(person)
    expect(tab.page.locator(".chart")).to_be_visible()
    for name in ("Readings", "Enter", "Import", "Submitted", "Health"):
        tab.part(name)
        expect(tab.page.locator("h1:visible")).to_have_count(1)
        across = tab.page.evaluate("document.documentElement.scrollWidth")
        assert across <= width, name


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_long_names(tabs: Tabs, tmp_path: Path, width: int) -> None:
    """They break where they must; no card and no page gets wider for them."""
    with staged(tmp_path) as stage:
        for number in range(6):
            stage.run("meters", "add", f"untergeschosswaschmaschinenzaehler{number}")
            stage.run("record", f"untergeschosswaschmaschinenzaehler{number}=5", "--offline")
        tab = tabs.open(stage, size=(width, 640))
        tab.open()
        tab.log_in(stage.client("tester", "read"))
        expect(tab.page.locator(".cards .card").first).to_be_visible()
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
        wider = tab.page.evaluate(
            "[...document.querySelectorAll('.cards .card')].filter((one) =>"
            " one.scrollWidth > one.clientWidth).length"
        )
        assert wider == 0


def test_less_motion(tabs: Tabs, lived_in: Stage, person: Login) -> None:
    """Who wants none gets none: nothing on the page moves by itself."""
    tab = tabs.open(lived_in, motion="reduce")
    tab.open()
    tab.log_in(person)
    moving = tab.page.evaluate(
        "[...document.querySelectorAll('*')].filter((one) =>"
        " getComputedStyle(one).transitionDuration !== '0s'"
        " || getComputedStyle(one).animationName !== 'none').length"
    )
    assert moving == 0
