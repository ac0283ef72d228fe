"""A file that is dropped on the page: what it would do, then doing it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.http.dashboard.tab import Tab

HEADER = "timestamp,inverterKWh\n"
GOOD = HEADER + "2025-01-01T18:00:00Z,1.5\n2025-01-02T18:00:00Z,2.5\n"


@pytest.fixture
def part(tab: Tab) -> Tab:
    """The part that imports."""
    tab.part("Import")
    expect(tab.page.get_by_role("heading", name="Import a file")).to_be_focused()
    return tab


def choose(tab: Tab, path: Path, text: str) -> None:
    """Choose a file with this text."""
    path.write_text(text, encoding="utf-8")
    tab.page.get_by_label("Drop a CSV file here").set_input_files(path)


def test_a_good_file(part: Tab, tmp_path: Path) -> None:
    """Counts and dates first, with nothing stored; one press stores it; again, it is known."""
    choose(part, tmp_path / "sun.csv", GOOD)
    part.sees("2 rows: 2 readings would be recorded")
    part.sees("from 1 Jan 2025, 19:00 to 2 Jan 2025, 19:00")
    expect(part.page.get_by_role("heading", name="sun.csv")).to_be_focused()
    assert 1.5 not in part.stage.values("inverter")
    part.page.get_by_role("button", name="Import 2 readings").click()
    part.sees("sun.csv: 2 rows: 2 readings recorded")
    assert {1.5, 2.5} <= set(part.stage.values("inverter"))
    choose(part, tmp_path / "sun.csv", GOOD)
    part.sees("0 readings would be recorded, 2 known already")
    expect(part.page.get_by_role("button", name="Import")).to_have_count(0)


def test_a_file_with_a_bad_row(part: Tab, tmp_path: Path) -> None:
    """Its place and remedy are told; the others can be stored without it, or nothing."""
    text = HEADER + "2025-02-01T18:00:00Z,3.5\n2025-02-02T18:00:00Z,oops\n"
    choose(part, tmp_path / "odd.csv", text)
    row = part.page.get_by_role("region", name="What is wrong").locator("tbody tr")
    expect(row).to_contain_text(["322"])
    expect(row).to_contain_text("is not a value")
    part.picture("import-bad-row")
    part.page.get_by_role("button", name="Leave it").click()
    expect(row).to_have_count(0)
    assert 3.5 not in part.stage.values("inverter")
    choose(part, tmp_path / "odd.csv", text)
    part.page.get_by_role("button", name="Import 1 reading, leave out 1 bad row").click()
    part.sees("2 rows: 1 reading recorded, 1 row rejected")
    assert 3.5 in part.stage.values("inverter")


def test_what_is_dropped(part: Tab) -> None:
    """A file that is dropped is read like one that is chosen; two at once are not."""
    drop = """(names) => {
        const data = new DataTransfer();
        for (const name of names) data.items.add(new File([TEXT], name, { type: "text/csv" }));
        const place = document.querySelector(".drop");
        for (const type of ["dragover", "drop"]) {
            place.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true }));
        }
    }""".replace("TEXT", "'timestamp,inverterKWh\\n2025-03-01T18:00:00Z,4.5\\n'")
    part.page.evaluate(drop, ["a.csv", "b.csv"])
    part.sees("One file at a time")
    part.page.evaluate(drop, ["a.csv"])
    part.sees("1 row: 1 reading would be recorded")


def test_a_file_that_is_too_large(part: Tab, tmp_path: Path) -> None:
    """It is told without being sent."""
    asked = len(part.asked)
    choose(part, tmp_path / "big.csv", "x" * ((8 << 20) + 1))
    part.sees("big.csv is larger than 8 MiB")
    assert len(part.asked) == asked


def test_what_is_no_file_of_readings(part: Tab, tmp_path: Path) -> None:
    """It is told what is wrong, and nothing can be imported."""
    choose(part, tmp_path / "photo.csv", "\x89PNG")
    expect(part.page.get_by_role("region", name="What is wrong")).to_be_visible()
    expect(part.page.get_by_role("button", name="Import")).to_have_count(0)


def test_names_and_answers_that_look_like_markup(part: Tab, tmp_path: Path) -> None:
    """They are shown as they are, and never become a part of the page."""
    evil = "<img src=x onerror=console.error(1)>"
    choose(part, tmp_path / f"{evil}.csv", HEADER + f"2025-04-01T18:00:00Z,{evil}\n")
    part.sees(f"{evil}.csv")
    part.part("Enter")
    part.field("inverter").fill("5.5")
    part.page.get_by_label("Note").fill(evil)
    part.page.get_by_role("button", name="Store", exact=True).click()
    part.sees("inverter 5.5 kWh is stored.")
    part.may_be_cut = True
    part.page.route("**/records/single", lambda route: route.abort())
    part.page.route(
        "**/dashboard/check", lambda route: route.fulfill(json={"readings": [], "problem": None})
    )
    part.field("inverter").fill(evil)
    part.page.get_by_role("button", name="Store", exact=True).click()
    part.sees(f"inverter {evil} kWh")
    part.page.route(
        "**/dashboard/submissions*",
        lambda route: route.fulfill(json={"submissions": [SUBMISSION | {"detail": evil}]}),
    )
    part.part("Submitted")
    expect(part.page.locator(".submission .detail")).to_have_text(evil)
    expect(part.page.locator("img")).to_have_count(0)


SUBMISSION = {
    "id": 1,
    "meter": "meter",
    "timestamp": "2026-01-01T00:00:00Z",
    "value": 1,
    "unit": "kWh",
    "state": "rejected",
    "receipt": None,
    "differs": False,
}


def test_a_server_that_does_not_answer(part: Tab, tmp_path: Path) -> None:
    """It is told, and that choosing the file again is safe where it was to be stored."""
    part.may_be_cut = True
    choose(part, tmp_path / "sun.csv", HEADER + "2025-05-01T18:00:00Z,1\n")
    part.page.route("**/dashboard/import*", lambda route: route.abort())
    part.page.get_by_role("button", name="Import 1 reading").click()
    part.sees(re.compile("there was no answer. Choosing the file again is safe"))
