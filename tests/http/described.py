"""The description, and whether an answer is one of those that it has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs

from meterctl.domain.exact import to_json
from meterctl.domain.meters import DEFAULT_METERS, Direction, Kind, Meter
from meterctl.http.contract import described
from tests.helpers import run_program
from tests.http.served import Served, served, utility

SINGLE, BULK = "/records/single", "/records/bulk"
METERS = (
    *DEFAULT_METERS,
    Meter("pv", "pv", "kWh", Kind.INTERVAL, Direction.GENERATION),
    Meter("gas", "gasM3", "m³", Kind.REGISTER, Direction.CONSUMPTION, digits=5),
)
DESCRIPTION: dict[str, Any] = json.loads(to_json(described(METERS)))
SCHEMAS = DESCRIPTION["components"]["schemas"]
CODES = {one["const"]: int(one["description"][:3]) for one in SCHEMAS["Code"]["oneOf"]}


@contextmanager
def serving_the_contract(folder: Path) -> Iterator[Served]:
    """A server with these meters, and with limits that nobody meets."""
    # Wrong secrets are counted by address: behind a proxy each request has one of its own.
    limits = "--rate", "1000000", "--trusted-proxy", "127.0.0.1"
    with utility(folder / "sandbox") as settings, served(folder, *limits, **settings) as running:
        for added in (
            "pv --kind interval --direction generation",
            "gas --column gasM3 --unit m3 --direction consumption --digits 5",
        ):
            ran = run_program(["meters", "add", *added.split()], running.environment)
            assert ran.code == 0, ran.err
        yield running


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """A part of the description that is there, or elsewhere in it."""
    if "$ref" in part:
        found: Any = DESCRIPTION
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return dict(found)
    return part


def validator(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    """Of a schema that refers to others of the description."""
    return jsonschema_rs.validator_for({"components": DESCRIPTION["components"]} | schema)


def conforms(answer: httpx.Response, described: dict[str, Any]) -> None:
    """Status, headers and body are as one response of the description says."""
    for name, header in resolved(described)["headers"].items():
        value = answer.headers.get(name)
        header = resolved(header)  # noqa: PLW2901 (the same one)
        assert value is not None or not header["required"], name
        if value is not None:
            number = header["schema"].get("type") == "integer"
            validator(header["schema"]).validate(int(value) if number else value)
    kind = answer.headers["Content-Type"]
    validator(resolved(described)["content"][kind]["schema"]).validate(answer.json())
    if kind == "application/problem+json":
        problem = answer.json()
        assert problem["status"] == answer.status_code == CODES[problem["code"]]
        assert problem["type"] == f"urn:meterctl:problem:{problem['code']}"
        assert problem["requestId"] == answer.headers["X-Request-Id"]


ADDRESSES = count(1)


def asked(
    server: Served,
    method: str,
    path: str,
    token: str | None = None,
    body: object = None,
    **more: Any,  # noqa: ANN401 (as httpx has it)
) -> httpx.Response:
    """An answer, which is one of those that the description has for it."""
    headers = {"X-Forwarded-For": f"10.255.0.{next(ADDRESSES)}"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    headers |= more.pop("headers", {})
    if body is not None:
        more["json"] = body
    answer = httpx.request(method, server.url + path, headers=headers, **more)
    at = DESCRIPTION["paths"].get(path.partition("?")[0])
    if at is None:
        conforms(answer, DESCRIPTION["components"]["responses"]["NotFound"])
    elif method.lower() not in at:
        conforms(answer, DESCRIPTION["components"]["responses"]["NoSuchMethod"])
    else:
        conforms(answer, at[method.lower()]["responses"][str(answer.status_code)])
    return answer


def other_token(server: Served, scope: str, meters: str | None = None) -> str:
    """The token of another client of the same ledger."""
    some = [] if meters is None else ["--meters", meters]
    name = f"other-{next(ADDRESSES)}"
    added = run_program(
        ["clients", "add", name, "--scope", scope, *some, "--json"], server.environment
    )
    assert added.code == 0, added.err
    return server._replace(client=added.json["id"], secret=added.json["secret"]).token()
