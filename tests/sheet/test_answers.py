"""What an answer of Google's means, by a table; and what is read off it."""

from __future__ import annotations

import json

import pytest

from meterctl.errors import (
    AnswerLost,
    ConfigError,
    MeterctlError,
    Nonsense,
    NotAllowed,
    SheetUnfit,
    Unreachable,
)
from meterctl.sheet.answers import Who, decoded, is_taken, message_of, refusal
from tests.helpers import NOW

WHO = Who("the-sheet", "robot@example.invalid")
HTML = b"<!DOCTYPE html><title>Error 502</title>"


def error(message: str, status: str = "", **more: object) -> bytes:
    """An error as Google words it."""
    return json.dumps({"error": {"message": message, "status": status, **more}}).encode()


@pytest.mark.fault(24)
@pytest.mark.parametrize(
    ("status", "body", "reading", "writing"),
    [
        pytest.param(400, error("Invalid requests[0]"), SheetUnfit, SheetUnfit, id="400"),
        pytest.param(401, error("no credentials"), NotAllowed, NotAllowed, id="401"),
        pytest.param(
            403, error("The caller does not have permission"), NotAllowed, NotAllowed, id="403"
        ),
        pytest.param(
            403,
            error("slow", details=[{"reason": "RATE_LIMIT_EXCEEDED"}]),
            Unreachable,
            Unreachable,
            id="403 for quota",
        ),
        pytest.param(
            404, error("Requested entity was not found."), ConfigError, ConfigError, id="404"
        ),
        pytest.param(404, HTML, ConfigError, ConfigError, id="404 with HTML"),
        pytest.param(408, b"", Unreachable, AnswerLost, id="408"),
        pytest.param(409, error("aborted"), SheetUnfit, SheetUnfit, id="409"),
        pytest.param(413, HTML, SheetUnfit, SheetUnfit, id="413 with HTML"),
        pytest.param(429, error("Quota exceeded"), Unreachable, Unreachable, id="429"),
        pytest.param(429, HTML, Unreachable, Unreachable, id="429 with HTML"),
        pytest.param(500, error("Internal"), Unreachable, AnswerLost, id="500"),
        pytest.param(502, HTML, Unreachable, AnswerLost, id="502 with HTML"),
        pytest.param(503, error("unavailable"), Unreachable, AnswerLost, id="503"),
        pytest.param(504, b"", Unreachable, AnswerLost, id="504"),
        pytest.param(302, HTML, Nonsense, AnswerLost, id="302"),
        pytest.param(307, b"", Nonsense, AnswerLost, id="307"),
        pytest.param(204, b"", Unreachable, AnswerLost, id="another success"),
    ],
)
def test_refusal(
    status: int, body: bytes, reading: type[MeterctlError], writing: type[MeterctlError]
) -> None:
    """Only what is sure not to have been applied is called so."""
    for kind, is_writing in ((reading, False), (writing, True)):
        meant = refusal(status, {}, body, WHO, writing=is_writing, read_at=NOW)
        assert type(meant) is kind
        assert meant.hint
        assert "\n" not in meant.message + meant.hint
        assert "<" not in meant.message


@pytest.mark.fault(24)
@pytest.mark.parametrize(
    ("status", "message", "mends"),
    [
        (403, "The caller does not have permission", "with robot@example.invalid as an editor"),
        (403, "Google Sheets API has not been used in project 1 before", "enable it"),
        (404, "Requested entity was not found.", "METERCTL_SHEET_ID"),
        (
            400,
            "This would increase the number of cells in the workbook above the limit of 10000000",
            "meterctl sheet use NEW_ID",
        ),
        (
            400,
            "Invalid requests[1].appendCells: You are trying to edit a protected cell or object.",
            "Protect sheets and ranges",
        ),
        (403, "You are trying to edit a protected cell or object.", "Protect sheets and ranges"),
    ],
)
def test_what_mends_it(status: int, message: str, mends: str) -> None:
    """The hint says."""
    assert mends in refusal(status, {}, error(message), WHO, writing=True, read_at=NOW).hint


@pytest.mark.fault(21)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({"retry-after": "3"}, 3.0, id="it says so"),
        pytest.param({"retry-after": "soon"}, 15.0, id="it says nonsense"),
        pytest.param({}, 15.0, id="it does not say"),
    ],
)
def test_a_quota_that_is_used_up(headers: dict[str, str], seconds: float) -> None:
    """It is waited for as long as Google asks; Google does not promise to ask."""
    waits = refusal(429, headers, b"", WHO, writing=True, read_at=NOW)
    assert isinstance(waits, Unreachable)
    assert waits.wait == seconds


def test_a_number_that_is_taken() -> None:
    """It is told by the text alone, and by nothing else."""
    text = (
        "Invalid requests[0].createDeveloperMetadata: Cannot add developer metadata with ID 1001"
        " because developer metadata with that ID already exists."
    )
    assert is_taken(400, error(text))
    assert not is_taken(409, error(text))
    assert not is_taken(400, error("A sheet with the name Readings already exists"))
    assert not is_taken(400, HTML)


@pytest.mark.fault(23)
@pytest.mark.parametrize(
    "body", [b"", HTML, b"[]", b"{}", b'{"error":"x"}', b'{"error":{"message":3}}', b"\xff"]
)
def test_an_answer_that_says_nothing(body: bytes) -> None:
    """Whatever it is."""
    assert not message_of(body)


def test_an_answer_that_is_nested_without_end() -> None:
    """It is no answer either."""
    assert decoded(b"[" * 100_000) is None


def test_a_long_message() -> None:
    """It fits a line, and moves no terminal."""
    said = message_of(error("a\n\x1b[31m" + "b" * 1000))
    assert len(said) == 300
    assert said.startswith("a [31mb")


def test_exact_numbers() -> None:
    """A number is what was written."""
    assert str(decoded(b"[0.1000000000000000055]")[0]) == "0.1000000000000000055"
