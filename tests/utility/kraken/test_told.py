"""What errors of GraphQL mean for a reading, and answers that are none of GraphQL's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from meterctl.redact import mask_for
from meterctl.utility.answers import Reply
from meterctl.utility.kraken.region import day_of, decimal_of, is_value
from meterctl.utility.kraken.told import Told, told_of
from meterctl.utility.kraken.uk import UnitedKingdom
from meterctl.utility.port import Lost, Misconfigured, NotTaken, Outcome, Refused, Rejected

MASK = mask_for(["s3cr3t"])
LONDON = UnitedKingdom.zone


def told(body: bytes | str, status: int = 200) -> Told | Outcome:
    """What an answer tells."""
    raw = body.encode() if isinstance(body, str) else body
    return told_of(Reply(status, "", {}, raw, 0), MASK)


def error(code: str = "", kind: str = "", text: str = "No.") -> dict[str, object]:
    """An error as the API gives it."""
    return {"message": text, "extensions": {"errorCode": code, "errorType": kind}}


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([error("KT-GB-6411")], Rejected),
        ([error("KT-DE-6411")], Rejected),
        ([error("KT-XX-1", "VALIDATION")], Rejected),
        ([error("KT-DE-6413", "NOT_FOUND")], NotTaken),
        ([error("KT-CT-1113")], Misconfigured),
        ([error("KT-CT-1111")], Refused),
        ([error("KT-XX-1", "AUTHORIZATION")], Refused),
        ([error("KT-CT-1199")], NotTaken),
        ([error("KT-GB-6411"), error("KT-CT-1199")], NotTaken),
        ([error("KT-CT-7899", "APPLICATION")], Lost),
        ([{"message": "An internal error occurred."}], Lost),
        ([{}], Lost),
        ([5], Lost),
    ],
)
def test_errors(errors: list[object], kind: type[Outcome]) -> None:
    """Proof that nothing was taken is in the codes; what is not known of them proves nothing."""
    found = told(json.dumps({"data": {"create": None}, "errors": errors}))
    assert isinstance(found, Told)
    assert isinstance(found.refusal(), kind)


def test_errors_beside_a_result() -> None:
    """It says both: whatever the code, nothing is proven."""
    body = {"data": {"create": {"readingErrors": None}}, "errors": [error("KT-GB-6411")]}
    found = told(json.dumps(body))
    assert isinstance(found, Told)
    assert isinstance(found.refusal(), Lost)
    assert not found._replace(troubles=found.troubles).is_stale


def test_meter_not_found() -> None:
    """That is of one meter, and of our settings: the others may fare better."""
    found = told(json.dumps({"data": {"create": None}, "errors": [error(kind="NOT_FOUND")]}))
    assert isinstance(found, Told)
    refusal = found.refusal()
    assert isinstance(refusal, NotTaken)
    assert refusal.settings
    assert "METERCTL_UTILITY_CONFIG" in refusal.hint


PLACED: dict[str, object] = {
    "message": "Cannot query field.",
    "locations": [{"line": 1, "column": 2}],
}


@pytest.mark.parametrize("status", [200, 400])
def test_not_understood(status: int) -> None:
    """A fault of the document, told by its place in it: nothing was done."""
    found = told(json.dumps({"errors": [PLACED]}), status)
    assert isinstance(found, Told)
    refusal = found.refusal()
    assert isinstance(refusal, Misconfigured)
    assert refusal.why == "Cannot query field"


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"message": "upstream request timeout"}]},
        {"errors": [PLACED, {"message": "upstream request timeout"}]},
        {"errors": [{**PLACED, "path": ["create"]}]},
        {"errors": [{**PLACED, **error(kind="APPLICATION")}]},
        {"errors": [{**PLACED, "locations": []}]},
        {"data": None, "errors": [PLACED]},
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_no_data_proves_nothing(body: dict[str, object], status: int) -> None:
    """What is no fault of the document alone may have come after the mutation."""
    found = told(json.dumps(body), status)
    assert isinstance(found, Told)
    assert isinstance(found.refusal(), Lost)


@pytest.mark.parametrize(
    "code", ["KT-CT-1112", "KT-CT-1199", "KT-CT-1111", "KT-CT-1113", "KT-GB-6411", ""]
)
@pytest.mark.parametrize("kind", ["AUTHORIZATION", "VALIDATION", "NOT_FOUND"])
@pytest.mark.parametrize("path", [["create", "readingDate"], ["create", "meter", "id"], "odd"])
def test_failed_below_the_mutation(code: str, kind: str, path: object) -> None:
    """The mutation was carried out then: it is neither sent again nor counted as refused."""
    below = {**error(code, kind), "path": path}
    found = told(json.dumps({"data": {"create": None}, "errors": [below]}))
    assert isinstance(found, Told)
    assert not found.is_stale
    assert isinstance(found.refusal(), Lost)


def test_failed_at_the_mutation() -> None:
    """Its own path is that of the request: what its code says holds."""
    at = {**error("KT-CT-1199"), "path": ["create"]}
    found = told(json.dumps({"data": {"create": None}, "errors": [at]}))
    assert isinstance(found, Told)
    assert isinstance(found.refusal(), NotTaken)


@pytest.mark.parametrize(
    "data", ['{"create": {"readingErrors": null}}', '{"create": null}', '{"create": {"n": 1}}']
)
def test_success_of_a_bad_request(data: str) -> None:
    """A 400 with good data is no acceptance, and no refusal either."""
    found = told(f'{{"data": {data}}}', 400)
    assert isinstance(found, Lost)
    assert found.nonsense


STALE = ["KT-CT-1112", "KT-CT-1120", "KT-CT-1121", "KT-CT-1124", "KT-CT-1139", "KT-CT-1143"]


def test_stale_codes_of_the_page() -> None:
    """docs/kraken.md names each code at which the token is renewed, and no other."""
    page = (Path(__file__).parents[3] / "docs/kraken.md").read_text(encoding="utf-8")
    (line,) = (line for line in page.splitlines() if "the token is renewed" in line)
    named = re.findall(r"[0-9]{4}", line)
    assert [f"KT-CT-{number}" for number in named] == STALE


@pytest.mark.parametrize("code", STALE)
def test_stale_token(code: str) -> None:
    """A new token helps; beside a result it would hand the reading over twice."""
    beside = json.dumps({"data": {"create": {"n": 1}}, "errors": [error(code)]})
    alone = json.dumps({"data": {"create": None}, "errors": [error(code)]})
    first, second = told(alone), told(beside)
    assert isinstance(first, Told)
    assert isinstance(second, Told)
    assert first.is_stale
    assert not second.is_stale


def test_secrets() -> None:
    """They are in no text."""
    found = told(json.dumps({"data": None, "errors": [error("KT-GB-6411", text="s3cr3t")]}))
    assert isinstance(found, Told)
    assert "s3cr3t" not in repr(found.refusal())


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"data": null}',
        '{"data": {}}',
        '{"data": 5}',
        '{"data": [], "errors": []}',
        '{"errors": []}',
        '{"errors": "no"}',
        '{"errors": null, "data": null}',
        '{"data": {"a": 1}, "data": {"a": 2}}',
        '{"data": {"a": NaN}}',
        "[" * 5000,
        "<html>",
        b"\xff\xfe",
    ],
)
def test_no_graphql(body: bytes | str) -> None:
    """It proves nothing, whatever it is."""
    found = told(body)
    assert isinstance(found, Lost)
    assert found.nonsense


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-06-24", "2026-06-24"),
        ("2026-06-23T23:00:00+00:00", "2026-06-24"),
        ("2026-06-24T00:00:00+01:00", "2026-06-24"),
        ("2026-06-24T00:00:00.123456+01:00", "2026-06-24"),
        ("2026-06-31", "None"),
        ("tomorrow", "None"),
        (7, "None"),
        (None, "None"),
    ],
)
def test_days(text: object, day: str) -> None:
    """Of a date, or of a time in the country's zone."""
    assert str(day_of(text, LONDON)) == day


@pytest.mark.parametrize(
    ("value", "is_it"),
    [
        ("142.3", True),
        ("142.30000", True),
        ("142.2999999999999999999999999999999999", False),
        ("142.31", False),
        ("0", False),
    ],
)
def test_values(value: str, *, is_it: bool) -> None:
    """Exactly the same, or another."""
    number = decimal_of(value)
    assert number is not None
    assert is_value(number, 142_300_000) == is_it


@pytest.mark.parametrize("value", ["1E+99999999", "NaN", "Infinity", "x", "", "1" * 41, None, {}])
def test_no_values(value: object) -> None:
    """They are none, and take no time."""
    assert decimal_of(value) is None
