"""The description is what the server does: asked by schemathesis, and answer by answer."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection

from meterctl import errors
from meterctl.domain.exact import to_json
from meterctl.http.contract import described
from tests.http.described import (
    BULK,
    CODES,
    METERS,
    SCHEMAS,
    asked,
    other_token,
    serving_the_contract,
)
from tests.http.served import Served

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of a ledger with meters of each kind."""
    with serving_the_contract(tmp_path_factory.mktemp("contract")) as running:
        yield running


@pytest.fixture(scope="module")
def token(server: Served) -> str:
    """What lets the tests in."""
    return server.token()


# -- asked by schemathesis ---------------------------------------------------------


def _times(first: int, last: int) -> st.SearchStrategy[str]:
    """Times in some years, each way of writing one."""

    def written(when: datetime, form: int) -> str:
        local = when.replace(hour=4 + when.hour % 20)  # later than any change of the clocks
        offset = when.astimezone(timezone(timedelta(hours=form - 5, minutes=30)))
        return (
            when.isoformat().replace("+00:00", "Z"),
            when.strftime("%Y-%m-%d %H:%Mz"),
            local.strftime("%Y-%m-%d %H:%M"),
            local.strftime(" %Y-%m-%dt%H:%M:%S.1 "),
            offset.isoformat(timespec="milliseconds"),
            offset.strftime("%Y-%m-%d %H:%M %z"),
        )[form]

    first_day, last_day = datetime(first, 1, 2, tzinfo=UTC), datetime(last, 12, 30, tzinfo=UTC)
    seconds = int((last_day - first_day).total_seconds())
    moments = st.integers(0, seconds).map(lambda after: first_day + timedelta(seconds=after))
    return st.builds(written, moments, st.integers(0, 5))


def _for_generation() -> dict[str, Any]:
    """The description, with what no schema can say: times are past, an interval's start before."""
    asked: dict[str, Any] = json.loads(to_json(described(METERS)))
    schemas = asked["components"]["schemas"]
    earlier = json.loads(
        json.dumps(schemas["Record"]).replace("schemas/Timestamp", "schemas/Earlier")
    )
    earlier["properties"]["timestamp"] = {"$ref": "#/components/schemas/Timestamp"}
    schemas["Record"] = earlier
    time = schemas["Timestamp"]
    del time["examples"]  # the same ones for when an interval starts and when it ends
    schemas["Timestamp"], schemas["Earlier"] = (
        time | {"format": "past"},
        time | {"format": "earlier"},
    )
    return asked


schemathesis.openapi.format("past", _times(2001, 2024))
schemathesis.openapi.format("earlier", _times(1971, 2000))
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 5,
        "generation": {
            "deterministic": True,
            "max-examples": 100,
            # The token is the test's own; what comes without one is asked below.
            "with-security-parameters": False,
        },
        "checks": {
            # Good requests are done, or in conflict with one before; bad ones are refused as bad.
            "positive_data_acceptance": {"expected-statuses": ["2xx", "409"]},
            "negative_data_rejection": {"expected-statuses": ["400", "413", "415", "422"]},
        },
        "operations": [
            {
                "include-path": "/auth/token",
                # No secret that is made up is a client's; of one client few are looked at.
                "checks": {"positive_data_acceptance": {"expected-statuses": ["401", "429"]}},
            }
        ],
    }
)
SCHEMA = schemathesis.openapi.from_dict(_for_generation(), config=CONFIG)
NUMBERS = count(1)


@SCHEMA.parametrize()
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked(case: schemathesis.Case[Any], server: Served, token: str) -> None:
    """Each answer is one that the description has; good requests are done, bad ones refused."""
    number = next(NUMBERS)
    if re.fullmatch("[!-~]{1,255}", key := case.headers.get("Idempotency-Key", "")):
        # A key says that it is the same request; these are others.
        case.headers["Idempotency-Key"] = f"{number}{key}"[:255]
    headers = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
    if case.path != "/auth/token":
        headers["Authorization"] = f"Bearer {token}"
    # A bulk in part is taken with its bad records, each of which it names.
    is_bad = case.meta is not None and case.meta.is_negative_at(ParameterLocation.BODY)
    in_part = is_bad and case.path == BULK and case.query.get("partial") in (True, "true")
    answer = case.call_and_validate(
        base_url=server.url,
        headers=headers,
        excluded_checks=[negative_data_rejection] if in_part else [],
    )
    if in_part:
        assert answer.status_code != 200 or answer.json()["rejected"] > 0


def test_description_is_openapi() -> None:
    """It is what the specification of OpenAPI 3.1 asks of a description."""
    SCHEMA.validate()


def test_server_serves_the_description_with_the_ledgers_meters(server: Served, token: str) -> None:
    """What a client reads is what is tested here, number by number."""
    answer = asked(server, "GET", "/openapi.json", token)
    assert answer.json(parse_float=str) == json.loads(to_json(described(METERS)), parse_float=str)


def test_client_with_some_of_the_meters_reads_of_these_alone(server: Served) -> None:
    """The description of a record names nothing that the client may not record."""
    answer = asked(server, "GET", "/openapi.json", other_token(server, "read", "inverter"))
    record = answer.json()["components"]["schemas"]["Record"]
    assert set(record["properties"]) == {
        "timestamp",
        "starts_at",
        "note",
        "inverter",
        "inverterKWh",
    }


# -- the problem codes ---------------------------------------------------------------

# Of files, of the program's own output, of ids, which no endpoint takes; a push that is partly done
# is 200.
NEVER_OVER_HTTP = {"bad_file", "no_input", "output_failed", "unknown_reading", "partly_done"}


def codes_of_errors() -> Iterator[tuple[str, int]]:
    """What an error of meterctl's own is answered with."""
    for error in vars(errors).values():
        is_one = isinstance(error, type) and issubclass(error, errors.MeterctlError)
        if is_one and error.code not in NEVER_OVER_HTTP:
            yield error.code, error.http_status


def codes_of_the_server() -> Iterator[tuple[str, int | None]]:
    """What the shim's own modules refuse with; the dashboard's are not in the contract."""
    for module in sorted((ROOT / "meterctl/http").glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            for keyword in node.keywords:
                if keyword.arg == "error" and isinstance(keyword.value, ast.Constant):
                    yield str(keyword.value.value), None
            if node.func.id in ("Refused", "Refusal") and len(node.args) > 1:
                status = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
                for part in ast.walk(node.args[1]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value, status if isinstance(status, int) else None


def test_every_code_is_in_the_description_and_the_other_way_round() -> None:
    """A program finds each code that it may meet, with its status, and none that it cannot."""
    found = [*codes_of_errors(), *codes_of_the_server()]
    assert {code for code, _ in found} == set(CODES)
    assert [one for one in found if one[1] not in (None, CODES[one[0]])] == []


def test_manual_has_the_same_codes() -> None:
    """The table of docs/http.md says what the description says."""
    manual = (ROOT / "docs/http.md").read_text(encoding="utf-8")
    told = re.findall(r"(?m)^\| `([a-z_]+)` \| (\d+) \| (.+) \|$", manual)
    described = [(one["const"], one["description"]) for one in SCHEMAS["Code"]["oneOf"]]
    assert [(code, f"{status}: {means}.") for code, status, means in told] == described
