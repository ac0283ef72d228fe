"""What is kept of an answer holds no secret, acts on no terminal, and is short."""

from __future__ import annotations

import pytest

from meterctl.redact import mask_for
from meterctl.utility.redact import EVIDENCE_LIMIT, evidence

SECRET = "tok/en+with=marks"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"you sent {SECRET}", id="as it is"),
        pytest.param("you sent tok%2Fen%2Bwith%3Dmarks", id="in a URL"),
        pytest.param('"tok\\/en+with=marks"', id="in JSON"),
        pytest.param(f"Authorization: Bearer {SECRET}", id="a header"),
    ],
)
def test_our_secret(text: str) -> None:
    """It is gone, in every spelling."""
    masked = mask_for([SECRET])(text)
    assert "***" in masked
    assert "with" not in masked


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"access_token": "abc123xyz"}', id="JSON"),
        pytest.param("{'api-key': 'abc123xyz'}", id="single quotes"),
        pytest.param("password=abc123xyz&x=1", id="a form"),
        pytest.param("Set-Cookie: abc123xyz; Path=/", id="a cookie"),
        pytest.param("authorization: Basic abc123xyz", id="basic"),
        pytest.param("use bearer abc123xyz here", id="a scheme"),
    ],
)
def test_what_looks_like_a_secret(text: str) -> None:
    """It is masked as well: theirs, or one of ours from elsewhere."""
    assert "abc123xyz" not in mask_for([])(text)


def test_what_does_not() -> None:
    """A receipt and a key stay: they are the evidence."""
    text = '{"status": "accepted", "receipt": "R-000001", "key": "m1-0123abcd"}'
    assert mask_for([SECRET, None, ""])(text) == text


def test_long_answer() -> None:
    """It is cut, and no half of a secret stays at the cut."""
    body = b"x" * (EVIDENCE_LIMIT - 5) + SECRET.encode() + b"y" * 10_000
    kept = evidence("HTTP 200 OK", body, mask_for([SECRET]))
    assert len(kept) <= EVIDENCE_LIMIT + len("HTTP 200 OK\n")
    assert "tok" not in kept


def test_control_characters() -> None:
    """None of them reaches a terminal."""
    kept = evidence("HTTP 200 \x1b[2J", b"a\x1b]0;b\x07\nc\xc2\x9b\xff", mask_for([]))
    assert kept == "HTTP 200  [2J\na ]0;b \nc \N{REPLACEMENT CHARACTER}"


def test_hostile_text_takes_no_time() -> None:
    """The patterns do not wander off in a long text."""
    mask = mask_for([SECRET])
    for text in ("token" * 40_000, "_" * 200_000, "token=" * 30_000, 'token="' * 30_000):
        mask(text)
