"""PVOutput's texts, and how long its limits last."""

from __future__ import annotations

import pytest

from meterctl.redact import mask_for
from meterctl.utility.answers import Reply
from meterctl.utility.port import (
    Lost,
    Misconfigured,
    NotTaken,
    NotThere,
    Outcome,
    Refused,
    Rejected,
)
from meterctl.utility.pvoutput.told import heard_of, looked_up, says_added
from meterctl.utility.statuses import Heard

MASK = mask_for(["s3cr3t"])
AT = 1_795_000_000  # seconds since 1970


def reply(status: int, body: str, **headers: str) -> Reply:
    """An answer; a name's underscores are hyphens."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, "", named, body.encode(), AT * 1000)


def heard(status: int, body: str, **headers: str) -> Heard | Outcome:
    """What it means."""
    return heard_of(reply(status, body, **headers), MASK)


@pytest.mark.parametrize(
    ("body", "is_it"),
    [
        ("OK 200: Added Output", True),
        ("OK 200: Updated Output\n", True),
        ("OK 200: Added Status", False),
        ("ok 200: added output", False),
        ("OK 200: Added Output<html>", False),
        ("", False),
    ],
)
def test_added(body: str, *, is_it: bool) -> None:
    """Its very words, and no others."""
    found = heard(200, body)
    assert isinstance(found, Heard)
    assert says_added(found) == is_it


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, "Bad request 400: Moon Powered", Rejected),
        (400, "Bad request 400: Date is older than 14 days [20261101]", Rejected),
        (400, "Bad request 400: Date is too far in the past [20001101]", Rejected),
        (400, "Bad Request 400: Invalid net and cumulative", Rejected),
        (400, "Bad request 400: Missing required generation field [g]", NotTaken),
        (400, "Bad request 400: Date is in the future [20261122]", NotTaken),
        (400, "Bad request 400: Invalid future date [20261122]", NotTaken),
        (400, "<html>400 Bad Request</html>", Misconfigured),
        (400, "Bad request: <html>", Misconfigured),  # of whoever is before it
        (401, "Unauthorized 401: Invalid System ID", Refused),
        (403, "Forbidden 403: Read only key", Refused),
        (403, "Forbidden 403: Donation Mode", Refused),
        (403, "<html>Forbidden</html>", Refused),
        (403, "Forbidden 403: Exceeded 60 requests per hour", NotTaken),
        (403, "Forbidden 403: Exceeded 300 requests per hour", NotTaken),
        (404, "Not found", Misconfigured),
        (405, "Method Not Allowed 405: POST or GET only", Misconfigured),
        (429, "", NotTaken),
        (500, "OK 200: Added Output", Lost),
        (204, "", Lost),
        (302, "", Lost),
    ],
)
def test_what_it_says(status: int, body: str, kind: type[Outcome]) -> None:
    """By status and text together."""
    assert isinstance(heard(status, body), kind)


@pytest.mark.parametrize(
    ("status", "body", "alone"),
    [
        (400, "Bad request 400: Missing required generation field [g]", True),
        (400, "Bad request 400: Date is in the future [20261122]", True),
        (400, "Bad request 400: Invalid future date [20261122]", True),
        (403, "Forbidden 403: Exceeded 60 requests per hour", False),
        (429, "", False),
    ],
)
def test_not_now(status: int, body: str, *, alone: bool) -> None:
    """What is of one day alone keeps no other back."""
    found = heard(status, body)
    assert isinstance(found, NotTaken)
    assert found.alone == alone


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"x_rate_limit_reset": str(AT + 90)}, 90),
        ({"x_rate_limit_reset": str(AT - 90)}, 0),
        ({"x_rate_limit_reset": str(AT + 10**9)}, 86_400),
        ({"x_rate_limit_reset": "soon"}, None),
        ({"x_rate_limit_reset": "9" * 40}, None),
        ({}, None),
        # Their clock says when, whatever ours does.
        (
            {"x_rate_limit_reset": "1764158400", "date": "Wed, 26 Nov 2025 11:59:00 GMT"},
            60,
        ),
        ({"x_rate_limit_reset": str(AT + 90), "date": "nonsense"}, 90),
    ],
)
def test_limit(headers: dict[str, str], wait: float | None) -> None:
    """As long as it asks for, at most a day."""
    found = heard(403, "Forbidden 403: Exceeded 60 requests per hour", **headers)
    assert isinstance(found, NotTaken)
    assert found.wait == wait


@pytest.mark.parametrize(
    "body",
    [
        "Bad request 400: No status found",
        "Bad request 400: No outputs found",
        "Bad request 400: No output data found",
    ],
)
def test_nothing_found(body: str) -> None:
    """It shows nothing, in one of its ways to say so."""
    found = looked_up(reply(400, body), MASK, lambda *_: Lost("read"))
    assert isinstance(found, NotThere)


@pytest.mark.parametrize("body", ["Bad request 400: No", "No status found", "<html>"])
def test_nothing_said(body: str) -> None:
    """Anything else is no proof of absence."""
    assert not isinstance(looked_up(reply(400, body), MASK, lambda *_: Lost("read")), NotThere)


def test_secret() -> None:
    """It is in no text."""
    found = heard(400, "Bad request 400: Could not read [s3cr3t]")
    assert isinstance(found, Rejected)
    assert "s3cr3t" not in repr(found)
