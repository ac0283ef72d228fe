"""What other machines say: Retry-After in all its forms, and their words in ours."""

from __future__ import annotations

import pytest

from meterctl.remote import LONGEST, one_line, retry_after
from tests.helpers import NOW  # 2026-11-22 11:00 UTC


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, None, id="absent"),
        pytest.param({"retry-after": ""}, None, id="empty"),
        pytest.param({"retry-after": "soon"}, None, id="a word"),
        pytest.param({"retry-after": "7"}, 7.0, id="seconds"),
        pytest.param({"retry-after": " 7 "}, 7.0, id="with spaces"),
        pytest.param({"retry-after": "1.5"}, 1.5, id="with a fraction"),
        pytest.param({"retry-after": "-5"}, 0.0, id="negative"),
        pytest.param({"retry-after": "1000000000"}, LONGEST, id="absurd"),
        pytest.param({"retry-after": "9" * 5000}, LONGEST, id="more absurd"),
        pytest.param({"retry-after": "nan"}, None, id="not a number"),
        pytest.param({"retry-after": "٣"}, None, id="other digits"),
        pytest.param({"retry-after": "Sun, 22 Nov 2026 11:00:30 GMT"}, 30.0, id="a date"),
        pytest.param({"retry-after": "Sunday, 22-Nov-26 11:00:30 GMT"}, 30.0, id="an old date"),
        pytest.param({"retry-after": "Sun, 22 Nov 2026 10:00:00 GMT"}, 0.0, id="a date before"),
        pytest.param({"retry-after": "Sun, 22 Nov 2099 10:00:00 GMT"}, LONGEST, id="a far date"),
        pytest.param({"retry-after": "Sun, 99 Nov 2026 10:00:00 GMT"}, None, id="no date"),
        pytest.param(
            {
                "retry-after": "Wed, 01 Jan 2020 00:00:10 GMT",
                "date": "Wed, 01 Jan 2020 00:00:00 GMT",
            },
            10.0,
            id="by a clock of its own",
        ),
    ],
)
def test_forms(headers: dict[str, str], seconds: float | None) -> None:
    """Each is understood, or taken for absent; none is longer than a day."""
    assert retry_after(headers, NOW) == seconds


def test_one_line() -> None:
    """Lines, tabs, control characters and runs of spaces become one space."""
    assert one_line("a\n\tb   c\x07") == "a b c"
    assert one_line("x" * 300, 10) == "x" * 9 + "…"
