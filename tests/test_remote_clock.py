"""How far the servers' clocks are from ours: the Date of an answer, or nothing."""

from __future__ import annotations

import time

import pytest

from meterctl.remote.clock import Heard
from tests.helpers import NOW

DATE = "Sun, 22 Nov 2026 11:00:00 GMT"  # what NOW is


@pytest.mark.parametrize(
    ("read_at", "offset"),
    [
        pytest.param(NOW, 0, id="alike"),
        pytest.param(NOW + 60_500, -60_500, id="ours is ahead"),
        pytest.param(NOW - 3_600_000, 3_600_000, id="ours is behind"),
    ],
)
def test_the_date_of_an_answer(read_at: int, offset: int) -> None:
    """So many milliseconds is theirs ahead."""
    heard = Heard()
    heard.listen({"date": DATE}, read_at)
    assert heard.offset == offset


@pytest.mark.parametrize("zone", ["-0000", "", "UT", "+0000"])
def test_a_date_whose_zone_is_written_another_way(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is UTC's, wherever this machine stands."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    heard = Heard()
    try:
        heard.listen({"date": DATE.replace("GMT", zone)}, NOW)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert heard.offset == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"date": ""},
        {"date": "yesterday"},
        {"date": "Sun, 22 Nov 99999 11:00:00 GMT"},
        {"date": "Sun, 32 Nov 2026 11:00:00 GMT"},
        {"date": "Sun, 22 Nov 2026 11:00:00 +999999"},
    ],
)
def test_no_date_that_can_be_read(headers: dict[str, str]) -> None:
    """It tells nothing: what was heard before stands, and no answer is refused for it."""
    heard = Heard()
    heard.listen({"date": DATE}, NOW)
    heard.listen(headers, NOW + 60_000)
    assert heard.offset == 0
