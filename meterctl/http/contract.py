"""The contract: openapi.json beside this module, completed with what one client may record.

The file says all but the meters, which each ledger has of its own. As served it names them, so
that it is exact: what it lets through is stored, but for what only the ledger or a clock can tell.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from copy import deepcopy
from functools import cache
from typing import Any

from meterctl.domain.exact import Exact
from meterctl.domain.meters import Kind, Meter

Schema = dict[str, Any]

_VALUE: Schema = {"$ref": "#/components/schemas/Value"}
_TIMESTAMP: Schema = {"$ref": "#/components/schemas/Timestamp"}
_NULL: Schema = {"type": "null"}
_GIVEN: Schema = {"not": _NULL}


def described(meters: Sequence[Meter]) -> Schema:
    """The description for a client that may see and record these meters.

    Its numbers are `Exact` or int: `meterctl.domain.exact.to_json` writes it.
    """
    whole = deepcopy(_loaded())
    record = whole["components"]["schemas"]["Record"]
    _complete(record, meters)
    for operation in ("/records/single", "/records/bulk"):
        body = whole["paths"][operation]["post"]["requestBody"]["content"]["application/json"]
        examples = body["example"].get("records", [body["example"]])
        if not all(example.keys() <= record["properties"].keys() for example in examples):
            del body["example"]
    return whole


@cache
def _loaded() -> Schema:
    from importlib.resources import files  # for this alone, and a server starts without

    text = (files(__package__) / "openapi.json").read_text(encoding="utf-8")
    loaded: Schema = json.loads(text, parse_float=Exact)
    return loaded


def _complete(record: Schema, meters: Sequence[Meter]) -> None:
    """Name the meters in the schema of a record, and what their kinds ask of it."""
    intervals = [meter for meter in meters if meter.kind is Kind.INTERVAL]
    others = [meter for meter in meters if meter.kind is not Kind.INTERVAL]
    for meter in meters:
        record["properties"].update({name: _value(meter) for name in _names(meter)})
    record["additionalProperties"] = False
    record["anyOf"] = [_given([name]) for meter in meters for name in _names(meter)]
    rules: list[Schema] = [
        {"not": _given(_names(meter))} for meter in meters if len(_names(meter)) > 1
    ]
    if not intervals:
        record["properties"]["starts_at"] |= _NULL
        del record["properties"]["starts_at"]["anyOf"]
    elif not others:
        record["properties"]["starts_at"] = _TIMESTAMP
        record["required"].append("starts_at")
    else:
        at_an_instant: Schema = {"properties": {"starts_at": _NULL, **_all_null(intervals)}}
        over_an_interval: Schema = {
            "required": ["starts_at"],
            "properties": {"starts_at": _TIMESTAMP, **_all_null(others)},
        }
        rules.append({"anyOf": [at_an_instant, over_an_interval]})
    if rules:
        record["allOf"] = rules


def _names(meter: Meter) -> list[str]:
    """By which a record may name a meter: its id and its column, if they are two."""
    return list(dict.fromkeys((meter.id, meter.column)))


def _value(meter: Meter) -> Schema:
    """What a meter shows, no further than its dial goes."""
    schema = _VALUE | {
        "description": f"{meter.id}, in {meter.unit}: {meter.kind}, {meter.direction}"
    }
    if meter.digits is not None:
        schema["exclusiveMaximum"] = 10**meter.digits
        schema["pattern"] = rf"^ *0*[0-9]{{0,{meter.digits}}}(?:\.[0-9]*)? *$"
    return schema


def _given(names: Sequence[str]) -> Schema:
    """A record in which each of these names has a value."""
    return {"required": list(names), "properties": dict.fromkeys(names, _GIVEN)}


def _all_null(meters: Iterable[Meter]) -> Schema:
    """Properties by which a record has no value of these meters."""
    return {name: _NULL for meter in meters for name in _names(meter)}
