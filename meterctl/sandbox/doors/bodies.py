"""How a reading is written, and how it is told what became of it: JSON, a form, lines of CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qs

from meterctl.sandbox.doors.desk import Outcome
from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.standin import json_answer, media_type
from meterctl.sandbox.utility.form import Malformed, number, parse_object
from meterctl.sandbox.utility.reading import Reading, parse_reading

MAX_LINES = 100

_ID = re.compile(r"[A-Za-z0-9._~-]{1,255}")
_DIGITS = re.compile(r"\d+(\.\d+)?", re.ASCII)
_COLUMNS = ("id", "meter", "timestamp", "value", "unit")


class Sent(NamedTuple):
    """A reading as it was sent, under the customer's id if it has one."""

    id: str | None
    reading: Reading


class WrongType(Exception):
    """The body is not of the kind that this door takes; the message is that kind."""


def read_json(request: Request) -> list[Sent]:
    """The one reading of a JSON object.

    Raises:
        WrongType, Malformed: it is something else.
    """
    _expect(request, "application/json")
    return [_sent(parse_object(request.body), request)]


def read_form(request: Request) -> list[Sent]:
    """The one reading of a form.

    Raises:
        WrongType, Malformed: it is something else.
    """
    _expect(request, "application/x-www-form-urlencoded")
    try:
        pairs = parse_qs(
            request.body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
        )
    except ValueError:
        raise Malformed("the body is no form in UTF-8") from None
    if any(len(values) > 1 for values in pairs.values()):
        raise Malformed("a name is there twice")
    return [_sent(_with_number({name: one[0] for name, one in pairs.items()}), request)]


def read_csv(request: Request) -> list[Sent]:
    """The readings of lines of CSV, without a header: id, meter, timestamp, value, unit.

    Raises:
        WrongType, Malformed: it is something else.
    """
    _expect(request, "text/csv")
    try:
        lines = list(csv.reader(io.StringIO(request.body.decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise Malformed("the body is not CSV in UTF-8") from None
    if not 1 <= len(lines) <= MAX_LINES:
        raise Malformed(f"from 1 to {MAX_LINES} lines, please")
    sent = []
    for count, line in enumerate(lines, 1):
        if len(line) != len(_COLUMNS):
            raise Malformed(f"line {count}: {', '.join(_COLUMNS)}")
        try:
            sent.append(_sent(_with_number(dict(zip(_COLUMNS, line, strict=True)))))
        except Malformed as error:
            raise Malformed(f"line {count}: {error}") from None
    return sent


def tell_json(outcomes: list[Outcome]) -> Response:
    """One outcome in JSON; the status tells it as well."""
    outcome = outcomes[0]
    headers = {"Idempotent-Replayed": "true"} if outcome.again else {}
    if outcome.state == "in_progress":
        headers = {"Retry-After": "1"}
    return json_answer(outcome.status, {"state": outcome.state, **outcome.fields}, headers)


def tell_csv(outcomes: list[Outcome]) -> Response:
    """A line for each reading: id, state, receipt, value, reason. The status is always 200."""
    return _lines(
        (
            outcome.fields.get("id"),
            outcome.state,
            outcome.fields.get("receipt"),
            outcome.fields.get("value"),
            outcome.fields.get("reason"),
        )
        for outcome in outcomes
    )


def show_json(meter: str, readings: list[dict[str, object]]) -> Response:
    """The readings of a meter in JSON."""
    return json_answer(200, {"meter": meter, "readings": readings})


def show_csv(_meter: str, readings: list[dict[str, object]]) -> Response:
    """The readings of a meter, a line each: id, receipt, meter, timestamp, value, unit."""
    return _lines(tuple(one.values()) for one in readings)


def _expect(request: Request, kind: str) -> None:
    if media_type(request) != kind:
        raise WrongType(kind)


def _sent(fields: dict[str, object], request: Request | None = None) -> Sent:
    """A reading, its id from the body or from the Idempotency-Key."""
    name = fields.get("id") or None
    header = request.headers.get("idempotency-key") if request else None
    if name and header and name != header:
        raise Malformed("id and Idempotency-Key are not the same")
    name = name or header
    if name is not None and not (isinstance(name, str) and _ID.fullmatch(name)):
        raise Malformed("id: 1 to 255 of A-Z a-z 0-9 . _ ~ -")
    return Sent(name, parse_reading(fields))


def _with_number(texts: dict[str, str]) -> dict[str, object]:
    """Fields that came as texts, the value as the number that it writes."""
    value = texts.get("value", "")
    if not _DIGITS.fullmatch(value):
        raise Malformed("value: digits, with a point before the decimals")
    return {**texts, "value": number(value)}


def _lines(rows: Iterable[tuple[object, ...]]) -> Response:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerows([getattr(one, "text", one) for one in row] for row in rows)
    return Response(200, text.getvalue().encode(), "text/csv; charset=UTF-8")
