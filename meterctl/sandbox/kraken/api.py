"""Kraken over HTTP: a document in, data and errors out, nearly always with status 200."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping

from meterctl.sandbox.kraken import de, uk
from meterctl.sandbox.kraken.errors import Coded, Faulty
from meterctl.sandbox.kraken.execute import Execution, Resolvers, variables_of
from meterctl.sandbox.kraken.login import Login
from meterctl.sandbox.kraken.meters import Book, Reading
from meterctl.sandbox.kraken.parse import parse
from meterctl.sandbox.kraken.schema import Schema, read_schema
from meterctl.sandbox.kraken.tokens import BadSyntax
from meterctl.sandbox.kraken.tree import Document, Operation
from meterctl.sandbox.kraken.validate import faults_of
from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.standin import Switch, Switches, json_answer, look_inside, one_of
from meterctl.sandbox.utility.form import Malformed, parse_object

JSON = "application/json"
HOUR = 3600

_DEFAULTS: dict[str, Switch] = {
    "token_minutes": 60,
    "expired_code": "KT-CT-1120",
    "limit": 0,  # requests an hour; 0: any number
    "oldest_days": 0,
    "same_day": "refuse",
    "lower": "refuse",
    "hidden_minutes": 0,
    "success": "null",
    "fails_after": False,
}
_CHECKS = {
    "expired_code": one_of("KT-CT-1120", "KT-CT-1124"),
    "same_day": one_of("refuse", "ignore", "replace", "add"),
    "lower": one_of("refuse", "quarantine"),
    "success": one_of("null", "empty", "nothing"),
}


class Kraken:
    """The API in both countries, as a service of the sandbox.

    Args:
        token: The account's API key, and the password of its user.
        clock: Seconds since 1970.
    """

    def __init__(self, token: str, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._switches = Switches(_DEFAULTS, _CHECKS)
        login = Login(token)
        self._taken: list[Reading] = []
        british = uk.Uk(Book(self._taken), login, self._switches, clock)
        german = de.De(Book(self._taken), login, self._switches, clock)
        self._schemas: dict[str, tuple[Schema, Resolvers]] = {
            uk.PATH: (read_schema(uk.SCHEMA), british.resolvers()),
            de.PATH: (read_schema(de.SCHEMA), german.resolvers()),
        }
        self._hour, self._asked = -1, 0

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        with self._lock:
            if request.path.startswith("/sandbox/"):
                return look_inside(request, self._switches, self._accepted)
            if request.path not in self._schemas:
                return _failed([Faulty("Not found.")], 404)
            if request.method != "POST":
                return _failed([Faulty("Must provide query string.")], 400)
            try:
                body = parse_object(request.body)
            except Malformed:
                return _failed([Faulty("POST body sent invalid JSON.")], 400)
            schema, resolvers = self._schemas[request.path]
            asker = request.headers.get("authorization")
            return self._answered(body, schema, resolvers, asker)

    def _answered(
        self,
        body: Mapping[str, object],
        schema: Schema,
        resolvers: Resolvers,
        asker: str | None,
    ) -> Response:
        text, given = body.get("query"), body.get("variables") or {}
        if not isinstance(text, str) or not text.strip():
            return _failed([Faulty("Must provide query string.")], 400)
        if not isinstance(given, dict):
            return _failed([Faulty("Variables are invalid JSON.")], 400)
        if not self._within_limit():
            return _failed([Coded("KT-CT-1199")])
        try:
            document = parse(text)
        except BadSyntax as error:
            return _failed([Faulty(str(error), error.place)])
        faults = faults_of(schema, document)
        if faults:
            return _failed(faults)
        try:
            operation = _chosen(document, body.get("operationName"))
            variables = variables_of(schema, operation, given)
        except Faulty as fault:
            return _failed([fault])
        execution = Execution(schema, resolvers, document.fragments, variables, asker)
        answer: dict[str, object] = {"data": execution.data(operation)}
        if execution.errors:
            answer["errors"] = execution.errors
        return json_answer(200, answer, content_type=JSON)

    def _within_limit(self) -> bool:
        limit, hour = self._switches.count("limit"), int(self._clock()) // HOUR
        if hour != self._hour:
            self._hour, self._asked = hour, 0
        self._asked += 1
        return not limit or self._asked <= limit

    def _accepted(self) -> list[dict[str, object]]:
        """All readings that were taken, in order."""
        return [
            {
                "receipt": one.number,
                "key": None,
                "meter": f"{one.meter.point}/{one.meter.serial}/{one.register.identifier}",
                "timestamp": one.day.isoformat(),
                "value": one.value,
                "unit": one.meter.unit,
            }
            for one in self._taken
        ]


def _chosen(document: Document, name: object) -> Operation:
    """The operation that is to be carried out.

    Raises:
        Faulty: none is named, or there is none of this name.
    """
    if not name and len(document.operations) == 1:
        return document.operations[0]
    if not name:
        raise Faulty("Must provide operation name if query contains multiple operations.")
    for one in document.operations:
        if one.name == name:
            return one
    raise Faulty(f"Unknown operation named '{name}'.")


def _failed(faults: Iterable[Faulty], status: int = 200) -> Response:
    return json_answer(status, {"errors": [one.fields() for one in faults]}, content_type=JSON)
