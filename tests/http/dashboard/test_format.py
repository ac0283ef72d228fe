"""How the page writes values, ages and times: its own functions, asked in the browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.dashboard.stage import Stage
from tests.http.dashboard.tab import Tab, Tabs


@pytest.fixture
def blank(tabs: Tabs, stage: Stage) -> Tab:
    """The page, with nobody logged in."""
    tab = tabs.open(stage)
    tab.open()
    return tab


def ask(tab: Tab, call: str) -> Any:  # noqa: ANN401 (whatever it returns)
    """What one of the functions returns."""
    return tab.page.evaluate(f"import('/static/format.js').then((format) => format.{call})")


def test_values(blank: Tab) -> None:
    """With the meter's decimals at least, each digit that there is, and never an exponent."""
    for call, text in {
        "shown(142.3, 0)": "142.3",
        "shown(142.3, 3)": "142.300",
        "shown(142, 0)": "142",
        "shown(0, 2)": "0.00",
        "shown(0.000001, 0)": "0.000001",
        "shown(999999999999.999, 1)": "999999999999.999",
        "shown(100000000000, 0)": "100000000000",
        "decimal(format.millionths(0.1) + format.millionths(0.2), 1)": "0.3",
    }.items():
        assert ask(blank, call) == text, call


def test_ages(blank: Tab) -> None:
    """As `meterctl current` says them."""
    for seconds, text in {
        -5: "0 s ago",
        59.9: "59 s ago",
        60: "1 min ago",
        3600: "1 h ago",
        172_799: "47 h ago",
        172_800: "2 days ago",
    }.items():
        assert ask(blank, f"age({seconds})") == text


def test_times(blank: Tab) -> None:
    """In the meter's zone, whatever the phone's is; a fixed offset is a zone too."""
    for zone, clock in {
        "Europe/Berlin": "2026-03-29T03:30",
        "UTC": "2026-03-29T01:30",
        "UTC+05:45": "2026-03-29T07:15",
        "-03:00": "2026-03-28T22:30",
    }.items():
        assert ask(blank, f"clock(new Date('2026-03-29T01:30:00Z'), '{zone}')") == clock
    assert ask(blank, "when('2026-03-29T01:30:00Z', 'Europe/Berlin')") == "29 Mar 2026, 03:30"
