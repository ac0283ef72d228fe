"""The middleware: tuples in, tuples out, and its exceptions."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from urllib.parse import unquote

from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.standin import Switch, Switches, json_answer, look_inside
from meterctl.sandbox.utility.form import Malformed, Number, number
from meterctl.sandbox.volkszaehler.channels import Channels, Duplicate

PATH = "/data/"
VERSION = "0.3"
DAY = 86_400_000  # milliseconds

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DEFAULTS: dict[str, Switch] = {
    "channels": "",  # the only ones there are, with commas; any UUID if empty
    "denied": False,  # the firewall lets nobody in
}


class Rejected(Exception):
    """An exception of the middleware, as it answers it."""

    def __init__(self, message: str, kind: str = "Exception") -> None:
        super().__init__(message)
        self.kind = kind


class Volkszaehler:
    """The middleware, as a service of the sandbox; it asks for no key.

    Args:
        clock: Seconds since 1970.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._switches = Switches(_DEFAULTS)
        self._channels = Channels()

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        with self._lock:
            if request.path.startswith("/sandbox/"):
                return look_inside(request, self._switches, self._accepted)
            if self._switches.on("denied"):
                return _exception(Rejected("Access denied"), 401)
            try:
                return self._answered(request)
            except Rejected as rejected:
                return _exception(rejected)

    def _answered(self, request: Request) -> Response:
        uuid, _, form = unquote(request.path.removeprefix(PATH)).partition(".")
        if form != "json":
            raise Rejected(f"Unknown format: '{form}'" if form else "Missing format")
        if not _UUID.fullmatch(uuid):
            raise Rejected(f"Invalid UUID {uuid}" if uuid else "Missing UUID")
        uuid = uuid.lower()
        known = self._switches.text("channels").lower().replace(" ", "")
        if known and uuid not in known.split(","):
            raise Rejected(f"No entity with UUID '{uuid}'")
        query = {name: values[-1] for name, values in request.query.items()}
        operation = query.get("operation", {"GET": "get", "POST": "add"}.get(request.method, ""))
        match operation:
            case "add":
                return self._add(uuid, request.body, query)
            case "get":
                return self._get(uuid, query)
            case _:
                raise Rejected(f"Unknown operation: '{operation or request.method}'")

    def _add(self, uuid: str, body: bytes, query: Mapping[str, str]) -> Response:
        tuples = _tuples(body) if body.strip() else [self._from_query(query)]
        try:
            rows = self._channels.insert(uuid, tuples, skip="skipduplicates" in _options(query))
        except Duplicate as duplicate:
            raise Rejected(
                "SQLSTATE[23000]: Integrity constraint violation: 1062 "
                f"Duplicate entry '{duplicate}' for key 'ts_uniq'",
                "UniqueConstraintViolationException",
            ) from None
        return json_answer(200, {"version": VERSION, "rows": rows})

    def _from_query(self, query: Mapping[str, str]) -> tuple[int, Number]:
        """The old way: `ts` and `value`; now and 1, where they are not given."""
        at = self._moment(query["ts"]) if "ts" in query else int(self._clock() * 1000)
        text = query.get("value", "1")
        try:
            return at, _finite(number(text))
        except Malformed:
            raise Rejected(f"Invalid value: '{text}'") from None

    def _get(self, uuid: str, query: Mapping[str, str]) -> Response:
        now = int(self._clock() * 1000)
        end = self._moment(query["to"]) if "to" in query else None
        start = self._moment(query["from"]) if "from" in query else (end or now) - DAY
        if end is not None and start > end:
            raise Rejected("From is larger than to")
        options = _options(query)
        found = self._channels.between(uuid, start, end, exact="exact" in options)
        tuples: list[object] = (
            [[at, value, 1] for at, value in found] if "raw" in options else _powers(found)
        )
        data: dict[str, object] = {"tuples": tuples, "uuid": uuid}
        if found:
            data.update({"from": found[0][0], "to": found[-1][0]})
        return json_answer(200, {"version": VERSION, "data": {**data, "rows": len(found)}})

    def _moment(self, text: str) -> int:
        """Milliseconds since 1970, as they are or from a date."""
        if text.isdecimal() and len(text) < 16:
            return int(text)
        if text == "now":
            return int(self._clock() * 1000)
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError:
            raise Rejected(f"Invalid time format: '{text}'") from None
        if parsed.tzinfo is None:
            raise Rejected(f"Invalid time format: '{text}'")
        return int(parsed.timestamp() * 1000)

    def _accepted(self) -> list[dict[str, object]]:
        return [
            {
                "receipt": None,
                "key": None,
                "meter": uuid,
                "timestamp": at,
                "value": value,
                "unit": None,
            }
            for uuid, at, value in self._channels.accepted
        ]


def _options(query: Mapping[str, str]) -> list[str]:
    return query.get("options", "").lower().split(",")


def _tuples(body: bytes) -> list[tuple[int, Number]]:
    """The tuples of a body: `[[ms, value], ...]`."""
    try:
        found = json.loads(body.decode(), parse_int=number, parse_float=number)
    except (ValueError, RecursionError, Malformed):
        raise Rejected("Syntax error", "JsonException") from None
    if isinstance(found, dict) and "data" in found:
        raise Rejected("Can only add data for a single channel at a time")
    if not isinstance(found, list) or not found:
        raise Rejected("Invalid data")
    return [_tuple(one) for one in found]


def _tuple(found: object) -> tuple[int, Number]:
    match found:
        case [Number() as at, Number() as value] if at.text.isdecimal() and len(at.text) < 16:
            return int(at.text), _finite(value)
        case _:
            raise Rejected("Invalid data")


def _finite(value: Number) -> Number:
    if not value.amount.is_finite() or abs(value.amount.adjusted()) > 30:
        raise Rejected("Invalid data")
    return value


def _powers(found: list[tuple[int, Number]]) -> list[object]:
    """The mean power since the tuple before, in W, of meter readings in kWh."""
    powers: list[object] = []
    for (before, old), (at, new) in pairwise(found):
        power = (new.amount - old.amount) * 3_600_000_000 / (at - before)
        text = f"{power:.3f}"
        powers.append([at, Number(text, Decimal(text)), 1])
    return powers


def _exception(rejected: Rejected, status: int = 400) -> Response:
    body = {"message": str(rejected), "type": rejected.kind, "code": 0}
    return json_answer(status, {"version": VERSION, "exception": body})
