"""The utility's API: who may ask, what they ask, what they are answered."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import unquote

from meterctl.sandbox.message import Request, Response
from meterctl.sandbox.utility.book import Book
from meterctl.sandbox.utility.form import Malformed, parse_instant, parse_object, to_json
from meterctl.sandbox.utility.rate import Rate
from meterctl.sandbox.utility.reading import Reading, parse_reading
from meterctl.sandbox.utility.settings import Settings

PATH = "/v1/meter-readings"
MAX_BODY = 64 * 1024

_KEY = re.compile(r"[\x20-\x7e]{1,255}")


class _Submission:
    """What became of the first request with a key; None while it is in progress."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.outcome: dict[str, object] | None = None


class Utility:
    """The API, as a service of the sandbox."""

    def __init__(self, token: str, *, clock: Callable[[], float] = time.time) -> None:
        self._token = token
        self._clock = clock
        self._lock = threading.Lock()
        self._book = Book()
        self._by_key: dict[str, _Submission] = {}
        self._rate = Rate()
        self._settings = Settings()

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        try:
            if request.path.startswith("/sandbox/"):
                return self._sandbox(request)
            if request.path == PATH or request.path.startswith(f"{PATH}/"):
                return self._guarded(request)
        except Malformed as error:
            return _error(400, "malformed", str(error))
        return _error(404, "no_such_path", f"the API is at {PATH}")

    def _guarded(self, request: Request) -> Response:
        """Whoever asks must have the token, and must not ask too often."""
        if not self._has_token(request.headers):
            challenge = {"WWW-Authenticate": 'Bearer realm="meter-readings"'}
            return _error(401, "unauthorized", "no token, or not a valid one", challenge)
        with self._lock:
            limit = self._settings.rate_limit
            within, told = self._rate.spend(limit, self._clock()) if limit else (True, {})
        if not within:
            return _error(429, "rate_limited", f"more than {limit} requests a minute", told)
        try:
            response = self._routed(request)
        except Malformed as error:
            response = _error(400, "malformed", str(error))
        return response._replace(headers={**response.headers, **told})

    def _has_token(self, headers: Mapping[str, str]) -> bool:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = [headers.get("x-api-key", "")]
        if scheme.lower() == "bearer":
            given.append(bearer.strip())
        return any(secrets.compare_digest(one.encode(), self._token.encode()) for one in given)

    def _routed(self, request: Request) -> Response:
        key = unquote(request.path.removeprefix(PATH).removeprefix("/"))
        match request.method, bool(key):
            case "POST", False:
                return self._submit(request)
            case "GET", False:
                return self._list(request.query)
            case "GET", True:
                return self._look_up(key)
            case _:
                allowed = "GET" if key else "GET, POST"
                return _error(405, "method_not_allowed", f"only {allowed} here", {"Allow": allowed})

    def _submit(self, request: Request) -> Response:
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != (
            "application/json"
        ):
            return _error(415, "unsupported_media_type", "Content-Type: application/json, please")
        if len(request.body) > MAX_BODY:
            return _error(413, "too_large", f"at most {MAX_BODY} bytes")
        key = request.headers.get("idempotency-key")
        if key is not None and not _KEY.fullmatch(key):
            raise Malformed("Idempotency-Key: 1 to 255 printable ASCII characters")
        reading = parse_reading(parse_object(request.body))
        if key is None:
            return self._processed(reading, None)
        with self._lock:
            known = self._by_key.get(key)
            if known is None:
                self._by_key[key] = _Submission(reading)
        if known is None:
            return self._processed(reading, key)
        if not known.reading.says_the_same_as(reading):
            message = "this key came with another reading before"
            return _error(422, "idempotency_key_reused", message)
        if known.outcome is None:
            return _in_progress()
        return _answer(200, known.outcome, {"Idempotent-Replayed": "true"})

    def _processed(self, reading: Reading, key: str | None) -> Response:
        """Decide, after as long as it takes; an answer that settles nothing frees the key."""
        takes = self._settings.processing_seconds
        if takes:
            time.sleep(float(takes.amount))
        with self._lock:
            status, outcome = self._decided(reading, key)
            if key is not None:
                if outcome["status"] in ("accepted", "rejected"):
                    self._by_key[key].outcome = outcome
                else:
                    del self._by_key[key]
        return _answer(status, outcome)

    def _decided(self, reading: Reading, key: str | None) -> tuple[int, dict[str, object]]:
        now = datetime.fromtimestamp(self._clock(), UTC)
        window = self._settings.window
        if window and not window.is_open(now):
            return 403, {
                "status": "window_closed",
                "opens": window.opens,
                "closes": window.closes,
                "message": "readings are taken between these times",
            }
        first = self._book.at(reading.meter, reading.at)
        if first:
            return 409, {"status": "already", **first.fields()}
        rejection = self._book.objection(reading, self._settings, now)
        if rejection:
            return 422, {
                "status": "rejected",
                **rejection._asdict(),
                "key": key,
                **reading.fields(),
            }
        return 201, {"status": "accepted", **self._book.accept(reading, key).fields()}

    def _look_up(self, key: str) -> Response:
        with self._lock:
            known = self._by_key.get(key)
            outcome = known.outcome if known else None
        if known is None:
            return _answer(404, {"status": "not_found", "key": key})
        return _in_progress() if outcome is None else _answer(200, outcome)

    def _list(self, query: Mapping[str, list[str]]) -> Response:
        for name in query:
            if name not in ("meter", "from", "to"):
                raise Malformed(f"{name}: unknown; one of meter, from, to")
        if len(query.get("meter", [])) != 1:
            raise Malformed("meter: missing, or there twice")
        start, end = (
            [parse_instant(text, name) for text in query.get(name, [])] for name in ("from", "to")
        )
        with self._lock:
            line = self._book.of_meter(query["meter"][0])
        found = [
            one.fields()
            for one in line
            if all(at <= one.reading.at for at in start) and all(one.reading.at <= at for at in end)
        ]
        return _answer(200, {"meter": query["meter"][0], "readings": found})

    def _sandbox(self, request: Request) -> Response:
        """What only a sandbox has: switches, and a look inside."""
        match request.method, request.path:
            case "GET", "/sandbox/submissions":
                with self._lock:
                    accepted = self._book.accepted()
                return _answer(200, {"submissions": [one.fields() for one in accepted]})
            case "POST", "/sandbox/settings":
                with self._lock:
                    self._settings = self._settings.changed(parse_object(request.body))
                    return _answer(200, self._settings.fields())
            case "GET", "/sandbox/settings":
                return _answer(200, self._settings.fields())
            case _:
                return _error(404, "no_such_path", "submissions, settings and requests are here")


def _answer(
    status: int, fields: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Response:
    body = to_json(fields).encode("utf-8", "replace")  # half a letter may have been sent
    return Response(status, body, headers=headers or {})


def _error(
    status: int, error: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    return _answer(status, {"status": "error", "error": error, "message": message}, headers)


def _in_progress() -> Response:
    message = "the first request with this key is still being processed"
    return _error(409, "in_progress", message, {"Retry-After": "1"})
